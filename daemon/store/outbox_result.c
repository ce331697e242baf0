/*
 * Results of sending, and what keeps the rows honest: recovery at start, the sweep of dead
 * versions, redrive. A result writes its row and its attempt, lets a waiting newer row of the same
 * recipient go, and finishes broadcasts.
 *
 * `reached` only rises. A row that was superseded while on the wire keeps that it reached somebody:
 * the stop's walk and its waiting row rely on it.
 */
#include "base/limits.h"
#include "store/sql_registry.h"
#include "store/outbox.h"
#include "store/outbox_row.h"
#include "store/rows.h"

enum {
	RESULT_WRITE,
	ATTEMPT_INSERT,
	NEWER_FIND,
	NEWER_GO,
	NEWER_DROP,
	FINISH,
	RECOVER_PAGE,
	RECOVER_WRITE,
	SWEEP_ROWS,
	SWEEP_BROADCASTS,
	REDRIVE_ONE,
	REDRIVE_PAGE,
	REDRIVE_WRITE,
	REDRIVE_REOPEN,
};

/* Delivery states: 1 waiting 2 sending 5 retry 6 uncertain 7 unconfirmed 8 held 10 superseded 11
 * dead (domain/states.h). */
const struct sql_text outbox_result_sql[] = {
	/* A gateway's id that another row has already is not taken: a wrong receipt would be worse
	   than none. */
	[RESULT_WRITE] = {"outbox_result_write",
			  "UPDATE delivery SET state = $2, reached = MAX(reached, $3),"
			  " attempts = $4, due_utc_ms = $5, reason = $6,"
			  " provider_ref = CASE WHEN $7 IS NULL OR EXISTS (SELECT 1 FROM delivery"
			  " WHERE provider_ref = $7 AND id <> $1) THEN provider_ref ELSE $7 END,"
			  " updated_utc_ms = $8 WHERE id = $1 AND state = 2"},
	[ATTEMPT_INSERT] = {"outbox_attempt_insert",
			    "INSERT INTO attempt (delivery_id, attempt, epoch, started_utc_ms,"
			    " ended_utc_ms, outcome, status, latency_ms, detail)"
			    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"},
	/* Is there a newer row that waits for this one? Nearly never. */
	[NEWER_FIND] =
		{"outbox_newer_find",
		 "SELECT n.channel FROM delivery o JOIN delivery n ON n.alert_id = o.alert_id"
		 " AND n.channel = o.channel AND n.recipient = o.recipient"
		 " AND n.version > o.version AND n.version > 0 AND n.state = 1"
		 " WHERE o.id = $1 AND o.version > 0 LIMIT 1"},
	/* Somebody has or may have the older version: the newer message is due now. */
	[NEWER_GO] = {"outbox_newer_go",
		      "UPDATE delivery SET due_utc_ms = $2, updated_utc_ms = $2 WHERE id IN"
		      " (SELECT n.id FROM delivery o JOIN delivery n ON n.alert_id = o.alert_id"
		      " AND n.channel = o.channel AND n.recipient = o.recipient"
		      " AND n.version > o.version AND n.version > 0 AND n.state = 1"
		      " WHERE o.id = $1 AND o.version > 0)"},
	/* Nobody has: an end (message 1..4) is not owed to them. */
	[NEWER_DROP] =
		{"outbox_newer_drop",
		 "UPDATE delivery SET state = 10, due_utc_ms = NULL, updated_utc_ms = $2"
		 " WHERE id IN (SELECT n.id FROM delivery o JOIN delivery n"
		 " ON n.alert_id = o.alert_id AND n.channel = o.channel"
		 " AND n.recipient = o.recipient AND n.version > o.version"
		 " AND n.version > 0 AND n.state = 1 JOIN broadcast b ON b.id = n.broadcast_id"
		 " WHERE o.id = $1 AND o.version > 0 AND o.reached = 0"
		 " AND b.message BETWEEN 1 AND 4 AND NOT EXISTS (SELECT 1 FROM delivery x"
		 " WHERE x.alert_id = o.alert_id AND x.channel = o.channel"
		 " AND x.recipient = o.recipient AND x.version > 0 AND x.reached > 0))"},
	[FINISH] = {"outbox_finish",
		    "UPDATE broadcast SET state = 3, done_utc_ms = $2 WHERE id = $1 AND state = 2"
		    " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.broadcast_id = broadcast.id"
		    " AND d.state IN (1, 2, 5, 6, 7, 8))"},
	/* an unfinished row's broadcast is never done: only those are looked through */
	[RECOVER_PAGE] = {"outbox_recover_page",
			  "SELECT d.id, d.starts, d.reached FROM broadcast b"
			  " JOIN delivery d ON d.broadcast_id = b.id"
			  " AND d.state IN (1, 2, 5, 6, 7, 8) AND d.state = 2"
			  " WHERE b.state < 3 LIMIT $1"},
	[RECOVER_WRITE] = {"outbox_recover_write",
			   "UPDATE delivery SET state = $2, starts = starts + 1, reached = $3,"
			   " due_utc_ms = $4, reason = $5, attempts = attempts + 1,"
			   " updated_utc_ms = $6 WHERE id = $1"},
	[SWEEP_ROWS] = {"outbox_sweep_rows",
			"UPDATE delivery SET state = 10, due_utc_ms = NULL, reason = $1,"
			" updated_utc_ms = $2 WHERE id IN (SELECT d.id FROM broadcast b"
			" JOIN alert a ON a.id = b.alert_id AND a.current_version <> b.version"
			" JOIN delivery d ON d.broadcast_id = b.id"
			" AND d.state IN (1, 2, 5, 6, 7, 8) AND d.state <> 2"
			" WHERE b.state < 3 AND b.notice_id IS NULL LIMIT $3)"},
	[SWEEP_BROADCASTS] = {"outbox_sweep_broadcasts",
			      "UPDATE broadcast SET state = 4, done_utc_ms = $1 WHERE id IN"
			      " (SELECT b.id FROM broadcast b JOIN alert a ON a.id = b.alert_id"
			      " AND a.current_version <> b.version WHERE b.state < 3"
			      " AND b.notice_id IS NULL AND NOT EXISTS (SELECT 1 FROM delivery d"
			      " WHERE d.broadcast_id = b.id AND d.state IN (1, 2, 5, 6, 7, 8))"
			      " LIMIT $2)"},
	[REDRIVE_ONE] = {"outbox_redrive_one",
			 "SELECT d.id, d.channel, d.state, CASE WHEN b.notice_id IS NOT NULL THEN 1"
			 " WHEN a.current_version = d.version THEN 1 ELSE 0 END, d.reason,"
			 " d.broadcast_id FROM delivery d JOIN broadcast b ON b.id = d.broadcast_id"
			 " LEFT JOIN alert a ON a.id = d.alert_id WHERE d.id = $1"},
	/* + 0: by the broadcast's unfinished rows, not by the whole table's ids */
	[REDRIVE_PAGE] = {"outbox_redrive_page",
			  "SELECT d.id, d.channel, d.state, 1, d.reason, d.broadcast_id"
			  " FROM broadcast b LEFT JOIN alert a ON a.id = b.alert_id"
			  " JOIN delivery d ON d.broadcast_id = b.id"
			  " AND d.state IN (1, 2, 5, 6, 7, 8) AND d.state = 8 AND d.id + 0 > $3"
			  " WHERE b.channel = $1 AND b.state < 3"
			  " AND (b.notice_id IS NOT NULL OR a.current_version = b.version)"
			  " ORDER BY d.id + 0 LIMIT $2"},
	[REDRIVE_WRITE] = {"outbox_redrive_write",
			   "UPDATE delivery SET state = 5, epoch = epoch + 1, attempts = 0,"
			   " due_utc_ms = $2, reason = $3, updated_utc_ms = $2"
			   " WHERE id = $1 AND state NOT IN (2, 10)"},
	[REDRIVE_REOPEN] = {"outbox_redrive_reopen",
			    "UPDATE broadcast SET state = 2, done_utc_ms = NULL"
			    " WHERE id = $1 AND state = 3"},
};
const size_t outbox_result_sql_count = ARRAY_LEN(outbox_result_sql);

static bool run_two(struct store_txn *txn, int which, int64_t first, int64_t second,
		    struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[which]);

	sql_bind_int(stmt, 1, first);
	sql_bind_int(stmt, 2, second);
	return sql_run(stmt, err);
}

bool broadcast_finish(struct store_txn *txn, int64_t broadcast_id, int64_t now_utc_ms,
		      bool *ret_is_done, struct error *err)
{
	if (!run_two(txn, FINISH, broadcast_id, now_utc_ms, err)) {
		return false;
	}
	if (ret_is_done != NULL) {
		*ret_is_done = sql_changes(txn) > 0;
	}
	return true;
}

/* --- results --- */

static void bind_due(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms != 0) {
		sql_bind_int(stmt, index, utc_ms);
	} else {
		sql_bind_null(stmt, index);
	}
}

static bool result_write(struct store_txn *txn, const struct store_result *result,
			 int64_t now_utc_ms, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[RESULT_WRITE]);

	sql_bind_int(stmt, 1, result->delivery_id);
	sql_bind_int(stmt, 2, result->verdict.state);
	sql_bind_int(stmt, 3, result->verdict.reached);
	sql_bind_int(stmt, 4, result->attempt);
	bind_due(stmt, 5, result->due_utc_ms);
	sql_bind_text(stmt, 6,
		      result->verdict.reason != REASON_NONE
			      ? delivery_reason_name(result->verdict.reason)
			      : NULL);
	sql_bind_text(stmt, 7, result->provider_ref);
	sql_bind_int(stmt, 8, now_utc_ms);
	return sql_run(stmt, err);
}

static bool attempt_insert(struct store_txn *txn, const struct store_result *result,
			   struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[ATTEMPT_INSERT]);

	sql_bind_int(stmt, 1, result->delivery_id);
	sql_bind_int(stmt, 2, result->attempt);
	sql_bind_int(stmt, 3, result->epoch);
	sql_bind_int(stmt, 4, result->started_utc_ms);
	sql_bind_int(stmt, 5, result->ended_utc_ms);
	sql_bind_int(stmt, 6, result->outcome);
	sql_bind_int(stmt, 7, result->status);
	sql_bind_int(stmt, 8, result->latency_ms);
	sql_bind_text(stmt, 9, result->detail);
	return sql_run(stmt, err);
}

bool newer_settle(struct store_txn *txn, struct arena *arena, int64_t delivery_id,
		  int64_t now_utc_ms, struct rows *woken, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[NEWER_FIND]);
	const char *channel;

	sql_bind_int(stmt, 1, delivery_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err);
	}
	channel = sql_text(stmt, 0, arena);
	if (!sql_run(stmt, err) || !run_two(txn, NEWER_DROP, delivery_id, now_utc_ms, err) ||
	    !run_two(txn, NEWER_GO, delivery_id, now_utc_ms, err)) {
		return false;
	}
	if (sql_changes(txn) > 0) {
		*(const char **)rows_add(woken, arena) = channel;
	}
	return true;
}

static bool result_take(struct store_txn *txn, struct arena *arena,
			const struct store_result *result, int64_t now_utc_ms, struct rows *woken,
			struct error *err)
{
	return result_write(txn, result, now_utc_ms, err) && attempt_insert(txn, result, err) &&
	       newer_settle(txn, arena, result->delivery_id, now_utc_ms, woken, err);
}

static bool results_finish(struct store_txn *txn, struct arena *arena,
			   const struct store_outbox_results_in *in, struct rows *done,
			   struct error *err)
{
	for (size_t i = 0; i < in->count; i++) {
		bool is_done = false;

		if (i > 0 && in->results[i].broadcast_id == in->results[i - 1].broadcast_id) {
			continue; /* results come in runs of one broadcast */
		}
		if (!broadcast_finish(txn, in->results[i].broadcast_id, in->now_utc_ms, &is_done,
				      err)) {
			return false;
		}
		if (is_done) {
			*(int64_t *)rows_add(done, arena) = in->results[i].broadcast_id;
		}
	}
	return true;
}

static bool run_results(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_outbox_results_in *in = in_any;
	struct store_outbox_results_out *out = out_any;
	struct rows woken = {.size = sizeof(const char *)};
	struct rows done = {.size = sizeof(int64_t)};

	for (size_t i = 0; i < in->count; i++) {
		if (!result_take(txn, arena, &in->results[i], in->now_utc_ms, &woken, err)) {
			return false;
		}
	}
	if (!results_finish(txn, arena, in, &done, err)) {
		return false;
	}
	out->woken = woken.data;
	out->woken_count = woken.count;
	out->done = done.data;
	out->done_count = done.count;
	return true;
}

static size_t rows_of_results(const void *in_any)
{
	const struct store_outbox_results_in *in = in_any;

	return in->count;
}

const struct store_op store_outbox_results = {
	.name = "outbox_results",
	.class_of = STORE_RESULT,
	.in_size = sizeof(struct store_outbox_results_in),
	.out_size = sizeof(struct store_outbox_results_out),
	.rows = rows_of_results,
	.run = run_results,
};

/* --- recovery at start --- */

struct found {
	int64_t id;
	int starts;
	enum reached reached;
};

static bool recover_row(struct store_txn *txn, struct arena *arena, const struct found *found,
			int64_t now_utc_ms, struct store_outbox_recover_out *out, struct error *err)
{
	struct delivery_verdict verdict = delivery_recover(found->starts, found->reached);
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[RECOVER_WRITE]);
	struct rows woken = {.size = sizeof(const char *)}; /* all due rows are read after this */

	sql_bind_int(stmt, 1, found->id);
	sql_bind_int(stmt, 2, verdict.state);
	sql_bind_int(stmt, 3, verdict.reached);
	bind_due(stmt, 4, verdict.delay_ms == DELIVERY_NEVER ? 0 : now_utc_ms + verdict.delay_ms);
	sql_bind_text(stmt, 5, delivery_reason_name(verdict.reason));
	sql_bind_int(stmt, 6, now_utc_ms);
	out->held += verdict.state == DELIVERY_HELD ? 1 : 0;
	return sql_run(stmt, err) && newer_settle(txn, arena, found->id, now_utc_ms, &woken, err);
}

static bool run_recover(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_outbox_recover_in *in = in_any;
	struct store_outbox_recover_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[RECOVER_PAGE]);
	struct rows rows = {.size = sizeof(struct found)};

	sql_bind_int(stmt, 1, LIMIT_STORE_ROWS);
	while (sql_step(stmt)) {
		struct found *found = rows_add(&rows, arena);

		found->id = sql_int(stmt, 0);
		found->starts = (int)sql_int(stmt, 1);
		found->reached = (enum reached)sql_int(stmt, 2);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	for (size_t i = 0; i < rows.count; i++) {
		if (!recover_row(txn, arena, (const struct found *)rows.data + i, in->now_utc_ms,
				 out, err)) {
			return false;
		}
	}
	out->rows = (int)rows.count;
	out->has_more = rows.count == LIMIT_STORE_ROWS;
	return true;
}

/* Of the class that may use the reserve: a start waits for it, and a stop for the start. It touches
 * no more rows than there were slots. */
const struct store_op store_outbox_recover = {
	.name = "outbox_recover",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_outbox_recover_in),
	.out_size = sizeof(struct store_outbox_recover_out),
	.run = run_recover,
};

/* --- sweep --- */

static bool run_sweep(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		      struct error *err)
{
	const struct store_outbox_sweep_in *in = in_any;
	struct store_outbox_sweep_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[SWEEP_ROWS]);

	(void)arena; /* nothing outlives the run */
	sql_bind_text(stmt, 1, delivery_reason_name(REASON_NEWER));
	sql_bind_int(stmt, 2, in->now_utc_ms);
	sql_bind_int(stmt, 3, LIMIT_STORE_ROWS);
	if (!sql_run(stmt, err)) {
		return false;
	}
	out->rows = (int)sql_changes(txn);
	if (!run_two(txn, SWEEP_BROADCASTS, in->now_utc_ms, LIMIT_STORE_ROWS, err)) {
		return false;
	}
	out->has_more = out->rows == LIMIT_STORE_ROWS || sql_changes(txn) == LIMIT_STORE_ROWS;
	return true;
}

const struct store_op store_outbox_sweep = {
	.name = "outbox_sweep",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_outbox_sweep_in),
	.out_size = sizeof(struct store_outbox_sweep_out),
	.run = run_sweep,
};

/* --- redrive --- */

struct redrive {
	int64_t id;
	int64_t broadcast_id;
	const char *channel;
	enum delivery_state state;
	bool is_current;
	enum delivery_reason reason;
};

static bool redrive_read(struct store_txn *txn, struct arena *arena,
			 const struct store_outbox_redrive_in *in, struct rows *rows,
			 struct error *err)
{
	struct sql_stmt *stmt;

	if (in->delivery_id != 0) {
		stmt = sql_use(txn, &outbox_result_sql[REDRIVE_ONE]);
		sql_bind_int(stmt, 1, in->delivery_id);
	} else {
		stmt = sql_use(txn, &outbox_result_sql[REDRIVE_PAGE]);
		sql_bind_text(stmt, 1, in->channel);
		sql_bind_int(stmt, 2, LIMIT_STORE_ROWS);
		sql_bind_int(stmt, 3, in->after_id);
	}
	while (sql_step(stmt)) {
		struct redrive *row = rows_add(rows, arena);

		row->id = sql_int(stmt, 0);
		row->channel = sql_text(stmt, 1, arena);
		row->state = (enum delivery_state)sql_int(stmt, 2);
		row->is_current = sql_int(stmt, 3) != 0;
		row->reason = delivery_reason_parse(sql_text(stmt, 4, arena));
		row->broadcast_id = sql_int(stmt, 5);
	}
	return sql_ok(stmt, err);
}

static bool redrive_write(struct store_txn *txn, const struct redrive *row, int64_t now_utc_ms,
			  struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_result_sql[REDRIVE_WRITE]);

	sql_bind_int(stmt, 1, row->id);
	sql_bind_int(stmt, 2, now_utc_ms);
	sql_bind_text(stmt, 3, delivery_reason_name(REASON_REDRIVEN));
	if (!sql_run(stmt, err)) {
		return false;
	}
	stmt = sql_use(txn, &outbox_result_sql[REDRIVE_REOPEN]);
	sql_bind_int(stmt, 1, row->broadcast_id);
	return sql_run(stmt, err);
}

static bool redrive_may(const struct redrive *row, struct error *err)
{
	if (!row->is_current) {
		return error_set(err, ERROR_CONFLICT,
				 "delivery %lld carries a version that is not current any more",
				 (long long)row->id);
	}
	if (row->state == DELIVERY_SENDING) {
		return error_set(err, ERROR_CONFLICT, "delivery %lld is on the wire now",
				 (long long)row->id);
	}
	return true;
}

static bool run_redrive(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_outbox_redrive_in *in = in_any;
	struct store_outbox_redrive_out *out = out_any;
	struct rows rows = {.size = sizeof(struct redrive)};

	if (!redrive_read(txn, arena, in, &rows, err)) {
		return false;
	}
	if (in->delivery_id != 0 && rows.count == 0) {
		return error_set(err, ERROR_NOT_FOUND, "no such delivery");
	}
	for (size_t i = 0; i < rows.count; i++) {
		const struct redrive *row = (const struct redrive *)rows.data + i;

		out->last_id = row->id;
		if (in->delivery_id != 0 && !redrive_may(row, err)) {
			return false;
		}
		if (in->delivery_id == 0 && in->reasons != 0 &&
		    (in->reasons >> row->reason) % 2 == 0) {
			continue;
		}
		if (!redrive_write(txn, row, in->now_utc_ms, err)) {
			return false;
		}
		out->outcome.count++;
		out->channel = row->channel;
	}
	out->outcome.http_status = 202;
	out->outcome.at_utc_ms = in->now_utc_ms;
	out->has_more = rows.count == LIMIT_STORE_ROWS;
	return true;
}

const struct store_op store_outbox_redrive = {
	.name = "outbox_redrive",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_outbox_redrive_in),
	.out_size = sizeof(struct store_outbox_redrive_out),
	.run = run_redrive,
};
