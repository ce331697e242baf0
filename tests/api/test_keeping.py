"""What a daemon does unasked: it looks its audit trail through."""
import sqlite3


def test_a_changed_audit_row_is_told(town):
    case = town.case()
    town.people.operator.get(f"/v1/cases/{case}").expect(200)
    town.people.operator.get(f"/v1/cases/{case}").expect(200)
    town.astrad.stop()
    assert "audit trail verified" in town.astrad.log
    connection = sqlite3.connect(town.config.database)
    with connection:
        connection.execute("DROP TRIGGER audit_fixed")
        changed = connection.execute(  # who looked at the case? not the newest row: that is
            "UPDATE audit SET person = 'marko' WHERE seq = (SELECT MIN(seq) FROM audit"
            " WHERE action = 'case.read')").rowcount  # checked before anything else
    connection.close()
    assert changed == 1
    town.astrad.start()
    town.astrad.wait_log("the audit trail was changed")
    ready = town.people.operator.get("/readyz").expect(200).json
    assert "audit_broken" in {one["reason"] for one in ready["reasons"]}
