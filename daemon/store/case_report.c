/*
 * Reports and patches: how the case truth comes to be and changes. The truth is opened, changed by
 * the domain and sealed again inside the transaction, because only there it is certain to be the
 * newest; two operators cannot lose each other's words.
 *
 * A report's body is stored as received, sealed under the case's key. Crash: report, case, key id
 * and audit entry exist with the commit or not at all.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/case_row.h"

enum { REPORT_INSERT, REPORT_GET };

const struct sql_text case_report_sql[] = {
	[REPORT_INSERT] = {"report_insert",
			   "INSERT INTO report (id, case_id, person, source, received_utc_ms,"
			   " body_sealed) VALUES ($1, $2, $3, $4, $5, $6)"},
	[REPORT_GET] = {"report_get",
			"SELECT r.id, r.case_id, r.person, r.received_utc_ms, r.body_sealed, c.ref,"
			" c.key_id, c.state FROM report r JOIN casefile c ON c.id = r.case_id"
			" WHERE r.id = $1"},
};
const size_t case_report_sql_count = ARRAY_LEN(case_report_sql);

static bool report_insert(struct store_txn *txn, struct arena *arena, const struct case_row *row,
			  const struct store_report_create_in *in, struct error *err)
{
	struct bytes sealed;
	struct sql_stmt *stmt;

	if (!txn_seal(txn, arena, row->key_id, &in->report_id, "report", 1, in->body, &sealed,
		      err)) {
		return false;
	}
	stmt = sql_use(txn, &case_report_sql[REPORT_INSERT]);
	sql_bind_id(stmt, 1, &in->report_id);
	sql_bind_id(stmt, 2, &row->id);
	sql_bind_text(stmt, 3, in->person);
	sql_bind_int(stmt, 4, in->report->source);
	sql_bind_int(stmt, 5, in->now_utc_ms);
	sql_bind_blob(stmt, 6, sealed.data, sealed.len);
	return sql_run(stmt, err);
}

static bool new_case(struct store_txn *txn, struct arena *arena,
		     const struct store_report_create_in *in, struct case_row *row,
		     struct error *err)
{
	AUTO(buf) struct buf truth = {0};

	*row = (struct case_row){
		.id = in->case_id,
		.status = in->report->status,
		.state = CASE_INTAKE,
		.category = in->report->category,
		.etag = 1,
		.created_utc_ms = in->now_utc_ms,
	};
	return ref_next(txn, in->ref_year, row->ref, err) &&
	       txn_key_assign(txn, &row->key_id, err) &&
	       casefile_create(in->report, &in->report_id, &truth, err) &&
	       case_row_set_truth(txn, arena, row, (struct bytes){truth.data, truth.len}, err) &&
	       case_row_insert(txn, row, err);
}

static bool add_evidence(struct store_txn *txn, struct arena *arena,
			 const struct store_report_create_in *in, struct case_row *row,
			 uint64_t *ret_changed, struct error *err)
{
	AUTO(buf) struct buf truth = {0};
	struct bytes before;

	if (!case_row_get(txn, arena, &in->case_id, in->case_ref, row, err) ||
	    !case_row_open_truth(txn, arena, row, &before, err)) {
		return false;
	}
	if (in->report->has_status && in->report->status != row->status) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s, the report is %s", row->ref,
				 alert_status_name(row->status),
				 alert_status_name(in->report->status));
	}
	if (!casefile_add_report(before, in->report, &in->report_id, &truth, ret_changed, err) ||
	    !case_row_set_truth(txn, arena, row, (struct bytes){truth.data, truth.len}, err)) {
		return false;
	}
	row->updated_utc_ms = in->now_utc_ms;
	return case_row_save(txn, row, err);
}

/* What an alert would still lack: told for the case as it is now, not for this report alone. */
static bool case_missing(struct store_txn *txn, struct arena *arena, const struct case_row *row,
			 int64_t now_utc_ms, uint32_t *ret_missing, struct error *err)
{
	struct casefile_facts facts;
	struct bytes truth;

	if (!case_row_open_truth(txn, arena, row, &truth, err) ||
	    !casefile_read_facts(truth, now_utc_ms, &facts, err)) {
		return false;
	}
	*ret_missing = facts.missing;
	return true;
}

static bool run_report_create(struct store_txn *txn, struct arena *arena, const void *in_any,
			      void *out_any, struct error *err)
{
	const struct store_report_create_in *in = in_any;
	struct store_report_create_out *out = out_any;
	struct case_row row;

	if (in->is_new) {
		if (!new_case(txn, arena, in, &row, err)) {
			return false;
		}
		out->outcome.missing = in->report->missing;
	} else if (!add_evidence(txn, arena, in, &row, &out->changed, err) ||
		   !case_missing(txn, arena, &row, in->now_utc_ms, &out->outcome.missing, err)) {
		return false;
	}
	if (!report_insert(txn, arena, &row, in, err)) {
		return false;
	}
	case_row_outcome(&row, &out->outcome);
	out->outcome.http_status = 201;
	out->outcome.report_id = in->report_id;
	out->outcome.at_utc_ms = in->now_utc_ms;
	return true;
}

const struct store_op store_report_create = {
	.name = "report_create",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_report_create_in),
	.out_size = sizeof(struct store_report_create_out),
	.run = run_report_create,
};

static bool run_report_get(struct store_txn *txn, struct arena *arena, const void *in_any,
			   void *out_any, struct error *err)
{
	const struct store_report_get_in *in = in_any;
	struct store_report_get_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &case_report_sql[REPORT_GET]);
	const char *ref;

	sql_bind_id(stmt, 1, &in->report_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such report")
					 : false;
	}
	out->id = sql_id(stmt, 0);
	out->case_id = sql_id(stmt, 1);
	txn_about(txn, &out->case_id, NULL);
	out->person = sql_text(stmt, 2, arena);
	out->received_utc_ms = sql_int(stmt, 3);
	ref = sql_text(stmt, 5, arena);
	memcpy(out->case_ref, ref, strnlen(ref, REF_TEXT_BYTES - 1));
	if (sql_int(stmt, 7) == CASE_PURGED) {
		return error_set(err, ERROR_GONE, "case %s was purged", ref);
	}
	return txn_open(txn, arena, sql_int(stmt, 6), &out->id, "report", 1,
			sql_blob(stmt, 4, arena), &out->body, err);
}

const struct store_op store_report_get = {
	.name = "report_get",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_report_get_in),
	.out_size = sizeof(struct store_report_get_out),
	.run = run_report_get,
};

static bool patch_truth(struct store_txn *txn, struct arena *arena,
			const struct store_case_patch_in *in, struct case_row *row,
			struct store_case_patch_out *out, struct error *err)
{
	AUTO(buf) struct buf truth = {0};
	struct casefile_patch patch = {in->body, in->person, in->now_utc_ms};
	struct casefile_patched patched;
	struct bytes before;

	if (!case_row_open_truth(txn, arena, row, &before, err) ||
	    !casefile_patch(before, &patch, arena, &truth, &patched, &out->problems, err) ||
	    !case_row_set_truth(txn, arena, row, (struct bytes){truth.data, truth.len}, err)) {
		return false;
	}
	out->changed = patched.changed;
	out->reason = patched.reason;
	row->category = patched.category;
	row->updated_utc_ms = in->now_utc_ms;
	return true;
}

/* Which fields changed, and why: the reason is sealed under the case's key. */
static bool patch_audit(struct store_txn *txn, const struct store_case_patch_in *in,
			const struct case_row *row, const struct store_case_patch_out *out,
			struct error *err)
{
	AUTO(buf) struct buf detail = {0};

	buf_add_text(&detail, "changed=");
	release_render_names(out->changed, &detail);
	return txn_audit(txn,
			 &(struct store_audit){.action = "case.patch",
					       .person = in->person,
					       .case_id = row->id,
					       .detail = buf_text(&detail),
					       .note = out->reason,
					       .now_utc_ms = in->now_utc_ms},
			 err);
}

bool case_row_patch(struct store_txn *txn, struct arena *arena,
		    const struct store_case_patch_in *in, struct store_case_patch_out *out,
		    struct error *err)
{
	struct case_row row;

	problems_init(&out->problems, arena);
	if (!case_row_get(txn, arena, &in->case_id, in->case_ref, &row, err)) {
		return false;
	}
	if (!in->is_any_etag && row.etag != in->if_etag) {
		return error_set(err, ERROR_STALE, "case %s changed since you read it", row.ref);
	}
	if (row.state == CASE_INTAKE && !case_row_enter(&row, CASE_OPEN, err)) {
		return false;
	}
	if (!patch_truth(txn, arena, in, &row, out, err) || !case_row_save(txn, &row, err) ||
	    !patch_audit(txn, in, &row, out, err)) {
		return false;
	}
	case_row_outcome(&row, &out->outcome);
	out->outcome.at_utc_ms = in->now_utc_ms;
	return true;
}

static bool run_case_patch(struct store_txn *txn, struct arena *arena, const void *in_any,
			   void *out_any, struct error *err)
{
	return case_row_patch(txn, arena, in_any, out_any, err);
}

const struct store_op store_case_patch = {
	.name = "case_patch",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_case_patch_in),
	.out_size = sizeof(struct store_case_patch_out),
	.run = run_case_patch,
};
