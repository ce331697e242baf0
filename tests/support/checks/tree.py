"""The tree under check: its tracked files, findings in them, exceptions to the laws."""
import pathlib
import re
import subprocess
from dataclasses import dataclass

COMMENT_OR_STRING = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
FUNCTION_NAME = re.compile(r"(\w+)\s*\(")


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str
    is_note: bool = False  # shown, does not fail
    subject: str = ""  # what an exception may name beside the path, e.g. a function

    def __str__(self):
        return f"{self.path}:{self.line}: {'note: ' if self.is_note else ''}{self.text}"


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    last: int

    @property
    def lines(self):
        return self.last - self.line + 1


class Tree:
    """`root` is a git work tree, or any folder (then all its files count as tracked)."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self._text = {}
        self.files = self._list()

    def _list(self):
        if (self.root / ".git").exists():
            # new files count before they are added, so that a check speaks before the commit
            out = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                cwd=self.root, check=True, capture_output=True, text=True).stdout
            names = out.split("\0")
        else:
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*")]
            names = [n for n in names if not n.startswith("build/")]
        return sorted(n for n in set(names) if n and (self.root / n).is_file())

    def matching(self, *patterns):
        return [n for n in self.files if any(pathlib.PurePath(n).match(p) for p in patterns)]

    def c_files(self, *folders):
        return [n for n in self.matching("*.c", "*.h")
                if not folders or n.startswith(tuple(f + "/" for f in folders))]

    def scripts(self):
        """Python and bash, by name or by first line."""
        found = set(self.matching("*.py", "*.sh"))
        for name in self.files:
            if "." not in pathlib.PurePath(name).name and self.text(name).startswith("#!"):
                found.add(name)
        return sorted(found)

    def text(self, name):
        if name not in self._text:
            data = (self.root / name).read_bytes()
            self._text[name] = "" if b"\0" in data[:8000] else data.decode("utf-8", "replace")
        return self._text[name]

    def lines(self, name):
        return enumerate(self.text(name).split("\n"), 1)

    def code(self, name):
        """C text with comments and literals blanked, every line where it was."""
        return COMMENT_OR_STRING.sub(blank, self.text(name))

    def code_lines(self, name):
        return enumerate(self.code(name).split("\n"), 1)

    def functions(self, name):
        """C functions in house format: body between a lone '{' and a '}' in column 0."""
        lines = self.code(name).split("\n")
        found, start = [], None
        for number, line in enumerate(lines, 1):
            if line.rstrip() == "{" and start is None:
                start = signature_start(lines, number)
            elif line.startswith("}") and start is not None:
                found.append(Function(function_name(lines, start), start, number))
                start = None
        return found


def blank(match):
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[-1]
    return re.sub(r"[^\n]", " ", text)


def signature_start(lines, brace):
    start = brace
    while start > 1 and re.match(r"[\w\s].*\S", lines[start - 2]) and \
            not lines[start - 2].rstrip().endswith((";", "}")):
        start -= 1
    return start


def function_name(lines, start):
    match = FUNCTION_NAME.search(" ".join(lines[start - 1:start + 6]))
    return match.group(1) if match else "?"


class Exceptions:
    """exceptions.txt: `check path[:subject] reason`. One that is not needed is a finding itself."""

    def __init__(self, path):
        self.path = path
        self.rows = {}
        if not path.exists():
            return
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if line and not line.startswith("#"):
                check, place, reason = (line.split(None, 2) + ["", ""])[:3]
                self.rows[(check, place)] = [number, reason, False]

    def covers(self, check, finding):
        for place in (finding.path, f"{finding.path}:{finding.subject}"):
            row = self.rows.get((check, place))
            if row and row[1]:
                row[2] = True
                return True
        return False

    def leftovers(self, check, label):
        for (of, place), (number, reason, used) in self.rows.items():
            if of != check:
                continue
            if not reason:
                yield Finding(label, number, f"exception for {place} gives no reason")
            elif not used:
                yield Finding(label, number, f"exception for {place} is not needed any more")
