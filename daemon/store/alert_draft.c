/*
 * Drafts: a new alert with its first version, edits of an unapproved version, and further versions
 * of a running alert. The draft's text is sealed under the alert's own key; the clear columns are
 * what lists and rules need.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/case_row.h"

enum {
	CASE_FOR_ALERT,
	CASE_OPEN_IT,
	ALERT_INSERT,
	ALERT_CASE_INSERT,
	VERSION_INSERT,
	VERSION_EDIT
};

const struct sql_text alert_draft_sql[] = {
	[CASE_FOR_ALERT] = {"alert_case_for",
			    "SELECT status, state, ref FROM casefile WHERE id = $1"},
	[CASE_OPEN_IT] = {"alert_case_open", "UPDATE casefile SET state = 2, updated_utc_ms = $2"
					     " WHERE id = $1 AND state = 1"},
	[ALERT_INSERT] = {"alert_insert",
			  "INSERT INTO alert (id, ref, status, state, tier, policy, key_id, etag,"
			  " last_version, open_version, created_by, created_utc_ms, expires_utc_ms)"
			  " VALUES ($1, $2, $3, 1, $4, $5, $6, 1, 1, 1, $7, $8, $9)"},
	[ALERT_CASE_INSERT] = {"alert_case_insert",
			       "INSERT INTO alert_case (alert_id, case_id) VALUES ($1, $2)"},
	[VERSION_INSERT] = {"version_insert",
			    "INSERT INTO version (alert_id, version, kind, state, etag, tier,"
			    " narrows, created_utc_ms, expires_utc_ms, draft_sealed,"
			    " request_sealed) VALUES ($1, $2, $3, 1, 1, $4, $5, $6, $7, $8, $9)"},
	[VERSION_EDIT] = {"version_edit",
			  "UPDATE version SET state = 1, etag = etag + 1, tier = $4, narrows = $5,"
			  " expires_utc_ms = $6, draft_sealed = $7, digest = NULL"
			  " WHERE alert_id = $1 AND version = $2 AND etag = $3"},
};
const size_t alert_draft_sql_count = ARRAY_LEN(alert_draft_sql);

static void bind_blob(struct sql_stmt *stmt, int index, struct bytes bytes)
{
	if (bytes.len > 0) {
		sql_bind_blob(stmt, index, bytes.data, bytes.len);
	} else {
		sql_bind_null(stmt, index);
	}
}

static void bind_expiry(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms != 0) {
		sql_bind_int(stmt, index, utc_ms);
	} else {
		sql_bind_null(stmt, index);
	}
}

/* The case exists, is the alert's status and may still be searched for; intake becomes open. */
static bool case_take(struct store_txn *txn, struct arena *arena,
		      const struct store_alert_create_in *in, const struct id *case_id,
		      struct outcome *outcome, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_draft_sql[CASE_FOR_ALERT]);
	enum alert_status status;
	enum case_state state;
	const char *ref;

	sql_bind_id(stmt, 1, case_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such case") : false;
	}
	status = (enum alert_status)sql_int(stmt, 0);
	state = (enum case_state)sql_int(stmt, 1);
	ref = sql_text(stmt, 2, arena);
	if (status != in->status) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s: its alert cannot be %s", ref,
				 alert_status_name(status), alert_status_name(in->status));
	}
	if (case_state_is_ended(state)) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s: reopen it first", ref,
				 case_state_name(state));
	}
	stmt = sql_use(txn, &alert_draft_sql[CASE_OPEN_IT]);
	sql_bind_id(stmt, 1, case_id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (id_equal(case_id, &in->case_id)) {
		outcome->case_id = *case_id;
		memcpy(outcome->case_ref, ref, strnlen(ref, REF_TEXT_BYTES - 1));
		outcome->case_state = CASE_OPEN;
	}
	stmt = sql_use(txn, &alert_draft_sql[ALERT_CASE_INSERT]);
	sql_bind_id(stmt, 1, &in->alert_id);
	sql_bind_id(stmt, 2, case_id);
	return sql_run(stmt, err);
}

static bool alert_insert(struct store_txn *txn, const struct store_alert_create_in *in,
			 struct alert_row *row, struct error *err)
{
	struct sql_stmt *stmt;

	*row = (struct alert_row){
		.id = in->alert_id,
		.status = in->status,
		.state = ALERT_DRAFT,
		.tier = in->tier,
		.policy = in->policy,
		.etag = 1,
		.last_version = 1,
		.open_version = 1,
	};
	if (!ref_next(txn, in->ref_year, row->ref, err) ||
	    !txn_key_assign(txn, &row->key_id, err)) {
		return false;
	}
	stmt = sql_use(txn, &alert_draft_sql[ALERT_INSERT]);
	sql_bind_id(stmt, 1, &row->id);
	sql_bind_text(stmt, 2, row->ref);
	sql_bind_int(stmt, 3, row->status);
	sql_bind_int(stmt, 4, row->tier);
	sql_bind_text(stmt, 5, row->policy);
	sql_bind_int(stmt, 6, row->key_id);
	sql_bind_text(stmt, 7, in->person);
	sql_bind_int(stmt, 8, in->now_utc_ms);
	bind_expiry(stmt, 9, in->expires_utc_ms);
	return sql_run(stmt, err);
}

/* What a fresh version row says, whoever asks for it. */
struct version_new {
	int version;
	enum version_kind kind;
	enum tier tier;
	bool narrows;
	int64_t expires_utc_ms;
	int64_t now_utc_ms;
	struct bytes draft;
	struct bytes request;
	const char *person;
};

static bool version_insert(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
			   const struct version_new *fresh, struct error *err)
{
	struct bytes draft, request;
	struct sql_stmt *stmt;

	if (!alert_row_seal(txn, arena, row, "draft", fresh->version, fresh->draft, &draft, err) ||
	    !alert_row_seal(txn, arena, row, "request", fresh->version, fresh->request, &request,
			    err)) {
		return false;
	}
	stmt = sql_use(txn, &alert_draft_sql[VERSION_INSERT]);
	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, fresh->version);
	sql_bind_int(stmt, 3, fresh->kind);
	sql_bind_int(stmt, 4, fresh->tier);
	sql_bind_int(stmt, 5, fresh->narrows ? 1 : 0);
	sql_bind_int(stmt, 6, fresh->now_utc_ms);
	bind_expiry(stmt, 7, fresh->expires_utc_ms);
	bind_blob(stmt, 8, draft);
	bind_blob(stmt, 9, request);
	return sql_run(stmt, err) &&
	       version_person_add(txn, &row->id, fresh->version, fresh->person, DID_EDIT,
				  fresh->now_utc_ms, err);
}

static void fresh_outcome(const struct alert_row *row, const struct version_new *fresh,
			  struct outcome *outcome)
{
	struct version_row version = {
		.version = fresh->version,
		.kind = fresh->kind,
		.state = VERSION_DRAFT,
		.etag = 1,
	};

	alert_row_outcome(row, &version, outcome);
	outcome->http_status = 201;
	outcome->at_utc_ms = fresh->now_utc_ms;
}

static bool run_create(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_alert_create_in *in = in_any;
	struct store_alert_create_out *out = out_any;
	struct alert_row row;
	struct version_new fresh = {
		.version = 1,
		.kind = VERSION_ISSUE,
		.tier = in->tier,
		.expires_utc_ms = in->expires_utc_ms,
		.now_utc_ms = in->now_utc_ms,
		.draft = in->draft,
		.person = in->person,
	};

	if (!alert_insert(txn, in, &row, err) ||
	    !case_take(txn, arena, in, &in->case_id, &out->outcome, err)) {
		return false;
	}
	for (size_t i = 0; i < in->sibling_count; i++) {
		if (!case_take(txn, arena, in, &in->sibling_ids[i], &out->outcome, err)) {
			return false;
		}
	}
	if (!version_insert(txn, arena, &row, &fresh, err)) {
		return false;
	}
	fresh_outcome(&row, &fresh, &out->outcome);
	return true;
}

const struct store_op store_alert_create = {
	.name = "alert_create",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_create_in),
	.out_size = sizeof(struct store_alert_create_out),
	.run = run_create,
};

static bool edit_version(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
			 const struct store_alert_edit_in *in, struct error *err)
{
	struct bytes draft;
	struct sql_stmt *stmt;

	if (!alert_row_seal(txn, arena, row, "draft", in->version, in->draft, &draft, err)) {
		return false;
	}
	stmt = sql_use(txn, &alert_draft_sql[VERSION_EDIT]);
	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, in->version);
	sql_bind_int(stmt, 3, in->if_etag);
	sql_bind_int(stmt, 4, in->tier);
	sql_bind_int(stmt, 5, in->narrows ? 1 : 0);
	bind_expiry(stmt, 6, in->expires_utc_ms);
	bind_blob(stmt, 7, draft);
	return sql_run(stmt, err) && version_person_add(txn, &row->id, in->version, in->person,
							DID_EDIT, in->now_utc_ms, err);
}

static bool run_edit(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_alert_edit_in *in = in_any;
	struct store_alert_edit_out *out = out_any;
	struct alert_row row;
	struct version_row version;

	if (!alert_row_get(txn, arena, &in->alert_id, NULL, &row, err) ||
	    !version_row_get(txn, arena, &row.id, in->version, &version, err)) {
		return false;
	}
	if (row.open_version != in->version ||
	    (version.state != VERSION_DRAFT && version.state != VERSION_RETURNED)) {
		return error_set(err, ERROR_CONFLICT, "version %d is %s and cannot be edited",
				 in->version, version_state_name(version.state));
	}
	if (version.etag != in->if_etag) {
		return error_set(err, ERROR_STALE, "somebody edited version %d since you read it",
				 in->version);
	}
	if (!edit_version(txn, arena, &row, in, err)) {
		return false;
	}
	version.state = VERSION_DRAFT;
	version.etag++;
	if (row.current_version ==
	    0) { /* a running alert keeps its own until the version is approved */
		row.tier = in->tier;
		row.policy = in->policy;
		row.expires_utc_ms = in->expires_utc_ms;
	}
	if (!alert_row_save(txn, &row, err)) {
		return false;
	}
	alert_row_outcome(&row, &version, &out->outcome);
	out->outcome.at_utc_ms = in->now_utc_ms;
	return true;
}

const struct store_op store_alert_edit = {
	.name = "alert_edit",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_edit_in),
	.out_size = sizeof(struct store_alert_edit_out),
	.run = run_edit,
};

static bool may_update(const struct alert_row *row, const struct store_alert_update_in *in,
		       struct error *err)
{
	bool is_resume = in->kind == VERSION_RESUME;

	if (row->state != (is_resume ? ALERT_SUSPENDED : ALERT_ACTIVE)) {
		return error_set(err, ERROR_CONFLICT, "the alert is %s",
				 alert_state_name(row->state));
	}
	if (row->open_version != 0) {
		return error_set(err, ERROR_CONFLICT,
				 "version %d is not decided yet: withdraw it or have it decided",
				 row->open_version);
	}
	if (row->current_version != in->if_current_version) {
		return error_set(err, ERROR_CONFLICT, "version %d was approved meanwhile",
				 row->current_version);
	}
	return true;
}

static bool patch_case(struct store_txn *txn, struct arena *arena,
		       const struct store_alert_update_in *in, struct store_alert_update_out *out,
		       struct error *err)
{
	struct store_case_patch_in patch = {
		.case_id = in->case_id,
		.is_any_etag = true, /* it was written against the alert, not the case's page */
		.body = in->case_patch,
		.person = in->person,
		.now_utc_ms = in->now_utc_ms,
	};
	struct store_case_patch_out patched = {0};
	bool is_done;

	problems_init(&out->problems, arena);
	if (in->case_patch.len == 0) {
		return true;
	}
	is_done = case_row_patch(txn, arena, &patch, &patched, err);
	out->problems = patched.problems;
	return is_done;
}

static bool run_update(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_alert_update_in *in = in_any;
	struct store_alert_update_out *out = out_any;
	struct alert_row row;
	struct version_new fresh = {
		.kind = in->kind,
		.tier = in->tier,
		.narrows = in->narrows,
		.expires_utc_ms = in->expires_utc_ms,
		.now_utc_ms = in->now_utc_ms,
		.draft = in->draft,
		.request = in->request,
		.person = in->person,
	};

	if (!alert_row_get(txn, arena, &in->alert_id, NULL, &row, err) ||
	    !may_update(&row, in, err) || !patch_case(txn, arena, in, out, err)) {
		return false;
	}
	fresh.version = row.last_version + 1;
	row.last_version = fresh.version;
	row.open_version = fresh.version;
	if (!version_insert(txn, arena, &row, &fresh, err) || !alert_row_save(txn, &row, err)) {
		return false;
	}
	fresh_outcome(&row, &fresh, &out->outcome);
	return true;
}

const struct store_op store_alert_update = {
	.name = "alert_update",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_update_in),
	.out_size = sizeof(struct store_alert_update_out),
	.run = run_update,
};
