/* The end of old partner events: see event_keep.h. */
#include "store/event_keep.h"

#include "base/limits.h"
#include "store/rows.h"
#include "store/sql_registry.h"

#define KEEP_MS (LIMIT_EVENT_KEEP_DAYS * (int64_t)86400000)

enum { FIRST_KEPT, EXPIRE };

const struct sql_text event_keep_sql[] = {
	/* alert state 6: ended */
	[FIRST_KEPT] = {"event_first_kept",
			"SELECT p.partner, COALESCE((SELECT e.seq FROM event e"
			" LEFT JOIN alert a ON a.id = e.alert_id WHERE e.partner = p.partner"
			" AND (e.created_utc_ms > $1 OR a.state <> 6) ORDER BY e.seq LIMIT 1),"
			" p.last + 1) FROM partner_seq p ORDER BY p.partner"},
	[EXPIRE] = {"event_expire",
		    "DELETE FROM event WHERE partner = $1 AND seq IN (SELECT seq FROM event"
		    " WHERE partner = $1 AND seq < $2 ORDER BY seq LIMIT $3)"},
};
const size_t event_keep_sql_count = ARRAY_LEN(event_keep_sql);

struct kept {
	const char *partner;
	int64_t first;
};

static bool kept_read(struct store_txn *txn, struct arena *arena, int64_t now_utc_ms,
		      struct rows *rows, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &event_keep_sql[FIRST_KEPT]);

	sql_bind_int(stmt, 1, now_utc_ms - KEEP_MS);
	while (sql_step(stmt)) {
		*(struct kept *)rows_add(rows, arena) = (struct kept){
			.partner = sql_text(stmt, 0, arena),
			.first = sql_int(stmt, 1),
		};
	}
	return sql_ok(stmt, err);
}

static bool run_expire(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_event_expire_in *in = in_any;
	struct store_event_expire_out *out = out_any;
	struct rows rows = {.size = sizeof(struct kept)};

	if (!kept_read(txn, arena, in->now_utc_ms, &rows, err)) {
		return false;
	}
	for (size_t i = 0; i < rows.count && out->deleted < LIMIT_STORE_ROWS; i++) {
		const struct kept *kept = (const struct kept *)rows.data + i;
		struct sql_stmt *stmt = sql_use(txn, &event_keep_sql[EXPIRE]);

		sql_bind_text(stmt, 1, kept->partner);
		sql_bind_int(stmt, 2, kept->first);
		sql_bind_int(stmt, 3, LIMIT_STORE_ROWS - out->deleted);
		if (!sql_run(stmt, err)) {
			return false;
		}
		out->deleted += sql_changes(txn);
	}
	return true;
}

const struct store_op store_event_expire = {
	.name = "event_expire",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_event_expire_in),
	.out_size = sizeof(struct store_event_expire_out),
	.run = run_expire,
};
