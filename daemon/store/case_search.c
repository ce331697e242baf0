/*
 * Search: there is no index of names on disk, so cases are read newest first, opened, and asked.
 * Runs on a reader thread; one call reads LIMIT_STORE_ROWS cases at most and says where to go on,
 * so that no reader is held for long.
 */
#include "base/limits.h"
#include "store/sql_registry.h"
#include "store/case_row.h"
#include "store/rows.h"

enum { SEARCH_PAGE };

const struct sql_text case_search_sql[] = {
	[SEARCH_PAGE] = {"case_search_page",
			 "SELECT " CASE_LIST_COLUMNS ", key_id, truth_version, truth_sealed"
			 " FROM casefile WHERE state <> 11 AND id < $1"
			 " AND ($2 >> status) % 2 = 1 ORDER BY id DESC LIMIT $3"},
};
const size_t case_search_sql_count = ARRAY_LEN(case_search_sql);

/* What was found is told with a name: a read of that case's personal data. */
static bool audit_found(struct store_txn *txn, const struct store_case_search_in *in,
			const struct id *case_id, struct error *err)
{
	return txn_audit(txn,
			 &(struct store_audit){.action = "case.found",
					       .person = in->person,
					       .case_id = *case_id,
					       .detail = in->detail,
					       .now_utc_ms = in->now_utc_ms},
			 err);
}

/* Opens one truth in an arena of its own, so that a search does not pile up a thousand of them. */
static bool look_at(struct store_txn *txn, struct arena *arena, struct sql_stmt *stmt,
		    const struct store_case_search_in *in, struct rows *found, struct error *err)
{
	AUTO(arena) struct arena *scratch = arena_create();
	AUTO(buf) struct buf title = {0};
	struct id id = sql_id(stmt, 0);
	struct store_case_found *hit;
	struct bytes truth;

	if (!txn_open(txn, scratch, sql_int(stmt, 9), &id, "truth", sql_int(stmt, 10),
		      sql_blob(stmt, 11, scratch), &truth, err)) {
		return false;
	}
	if (!casefile_matches(truth, in->query)) {
		return true;
	}
	if (!casefile_title(truth, &title, err)) {
		return false;
	}
	hit = rows_add(found, arena);
	case_row_read_list(stmt, arena, &hit->row);
	hit->title = arena_strdup(arena, buf_text(&title));
	return in->person == NULL || audit_found(txn, in, &id, err);
}

static bool run_search(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_case_search_in *in = in_any;
	struct store_case_search_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &case_search_sql[SEARCH_PAGE]);
	struct rows found = {.size = sizeof(struct store_case_found)};
	struct id last = {0};
	int read = 0;

	sql_bind_before(stmt, 1, &in->after);
	sql_bind_int(stmt, 2, in->statuses);
	sql_bind_int(stmt, 3, LIMIT_STORE_ROWS);
	while (found.count < (size_t)in->limit && sql_step(stmt)) {
		if (!look_at(txn, arena, stmt, in, &found, err)) {
			return false;
		}
		last = sql_id(stmt, 0);
		read++;
	}
	out->rows = found.data;
	out->count = found.count;
	if (read == LIMIT_STORE_ROWS || found.count == (size_t)in->limit) {
		out->next = last;
	}
	return sql_ok(stmt, err);
}

const struct store_op store_case_search = {
	.name = "case_search",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_case_search_in),
	.out_size = sizeof(struct store_case_search_out),
	.run = run_search,
};
