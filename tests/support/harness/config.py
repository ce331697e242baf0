"""A complete tree of astrad's files in a folder of its own, names as in CONTRACT section 4.

    config = Config(folder)
    secret = config.webhook_partner("mup-ns", receiver.endpoint("mup-ns").url)
    config.policy("restricted", rungs=[{"name": "police", "after": "0s", "channels": ["mup-ns"]}])
    config.astrad["environment"] = "staging"        # anything may be changed before write()
    config.write()

The dictionaries are the files; write() puts them on disk. What a test writes there by hand stays.
"""
import csv
import json
import os
import pathlib

from harness import webhooks, yaml_text
from harness.places import plugin_files
from harness.ports import free_port

RELATIVE = {"store": "astrad.db", "key_file": "cases.key", "key_copy": "copy/cases.key"}


class Config:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.partners, self.channels, self.policies = {}, {}, {}
        self.areas = {"RS": None, "RS-06": "RS"}  # id: parent
        self.astrad = {
            "environment": "training",
            "hotline": {"name": "ASTRA", "country": "RS", "cap_sender": "astra.rs"},
            "public_url": "https://alerts.example.org",
            "timezone": "Europe/Belgrade",
            "languages": ["sr-Latn", "sr-Cyrl", "en"],
            "contacts": {"police": {"phone": "192"}, "hotline": {"phone": "116000"}},
            "listen": [{"address": "127.0.0.1", "port": self.port}],
            "control": {"socket": "control.sock"},
            "store": {"path": RELATIVE["store"], "key_file": RELATIVE["key_file"],
                      "key_copy": RELATIVE["key_copy"]},
            "security": {"master_key": {"file": "secrets/master"},
                         "private_ranges": ["127.0.0.0/8"]},
            "paths": {"plugins": "plugins"},
        }

    @property
    def path(self):
        return self.folder / "astrad.yaml"

    @property
    def socket(self):
        return self.folder / "control.sock"

    @property
    def database(self):
        return self.folder / RELATIVE["store"]

    @property
    def key_file(self):
        return self.folder / RELATIVE["key_file"]

    @property
    def key_copy(self):
        return self.folder / RELATIVE["key_copy"]

    def secret(self, name, text):
        """Writes secrets/NAME and returns {file: ...} for a setting."""
        path = self.folder / "secrets" / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text + "\n")
        return {"file": f"secrets/{name}"}

    def partner(self, name, role="police", **fields):
        self.partners[name] = {
            "id": name, "name": name, "role": role, "country": "RS", "max_tier": "national",
            "languages": ["sr-Latn"], "timezone": "Europe/Belgrade",
            "contacts": [{"name": "Dežurni", "phone": "+38121000000", "hours": "24/7"}], **fields}
        return self.partners[name]

    def channel(self, name, plugin, tier="restricted", **fields):
        self.channels[name] = {
            "name": name, "plugin": plugin, "tier": tier,
            "statuses": ["actual", "exercise", "test"], "mode": "live", **fields}
        return self.channels[name]

    def webhook(self, name, urls, partner=None, key=None, options=None, **fields):
        """A webhook channel; `key` signs (a fresh whsec_ by default). Returns the key."""
        key = key or webhooks.new_secret()
        self.channel(name, "webhook", partner=partner or name, **fields)
        self.channels[name]["options"] = {
            "urls": [urls] if isinstance(urls, str) else list(urls),
            "secrets": [self.secret(name, key)],
            "allow_http": True, **(options or {})}
        return key

    def webhook_partner(self, name, urls, role="police", key=None, **channel_fields):
        """A partner with one webhook channel of the same name. Returns the signing key."""
        self.partner(name, role)
        return self.webhook(name, urls, partner=name, key=key, **channel_fields)

    def journal(self, name="log", recipients=("shift-lead",), tier="internal", **fields):
        """A journal channel: a JSON line an alert in NAME.jsonl. `recipients`: ids, or a count that
        becomes a CSV file."""
        if isinstance(recipients, int):
            listed = {"csv": self.recipients_csv(name, recipients)}
        else:
            listed = {"inline": [{"id": r, "address": r} for r in recipients]}
        self.channel(name, "journal", tier, recipients=listed, **fields)
        self.channels[name]["options"] = {"path": f"{name}.jsonl"}
        return self.journal_path(name)

    def journal_path(self, name="log"):
        return self.folder / f"{name}.jsonl"

    def recipients_csv(self, name, count):
        path = self.folder / "recipients" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["id", "address"])
            writer.writerows((f"r{i:06d}", f"address-{i}") for i in range(count))
        return f"recipients/{name}.csv"

    def policy(self, name="restricted", rungs=(), tiers=("restricted",), approval=None, **fields):
        """`rungs` of the alert ladder; the approval ladder pages the log unless given."""
        last_resort = [n for n, c in self.channels.items() if c["tier"] == "internal"][:1]
        ladder = {"rungs": list(rungs), "last_resort": last_resort}
        self.policies[name] = {
            "id": name, "tiers": list(tiers), "approvals": 2,
            "expires": {"default": "24h", "max": "48h"},
            "ack": {"roles": ["police"], "operator": True, "lease": "30m"},
            "approval": approval or {
                "rungs": [{"name": "duty", "after": "0s", "channels": last_resort}],
                "repeat": {"every": "5m", "times": 3}, "last_resort": last_resort},
            "alert": {**ladder, "repeat": {"every": "10m", "times": "until_ack"}},
            **fields}
        return self.policies[name]

    def files(self):
        yield "astrad.yaml", self.astrad
        for folder, entries in (("partners.d", self.partners), ("channels.d", self.channels),
                                ("policies.d", self.policies)):
            for name, content in entries.items():
                yield f"{folder}/{name}.yaml", content

    def write(self):
        """Everything onto the disk. Files of entries that are gone are removed."""
        wanted = dict(self.files())
        for folder in ("partners.d", "channels.d", "policies.d", "secrets", "copy"):
            (self.folder / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self.folder.glob("*.d/*.yaml"):
            if str(old.relative_to(self.folder)) not in wanted:
                old.unlink()
        for name, content in wanted.items():
            (self.folder / name).write_text(yaml_text.dump(content))
        self._write_areas()
        self._link_plugins()
        return self

    def _write_areas(self):
        features = [{"type": "Feature", "id": area, "geometry": None,
                     "properties": {"name": area, **({"parent": parent} if parent else {})}}
                    for area, parent in self.areas.items()]
        (self.folder / "areas").mkdir(exist_ok=True)
        (self.folder / "areas/areas.geojson").write_text(
            json.dumps({"type": "FeatureCollection", "features": features}))

    def _link_plugins(self):
        """The built plugins side by side, as an installation has them."""
        folder = self.folder / "plugins"
        folder.mkdir(exist_ok=True)
        for built in plugin_files():
            link = folder / built.name
            if not link.exists():
                link.symlink_to(built)
