"""A written tree reads back as what was meant, and keeps its secrets to itself."""
import stat

from harness import Config, yaml_text


def test_yaml_text():
    value = {"a": {"b": [1, {"c": "NO", "d": []}, [2]]}, "t": True, "n": None, "e": {},
             "s": 'Đorđe: "x" # y'}
    assert yaml_text.dump(value) == """\
a:
  b:
    - 1
    -
      c: "NO"
      d: []
    -
      - 2
t: true
n: null
e: {}
s: "Đorđe: \\"x\\" # y"
"""


def test_tree(tmp_path):
    config = Config(tmp_path)
    key = config.webhook_partner("mup-ns", "http://127.0.0.1:1/mup-ns")
    config.journal()
    config.journal("many", recipients=1000)
    config.policy(rungs=[{"name": "police", "after": "0s", "channels": ["mup-ns"]}])
    config.write()
    written = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.yaml")}
    assert written == {"astrad.yaml", "partners.d/mup-ns.yaml", "channels.d/mup-ns.yaml",
                       "channels.d/log.yaml", "channels.d/many.yaml",
                       "policies.d/restricted.yaml"}
    secret = tmp_path / "secrets/mup-ns"
    assert secret.read_text() == key + "\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert key not in "".join(p.read_text() for p in tmp_path.rglob("*.yaml"))
    assert (tmp_path / "recipients/many.csv").read_text().count("\n") == 1001
    assert config.policies["restricted"]["alert"]["last_resort"] == ["log"]


def test_removed_entries_lose_their_file(tmp_path):
    config = Config(tmp_path)
    config.journal("one")
    config.journal("two")
    config.write()
    del config.channels["two"]
    config.write()
    assert [p.name for p in (tmp_path / "channels.d").iterdir()] == ["one.yaml"]
