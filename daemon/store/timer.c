/*
 * Timer rows: insert and delete inside the transaction of what they wait for, so that a due time
 * exists exactly when its reason does. Firing them is the escalation room's (store/escalate.h).
 * Crash: rows stay; escalation reads them at start.
 */
#include "store/sql_registry.h"
#include "store/timer.h"

enum { TIMER_INSERT, TIMER_DELETE_OF, TIMER_DELETE_OF_ALERT };

const struct sql_text timer_sql[] = {
	[TIMER_INSERT] = {"timer_insert",
			  "INSERT INTO timer (kind, alert_id, case_id, owner_id, epoch, due_utc_ms,"
			  " boot_id, due_boot_ms, created_utc_ms)"
			  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"},
	[TIMER_DELETE_OF] = {"timer_delete_of",
			     "DELETE FROM timer WHERE owner_id = $1 AND ($2 = 0 OR kind = $2)"},
	[TIMER_DELETE_OF_ALERT] = {"timer_delete_of_alert",
				   "DELETE FROM timer WHERE alert_id = $1"},
};
const size_t timer_sql_count = ARRAY_LEN(timer_sql);

bool timer_insert(struct store_txn *txn, const struct timer_row *row, const struct timer_now *now,
		  struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &timer_sql[TIMER_INSERT]);

	sql_bind_int(stmt, 1, row->kind);
	sql_bind_id(stmt, 2, &row->alert_id);
	sql_bind_id(stmt, 3, &row->case_id);
	sql_bind_id(stmt, 4, &row->owner_id);
	sql_bind_int(stmt, 5, row->epoch);
	sql_bind_int(stmt, 6, row->due_utc_ms);
	if (!id_is_none(&now->boot_id)) {
		sql_bind_id(stmt, 7, &now->boot_id);
		sql_bind_int(stmt, 8, now->boot_ms + (row->due_utc_ms - now->utc_ms));
	}
	sql_bind_int(stmt, 9, now->utc_ms);
	return sql_run(stmt, err);
}

bool timer_delete_of(struct store_txn *txn, const struct id *owner, enum timer_kind kind,
		     struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &timer_sql[TIMER_DELETE_OF]);

	sql_bind_id(stmt, 1, owner);
	sql_bind_int(stmt, 2, kind);
	return sql_run(stmt, err);
}

bool timer_delete_of_alert(struct store_txn *txn, const struct id *alert, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &timer_sql[TIMER_DELETE_OF_ALERT]);

	sql_bind_id(stmt, 1, alert);
	return sql_run(stmt, err);
}
