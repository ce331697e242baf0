/*
 * How far a running alert has come: who stands in the plan of its current version, whose list was
 * walked and who came to it since, who holds an acknowledgement. Runs on a reader thread.
 */
#include "store/alert_standing.h"

#include <string.h>

#include "store/rows.h"
#include "store/sql_registry.h"

enum { STANDING_PLANNED, STANDING_FRESH, STANDING_ACKS, STANDING_SENT };

/* Walk 1 is the list, ack state 1 held, ladder kind 2 the alert's (domain/message.h,
 * domain/states.h). */
const struct sql_text alert_standing_sql[] = {
	[STANDING_PLANNED] =
		{"alert_standing_planned",
		 "SELECT p.channel, p.partner, p.variant, p.list_generation,"
		 " (SELECT MAX(b.list_generation) FROM broadcast b WHERE b.alert_id = p.alert_id"
		 " AND b.version = p.version AND b.channel = p.channel AND b.message = 0"
		 " AND b.notice_id IS NULL AND b.walk = 1) FROM plan p"
		 " WHERE p.alert_id = $1 AND p.version = $2 AND p.message = 0 ORDER BY p.channel"},
	[STANDING_FRESH] = {"alert_standing_fresh",
			    "SELECT COUNT(*) FROM recipient r WHERE r.channel = $1"
			    " AND r.added_generation > $2 AND r.removed_generation IS NULL"
			    " AND r.opted_out_utc_ms IS NULL AND NOT EXISTS"
			    " (SELECT 1 FROM delivery d WHERE d.alert_id = $3"
			    " AND d.channel = r.channel AND d.recipient = r.recipient"
			    " AND d.version > 0 AND d.version = $4)"},
	/* those that count for the ladder that runs: a raise has begun another one */
	[STANDING_ACKS] = {"alert_standing_acks",
			   "SELECT partner, role, is_operator FROM ack WHERE alert_id = $1"
			   " AND state = 1 AND version >= COALESCE((SELECT l.version FROM ladder l"
			   " WHERE l.alert_id = $1 AND l.kind = 2 ORDER BY l.id DESC LIMIT 1), 0)"
			   " ORDER BY id"},
	[STANDING_SENT] = {"alert_standing_sent",
			   "SELECT DISTINCT channel FROM broadcast WHERE alert_id = $1"
			   " AND notice_id IS NULL AND message = 0 ORDER BY channel"},
};
const size_t alert_standing_sql_count = ARRAY_LEN(alert_standing_sql);

static bool count_fresh(struct store_txn *txn, const struct store_alert_load_out *out,
			struct store_alert_planned *planned, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_standing_sql[STANDING_FRESH]);

	sql_bind_text(stmt, 1, planned->channel);
	sql_bind_int(stmt, 2, planned->list_generation);
	sql_bind_id(stmt, 3, &out->id);
	sql_bind_int(stmt, 4, out->current_version);
	planned->fresh = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

static int64_t newest_generation(const struct store_alert_load_out *out, const char *channel)
{
	for (size_t i = 0; i < out->list_count; i++) {
		if (strcmp(out->lists[i].channel, channel) == 0) {
			return out->lists[i].generation;
		}
	}
	return 0;
}

static bool load_planned(struct store_txn *txn, struct arena *arena,
			 struct store_alert_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_standing_sql[STANDING_PLANNED]);
	struct rows rows = {.size = sizeof(struct store_alert_planned)};

	sql_bind_id(stmt, 1, &out->id);
	sql_bind_int(stmt, 2, out->current_version);
	while (sql_step(stmt)) {
		struct store_alert_planned *planned = rows_add(&rows, arena);

		planned->channel = sql_text(stmt, 0, arena);
		planned->partner = sql_text(stmt, 1, arena);
		planned->variant = sql_text(stmt, 2, arena);
		planned->is_walked = !sql_is_null(stmt, 4);
		planned->list_generation = sql_int(stmt, planned->is_walked ? 4 : 3);
	}
	out->planned = rows.data;
	out->planned_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_fresh(struct store_txn *txn, const struct store_alert_load_out *out,
		       struct error *err)
{
	struct store_alert_planned *planned = (struct store_alert_planned *)out->planned;

	for (size_t i = 0; i < out->planned_count; i++) {
		if (newest_generation(out, planned[i].channel) > planned[i].list_generation &&
		    !count_fresh(txn, out, &planned[i], err)) {
			return false;
		}
	}
	return true;
}

static bool load_acks(struct store_txn *txn, struct arena *arena, struct store_alert_load_out *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_standing_sql[STANDING_ACKS]);
	struct rows rows = {.size = sizeof(struct ladder_ack)};

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		*(struct ladder_ack *)rows_add(&rows, arena) = (struct ladder_ack){
			.partner = sql_text(stmt, 0, arena),
			.role = (enum partner_role)sql_int(stmt, 1),
			.is_operator = sql_int(stmt, 2) != 0,
		};
	}
	out->acks = rows.data;
	out->ack_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_sent(struct store_txn *txn, struct arena *arena, struct store_alert_load_out *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_standing_sql[STANDING_SENT]);
	struct rows rows = {.size = sizeof(const char *)};

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		*(const char **)rows_add(&rows, arena) = sql_text(stmt, 0, arena);
	}
	out->sent_channels = rows.data;
	out->sent_count = rows.count;
	return sql_ok(stmt, err);
}

bool alert_standing_load(struct store_txn *txn, struct arena *arena,
			 struct store_alert_load_out *out, struct error *err)
{
	return load_planned(txn, arena, out, err) && load_fresh(txn, out, err) &&
	       load_acks(txn, arena, out, err) && load_sent(txn, arena, out, err);
}
