"""Replays every corpus and fuzzes a third of the targets, another third at the next commit.

The targets are the fuzz_* programs of a build with -Dfuzz=true. Which of them are fuzzed follows
from the commit's number, so that a run can be repeated and each target has its turn; --all takes
every one. As many run at once as there are processors. An input that breaks a target is left in
build/results/fuzz and becomes part of tests/fuzz/corpus with the repair.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = 3  # commits until each target had its turn


def targets(build, pattern):
    out = subprocess.run(["meson", "introspect", "--targets", str(build)], check=True,
                         capture_output=True, text=True).stdout
    names = {t["name"]: t["filename"][0] for t in json.loads(out)
             if t["type"] == "executable" and t["name"].startswith("fuzz_")}
    return {name: path for name, path in sorted(names.items()) if pattern in f"fuzz {name[5:]}"}


def turn(names):
    """The targets whose turn it is at this commit."""
    run = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=HERE, capture_output=True,
                         text=True)
    return names[int(run.stdout or 0) % ROUNDS::ROUNDS]


def libfuzzer(program, broken, *words):
    run = subprocess.run([program, f"-artifact_prefix={broken}/", "-timeout=10",
                          "-rss_limit_mb=2048", *words], capture_output=True, text=True,
                         errors="replace")
    return None if run.returncode == 0 else run.stderr[-3000:]


def replay(program, name, broken):
    corpus = HERE / "corpus" / name[5:]
    inputs = sorted(str(p) for p in corpus.glob("*")) if corpus.is_dir() else []
    if not inputs:
        return f"{corpus} is empty: a target needs seeds"
    return libfuzzer(program, broken, *inputs)


def fuzz(program, name, broken, seconds):
    with tempfile.TemporaryDirectory() as found:  # new inputs stay out of the tree
        return libfuzzer(program, broken, f"-max_total_time={seconds}", "-max_len=65536", found,
                         str(HERE / "corpus" / name[5:]))


def timed(name, step, *words):
    """A row of the JUnit file: name, seconds, error or None."""
    began = time.monotonic()
    error = step(*words)
    return name, time.monotonic() - began, error


def junit(cases):
    suite = ElementTree.Element("testsuite", name="fuzz", tests=str(len(cases)))
    for name, seconds, error in cases:
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=name,
                                      time=f"{seconds:.2f}")
        if error:
            ElementTree.SubElement(case, "failure", message="broken").text = error
    return ElementTree.ElementTree(suite)


def run_all(programs, chosen, broken, seconds):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = [pool.submit(timed, f"replay {n}", replay, p, n, broken)
                for n, p in programs.items()]
        rows += [pool.submit(timed, f"fuzz {n}", fuzz, programs[n], n, broken, seconds)
                 for n in chosen]
        return [row.result() for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--junit", type=pathlib.Path, required=True)
    parser.add_argument("--pattern", default="")
    parser.add_argument("--seconds", type=int, default=30, help="of fuzzing, for each target")
    parser.add_argument("--all", action="store_true", help="every target, not a third")
    options = parser.parse_args()
    programs = targets(options.build, options.pattern)
    broken = options.junit.parent / "fuzz"
    os.makedirs(broken, exist_ok=True)
    chosen = list(programs) if options.all else turn(list(programs))
    cases = run_all(programs, chosen, broken, options.seconds)
    for name, _, error in cases:
        if error:
            print(f"   {name}:\n{error}")
    junit(cases).write(options.junit)
    return 0 if programs or options.pattern else 1


if __name__ == "__main__":
    sys.exit(main())
