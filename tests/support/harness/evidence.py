"""What a daemon's store holds, judged from outside: the audit chain, and that nothing is half done.

Only for a daemon that is stopped or dead: the file is opened beside it.
"""
import sqlite3
import subprocess
import uuid

from harness.places import BUILD

TOOL = BUILD / "tests" / "crash" / "audit_tool"

# Each query gives the rows that must not be there. The numbers are those of daemon/domain/states.h.
HALF_STATES = {
    "a case without a report":
        "SELECT ref FROM casefile c WHERE NOT EXISTS"
        " (SELECT 1 FROM report r WHERE r.case_id = c.id)",
    "a case without a truth":
        "SELECT ref FROM casefile WHERE state <> 11 AND truth_sealed IS NULL",
    "an alert without a case":
        "SELECT ref FROM alert a WHERE NOT EXISTS"
        " (SELECT 1 FROM alert_case k WHERE k.alert_id = a.id)",
    "versions that are not 1 .. last_version":
        "SELECT a.ref FROM alert a WHERE a.last_version <> (SELECT COUNT(*) FROM version v"
        " WHERE v.alert_id = a.id) OR a.last_version <> (SELECT MAX(version) FROM version v"
        " WHERE v.alert_id = a.id)",
    "an alert whose open version is decided":
        "SELECT a.ref FROM alert a JOIN version v ON v.alert_id = a.id"
        " AND v.version = a.open_version WHERE v.state NOT IN (1, 2, 4)",
    "an undecided version that is not the open one":
        "SELECT a.ref FROM alert a JOIN version v ON v.alert_id = a.id WHERE v.state IN (1, 2, 4)"
        " AND (a.open_version IS NULL OR a.open_version <> v.version)",
    "a draft with an approved version":
        "SELECT ref FROM alert WHERE state IN (1, 2, 7) AND current_version <> 0",
    "a first alert pending without a pending version":
        "SELECT ref FROM alert a WHERE state = 2 AND NOT EXISTS (SELECT 1 FROM version v"
        " WHERE v.alert_id = a.id AND v.version = a.open_version AND v.state = 2)",
    "a pending version without digest or who submitted it":
        "SELECT v.version FROM version v WHERE v.state = 2 AND (v.digest IS NULL OR NOT EXISTS"
        " (SELECT 1 FROM version_person p WHERE p.alert_id = v.alert_id AND p.version = v.version"
        " AND p.did = 2))",
    "a pending version without its approval ladder":
        "SELECT v.version FROM version v WHERE v.state = 2 AND NOT EXISTS (SELECT 1 FROM ladder l"
        " WHERE l.alert_id = v.alert_id AND l.kind = 1 AND l.state <> 5)",
    "an approval ladder that outlived its version":
        "SELECT a.ref FROM ladder l JOIN alert a ON a.id = l.alert_id WHERE l.kind = 1"
        " AND l.state <> 5 AND NOT EXISTS (SELECT 1 FROM version v WHERE v.alert_id = a.id"
        " AND v.version = a.open_version AND v.state = 2)",
    "a live alert whose current version is not approved":
        "SELECT a.ref FROM alert a WHERE a.state IN (4, 5) AND NOT EXISTS (SELECT 1 FROM version v"
        " WHERE v.alert_id = a.id AND v.version = a.current_version AND v.state = 3)",
    "an approved version with content but without variants or plan":
        "SELECT v.version FROM version v WHERE v.state = 3 AND v.kind IN (1, 2, 3) AND (NOT EXISTS"
        " (SELECT 1 FROM variant x WHERE x.alert_id = v.alert_id AND x.version = v.version)"
        " OR NOT EXISTS (SELECT 1 FROM plan x WHERE x.alert_id = v.alert_id"
        " AND x.version = v.version))",
    "a first approved version without a broadcast":
        "SELECT v.version FROM version v WHERE v.state = 3 AND v.kind = 1 AND NOT EXISTS"
        " (SELECT 1 FROM broadcast b WHERE b.alert_id = v.alert_id AND b.version = v.version)",
    "a broadcast of a version nobody approved":
        "SELECT b.id FROM broadcast b JOIN version v ON v.alert_id = b.alert_id"
        " AND v.version = b.version WHERE b.notice_id IS NULL AND v.state <> 3",
    "an approval by who wrote or submitted it":
        "SELECT p.person FROM version_person p JOIN version_person w ON w.alert_id = p.alert_id"
        " AND w.version = p.version AND w.person = p.person AND w.did IN (1, 2) WHERE p.did = 3"
        " AND (SELECT kind FROM version v WHERE v.alert_id = p.alert_id"
        " AND v.version = p.version) = 1",
    "a live alert without an expiry timer":
        "SELECT a.ref FROM alert a WHERE a.state IN (4, 5) AND 1 <> (SELECT COUNT(*) FROM timer t"
        " WHERE t.alert_id = a.id AND t.kind = 4)",
    "a live alert without one alert ladder":
        "SELECT a.ref FROM alert a WHERE a.state IN (4, 5) AND 1 <> (SELECT COUNT(*) FROM ladder l"
        " WHERE l.alert_id = a.id AND l.kind = 2 AND l.state <> 5)",
    "an ended alert that goes on":
        "SELECT a.ref FROM alert a WHERE a.state IN (6, 7) AND (a.open_version IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM ladder l WHERE l.alert_id = a.id AND l.state <> 5)"
        " OR EXISTS (SELECT 1 FROM timer t WHERE t.alert_id = a.id))",
    "an alert that was sent and ended without a stop version":
        "SELECT a.ref FROM alert a WHERE a.state = 6 AND a.current_version > 0 AND NOT EXISTS"
        " (SELECT 1 FROM version v WHERE v.alert_id = a.id AND v.version = a.current_version"
        " AND v.kind = 4 AND v.state = 3)",
    "an end without a reason":
        "SELECT ref FROM alert WHERE state = 6 AND (end_reason = 0 OR ended_utc_ms IS NULL)",
    "a gap in a partner's sequence":
        "SELECT s.partner FROM partner_seq s WHERE s.last <> (SELECT COUNT(*) FROM event e"
        " WHERE e.partner = s.partner)",
    "a case ended and verified with an alert of its own that lives":
        "SELECT c.ref FROM casefile c JOIN alert_case k ON k.case_id = c.id JOIN alert a"
        " ON a.id = k.alert_id WHERE c.state BETWEEN 3 AND 8 AND a.state IN (1, 2, 4, 5)",
    "a key used twice":
        "SELECT key_id FROM (SELECT key_id FROM casefile UNION ALL SELECT key_id FROM alert)"
        " GROUP BY key_id HAVING COUNT(*) > 1",
    "a foreign key that points to nothing": "SELECT * FROM pragma_foreign_key_check",
    "a broken page": "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
}


def half_states(config):
    """{what: rows} of everything that is half done."""
    with sqlite3.connect(config.database) as database:
        found = {what: database.execute(sql).fetchall() for what, sql in HALF_STATES.items()}
    return {what: rows for what, rows in found.items() if rows}


def audit_rows(config, action=None):
    """[(action, person, case id or None, alert id or None, detail)] in order."""
    def as_id(blob):
        return str(uuid.UUID(bytes=blob)) if blob else None
    with sqlite3.connect(config.database) as database:
        rows = database.execute("SELECT action, person, case_id, alert_id, detail FROM audit"
                                " ORDER BY seq").fetchall()
    return [(a, p, as_id(c), as_id(k), d) for a, p, c, k, d in rows if action in (None, a)]


def audit_is_whole(config):
    """The number of rows of the chain, every hash checked; AssertionError where it is broken."""
    judged = subprocess.run([TOOL, config.folder], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stderr
    return int(judged.stdout.split()[1])
