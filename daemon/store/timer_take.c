/*
 * Timers as the escalation room sees them: what comes due next, what is late, and those that only
 * remind. A timer row is told by id, kind, owner and due time together, because ids come again.
 *
 * A rung or lease is due at the earlier of its wall and boot time (boot time counts only within the
 * boot that set it), an expiry when both have come. Timers of a paused ladder rest: their time
 * passes, they fire on resume.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/rows.h"
#include "store/timer_take.h"

enum { TIMER_NEXT, TIMER_OVERDUE, TIMER_NEWEST_TIME, TIMER_TAKE };

/* kind 1 rung, 4 expiry (store/timer.h); ladder state 3 paused */
#define NOT_PAUSED                                                                                 \
	" AND NOT EXISTS (SELECT 1 FROM ladder l WHERE t.kind = 1 AND l.id = t.owner_id"           \
	" AND l.state = 3)"

const struct sql_text timer_take_sql[] = {
	[TIMER_NEXT] = {"timer_next",
			"SELECT t.id, t.kind, t.alert_id, t.case_id, t.owner_id, t.epoch,"
			" t.due_utc_ms, t.boot_id, t.due_boot_ms FROM timer t"
			" WHERE (t.due_utc_ms <= $1 OR (t.boot_id = $2 AND t.due_boot_ms <= "
			"$3))" NOT_PAUSED " ORDER BY +t.due_utc_ms, t.id LIMIT $4"},
	[TIMER_OVERDUE] =
		{"timer_overdue",
		 "SELECT COUNT(*), MIN(t.due_utc_ms) FROM timer t"
		 " WHERE (t.due_utc_ms < $1 OR (t.boot_id = $2 AND t.due_boot_ms < $3))"
		 " AND (t.kind <> 4 OR (t.due_utc_ms < $1 AND (t.boot_id IS NULL OR $2 IS NULL"
		 " OR t.boot_id <> $2 OR t.due_boot_ms < $3)))" NOT_PAUSED},
	[TIMER_NEWEST_TIME] = {"timer_newest_time", "SELECT at_utc_ms FROM audit WHERE chain = 1"
						    " ORDER BY seq DESC LIMIT 1"},
	[TIMER_TAKE] = {"timer_take", "DELETE FROM timer WHERE id = $1 AND kind = $2"
				      " AND owner_id = $3 AND due_utc_ms = $4"},
};
const size_t timer_take_sql_count = ARRAY_LEN(timer_take_sql);

static void read_timer(struct sql_stmt *stmt, struct timer_row *row)
{
	*row = (struct timer_row){
		.id = sql_int(stmt, 0),
		.kind = (enum timer_kind)sql_int(stmt, 1),
		.alert_id = sql_id(stmt, 2),
		.case_id = sql_id(stmt, 3),
		.owner_id = sql_id(stmt, 4),
		.epoch = sql_int(stmt, 5),
		.due_utc_ms = sql_int(stmt, 6),
		.boot_id = sql_id(stmt, 7),
		.due_boot_ms = sql_int(stmt, 8),
	};
}

static bool run_next(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_timer_next_in *in = in_any;
	struct store_timer_next_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &timer_take_sql[TIMER_NEXT]);
	struct rows rows = {.size = sizeof(struct timer_row)};

	sql_bind_int(stmt, 1, in->now.utc_ms + in->horizon_ms);
	sql_bind_id(stmt, 2, &in->now.boot_id);
	sql_bind_int(stmt, 3, in->now.boot_ms + in->horizon_ms);
	sql_bind_int(stmt, 4, in->limit + 1);
	while (sql_step(stmt)) {
		read_timer(stmt, rows_add(&rows, arena));
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_timer_next = {
	.name = "timer_next",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_timer_next_in),
	.out_size = sizeof(struct store_timer_next_out),
	.run = run_next,
};

static bool newest_time(struct store_txn *txn, int64_t *ret_utc_ms, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &timer_take_sql[TIMER_NEWEST_TIME]);

	*ret_utc_ms = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

static bool run_overdue(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_timer_overdue_in *in = in_any;
	struct store_timer_overdue_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &timer_take_sql[TIMER_OVERDUE]);

	(void)arena; /* numbers only */
	sql_bind_int(stmt, 1, in->now.utc_ms - in->late_ms);
	sql_bind_id(stmt, 2, &in->now.boot_id);
	sql_bind_int(stmt, 3, in->now.boot_ms - in->late_ms);
	if (sql_step(stmt)) {
		out->count = sql_int(stmt, 0);
		out->oldest_due_utc_ms = sql_int(stmt, 1);
	}
	return sql_ok(stmt, err) && newest_time(txn, &out->newest_utc_ms, err);
}

const struct store_op store_timer_overdue = {
	.name = "timer_overdue",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_timer_overdue_in),
	.out_size = sizeof(struct store_timer_overdue_out),
	.run = run_overdue,
};

bool timer_take(struct store_txn *txn, const struct timer_row *timer, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &timer_take_sql[TIMER_TAKE]);

	sql_bind_int(stmt, 1, timer->id);
	sql_bind_int(stmt, 2, timer->kind);
	sql_bind_id(stmt, 3, &timer->owner_id);
	sql_bind_int(stmt, 4, timer->due_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	return sql_changes(txn) > 0 ||
	       error_set(err, ERROR_STALE, "the timer is not there any more");
}

static bool run_done(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_timer_done_in *in = in_any;
	struct store_timer_done_out *out = out_any;
	struct fanout fanout = {
		.alert_id = in->timer.alert_id,
		.version = in->version,
		.now_utc_ms = in->now.utc_ms,
	};
	struct timer_row again = in->timer;

	(void)arena; /* nothing is read */
	memcpy(fanout.seed, in->seed, sizeof(fanout.seed));
	if (!timer_take(txn, &in->timer, err) ||
	    !ladder_notice_insert(txn, &in->notice, &fanout, err)) {
		return false;
	}
	again.due_utc_ms = in->rearm_utc_ms;
	if (again.due_utc_ms != 0 && !timer_insert(txn, &again, &in->now, err)) {
		return false;
	}
	out->broadcasts = in->notice.type != NULL ? (int)in->notice.target_count : 0;
	out->outcome.alert_id = in->timer.alert_id;
	out->outcome.count = out->broadcasts;
	return true;
}

const struct store_op store_timer_done = {
	.name = "timer_done",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_timer_done_in),
	.out_size = sizeof(struct store_timer_done_out),
	.run = run_done,
};
