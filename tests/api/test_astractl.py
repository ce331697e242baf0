"""The API from a shell: the whole main job by hand, and what a misspelt word is answered.

Covers astractl/ask.c, astractl/main.c, astractl/show.c, astractl/usage.c, astractl/verbs.c and
astractl/words.c.
"""
import json
import pathlib
import re
import subprocess

import pytest
from harness.places import program
from harness.town import DRAFT, report_document

DAEMON = pathlib.Path(__file__).resolve().parents[2] / "daemon"
# what nobody types: probes, the schema, and what a partner's machine reads
NO_VERB = {"/healthz", "/metrics", "/schemas/webhook-1.json", "/openapi.json"}
REFUSED, WRONG, NO_ANSWER = 1, 2, 3


class Shell:
    """astractl as each person of a town; the token files and what is read from them by name."""

    def __init__(self, town, folder):
        self.town, self.folder = town, folder

    def file(self, name, document):
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    def __call__(self, who, *words, status=0, stdin=None):
        people = self.town.people
        client = people.partner(who) if who == "mup-ns" else getattr(people, who)
        return self.run("--socket", self.town.config.socket, "--token-file",
                        self.file(f"{who}.token", client.token + "\n"), *words, status=status,
                        stdin=stdin)

    def run(self, *words, status=0, stdin=None, env=None):
        ran = subprocess.run([program("astractl"), *map(str, words)], capture_output=True,
                             text=True, input=stdin, env=env, timeout=60)
        assert ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran

    def members(self, *words, **how):
        """{path: value} of an answer that is shown member by member."""
        return dict(line.split(": ", 1) for line in self(*words, **how).stdout.splitlines()
                    if re.match(r"[\w.\[\]-]+: ", line))

    def rows(self, *words, **how):
        """A table as a list of lists; the titles first."""
        return [re.split(r"\s{2,}", line.strip())
                for line in self(*words, **how).stdout.splitlines()]


@pytest.fixture
def shell(town, folder):
    return Shell(town, folder)


def test_the_main_job(town, shell):
    report = shell.file("report.json", report_document(town.now()))
    case = shell.members("operator", "report", "create", report)["case.ref"]
    assert case in [row[1] for row in shell.rows("operator", "worklist")]
    assert shell.members("operator", "case", "show", case)["truth.child.age"] == "7"
    found = shell.rows("approver", "case", "search", "djordje", "zivkovic", "--status",
                       "exercise,test")
    assert found[1][0] == case
    shell("operator", "case", "note", case, "--text", "Zvati školu")
    shell("operator", "case", "assign", case, "--person", "ana")

    draft = shell.file("draft.json", DRAFT)
    alert = shell.members("operator", "alert", "draft", case, draft)["ref"]
    shell("operator", "alert", "edit", alert, "-", stdin='{"areas": ["RS-06"]}')
    shown = shell("operator", "alert", "preview", alert).stdout
    for text in ("mup-ns", DRAFT["message"]["sr-Latn"], "VEŽBA Đorđe", "end.resolved"):
        assert text in shown
    said = ("--version", "1", "--digest", shown.rpartition("digest: ")[2].strip())
    shell("operator", "alert", "submit", alert, *said)
    assert "approval_waiting" in shell("approver", "worklist").stdout
    shell("operator", "alert", "approve", alert, *said, status=REFUSED)
    assert shell.members("approver", "alert", "approve", alert, *said)["state"] == "active"

    town.mup.wait_type("exercise.alert.issued")
    assert alert in shell("operator", "alert", "list", "--state", "active").stdout
    assert "mup-ns" in shell("operator", "alert", "deliveries", alert, "--channel", "mup-ns").stdout
    ack = shell.members("mup-ns", "alert", "ack", alert, "--by", "Dežurni", "--lease-minutes", "20")
    assert shell.members("operator", "alert", "summary", alert)["acks[0].partner"] == "mup-ns"
    shell("mup-ns", "alert", "unack", alert, ack["ack.id"])
    shell("operator", "alert", "escalate", alert)
    town.bolnica.wait_type("exercise.alert.issued")
    assert "exercise.alert.issued" in shell("mup-ns", "event", "list").stdout
    assert "alert.issued" in shell("operator", "event", "list", "--partner", "mup-ns").stdout
    assert alert in shell("mup-ns", "alert", "list", "--state", "active").stdout
    shell("operator", "alert", "suspend", alert)
    shell("operator", "alert", "cancel", alert, "--reason", "resolved", "--note", "Nađen")
    town.mup.wait_type("exercise.alert.ended")
    shell("operator", "case", "close", case, "--outcome", "found", "--verified-name", "V. V.",
          "--verified-unit", "PU NS", "--verified-how", "viđen")
    actions = [row[2] for row in shell.rows("operator", "case", "timeline", case)]
    assert actions.index("report.create") < actions.index("alert.approve") < actions.index(
        "case.close")


def test_what_an_admin_does(town, shell):
    shell("admin", "person", "create", "--id", "jovan", "--name", "Jovan J.")
    token = shell.members("admin", "token", "create", "--name", "k", "--person", "jovan",
                          "--role", "operator")
    assert token["token"].startswith("astrad_")
    assert ["jovan", "Jovan J."] in [row[:2] for row in shell.rows("admin", "person", "list")]
    assert token["id"] in [row[0] for row in shell.rows("admin", "token", "list")]
    shell("admin", "token", "revoke", token["id"])
    shell("admin", "person", "disable", "jovan")
    assert [row[0] for row in shell.rows("admin", "channel", "list")] == [
        "name", "bolnica-ns", "log", "mup-ns"]
    assert shell.members("admin", "channel", "suspend", "mup-ns")["state.phase"] == "suspended"
    shell("admin", "channel", "resume", "mup-ns")
    told = json.loads(shell("admin", "channel", "probe", "mup-ns", "--json").stdout)
    assert told["status"] == 200
    assert shell.members("admin", "reload")["ok"] == "true"
    assert shell.members("admin", "config", "show")["astrad.environment"] == "training"
    assert shell.members("admin", "status")["status"] == "ready"
    assert shell.members("admin", "me")["role"] == "admin"
    assert "no such delivery" in shell("admin", "delivery", "redrive", "9", status=REFUSED).stderr


def test_a_list_goes_on_over_its_pages(town, shell):
    for _ in range(205):
        town.people.operator.post("/v1/reports", {"circumstances": "x", "status": "exercise"}) \
            .expect(201)
    assert len(shell.rows("operator", "case", "list")) == 206
    one = shell("operator", "case", "list", "--limit", "1")
    assert len(one.stdout.splitlines()) == 2
    cursor = re.search(r"--after (\S+)", one.stderr).group(1)
    two = shell("operator", "case", "list", "--limit", "1", "--after", cursor)
    assert two.stdout != one.stdout
    assert shell("operator", "alert", "list").stdout == "none\n"


def test_a_report_cannot_move_the_cursor(town, shell):
    """Control characters of two bytes pass as UTF-8; a terminal must not see them."""
    marks = "plava\u009b31m jakna"
    answer = town.people.operator.post("/v1/reports", {
        "circumstances": "x\u009b2J", "status": "exercise", "child": {"clothing": marks}})
    if answer.status == 201:
        shown = shell("operator", "case", "show", answer.json["case"]["ref"]).stdout
        assert "\u009b" not in shown and "jakna" in shown
    case = town.report()["case"]["ref"]
    town.people.operator.post(f"/v1/cases/{case}/close", {
        "outcome": "found", "note": "prvi\nred",
        "verified_by": {"name": "V", "unit": "PU", "how": "viđen"}}).expect(200)
    note = [line for line in shell("operator", "case", "timeline", case).stdout.splitlines()
            if "prvi" in line]
    assert note and note[0].endswith("prvi red"), "one row stays one line"


# words, exit status, what stderr says
WRONG_WORDS = [
    ((), WRONG, "usage: astractl"),
    (("frob",), WRONG, "there is no such noun"),
    (("alert",), WRONG, "alert what?"),
    (("alert", "frob"), WRONG, "alert approve ALERT --version N"),
    (("alert", "show"), WRONG, "a name is missing"),
    (("alert", "show", "a/../b"), WRONG, "no name or ref: a/../b"),
    (("alert", "show", "--json"), WRONG, "a name is missing"),
    (("alert", "show", "26-0147-T", "more"), WRONG, "not known here: more"),
    (("alert", "approve", "X", "--versio", "1"), WRONG, "not known here: --versio"),
    (("alert", "approve", "X", "--version", "one"), WRONG, "a number belongs behind --version"),
    (("alert", "approve", "X", "--version"), WRONG, "what follows is missing: --version"),
    (("case", "note", "X", "--text", b"\xff"), WRONG, "not UTF-8: --text"),
    (("report", "create"), WRONG, "one file is needed"),
    (("report", "create", "nowhere.json"), WRONG, "nowhere.json: No such file"),
    (("--token-file", "nowhere", "me"), WRONG, "nowhere: No such file"),
    (("--token-file", "/dev/null", "me"), WRONG, "there is no token in /dev/null"),
    (("--socket",), WRONG, "what follows is missing: --socket"),
    (("--socket", "nowhere.sock", "me"), NO_ANSWER, "no answer from the daemon at nowhere.sock"),
    (("--url", "http://127.0.0.1:1", "me"), NO_ANSWER, "no answer from the daemon at http://"),
]


@pytest.mark.parametrize("words, status, said", WRONG_WORDS)
def test_wrong_words_are_told_in_a_line(folder, words, status, said):
    ran = subprocess.run([program("astractl"), *words], cwd=folder, capture_output=True, timeout=60)
    assert ran.returncode == status
    assert said in ran.stderr.decode()
    assert ran.stdout == b""


def test_a_refusal_names_every_field(town, shell):
    report = shell.file("report.json", {"status": "real", "child": {"age": -1}})
    told = shell("operator", "report", "create", report, status=REFUSED).stderr
    assert "refused (422)" in told
    for pointer in ("/status", "/child/age", "/circumstances"):
        assert f"  {pointer}: " in told
    one = shell("operator", "alert", "return", "26-0147-T", "--reason", "x", status=REFUSED).stderr
    assert "you are here as operator" in one and len(one.splitlines()) == 1


def test_help_is_made_of_the_table(folder):
    def say(*words):
        return subprocess.run([program("astractl"), *words], capture_output=True, text=True,
                              timeout=60)
    whole = say("--help")
    assert whole.returncode == 0 and whole.stderr == ""
    assert say("help").stdout == whole.stdout == say().stderr
    told = say("help", "alert").stdout
    assert "alert approve ALERT --version N --digest ..." in told and "reload" not in told
    assert say("alert", "approve", "--help").stdout == told


def test_the_environment_names_the_daemon(town, shell):
    token = shell.file("ana.token", town.people.operator.token)
    env = {"ASTRACTL_URL": f"http://127.0.0.1:{town.config.port}",
           "ASTRACTL_TOKEN_FILE": str(token)}
    assert "person: ana" in shell.run("me", env=env).stdout
    # what is said outranks it
    assert "person: ana" in shell.run("--socket", town.config.socket, "me", env=env).stdout
    shell.run("--socket", "nowhere", "me", env=env, status=NO_ANSWER)
    env = {"ASTRACTL_SOCKET": str(town.config.socket)}
    assert "role: admin" in shell.run("me", env=env).stdout


def test_every_route_has_its_verb():
    def plain(path):
        return re.sub(r"\{\w+\}", "{}", path.partition("?")[0])
    rows = re.findall(r'\.method = METHOD_(\w+),\s+\.pattern = "([^"]+)"',
                      (DAEMON / "intake/routes.c").read_text())
    verbs = re.findall(r'\.method = "(\w+)",\s+\.path = "([^"]+)"',
                       (DAEMON / "astractl/verbs.c").read_text())
    known = {(method, plain(path)) for method, path in rows if path not in NO_VERB}
    assert {(method, plain(path)) for method, path in verbs} == known
