/*
 * A channel's run-time state, and what happens when it is dead: its undelivered alerts go out
 * through its fallback too. The fallback's broadcast is an ordinary one, so whoever got the alert
 * already through that channel is not sent it twice.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/fanout.h"
#include "store/outbox.h"
#include "store/rows.h"

enum { STATE_SAVE, STATE_LOAD, FALLBACK_ALERTS };

const struct sql_text outbox_channel_sql[] = {
	[STATE_SAVE] = {"channel_state_save",
			"INSERT INTO channel_state (channel, suspended_utc_ms, suspended_by,"
			" suspended_why, breaker, dead_since_utc_ms, last_success_utc_ms,"
			" updated_utc_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
			" ON CONFLICT (channel) DO UPDATE SET"
			" suspended_utc_ms = excluded.suspended_utc_ms,"
			" suspended_by = excluded.suspended_by,"
			" suspended_why = excluded.suspended_why, breaker = excluded.breaker,"
			" dead_since_utc_ms = excluded.dead_since_utc_ms,"
			" last_success_utc_ms = excluded.last_success_utc_ms,"
			" updated_utc_ms = excluded.updated_utc_ms"},
	[STATE_LOAD] = {"channel_state_load",
			"SELECT channel, suspended_utc_ms, suspended_by, suspended_why, breaker,"
			" dead_since_utc_ms, last_success_utc_ms FROM channel_state"
			" ORDER BY channel"},
	/* Running alerts with something unsent on the dead channel, and how the fallback stands in
	   the plan of the content version, if it does. +: from what is unsent, not from every
	   alert. */
	[FALLBACK_ALERTS] =
		{"outbox_fallback_alerts",
		 "SELECT DISTINCT a.id, b.version, b.message, p.partner, p.variant,"
		 " p.version, p.list_generation, b.class FROM broadcast b"
		 " JOIN alert a ON a.id = b.alert_id AND a.current_version = b.version"
		 " LEFT JOIN plan p ON p.alert_id = a.id AND p.channel = $2"
		 " AND p.message = b.message AND p.version = b.variant_version"
		 " WHERE b.channel = $1 AND b.state < 3 AND b.notice_id IS NULL AND b.message = 0"
		 " AND +a.state IN (4, 6) ORDER BY a.id LIMIT 1000"},
};
const size_t outbox_channel_sql_count = ARRAY_LEN(outbox_channel_sql);

static void bind_time(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms != 0) {
		sql_bind_int(stmt, index, utc_ms);
	} else {
		sql_bind_null(stmt, index);
	}
}

static bool run_save(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_channel_save_in *in = in_any;
	struct store_channel_save_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_channel_sql[STATE_SAVE]);

	(void)arena; /* nothing outlives the run */
	sql_bind_text(stmt, 1, in->state.channel);
	bind_time(stmt, 2, in->state.suspended_utc_ms);
	sql_bind_text(stmt, 3, in->state.suspended_by);
	sql_bind_text(stmt, 4, in->state.suspended_why);
	sql_bind_text(stmt, 5, in->state.breaker);
	bind_time(stmt, 6, in->state.dead_since_utc_ms);
	bind_time(stmt, 7, in->state.last_success_utc_ms);
	sql_bind_int(stmt, 8, in->now_utc_ms);
	out->outcome.at_utc_ms = in->now_utc_ms;
	memcpy(out->outcome.word, in->state.channel,
	       strnlen(in->state.channel, sizeof(out->outcome.word) - 1));
	return sql_run(stmt, err);
}

const struct store_op store_channel_save = {
	.name = "channel_save",
	.class_of = STORE_RESULT,
	.in_size = sizeof(struct store_channel_save_in),
	.out_size = sizeof(struct store_channel_save_out),
	.run = run_save,
};

static bool run_load(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	struct store_channel_load_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_channel_sql[STATE_LOAD]);
	struct rows rows = {.size = sizeof(struct store_channel_state)};

	(void)in_any; /* everything is loaded */
	while (sql_step(stmt)) {
		struct store_channel_state *row = rows_add(&rows, arena);

		row->channel = sql_text(stmt, 0, arena);
		row->suspended_utc_ms = sql_int(stmt, 1);
		row->suspended_by = sql_text(stmt, 2, arena);
		row->suspended_why = sql_text(stmt, 3, arena);
		row->breaker = sql_text(stmt, 4, arena);
		row->dead_since_utc_ms = sql_int(stmt, 5);
		row->last_success_utc_ms = sql_int(stmt, 6);
	}
	out->rows = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_channel_load = {
	.name = "channel_load",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_channel_load_in),
	.out_size = sizeof(struct store_channel_load_out),
	.run = run_load,
};

/* One alert that the fallback must carry. */
struct carry {
	struct id alert_id;
	int version;
	struct fanout_target target;
};

static bool carry_read(struct store_txn *txn, struct arena *arena,
		       const struct store_outbox_fallback_in *in, struct rows *rows,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_channel_sql[FALLBACK_ALERTS]);

	sql_bind_text(stmt, 1, in->channel);
	sql_bind_text(stmt, 2, in->fallback);
	while (sql_step(stmt)) {
		struct carry *carry = rows_add(rows, arena);

		carry->alert_id = sql_id(stmt, 0);
		carry->version = (int)sql_int(stmt, 1);
		carry->target = (struct fanout_target){
			.channel = in->fallback,
			.message = (enum message)sql_int(stmt, 2),
			.partner = sql_text(stmt, 3, arena),
			.variant = sql_text(stmt, 4, arena),
			.variant_version = (int)sql_int(stmt, 5),
			.list_generation = sql_int(stmt, 6),
			.class_of = (enum message_class)sql_int(stmt, 7),
			.walk = WALK_LIST,
			.reason = BROADCAST_FALLBACK,
		};
	}
	return sql_ok(stmt, err);
}

static bool run_fallback(struct store_txn *txn, struct arena *arena, const void *in_any,
			 void *out_any, struct error *err)
{
	const struct store_outbox_fallback_in *in = in_any;
	struct store_outbox_fallback_out *out = out_any;
	struct rows rows = {.size = sizeof(struct carry)};
	struct rows alerts = {.size = sizeof(struct id)};

	if (!carry_read(txn, arena, in, &rows, err)) {
		return false;
	}
	for (size_t i = 0; i < rows.count; i++) {
		const struct carry *carry = (const struct carry *)rows.data + i;
		struct fanout fanout = {
			.alert_id = carry->alert_id,
			.version = carry->version,
			.now_utc_ms = in->now_utc_ms,
		};
		int new_count;

		memcpy(fanout.seed, in->seed, sizeof(fanout.seed));
		if (carry->target.variant != NULL) {
			if (!fanout_insert(txn, &fanout, &carry->target, 1, &new_count, err)) {
				return false;
			}
			out->broadcasts += new_count;
		}
		*(struct id *)rows_add(&alerts, arena) = carry->alert_id;
	}
	out->alerts = alerts.data;
	out->alert_count = alerts.count;
	return true;
}

const struct store_op store_outbox_fallback = {
	.name = "outbox_fallback",
	.class_of = STORE_RESULT,
	.in_size = sizeof(struct store_outbox_fallback_in),
	.out_size = sizeof(struct store_outbox_fallback_out),
	.run = run_fallback,
};
