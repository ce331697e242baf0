"""A power cut: what the files of the store hold afterwards.

Preload.so (powercut.c) keeps a shadow of what was synced. After a SIGKILL `cut` puts the shadow in
the files' place, and of what was written but not synced each sector by the dice: a disk may have
written any of them, in any order.
"""
from harness.places import BUILD

PRELOAD = BUILD / "tests" / "crash" / "powercut.so"
SECTOR = 512
FILES = ["astrad.db", "astrad.db-wal", "cases.key", "copy/cases.key"]
NEVER_SYNCED = ["astrad.db-shm"]  # built again from the log


class Power:
    def __init__(self, folder, shadow, dice):
        self.folder, self.shadow, self.dice = folder, shadow, dice

    def env(self):
        return {"LD_PRELOAD": str(PRELOAD), "ASTRAD_POWER_FROM": str(self.folder),
                "ASTRAD_POWER_TO": str(self.shadow)}

    def cut(self):
        """The number of sectors that were written, not synced, and are lost."""
        luck = self.dice.choice([0.0, 0.5, 0.9])  # how much of the unsynced came through
        lost = sum(self._cut_file(name, luck) for name in FILES)
        for name in NEVER_SYNCED:
            (self.folder / name).unlink(missing_ok=True)
        return lost

    def _cut_file(self, name, luck):
        file, shadow = self.folder / name, self.shadow / name
        if not shadow.exists():
            file.unlink(missing_ok=True)
            return 0
        synced = shadow.read_bytes()
        written = file.read_bytes() if file.exists() else synced
        length = self.dice.choice([len(synced), len(written)]) if luck else len(synced)
        left = bytearray(synced[:length].ljust(length, b"\0"))
        lost = 0
        for at in range(0, length, SECTOR):
            new = written[at:min(at + SECTOR, length)]
            if new and new != left[at:at + len(new)]:
                if self.dice.random() < luck:
                    left[at:at + len(new)] = new
                else:
                    lost += 1
        for path in (file, shadow):  # what survived is on the disk now
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(left)
        return lost
