/*
 * The worklist: what needs a human now. Each kind of work is one bounded query over an index; the
 * answer is their union, the longest waiting first within a kind, kinds in the order of enum
 * store_work_kind's urgency table below.
 */
#include "store/sql_registry.h"
#include "store/rows.h"
#include "store/casefile.h"
#include "store/txn.h"

/* Columns: case_id, alert_id, ref, word, version, count, since, due. $1 = now, $2 = 1 with
 * exercises, $3 = limit. */
enum {
	WORKLIST_EXHAUSTED,
	WORKLIST_NO_ACK,
	WORKLIST_APPROVAL,
	WORKLIST_HELD,
	WORKLIST_INTAKE,
	WORKLIST_UNVERIFIED,
	WORKLIST_NOTE,
	WORKLIST_RETURNED,
	WORKLIST_EXPIRING,
};

const struct sql_text worklist_sql[] = {
	[WORKLIST_EXHAUSTED] =
		{"worklist_exhausted",
		 "SELECT NULL, a.id, a.ref, NULL, a.current_version, 1,"
		 " l.started_utc_ms, 0 FROM ladder l JOIN alert a ON a.id = l.alert_id"
		 " WHERE l.state = 4 AND a.state IN (2, 4) AND ($2 = 1 OR a.status = 1)"
		 " AND $1 > 0 ORDER BY l.started_utc_ms LIMIT $3"},
	[WORKLIST_NO_ACK] = {"worklist_no_ack",
			     "SELECT NULL, a.id, a.ref, NULL, a.current_version, 1,"
			     " a.issued_utc_ms, 0 FROM alert a WHERE a.state = 4"
			     " AND NOT EXISTS (SELECT 1 FROM ack k WHERE k.alert_id = a.id"
			     " AND k.state = 1 AND (k.lease_until_utc_ms IS NULL"
			     " OR k.lease_until_utc_ms > $1)"
			     /* one from before a raise is none: the raise began another ladder */
			     " AND k.version >= COALESCE((SELECT l.version FROM ladder l"
			     " WHERE l.alert_id = a.id AND l.kind = 2 ORDER BY l.id DESC LIMIT 1),"
			     " 0)) AND ($2 = 1 OR a.status = 1)"
			     " ORDER BY a.issued_utc_ms LIMIT $3"},
	[WORKLIST_APPROVAL] = {"worklist_approval",
			       "SELECT NULL, a.id, a.ref, NULL, v.version, 1, v.submitted_utc_ms, 0"
			       " FROM alert a JOIN version v ON v.alert_id = a.id"
			       " AND v.version = a.open_version WHERE v.state = 2"
			       " AND a.state IN (2, 4, 5) AND ($2 = 1 OR a.status = 1) AND $1 > 0"
			       " ORDER BY v.submitted_utc_ms LIMIT $3"},
	[WORKLIST_HELD] = {"worklist_held",
			   "SELECT NULL, a.id, a.ref, d.channel, a.current_version, COUNT(*),"
			   " MIN(d.updated_utc_ms), 0 FROM broadcast b"
			   " JOIN alert a ON a.id = b.alert_id AND a.current_version = b.version"
			   " JOIN delivery d ON d.broadcast_id = b.id"
			   " AND d.state IN (1, 2, 5, 6, 7, 8) AND d.state = 8"
			   " WHERE b.state < 3 AND ($2 = 1 OR a.status = 1) AND $1 > 0"
			   " GROUP BY a.id, a.ref, d.channel, a.current_version"
			   " ORDER BY MIN(d.updated_utc_ms) LIMIT $3"},
	[WORKLIST_INTAKE] = {"worklist_intake",
			     "SELECT id, NULL, ref, NULL, 0, 1, created_utc_ms, 0 FROM casefile"
			     " WHERE state = 1 AND ($2 = 1 OR status = 1) AND $1 > 0"
			     " ORDER BY id LIMIT $3"},
	[WORKLIST_UNVERIFIED] = {"worklist_unverified",
				 "SELECT id, NULL, ref, NULL, 0, 1, closed_utc_ms, 0 FROM casefile"
				 " WHERE state IN (1, 2) AND closed_utc_ms > 0"
				 " AND ($2 = 1 OR status = 1) AND $1 > 0"
				 " ORDER BY closed_utc_ms LIMIT $3"},
	[WORKLIST_NOTE] =
		{"worklist_note",
		 "SELECT c.id, NULL, c.ref, n.person, 0, 1, n.created_utc_ms, n.due_utc_ms"
		 " FROM note n JOIN casefile c ON c.id = n.case_id"
		 " WHERE n.due_utc_ms IS NOT NULL AND n.done_utc_ms IS NULL"
		 " AND n.due_utc_ms <= $1 + 3600000 AND ($2 = 1 OR c.status = 1)"
		 " ORDER BY n.due_utc_ms LIMIT $3"},
	[WORKLIST_RETURNED] = {"worklist_returned",
			       "SELECT NULL, a.id, a.ref, NULL, v.version, 1, v.decided_utc_ms, 0"
			       " FROM alert a JOIN version v ON v.alert_id = a.id"
			       " AND v.version = a.open_version WHERE v.state = 4"
			       " AND a.state IN (1, 4, 5) AND ($2 = 1 OR a.status = 1) AND $1 > 0"
			       " ORDER BY v.decided_utc_ms LIMIT $3"},
	[WORKLIST_EXPIRING] =
		{"worklist_expiring",
		 "SELECT NULL, a.id, a.ref, NULL, a.current_version, 1,"
		 " a.issued_utc_ms, a.expires_utc_ms FROM alert a WHERE a.state IN (4, 5)"
		 " AND a.expires_utc_ms <= $1 + 3600000 AND ($2 = 1 OR a.status = 1)"
		 " ORDER BY a.expires_utc_ms LIMIT $3"},
};
const size_t worklist_sql_count = ARRAY_LEN(worklist_sql);

/* Most urgent first. */
static const struct {
	enum store_work_kind kind;
	int sql;
} worklist_order[] = {
	{WORK_EXHAUSTED, WORKLIST_EXHAUSTED}, {WORK_NO_ACK, WORKLIST_NO_ACK},
	{WORK_APPROVAL, WORKLIST_APPROVAL},   {WORK_HELD, WORKLIST_HELD},
	{WORK_CASE_INTAKE, WORKLIST_INTAKE},  {WORK_UNVERIFIED, WORKLIST_UNVERIFIED},
	{WORK_NOTE_DUE, WORKLIST_NOTE},       {WORK_RETURNED, WORKLIST_RETURNED},
	{WORK_EXPIRING, WORKLIST_EXPIRING},
};

static bool add_kind(struct store_txn *txn, struct arena *arena, size_t which,
		     const struct store_worklist_in *in, struct rows *rows, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &worklist_sql[worklist_order[which].sql]);

	sql_bind_int(stmt, 1, in->now_utc_ms);
	sql_bind_int(stmt, 2, in->with_exercise ? 1 : 0);
	sql_bind_int(stmt, 3, in->limit + 1);
	while (rows->count <= (size_t)in->limit && sql_step(stmt)) {
		struct store_work_row *row = rows_add(rows, arena);

		row->kind = worklist_order[which].kind;
		row->case_id = sql_id(stmt, 0);
		row->alert_id = sql_id(stmt, 1);
		rows_copy_ref(row->ref, sql_text(stmt, 2, arena));
		row->word = sql_text(stmt, 3, arena);
		row->version = (int)sql_int(stmt, 4);
		row->count = sql_int(stmt, 5);
		row->since_utc_ms = sql_int(stmt, 6);
		row->due_utc_ms = sql_int(stmt, 7);
	}
	return sql_ok(stmt, err);
}

static bool run_worklist(struct store_txn *txn, struct arena *arena, const void *in_any,
			 void *out_any, struct error *err)
{
	const struct store_worklist_in *in = in_any;
	struct store_worklist_out *out = out_any;
	struct rows rows = {.size = sizeof(struct store_work_row)};

	for (size_t i = 0; i < ARRAY_LEN(worklist_order); i++) {
		if (!add_kind(txn, arena, i, in, &rows, err)) {
			return false;
		}
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return true;
}

const struct store_op store_worklist = {
	.name = "worklist",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_worklist_in),
	.out_size = sizeof(struct store_worklist_out),
	.run = run_worklist,
};
