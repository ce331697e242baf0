/*
 * Reading cases: one case whole, pages of cases, the alerts a close would end. Runs on reader
 * threads; a read that opens the truth is audited by its caller before the answer leaves.
 */
#include "store/sql_registry.h"
#include "store/case_row.h"
#include "store/rows.h"

enum { GET_HOLDS, GET_ALERTS, GET_REPORTS, LIST_PAGE, LIVE_ALERTS };

/* A page of one state, along its index, when the state's bit is asked for; the page of all is
 * among them. */
#define PAGE_OF(state)                                                                             \
	"SELECT id FROM (SELECT id FROM casefile WHERE state = " #state " AND ($1 >> " #state      \
	") % 2 = 1 AND id < $2 AND ($3 = 1 OR status = 1) ORDER BY id DESC LIMIT $4) AS of" #state

#define OR_OF(state) " UNION ALL " PAGE_OF(state)
#define PAGES                                                                                      \
	PAGE_OF(1)                                                                                 \
	OR_OF(2) OR_OF(3) OR_OF(4) OR_OF(5) OR_OF(6) OR_OF(7) OR_OF(8) OR_OF(9) OR_OF(10) OR_OF(11)

const struct sql_text case_read_sql[] = {
	[GET_HOLDS] = {"case_get_holds",
		       "SELECT field, person, created_utc_ms, until_utc_ms, why_sealed FROM hold"
		       " WHERE case_id = $1 AND (until_utc_ms IS NULL OR until_utc_ms > $2)"
		       " ORDER BY field"},
	[GET_ALERTS] = {"case_get_alerts",
			"SELECT a.id, a.ref, a.state, a.end_reason, a.tier FROM alert_case k"
			" JOIN alert a ON a.id = k.alert_id WHERE k.case_id = $1"
			" ORDER BY a.id DESC LIMIT 200"},
	[GET_REPORTS] = {"case_get_reports",
			 "SELECT id, person, source, received_utc_ms FROM report"
			 " WHERE case_id = $1 ORDER BY id LIMIT 200"},
	[LIST_PAGE] = {"case_list_page", "SELECT " CASE_LIST_COLUMNS " FROM casefile"
					 " WHERE id IN (" PAGES ") ORDER BY id DESC LIMIT $4"},
	/* 1 draft .. 5 suspended; an alert that another open case shares goes on. +: from the
	   alert's cases, not from every open one. */
	[LIVE_ALERTS] = {"case_live_alerts",
			 "SELECT a.id FROM alert_case k JOIN alert a ON a.id = k.alert_id"
			 " WHERE k.case_id = $1 AND a.state <= 5"
			 " AND NOT EXISTS (SELECT 1 FROM alert_case o"
			 " JOIN casefile c ON c.id = o.case_id WHERE o.alert_id = a.id"
			 " AND o.case_id <> $1 AND +c.state IN (1, 2)) ORDER BY a.id LIMIT 1000"},
};
const size_t case_read_sql_count = ARRAY_LEN(case_read_sql);

static bool get_holds(struct store_txn *txn, struct arena *arena, const struct case_row *row,
		      const struct store_case_get_in *in, struct store_case_get_out *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_read_sql[GET_HOLDS]);
	struct rows rows = {.size = sizeof(struct store_case_hold)};

	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	while (sql_step(stmt)) {
		struct store_case_hold *hold = rows_add(&rows, arena);
		struct bytes sealed = sql_blob(stmt, 4, arena);

		hold->field = (int)sql_int(stmt, 0);
		hold->person = sql_text(stmt, 1, arena);
		hold->created_utc_ms = sql_int(stmt, 2);
		hold->until_utc_ms = sql_int(stmt, 3);
		if (in->with_truth && sealed.len > 0 &&
		    !txn_open(txn, arena, row->key_id, &row->id, "hold", hold->field, sealed,
			      &hold->why, err)) {
			return false;
		}
	}
	out->holds = rows.data;
	out->hold_count = rows.count;
	return sql_ok(stmt, err);
}

static bool get_alerts(struct store_txn *txn, struct arena *arena, struct store_case_get_out *out,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_read_sql[GET_ALERTS]);
	struct rows rows = {.size = sizeof(struct store_case_alert)};

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		struct store_case_alert *alert = rows_add(&rows, arena);

		alert->id = sql_id(stmt, 0);
		rows_copy_ref(alert->ref, sql_text(stmt, 1, arena));
		alert->state = (enum alert_state)sql_int(stmt, 2);
		alert->end_reason = (enum end_reason)sql_int(stmt, 3);
		alert->tier = (enum tier)sql_int(stmt, 4);
	}
	out->alerts = rows.data;
	out->alert_count = rows.count;
	return sql_ok(stmt, err);
}

static bool get_reports(struct store_txn *txn, struct arena *arena, struct store_case_get_out *out,
			struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_read_sql[GET_REPORTS]);
	struct rows rows = {.size = sizeof(struct store_case_report)};

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		struct store_case_report *report = rows_add(&rows, arena);

		report->id = sql_id(stmt, 0);
		report->person = sql_text(stmt, 1, arena);
		report->source = (int)sql_int(stmt, 2);
		report->received_utc_ms = sql_int(stmt, 3);
	}
	out->reports = rows.data;
	out->report_count = rows.count;
	return sql_ok(stmt, err);
}

static bool run_get(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	const struct store_case_get_in *in = in_any;
	struct store_case_get_out *out = out_any;
	struct case_row row;

	if (!case_row_get(txn, arena, &in->case_id, in->case_ref, &row, err)) {
		return false;
	}
	out->id = row.id;
	rows_copy_ref(out->ref, row.ref);
	out->status = row.status;
	out->state = row.state;
	out->category = row.category;
	out->etag = row.etag;
	out->assigned_to = row.assigned_to;
	out->created_utc_ms = row.created_utc_ms;
	out->updated_utc_ms = row.updated_utc_ms;
	out->closed_utc_ms = row.closed_utc_ms;
	out->purged_utc_ms = row.purged_utc_ms;
	out->is_verified = row.is_verified;
	if (in->with_truth && row.state != CASE_PURGED &&
	    !case_row_open_truth(txn, arena, &row, &out->truth, err)) {
		return false;
	}
	return get_holds(txn, arena, &row, in, out, err) && get_alerts(txn, arena, out, err) &&
	       get_reports(txn, arena, out, err);
}

const struct store_op store_case_get = {
	.name = "case_get",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_case_get_in),
	.out_size = sizeof(struct store_case_get_out),
	.run = run_get,
};

static bool run_list(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_case_list_in *in = in_any;
	struct store_case_list_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &case_read_sql[LIST_PAGE]);
	struct rows rows = {.size = sizeof(struct store_case_row)};

	sql_bind_int(stmt, 1, in->states != 0 ? in->states : ~(1u << CASE_PURGED));
	sql_bind_before(stmt, 2, &in->after);
	sql_bind_int(stmt, 3, in->with_exercise ? 1 : 0);
	sql_bind_int(stmt, 4, in->limit + 1);
	while (sql_step(stmt)) {
		case_row_read_list(stmt, arena, rows_add(&rows, arena));
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_case_list = {
	.name = "case_list",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_case_list_in),
	.out_size = sizeof(struct store_case_list_out),
	.run = run_list,
};

bool case_live_alerts(struct store_txn *txn, struct arena *arena, const struct id *case_id,
		      const struct id **ret_alerts, size_t *ret_count, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_read_sql[LIVE_ALERTS]);
	struct rows rows = {.size = sizeof(struct id)};

	sql_bind_id(stmt, 1, case_id);
	while (sql_step(stmt)) {
		*(struct id *)rows_add(&rows, arena) = sql_id(stmt, 0);
	}
	*ret_alerts = rows.data;
	*ret_count = rows.count;
	return sql_ok(stmt, err);
}

static bool run_alerts(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_case_alerts_in *in = in_any;
	struct store_case_alerts_out *out = out_any;
	struct case_row row;

	if (!case_row_get(txn, arena, &in->case_id, in->case_ref, &row, err)) {
		return false;
	}
	out->case_id = row.id;
	return case_live_alerts(txn, arena, &row.id, &out->alerts, &out->count, err);
}

const struct store_op store_case_alerts = {
	.name = "case_alerts",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_case_alerts_in),
	.out_size = sizeof(struct store_case_alerts_out),
	.run = run_alerts,
};
