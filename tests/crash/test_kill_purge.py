"""kill -9 in the middle of a purge: the next start goes on with it until nothing can be read.

A purge is begun by a request of the store; its route comes later, so it is begun here in the
database, as that request leaves it.
"""
import shutil
import sqlite3

import pytest
from harness.evidence import audit_is_whole
from harness.wait import wait_for

SLOTS_AT, SLOT_BYTES = 8192, 128  # daemon/store/keyslot.h
LIVE, PURGED = 1, 2
NOTES = 2500  # three pages of the purge

# Sealed bytes of a case and of its alerts.
SEALED = """
SELECT COUNT(*) FROM (
 SELECT id FROM casefile WHERE id = :case AND truth_sealed IS NOT NULL
 UNION ALL SELECT id FROM report WHERE case_id = :case AND body_sealed IS NOT NULL
 UNION ALL SELECT id FROM note WHERE case_id = :case AND text_sealed IS NOT NULL
 UNION ALL SELECT alert_id FROM version WHERE alert_id IN (SELECT alert_id FROM alert_case
   WHERE case_id = :case) AND (draft_sealed IS NOT NULL OR request_sealed IS NOT NULL)
 UNION ALL SELECT alert_id FROM variant WHERE body_sealed IS NOT NULL AND alert_id IN
   (SELECT alert_id FROM alert_case WHERE case_id = :case))
"""
BEGIN = """
UPDATE casefile SET state = 10, purge_requested_utc_ms = updated_utc_ms WHERE id = :case
"""
FILL = f"""
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {NOTES})
INSERT INTO note (id, case_id, person, created_utc_ms, text_sealed)
 SELECT randomblob(16), :case, 'ana', 1, randomblob(80) FROM n
"""


def database(town):
    return sqlite3.connect(town.config.database)


def value(town, sql, case):
    connection = database(town)
    try:
        return connection.execute(sql, {"case": case["raw"]}).fetchone()[0]
    finally:
        connection.close()


def keys_of(town, case):
    """Key ids of the case and of its alerts."""
    connection = database(town)
    try:
        rows = connection.execute(
            "SELECT key_id FROM casefile WHERE id = :case UNION ALL SELECT key_id FROM alert"
            " WHERE id IN (SELECT alert_id FROM alert_case WHERE case_id = :case)",
            {"case": case["raw"]}).fetchall()
    finally:
        connection.close()
    return [row[0] for row in rows]


def slot(path, key):
    with open(path, "rb") as file:
        file.seek(SLOTS_AT + key * SLOT_BYTES)
        return file.read(SLOT_BYTES)


def is_zeroed(path, key):
    content = slot(path, key)
    return content[8:12] == bytes([PURGED, 0, 0, 0]) and not any(content[12:])


def a_case(town):
    """A case whose alert was sent and ended."""
    case = town.case()
    alert = town.alert(case)
    town.people.operator.post(f"/v1/alerts/{alert}/cancel",
                              {"reason": "resolved"}).expect(200, 201)
    return {"id": case, "raw": bytes.fromhex(case.replace("-", ""))}


@pytest.fixture
def begun(town):
    """(town, the case whose purge is begun, another one); the daemon is stopped."""
    case, other = a_case(town), a_case(town)
    town.astrad.stop()
    connection = database(town)
    with connection:
        connection.execute(FILL, {"case": case["raw"]})
        connection.execute(BEGIN, {"case": case["raw"]})
    connection.close()
    return town, case, other


def judge(town, case, other, keys, other_keys):
    """Nothing of the one, everything of the other. The daemon runs."""
    operator = town.people.operator

    def told():
        answer = operator.get(f"/v1/cases/{case['id']}")
        # until then it is told as it was, or is gone with its key
        return answer.status in (200, 410) and answer.json.get("state") == "purged"

    wait_for(told)
    assert operator.get(f"/v1/cases/{other['id']}").json["truth"]["child"]["names"]
    town.astrad.stop()
    assert value(town, SEALED, case) == 0
    assert value(town, SEALED, other) > 0
    for path in (town.config.key_file, town.config.key_copy):
        assert all(is_zeroed(path, key) for key in keys)
        assert all(slot(path, key)[8] == LIVE for key in other_keys)
    audit_is_whole(town.config)


def store_files(town):
    return [path for path in (town.config.key_file, town.config.key_copy,
                              *town.config.folder.glob(town.config.database.name + "*"))
            if not path.name.endswith(("-lock", "-reserve"))]


class Snapshot:
    """The store of a stopped daemon, to begin again from."""

    def __init__(self, town, folder):
        self.town = town
        self.kept = {}
        for number, path in enumerate(store_files(town)):
            self.kept[path] = shutil.copy(path, folder / f"kept-{number}")

    def restore(self):
        for path in store_files(self.town):
            path.unlink()
        for path, kept in self.kept.items():
            shutil.copy(kept, path)


def dies(town, hook):
    """False: the purge was done before the point was passed that often."""
    done = town.astrad.log.count("case purged")
    town.astrad.start(env={"ASTRAD_HOOK": hook}, wait=False)
    wait_for(lambda: town.astrad.process.poll() is not None
             or town.astrad.log.count("case purged") > done)
    return town.astrad.kill() == -9 and town.astrad.log.count("case purged") == done


def how_far(town, case, keys):
    """What a death left: sealed bytes, and keys zeroed in the file and in its copy."""
    return (value(town, SEALED, case),
            *(sum(is_zeroed(path, key) for key in keys)
              for path in (town.config.key_file, town.config.key_copy)))


@pytest.mark.parametrize("hook", ["store.before_commit", "store.after_commit", "store.file.write",
                                  "store.file.sync"])
def test_killed_at_every_step(begun, folder, hook):
    town, case, other = begun
    keys, other_keys = keys_of(town, case), keys_of(town, other)
    all_of_it = how_far(town, case, keys)
    assert len(keys) == 2 and all_of_it[0] > NOTES and all_of_it[1:] == (0, 0)
    begun_store = Snapshot(town, folder)
    halves = 0  # deaths that met a purge neither untouched nor over
    for count in range(1, 40):
        has_died = dies(town, f"{hook}:{count}")
        halves += how_far(town, case, keys) not in (all_of_it, (0, 2, 2))
        town.astrad.start()
        judge(town, case, other, keys, other_keys)
        if halves and not has_died:
            return
        begun_store.restore()
    assert halves


def test_waits_for_the_copy_and_says_so(begun):
    town, case, other = begun
    keys, other_keys = keys_of(town, case), keys_of(town, other)
    away = town.config.key_copy.with_suffix(".away")
    shutil.move(town.config.key_copy, away)
    town.astrad.start()
    town.astrad.wait_log("a purge waits, trying again in an hour")
    ready = town.people.operator.get("/readyz").expect(200).json
    assert ready["status"] == "degraded"
    assert {"purge_waits", "key_copy_behind"} <= {one["reason"] for one in ready["reasons"]}
    assert all(slot(town.config.key_file, key)[8] == LIVE for key in keys)
    town.astrad.stop()
    shutil.move(away, town.config.key_copy)
    town.astrad.start()
    judge(town, case, other, keys, other_keys)
