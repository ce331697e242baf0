/*
 * Submit, approve, decline. The loop decided on an earlier read; here, inside the transaction,
 * everything it relied on is compared again: the version's etag and digest, the cases' truths, the
 * holds, who the persons were. One approves what one read.
 *
 * An approval is one O(channels) transaction: the version becomes current_version, its variants and
 * plan are stored, the first broadcasts, the ladder and the expiry timer exist with the commit or
 * not at all.
 */
#include <string.h>

#include "store/alert_effect.h"
#include "store/sql_registry.h"

enum {
	BASIS_CASES,
	APPROVERS_COUNT,
	APPROVALS_FORGET,
	PERSON_IS_AUTHOR,
};

const struct sql_text alert_decide_sql[] = {
	[BASIS_CASES] = {"alert_basis_cases",
			 "SELECT c.truth_version, c.closed_utc_ms, c.ref FROM alert_case a"
			 " JOIN casefile c ON c.id = a.case_id"
			 " WHERE a.alert_id = $1 ORDER BY c.id"},
	/* 1 edited, 2 submitted, 3 approved (enum version_did). */
	[APPROVERS_COUNT] = {"alert_approvers_count",
			     "SELECT COUNT(DISTINCT p.person) FROM version_person p"
			     " WHERE p.alert_id = $1 AND p.version = $2 AND p.did = 3"
			     " AND NOT EXISTS (SELECT 1 FROM version_person w"
			     " WHERE w.alert_id = p.alert_id AND w.version = p.version"
			     " AND w.person = p.person AND w.did IN (1, 2))"},
	[APPROVALS_FORGET] = {"alert_approvals_forget",
			      "DELETE FROM version_person WHERE alert_id = $1 AND version = $2"
			      " AND did = 3"},
	[PERSON_IS_AUTHOR] = {"alert_person_is_author",
			      "SELECT COUNT(*) FROM version_person WHERE alert_id = $1"
			      " AND version = $2 AND person = $3 AND did IN (1, 2)"},
};
const size_t alert_decide_sql_count = ARRAY_LEN(alert_decide_sql);

static bool basis_changed(struct error *err, const char *what)
{
	return error_set(err, ERROR_CONFLICT, "%s changed since the preview: read it again", what);
}

/* Somebody says that the child was found: until that is verified or taken back by a reopen, nobody
 * more hears of it. */
static bool case_is_closed(struct error *err, const char *ref)
{
	return error_set(err, ERROR_CONFLICT,
			 "case %s was closed without verification: verify that, or reopen it first",
			 ref);
}

static bool cases_still(struct store_txn *txn, struct arena *arena, const struct id *alert,
			const struct store_alert_basis *basis, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_decide_sql[BASIS_CASES]);
	size_t count = 0;

	sql_bind_id(stmt, 1, alert);
	while (sql_step(stmt)) {
		if (count >= basis->case_count || sql_int(stmt, 0) != basis->case_versions[count]) {
			return basis_changed(err, "a case");
		}
		if (!sql_is_null(stmt, 1)) {
			return case_is_closed(err, sql_text(stmt, 2, arena));
		}
		count++;
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	return count == basis->case_count || basis_changed(err, "a case");
}

static bool basis_still(struct store_txn *txn, struct arena *arena, const struct id *alert,
			const struct version_row *version, const struct store_alert_basis *basis,
			int64_t now_utc_ms, struct error *err)
{
	if (version->etag != basis->version_etag) {
		return basis_changed(err, "the version");
	}
	return cases_still(txn, arena, alert, basis, err) &&
	       alert_effect_holds(txn, alert, basis->held_fields, now_utc_ms, err);
}

static bool rows_get(struct store_txn *txn, struct arena *arena, const struct id *alert,
		     int version_number, struct alert_row *row, struct version_row *version,
		     struct error *err)
{
	return alert_row_get(txn, arena, alert, NULL, row, err) &&
	       version_row_get(txn, arena, &row->id, version_number, version, err);
}

/* Who approved what was returned has not read what is submitted now. */
static bool approvals_forget(struct store_txn *txn, const struct id *alert, int version,
			     struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_decide_sql[APPROVALS_FORGET]);

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, version);
	return sql_run(stmt, err);
}

static bool run_submit(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_alert_submit_in *in = in_any;
	struct store_alert_submit_out *out = out_any;
	struct fanout fanout = {.version = in->version, .now_utc_ms = in->now.utc_ms};
	struct alert_row row;
	struct version_row version;

	if (!rows_get(txn, arena, &in->alert_id, in->version, &row, &version, err) ||
	    !basis_still(txn, arena, &row.id, &version, &in->basis, in->now.utc_ms, err)) {
		return false;
	}
	version.digest = in->digest;
	if (!version_row_enter(txn, &row.id, &version, VERSION_PENDING, in->now.utc_ms, err) ||
	    !approvals_forget(txn, &row.id, in->version, err) ||
	    !version_person_add(txn, &row.id, in->version, in->person, DID_SUBMIT, in->now.utc_ms,
				err)) {
		return false;
	}
	if (row.state == ALERT_DRAFT && !alert_row_enter(txn, &row, ALERT_PENDING, err)) {
		return false;
	}
	if (!id_is_none(&in->ladder.id) &&
	    !ladder_begin(txn, &row.id, in->version, &in->ladder, &in->now, err)) {
		return false;
	}
	fanout.alert_id = row.id;
	memcpy(fanout.seed, in->seed, sizeof(fanout.seed));
	if (!ladder_notice_insert(txn, &in->notice, &fanout, err)) {
		return false;
	}
	out->broadcasts = (int)in->notice.target_count;
	alert_row_outcome(&row, &version, &out->outcome);
	out->outcome.at_utc_ms = in->now.utc_ms;
	return true;
}

const struct store_op store_alert_submit = {
	.name = "alert_submit",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_submit_in),
	.out_size = sizeof(struct store_alert_submit_out),
	.run = run_submit,
};

static bool count_of(struct sql_stmt *stmt, int64_t *ret_count, struct error *err)
{
	*ret_count = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

/* Two persons, not two tokens: the rule compares persons across everything they did to the version.
 */
static bool approver_may(struct store_txn *txn, const struct store_alert_approve_in *in,
			 struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_decide_sql[PERSON_IS_AUTHOR]);
	int64_t count;

	sql_bind_id(stmt, 1, &in->alert_id);
	sql_bind_int(stmt, 2, in->version);
	sql_bind_text(stmt, 3, in->effect.person);
	if (!count_of(stmt, &count, err)) {
		return false;
	}
	if (count > 0 && !in->may_be_author) {
		return error_set(
			err, ERROR_DENIED,
			"%s edited or submitted version %d: another person must approve it",
			in->effect.person, in->version);
	}
	return true;
}

/* The authors count as one, however many they are: three approvals are an author and two more. */
static bool approvals_enough(struct store_txn *txn, const struct store_alert_approve_in *in,
			     bool *ret_is_enough, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_decide_sql[APPROVERS_COUNT]);
	int64_t count;

	sql_bind_id(stmt, 1, &in->alert_id);
	sql_bind_int(stmt, 2, in->version);
	if (!count_of(stmt, &count, err)) {
		return false;
	}
	*ret_is_enough = in->may_be_author || count + 1 >= in->approvals;
	return true;
}

/* A suspended alert comes back by the version that says so, never by the way of another one. */
static bool may_go_on(const struct alert_row *row, const struct version_row *version,
		      struct error *err)
{
	enum alert_state wanted = version->kind == VERSION_ISSUE    ? ALERT_PENDING
				  : version->kind == VERSION_RESUME ? ALERT_SUSPENDED
								    : ALERT_ACTIVE;

	return row->state == wanted ||
	       error_set(err, ERROR_CONFLICT, "the alert is %s: no %s can be approved",
			 alert_state_name(row->state), version_kind_name(version->kind));
}

static bool approve_whole(struct store_txn *txn, struct arena *arena,
			  const struct store_alert_approve_in *in, struct alert_row *row,
			  struct version_row *version, struct store_alert_approve_out *out,
			  struct error *err)
{
	out->is_approved = true;
	return version_row_enter(txn, &row->id, version, VERSION_APPROVED, in->effect.now.utc_ms,
				 err) &&
	       alert_effect_run(txn, arena, row, version, &in->effect, &out->broadcasts, err);
}

static bool run_approve(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_alert_approve_in *in = in_any;
	struct store_alert_approve_out *out = out_any;
	struct alert_row row;
	struct version_row version;
	bool is_enough;

	if (!rows_get(txn, arena, &in->alert_id, in->version, &row, &version, err)) {
		return false;
	}
	if (version.state != VERSION_PENDING) {
		return error_set(err, ERROR_CONFLICT, "version %d is %s, not pending", in->version,
				 version_state_name(version.state));
	}
	if (!may_go_on(&row, &version, err)) {
		return false;
	}
	if (version.digest == NULL || strcmp(version.digest, in->digest) != 0) {
		return basis_changed(err, "the version");
	}
	if (!basis_still(txn, arena, &row.id, &version, &in->basis, in->effect.now.utc_ms, err) ||
	    !approver_may(txn, in, err) ||
	    !version_person_add(txn, &row.id, in->version, in->effect.person, DID_APPROVE,
				in->effect.now.utc_ms, err) ||
	    !approvals_enough(txn, in, &is_enough, err)) {
		return false;
	}
	if (is_enough && !approve_whole(txn, arena, in, &row, &version, out, err)) {
		return false;
	}
	alert_row_outcome(&row, &version, &out->outcome);
	out->outcome.at_utc_ms = in->effect.now.utc_ms;
	out->outcome.count = out->broadcasts;
	return true;
}

const struct store_op store_alert_approve = {
	.name = "alert_approve",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_approve_in),
	.out_size = sizeof(struct store_alert_approve_out),
	.run = run_approve,
};

/* What a decision makes of the version and of an alert that was never approved. */
struct decline_row {
	enum version_state version_state;
	enum alert_state alert_state;
	enum end_reason end_reason;
	bool keeps_open; /* a returned version is edited again */
};

static const struct decline_row decline_table[] = {
	[DID_RETURN] = {VERSION_RETURNED, ALERT_DRAFT, END_NONE, true},
	[DID_REJECT] = {VERSION_REJECTED, ALERT_REJECTED, END_NONE, false},
	[DID_WITHDRAW] = {VERSION_WITHDRAWN, ALERT_ENDED, END_WITHDRAWN, false},
};

static bool decline_alert(struct store_txn *txn, const struct store_alert_decline_in *in,
			  const struct decline_row *rule, struct alert_row *row, struct error *err)
{
	if (!rule->keeps_open) {
		row->open_version = 0;
	}
	if (row->current_version != 0) {
		return alert_row_save(txn, row,
				      err); /* an approved version keeps the alert running */
	}
	row->end_reason = rule->end_reason;
	if (rule->alert_state == ALERT_ENDED) {
		row->ended_utc_ms = in->now_utc_ms;
	}
	if (row->state == rule->alert_state) {
		return alert_row_save(txn, row, err);
	}
	return alert_row_enter(txn, row, rule->alert_state, err);
}

static bool run_decline(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_alert_decline_in *in = in_any;
	struct store_alert_decline_out *out = out_any;
	const struct decline_row *rule = &decline_table[in->did];
	struct alert_row row;
	struct version_row version;

	if (!rows_get(txn, arena, &in->alert_id, in->version, &row, &version, err) ||
	    !version_row_enter(txn, &row.id, &version, rule->version_state, in->now_utc_ms, err) ||
	    !version_person_add(txn, &row.id, in->version, in->person, in->did, in->now_utc_ms,
				err) ||
	    !decline_alert(txn, in, rule, &row, err) ||
	    !ladder_end(txn, &row.id, LADDER_APPROVAL, in->now_utc_ms, err)) {
		return false;
	}
	alert_row_outcome(&row, &version, &out->outcome);
	out->outcome.at_utc_ms = in->now_utc_ms;
	return true;
}

const struct store_op store_alert_decline = {
	.name = "alert_decline",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_decline_in),
	.out_size = sizeof(struct store_alert_decline_out),
	.run = run_decline,
};
