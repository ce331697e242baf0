/*
 * The timeline of a case or an alert: its rows of the audit chain, oldest first. Ids, states and
 * hashes; the notes are opened when asked, and one whose key was purged stays closed. Runs on a
 * reader thread.
 */
#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/audit_chain.h"
#include "store/case_row.h"
#include "store/casefile.h"
#include "store/rows.h"

enum { TIMELINE_OF_CASE, TIMELINE_OF_ALERT, TIMELINE_HEAD };

#define TIMELINE_COLUMNS                                                                           \
	"SELECT a.seq, a.at_utc_ms, a.action, a.person, a.case_id, a.alert_id, a.version,"         \
	" a.detail, a.key_id, a.note_sealed,"                                                      \
	" (SELECT c.ref FROM casefile c WHERE c.id = a.case_id),"                                  \
	" (SELECT t.ref FROM alert t WHERE t.id = a.alert_id) FROM "
#define TIMELINE_PAGE " AND a.chain = $4 AND a.seq > $2 AND +a.seq <= $5 "

const struct sql_text case_timeline_sql[] = {
	/* a row may be of both; CROSS and +: along the index of the case or of its alerts */
	[TIMELINE_OF_CASE] = {"timeline_of_case", TIMELINE_COLUMNS
			      "audit a WHERE a.case_id = $1" TIMELINE_PAGE
			      "UNION ALL " TIMELINE_COLUMNS "alert_case k CROSS JOIN audit a"
			      " WHERE k.case_id = $1 AND a.alert_id = k.alert_id AND +a.chain = $4"
			      " AND +a.seq > $2 AND +a.seq <= $5"
			      " AND a.case_id IS DISTINCT FROM $1 ORDER BY 1 LIMIT $3"},
	[TIMELINE_OF_ALERT] = {"timeline_of_alert",
			       TIMELINE_COLUMNS "audit a WHERE a.alert_id = $1" TIMELINE_PAGE
						"ORDER BY a.seq LIMIT $3"},
	[TIMELINE_HEAD] = {"timeline_head", "SELECT MAX(seq) FROM audit WHERE chain = $1"},
};
const size_t case_timeline_sql_count = ARRAY_LEN(case_timeline_sql);

/* A row and its note as it is stored; notes are opened when the statement is done. */
struct entry {
	struct store_timeline_row row;
	int64_t key_id;
	struct bytes sealed;
};

static void read_entry(struct sql_stmt *stmt, struct arena *arena, struct entry *entry)
{
	*entry = (struct entry){
		.row =
			{
				.seq = sql_int(stmt, 0),
				.at_utc_ms = sql_int(stmt, 1),
				.action = sql_text(stmt, 2, arena),
				.person = sql_text(stmt, 3, arena),
				.case_id = sql_id(stmt, 4),
				.alert_id = sql_id(stmt, 5),
				.version = (int)sql_int(stmt, 6),
				.detail = sql_text(stmt, 7, arena),
				.case_ref = sql_text(stmt, 10, arena),
				.alert_ref = sql_text(stmt, 11, arena),
			},
		.key_id = sql_int(stmt, 8),
		.sealed = sql_blob(stmt, 9, arena),
	};
}

static bool open_note(struct store_txn *txn, struct arena *arena, struct entry *entry,
		      struct error *err)
{
	struct store_timeline_row *row = &entry->row;
	const struct id *owner = id_is_none(&row->case_id) ? &row->alert_id : &row->case_id;
	struct error why;
	struct bytes note;

	if (entry->sealed.len == 0) {
		return true;
	}
	if (!txn_open(txn, arena, entry->key_id, owner, "audit", row->at_utc_ms, entry->sealed,
		      &note, &why)) {
		if (why.code == ERROR_GONE) {
			return true;
		}
		*err = why;
		return false;
	}
	row->note = arena_memdup(arena, note.data, note.len);
	return true;
}

/* Ids are given, or found by ref. */
static bool find_owner(struct store_txn *txn, struct arena *arena,
		       const struct store_case_timeline_in *in, struct id *ret_owner,
		       struct error *err)
{
	struct alert_row alert;
	struct case_row row;

	if (in->of_alert) {
		if (!alert_row_get(txn, arena, &in->alert_id, in->ref, &alert, err)) {
			return false;
		}
		*ret_owner = alert.id;
		return true;
	}
	if (!case_row_get(txn, arena, &in->case_id, in->ref, &row, err)) {
		return false;
	}
	*ret_owner = row.id;
	return true;
}

/* Reading a page is itself a row of the timeline: without a last row a walk would never end. */
static bool find_until(struct store_txn *txn, int64_t asked, int64_t *ret_until, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_timeline_sql[TIMELINE_HEAD]);

	sql_bind_int(stmt, 1, AUDIT_CHAIN);
	*ret_until = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	if (asked != 0 && asked < *ret_until) {
		*ret_until = asked;
	}
	return sql_ok(stmt, err);
}

static bool run_timeline(struct store_txn *txn, struct arena *arena, const void *in_any,
			 void *out_any, struct error *err)
{
	const struct store_case_timeline_in *in = in_any;
	struct store_case_timeline_out *out = out_any;
	struct rows entries = {.size = sizeof(struct entry)};
	struct store_timeline_row *rows;
	struct sql_stmt *stmt;
	struct id owner;

	if (!find_owner(txn, arena, in, &owner, err) ||
	    !find_until(txn, in->until_seq, &out->until_seq, err)) {
		return false;
	}
	stmt = sql_use(txn,
		       &case_timeline_sql[in->of_alert ? TIMELINE_OF_ALERT : TIMELINE_OF_CASE]);
	sql_bind_id(stmt, 1, &owner);
	sql_bind_int(stmt, 2, in->after_seq);
	sql_bind_int(stmt, 3, in->limit + 1);
	sql_bind_int(stmt, 4, AUDIT_CHAIN);
	sql_bind_int(stmt, 5, out->until_seq);
	while (sql_step(stmt)) {
		read_entry(stmt, arena, rows_add(&entries, arena));
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	out->has_more = entries.count > (size_t)in->limit;
	out->count = out->has_more ? (size_t)in->limit : entries.count;
	rows = arena_array(arena, out->count + 1, sizeof(*rows));
	for (size_t i = 0; i < out->count; i++) {
		struct entry *entry = (struct entry *)entries.data + i;

		if (in->with_notes && !open_note(txn, arena, entry, err)) {
			return false;
		}
		rows[i] = entry->row;
	}
	out->rows = rows;
	return true;
}

const struct store_op store_case_timeline = {
	.name = "case_timeline",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_case_timeline_in),
	.out_size = sizeof(struct store_case_timeline_out),
	.run = run_timeline,
};
