"""Every header compiles alone and twice, with gcc and clang; the plugin ABI as strict C99."""
import pathlib
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from checks.tree import Finding

PACKAGES = ["libevent", "libcurl", "sqlite3", "jansson", "yaml-0.1", "openssl"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wstrict-prototypes", "-Werror"]
LLHTTP = "/usr/share/llhttp/include"


def package_flags():
    out = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True)
    return out.stdout.split()


def command(compiler, path, flags):
    language = ["-std=c99"] if path.startswith("plugins/") else ["-std=c17", "-D_GNU_SOURCE"]
    return [compiler, *language, *WARNINGS, "-Idaemon", "-Iplugins", f"-I{LLHTTP}", *flags,
            "-I", str(pathlib.PurePath(path).parent), "-fsyntax-only"]


def compile_alone(tree, compiler, path, flags, folder):
    source = pathlib.Path(folder) / f"{compiler}-{path.replace('/', '-')}.c"
    header = (tree.root / path).resolve()
    # a definition after it, because a translation unit may not be empty
    source.write_text(f'#include "{header}"\n#include "{header}"\nextern int one;\n')
    run = subprocess.run([*command(compiler, path, flags), str(source)], cwd=tree.root,
                         capture_output=True, text=True)
    if run.returncode == 0:
        return None
    first = next((s for s in run.stderr.split("\n") if "error" in s), run.stderr[:200])
    return Finding(path, 1, f"{compiler}: {first}")


def check(tree, options):
    compilers = [c for c in ("gcc", "clang") if shutil.which(c)]
    flags = package_flags()
    paths = [p for p in tree.matching("*.h") if p.startswith(("daemon/", "plugins/"))]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compile_alone, tree, c, p, flags, folder)
                for p in paths for c in compilers]
        for job in jobs:
            if job.result():
                yield job.result()
