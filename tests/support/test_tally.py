"""The count at the end of tests/run: each single test, and nothing twice."""
import json

import tally

CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] grows
[       OK ] grows
[ RUN      ] shrinks
[  FAILED  ] shrinks
[ RUN      ] sleeps
[  SKIPPED ] sleeps
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] shrinks
"""
JUNIT = """<testsuites><testsuite><testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure/></testcase>
<testcase classname="a" name="broken"><error/></testcase>
<testcase classname="a" name="later"><skipped/></testcase></testsuite></testsuites>"""


def test_counts(tmp_path, capsys):
    rows = [{"name": "astrad:unit / unit base buf", "result": "FAIL", "stderr": CMOCKA},
            {"name": "astrad:unit / unit base id", "result": "FAIL", "stdout": "[       OK ] a\n"},
            {"name": "astrad:fuzz / fuzz x", "result": "OK", "stdout": "replayed 3"}]
    (tmp_path / "meson-x.json").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "api.xml").write_text(JUNIT)
    (tmp_path / "phases.tsv").write_text("pass\tbuild\trelease\nfail\tphase\tnpm\n")
    assert tally.main(tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    # grows, a, fuzz x, good, build; shrinks, a crash after its tests, bad, broken, npm
    assert lines[-1] == "5 passed, 5 failed"
    assert "FAILED meson-x unit base buf: shrinks" in lines
    assert "FAILED meson-x: unit base id (FAIL)" in lines


def test_nothing_is_no_success(tmp_path, capsys):
    assert tally.main(tmp_path) == 1
    assert capsys.readouterr().out == "0 passed, 0 failed\n"


def test_tells_what_took_longest(tmp_path, capsys):
    rows = [{"name": "astrad:unit / unit base buf", "result": "OK", "duration": 61.4},
            {"name": "astrad:unit / unit base id", "result": "OK", "duration": 0.1}]
    (tmp_path / "meson-x.json").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "api.xml").write_text('<testsuite><testcase classname="a" name="b" time="7"/>'
                                      '</testsuite>')
    assert tally.main(tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        "took 61 s meson-x: unit base buf", "took 7 s api: a b", "3 passed, 0 failed"]
