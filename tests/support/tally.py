"""Counts every single test of a run and prints the last line of tests/run.

Reads from a results directory: JUnit files (*.xml, from pytest and the checks), meson's test logs
(meson-*.json, in which each cmocka test counts by itself) and the phases' own lines (phases.tsv).
Before it: what was skipped, what took longest, what failed.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA_LINE = re.compile(r"^\[\s*(OK|FAILED|SKIPPED|ERROR)\s*\] (\w+)\s*$", re.MULTILINE)


SLOWEST = 8
SLOW_S = 5


class Tally:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skipped = []
        self.times = []  # (seconds, name)

    def add(self, outcome, suite, test):
        if outcome == "pass":
            self.passed += 1
        elif outcome == "skip":
            self.skipped.append(f"{suite}: {test}")
        else:
            self.failures.append(f"{suite}: {test}")

    def took(self, seconds, suite, test):
        self.times.append((float(seconds), f"{suite}: {test}"))

    def slowest(self):
        return [row for row in sorted(self.times, reverse=True)[:SLOWEST] if row[0] >= SLOW_S]


def read_junit(tally, path):
    for case in ElementTree.parse(path).iter("testcase"):
        name = f'{case.get("classname", "")} {case.get("name", "")}'.strip()
        tally.took(case.get("time", 0), path.stem, name)
        if case.find("failure") is not None or case.find("error") is not None:
            tally.add("fail", path.stem, name)
        elif case.find("skipped") is not None:
            tally.add("skip", path.stem, name)
        else:
            tally.add("pass", path.stem, name)


def cmocka_outcomes(text):
    """{test: outcome} of one cmocka program. A failure is named twice, so the last word is kept."""
    outcomes = {}
    for word, test in CMOCKA_LINE.findall(text):
        outcome = {"OK": "pass", "SKIPPED": "skip"}.get(word, "fail")
        if outcomes.get(test) != "fail":
            outcomes[test] = outcome
    return outcomes


def read_meson(tally, path):
    for line in path.read_text(errors="replace").splitlines():
        test = json.loads(line)
        test["name"] = test["name"].rpartition(" / ")[2]  # without "astrad:unit / "
        tally.took(test.get("duration", 0), path.stem, test["name"])
        outcomes = cmocka_outcomes(test.get("stdout", "") + "\n" + test.get("stderr", ""))
        for name, outcome in outcomes.items():
            tally.add(outcome, f'{path.stem} {test["name"]}', name)
        if test["result"] in ("SKIP", "IGNORED"):
            tally.add("skip", path.stem, test["name"])
        elif test["result"] not in ("OK", "EXPECTEDFAIL"):
            # a crash, a leak or a time-out is a failure beyond what the program itself counted
            if "fail" not in outcomes.values():
                tally.add("fail", path.stem, f'{test["name"]} ({test["result"]})')
        elif not outcomes:
            tally.add("pass", path.stem, test["name"])


def read_phases(tally, path):
    for line in path.read_text().splitlines():
        tally.add(*line.split("\t", 2))


def main(results):
    tally = Tally()
    for path in sorted(results.glob("*.xml")):
        read_junit(tally, path)
    for path in sorted(results.glob("meson-*.json")):
        read_meson(tally, path)
    if (results / "phases.tsv").exists():
        read_phases(tally, results / "phases.tsv")
    for name in tally.skipped:
        print(f"skipped {name}")
    for seconds, name in tally.slowest():
        print(f"took {seconds:.0f} s {name}")
    for name in tally.failures:
        print(f"FAILED {name}")
    print(f"{tally.passed} passed, {len(tally.failures)} failed")
    return 0 if tally.passed and not tally.failures else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
