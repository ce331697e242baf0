"""Reload: everything is checked and swapped all or nothing; a refused one is loud and harmless."""
import re
import signal

import pytest
from harness import Client
from harness.wait import wait_for


def metric(astrad, name):
    """The value of a metric without labels."""
    text = Client(port=astrad.config.port).get("/metrics").expect(200).body.decode()
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found, f"no metric {name}"
    return float(found.group(1))


def reasons(astrad):
    document = Client(port=astrad.config.port).get("/readyz").json
    return [found["reason"] for found in document["reasons"]]


def config_of(astrad):
    return astrad.control().get("/v1/config").expect(200).json


def rates(astrad):
    """{channel: its rate as in force}"""
    return {channel["name"]: channel["limits"]["rate"]
            for channel in config_of(astrad)["channels"]}


def reload(astrad, status=200):
    return astrad.control().post("/v1/reload").expect(status)


def findings(astrad):
    """[(file, code)] of the errors that a refused reload tells."""
    issues = reload(astrad, 422).json["findings"]["issues"]
    return [(issue["file"], issue["code"]) for issue in issues if issue["severity"] == "error"]


def break_file(config, name="channels.d/mup-ns.yaml"):
    path = config.folder / name
    path.write_text(path.read_text() + "\nnonsense: [\n")


def set_rate(config, channel, rate):
    config.channels[channel]["limits"] = {"rate": rate}


WAYS = {
    "SIGHUP": lambda astrad: astrad.reload(),
    "astractl": lambda astrad: astrad.ctl("reload"),
    "POST": reload,
}


@pytest.mark.parametrize("way", WAYS)
def test_good_files_come_into_force(town, way):
    set_rate(town.config, "mup-ns", 7)
    town.config.write()
    assert rates(town.astrad)["mup-ns"] != 7
    WAYS[way](town.astrad)
    assert rates(town.astrad)["mup-ns"] == 7
    assert metric(town.astrad, "astrad_config_last_reload_success") == 1
    assert town.astrad.notified.count("RELOADING=1") == 1


def test_refused_reload_is_loud_and_changes_nothing(town):
    """The channel that is good is not taken either."""
    before = config_of(town.astrad)
    set_rate(town.config, "bolnica-ns", 7)
    town.config.write()
    break_file(town.config)

    refused = town.astrad.ctl("reload", check=False)
    assert refused.returncode == 1
    assert "channels.d/mup-ns.yaml:" in refused.stderr, "astractl tells the findings"
    assert config_of(town.astrad) == before
    assert findings(town.astrad)[0][0] == "channels.d/mup-ns.yaml"
    town.astrad.wait_log(r"configuration not reloaded")
    town.astrad.wait_log(r"error finding place=channels\.d/mup-ns\.yaml:\d+:\d+ code=E\d+ ")
    assert "reload_failed" in reasons(town.astrad)
    assert metric(town.astrad, "astrad_config_last_reload_success") == 0
    town.astrad.wait_notified("STATUS=reload failed, see the log")
    Client(port=town.config.port).get("/readyz").expect(200)  # it works on, degraded

    town.config.write()
    town.astrad.ctl("reload")
    assert "reload_failed" not in reasons(town.astrad)
    assert metric(town.astrad, "astrad_config_last_reload_success") == 1
    assert rates(town.astrad)["bolnica-ns"] == 7


def test_refused_sighup_is_loud(town):
    break_file(town.config)
    town.astrad.reload()
    assert "reload_failed" in reasons(town.astrad)
    assert metric(town.astrad, "astrad_config_last_reload_success") == 0


def test_every_finding_is_told(town):
    for name in ("mup-ns", "bolnica-ns"):
        town.config.channels[name]["tierr"] = "restricted"
    del town.config.policies["restricted"]["tiers"]
    town.config.write()
    files = [name for name, _ in findings(town.astrad)]
    assert {"channels.d/mup-ns.yaml", "channels.d/bolnica-ns.yaml",
            "policies.d/restricted.yaml"} <= set(files)


def rename(config, old, new, was=True):
    """The channel and the partner's rung under another name."""
    channel = config.channels.pop(old)
    config.channels[new] = {**channel, "name": new, **({"was": old} if was else {})}
    text = repr(config.policies["restricted"]).replace(repr(old), repr(new))
    config.policies["restricted"] = eval(text)  # a dictionary of plain words


def remove(config):
    rename(config, "mup-ns", "mup-new", was=False)


def off(config):
    config.channels["spare"] = {**config.channels["mup-ns"], "name": "spare"}
    text = repr(config.policies["restricted"]).replace("'mup-ns'", "'spare'")
    config.policies["restricted"] = eval(text)
    config.channels["mup-ns"]["mode"] = "off"


def retire(config):
    off(config)
    config.channels["mup-ns"]["mode"] = "retiring"


def rename_with_was(config):
    rename(config, "mup-ns", "mup-new")


@pytest.mark.parametrize("change, code", [(remove, "E502"), (off, "E502"), (retire, None),
                                          (rename_with_was, None)])
def test_channel_that_an_alert_uses(town, change, code):
    town.alert(town.report()["case"]["id"])
    change(town.config)
    town.config.write()
    if code:
        assert [found for _, found in findings(town.astrad)] == [code]
        assert "mup-ns" in rates(town.astrad)
    else:
        reload(town.astrad)


def test_channel_that_no_alert_uses_may_go(town):
    alert = town.alert(town.report()["case"]["id"])
    town.cancel(alert)
    remove(town.config)
    town.config.write()

    def gone():
        return town.astrad.control().post("/v1/reload").status == 200
    # the end itself is still on its way through the channel for a moment
    wait_for(gone, what="a reload without the channel")
    assert "mup-ns" not in rates(town.astrad)


@pytest.mark.parametrize("path, value", [
    (("store", "path"), "other.db"),
    (("control", "socket"), "other.sock"),
    (("environment",), "staging"),
])
def test_restart_only_setting_is_refused(town, path, value):
    place = town.config.astrad
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    town.config.write()
    assert ("astrad.yaml", "E501") in findings(town.astrad)
    assert "reload_failed" in reasons(town.astrad)


def other_languages(config):
    config.partners["mup-ns"]["languages"] = ["sr-Cyrl"]


def other_phone(config):
    config.astrad["contacts"]["hotline"]["phone"] = "116001"


def faster(config):
    set_rate(config, "mup-ns", 7)


@pytest.mark.parametrize("change, status", [(other_phone, 409), (faster, 200)])
def test_one_submits_and_approves_what_one_read(town, change, status):
    alert = town.draft(town.report()["case"]["id"])["id"]
    read = town.digest(alert)
    change(town.config)
    town.config.write()
    reload(town.astrad)
    submit = town.people.operator.post(f"/v1/alerts/{alert}/submit", read)
    assert submit.status == status, submit.body


@pytest.mark.parametrize("change, status", [(other_phone, 409), (faster, 200)])
def test_approval_after_a_reload(town, change, status):
    alert = town.draft(town.report()["case"]["id"])["id"]
    read = town.submit(alert)
    change(town.config)
    town.config.write()
    reload(town.astrad)
    approve = town.people.approver.post(f"/v1/alerts/{alert}/approve", read)
    assert approve.status == status, approve.body


def test_reloads_at_once_are_all_answered(town):
    """Several hang-ups become fewer reloads; the last files are in force."""
    set_rate(town.config, "mup-ns", 7)
    town.config.write()
    for _ in range(5):
        town.astrad.send_signal(signal.SIGHUP)
    reload(town.astrad)
    assert rates(town.astrad)["mup-ns"] == 7


def test_only_an_admin_reloads(town):
    town.people.operator.post("/v1/reload").problem(403)
    town.people.operator.get("/v1/config").problem(403)
