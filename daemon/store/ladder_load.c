/*
 * Reading ladders: everything a turn is decided by, on one snapshot, and which ladders run. Runs on
 * a reader thread; nothing personal is opened.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/escalate.h"
#include "store/rows.h"

enum {
	LOAD_OF_LADDER,
	LOAD_OF_ACK,
	LOAD_LADDER,
	LOAD_ACKS,
	LOAD_CHANNELS,
	LOAD_TOLD,
	LOAD_HAS_IT,
	LADDERS_RUNNING,
};

/* Ladder states 1 running, 4 exhausted, 5 ended; message 0 is the version itself, walk 2 the ledger
 * (domain/states.h, domain/message.h). */
const struct sql_text ladder_load_sql[] = {
	[LOAD_OF_LADDER] = {"ladder_load_of_ladder", "SELECT alert_id FROM ladder WHERE id = $1"},
	[LOAD_OF_ACK] = {"ladder_load_of_ack", "SELECT alert_id FROM ack WHERE id = $1"},
	[LOAD_LADDER] = {"ladder_load_ladder",
			 "SELECT id, kind, state, epoch, version, snapshot, position FROM ladder"
			 " WHERE alert_id = $1 AND state <> 5 AND ($2 IS NULL OR id = $2)"
			 " AND ($2 IS NOT NULL OR kind = $3) ORDER BY id DESC LIMIT 1"},
	[LOAD_ACKS] = {"ladder_load_acks",
		       "SELECT id, partner, person, role, is_operator, state, version,"
		       " lease_until_utc_ms, created_utc_ms, updated_utc_ms FROM ack"
		       " WHERE alert_id = $1 ORDER BY id"},
	[LOAD_CHANNELS] =
		{"ladder_load_channels",
		 "SELECT p.channel, p.partner, p.variant, p.use, p.rung, p.list_generation,"
		 " (SELECT MAX(b.cycle) FROM broadcast b WHERE b.alert_id = p.alert_id"
		 " AND b.version = p.version AND b.channel = p.channel AND b.message = 0"
		 " AND b.notice_id IS NULL AND b.walk <> 2) FROM plan p"
		 " WHERE p.alert_id = $1 AND p.version = $2 AND p.message = 0 ORDER BY p.channel"},
	[LOAD_TOLD] = {"ladder_load_told",
		       "SELECT DISTINCT partner, channel FROM broadcast WHERE alert_id = $1"
		       " AND version > 0 AND partner IS NOT NULL AND notice_id IS NULL"
		       " ORDER BY partner, channel"},
	[LOAD_HAS_IT] = {"ladder_load_has_it",
			 "SELECT 1 FROM event WHERE alert_id = $1 AND partner = $2"
			 " AND notice_id IS NULL LIMIT 1"},
	[LADDERS_RUNNING] = {"ladders_running",
			     "SELECT l.id, a.ref, l.kind, l.state FROM ladder l"
			     " JOIN alert a ON a.id = l.alert_id WHERE l.state IN (1, 4)"
			     " ORDER BY l.id LIMIT $1"},
};
const size_t ladder_load_sql_count = ARRAY_LEN(ladder_load_sql);

/* The alert that is meant; by ref when the answer stays none. */
static bool which_alert(struct store_txn *txn, const struct store_ladder_load_in *in,
			struct id *ret_alert, struct error *err)
{
	bool by_ladder = !id_is_none(&in->ladder_id);
	struct sql_stmt *stmt;

	*ret_alert = in->alert_id;
	if (!by_ladder && id_is_none(&in->ack_id)) {
		return true;
	}
	stmt = sql_use(txn, &ladder_load_sql[by_ladder ? LOAD_OF_LADDER : LOAD_OF_ACK]);
	sql_bind_id(stmt, 1, by_ladder ? &in->ladder_id : &in->ack_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) && error_set(err, ERROR_NOT_FOUND, "no such %s",
						      by_ladder ? "ladder" : "acknowledgement");
	}
	*ret_alert = sql_id(stmt, 0);
	return true;
}

static bool load_alert(struct store_txn *txn, struct arena *arena,
		       const struct store_ladder_load_in *in, struct store_ladder_load_out *out,
		       struct error *err)
{
	struct alert_row row;
	struct id alert;

	if (!which_alert(txn, in, &alert, err) ||
	    !alert_row_get(txn, arena, &alert, in->alert_ref, &row, err)) {
		return false;
	}
	out->alert_id = row.id;
	rows_copy_ref(out->alert_ref, row.ref);
	out->status = row.status;
	out->alert_state = row.state;
	out->tier = row.tier;
	out->end_reason = row.end_reason;
	out->policy = row.policy;
	out->current_version = row.current_version;
	return true;
}

static bool load_ladder(struct store_txn *txn, struct arena *arena,
			const struct store_ladder_load_in *in, struct store_ladder_load_out *out,
			struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LOAD_LADDER]);

	sql_bind_id(stmt, 1, &out->alert_id);
	sql_bind_id(stmt, 2, &in->ladder_id);
	sql_bind_int(stmt, 3, out->current_version > 0 ? LADDER_ALERT : LADDER_APPROVAL);
	if (sql_step(stmt)) {
		out->ladder_id = sql_id(stmt, 0);
		out->kind = (enum ladder_kind)sql_int(stmt, 1);
		out->state = (enum ladder_state)sql_int(stmt, 2);
		out->epoch = sql_int(stmt, 3);
		out->version = (int)sql_int(stmt, 4);
		out->snapshot = sql_text(stmt, 5, arena);
		out->position = sql_text(stmt, 6, arena);
	}
	return sql_ok(stmt, err);
}

static bool load_acks(struct store_txn *txn, struct arena *arena, struct store_ladder_load_out *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LOAD_ACKS]);
	struct rows rows = {.size = sizeof(struct store_ack_row)};

	sql_bind_id(stmt, 1, &out->alert_id);
	while (sql_step(stmt)) {
		*(struct store_ack_row *)rows_add(&rows, arena) = (struct store_ack_row){
			.id = sql_id(stmt, 0),
			.partner = sql_text(stmt, 1, arena),
			.person = sql_text(stmt, 2, arena),
			.role = (enum partner_role)sql_int(stmt, 3),
			.is_operator = sql_int(stmt, 4) != 0,
			.state = (enum ack_state)sql_int(stmt, 5),
			.version = (int)sql_int(stmt, 6),
			.lease_until_utc_ms = sql_int(stmt, 7),
			.created_utc_ms = sql_int(stmt, 8),
			.updated_utc_ms = sql_int(stmt, 9),
		};
	}
	out->acks = rows.data;
	out->ack_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_channels(struct store_txn *txn, struct arena *arena,
			  struct store_ladder_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LOAD_CHANNELS]);
	struct rows rows = {.size = sizeof(struct store_ladder_channel)};

	sql_bind_id(stmt, 1, &out->alert_id);
	sql_bind_int(stmt, 2, out->current_version);
	while (sql_step(stmt)) {
		*(struct store_ladder_channel *)rows_add(&rows, arena) =
			(struct store_ladder_channel){
				.channel = sql_text(stmt, 0, arena),
				.partner = sql_text(stmt, 1, arena),
				.variant = sql_text(stmt, 2, arena),
				.use = (enum plan_use)sql_int(stmt, 3),
				.rung = (int)sql_int(stmt, 4),
				.list_generation = sql_int(stmt, 5),
				.last_cycle = sql_is_null(stmt, 6) ? -1 : (int)sql_int(stmt, 6),
			};
	}
	out->channels = rows.data;
	out->channel_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_told(struct store_txn *txn, struct arena *arena, struct store_ladder_load_out *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LOAD_TOLD]);
	struct rows rows = {.size = sizeof(struct store_ladder_told)};

	sql_bind_id(stmt, 1, &out->alert_id);
	while (sql_step(stmt)) {
		struct store_ladder_told *told = rows_add(&rows, arena);

		told->partner = sql_text(stmt, 0, arena);
		told->channel = sql_text(stmt, 1, arena);
	}
	out->told = rows.data;
	out->told_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_has_it(struct store_txn *txn, const struct store_ladder_load_in *in,
			struct store_ladder_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LOAD_HAS_IT]);

	sql_bind_id(stmt, 1, &out->alert_id);
	sql_bind_text(stmt, 2, in->partner);
	out->partner_has_it = sql_step(stmt);
	return sql_ok(stmt, err);
}

static bool run_load(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_ladder_load_in *in = in_any;
	struct store_ladder_load_out *out = out_any;

	return load_alert(txn, arena, in, out, err) && load_ladder(txn, arena, in, out, err) &&
	       load_acks(txn, arena, out, err) && load_channels(txn, arena, out, err) &&
	       load_told(txn, arena, out, err) && load_has_it(txn, in, out, err);
}

const struct store_op store_ladder_load = {
	.name = "ladder_load",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_ladder_load_in),
	.out_size = sizeof(struct store_ladder_load_out),
	.run = run_load,
};

static bool run_running(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_ladder_running_in *in = in_any;
	struct store_ladder_running_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &ladder_load_sql[LADDERS_RUNNING]);
	struct rows rows = {.size = sizeof(struct store_ladder_ref)};

	sql_bind_int(stmt, 1, in->limit);
	while (sql_step(stmt)) {
		struct store_ladder_ref *row = rows_add(&rows, arena);

		row->id = sql_id(stmt, 0);
		rows_copy_ref(row->alert_ref, sql_text(stmt, 1, arena));
		row->kind = (enum ladder_kind)sql_int(stmt, 2);
		row->state = (enum ladder_state)sql_int(stmt, 3);
	}
	out->rows = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_ladder_running = {
	.name = "ladder_running",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_ladder_running_in),
	.out_size = sizeof(struct store_ladder_running_out),
	.run = run_running,
};
