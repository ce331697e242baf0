/*
 * What an approved version brings about: its variants and plan, the broadcasts, the ladder and the
 * expiry timer. O(channels), whatever the audience.
 */
#include "store/alert_effect.h"

#include <string.h>

#include "store/sql_registry.h"

enum { VARIANT_INSERT, PLAN_INSERT };

const struct sql_text alert_effect_sql[] = {
	[VARIANT_INSERT] = {"alert_variant_insert",
			    "INSERT INTO variant (alert_id, version, variant, medium, body_sealed)"
			    " VALUES ($1, $2, $3, $4, $5)"},
	[PLAN_INSERT] =
		{"alert_plan_insert",
		 "INSERT INTO plan (alert_id, version, channel, message, partner, variant,"
		 " use, rung, list_generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"},
};
const size_t alert_effect_sql_count = ARRAY_LEN(alert_effect_sql);

static bool variants_insert(struct store_txn *txn, struct arena *arena,
			    const struct alert_effect *effect, const struct alert_row *row,
			    struct error *err)
{
	for (size_t i = 0; i < effect->variant_count; i++) {
		const struct store_variant *variant = &effect->variants[i];
		const char *kind = arena_printf(arena, "variant %s", variant->id);
		struct bytes sealed;
		struct sql_stmt *stmt;

		if (!alert_row_seal(txn, arena, row, kind, row->current_version, variant->body,
				    &sealed, err)) {
			return false;
		}
		stmt = sql_use(txn, &alert_effect_sql[VARIANT_INSERT]);
		sql_bind_id(stmt, 1, &row->id);
		sql_bind_int(stmt, 2, row->current_version);
		sql_bind_text(stmt, 3, variant->id);
		sql_bind_int(stmt, 4, variant->medium);
		sql_bind_blob(stmt, 5, sealed.data, sealed.len);
		if (!sql_run(stmt, err)) {
			return false;
		}
	}
	return true;
}

static bool plan_insert(struct store_txn *txn, const struct alert_effect *effect,
			const struct alert_row *row, struct error *err)
{
	for (size_t i = 0; i < effect->plan_count; i++) {
		const struct store_plan_row *plan = &effect->plan[i];
		struct sql_stmt *stmt = sql_use(txn, &alert_effect_sql[PLAN_INSERT]);

		sql_bind_id(stmt, 1, &row->id);
		sql_bind_int(stmt, 2, row->current_version);
		sql_bind_text(stmt, 3, plan->channel);
		sql_bind_int(stmt, 4, plan->message);
		sql_bind_text(stmt, 5, plan->partner);
		sql_bind_text(stmt, 6, plan->variant);
		sql_bind_int(stmt, 7, plan->use);
		sql_bind_int(stmt, 8, plan->rung);
		sql_bind_int(stmt, 9, plan->list_generation);
		if (!sql_run(stmt, err)) {
			return error_prefix(err, "channel %s", plan->channel);
		}
	}
	return true;
}

/* A version with content of its own becomes current; a resume only lets the current one go on. */
static void take_effect(struct alert_row *row, const struct version_row *version,
			const struct alert_effect *effect)
{
	row->open_version = 0;
	row->state = ALERT_ACTIVE;
	if (!version_has_content(version->kind)) {
		return;
	}
	row->current_version = version->version;
	row->tier = effect->tier;
	row->policy = effect->policy;
	row->expires_utc_ms = effect->expires_utc_ms;
	if (row->issued_utc_ms == 0) {
		row->issued_utc_ms = effect->now.utc_ms;
	}
}

static bool expiry_set(struct store_txn *txn, const struct alert_row *row,
		       const struct timer_now *now, struct error *err)
{
	return timer_delete_of(txn, &row->id, TIMER_EXPIRY, err) &&
	       timer_insert(txn,
			    &(struct timer_row){.kind = TIMER_EXPIRY,
						.alert_id = row->id,
						.owner_id = row->id,
						.epoch = row->current_version,
						.due_utc_ms = row->expires_utc_ms},
			    now, err);
}

static bool escalate(struct store_txn *txn, const struct alert_row *row,
		     const struct version_row *version, const struct alert_effect *effect,
		     struct error *err)
{
	if (!ladder_end(txn, &row->id, LADDER_APPROVAL, effect->now.utc_ms, err)) {
		return false;
	}
	if (version->kind == VERSION_RESUME && !ladder_pause(txn, &row->id, false, err)) {
		return false;
	}
	if (!id_is_none(&effect->ladder.id) &&
	    !ladder_begin(txn, &row->id, version->version, &effect->ladder, &effect->now, err)) {
		return false;
	}
	return expiry_set(txn, row, &effect->now, err);
}

/* To those who were being sent an earlier version, and the end to those whom this one no longer
 * routes to. */
static bool send_further(struct store_txn *txn, const struct fanout *fanout,
			 enum alert_status status, int *ret_broadcasts, struct error *err)
{
	enum message_class class_of = status == STATUS_ACTUAL ? MESSAGE_CRITICAL : MESSAGE_STANDARD;
	int further, ends;

	if (!fanout_further(txn, fanout, class_of, &further, err) ||
	    !fanout_unrouted(txn, fanout, &ends, err)) {
		return false;
	}
	*ret_broadcasts = further + ends;
	return true;
}

/* A further version's own goes first: whoever is being sent it so is not newly routed to. */
static bool send(struct store_txn *txn, const struct fanout *fanout, const struct alert_row *row,
		 const struct alert_effect *effect, bool is_further, int *ret_broadcasts,
		 struct error *err)
{
	int further = 0, routed;

	if ((is_further && !send_further(txn, fanout, row->status, &further, err)) ||
	    !fanout_insert(txn, fanout, effect->targets, effect->target_count, &routed, err)) {
		return false;
	}
	*ret_broadcasts = further + routed;
	return true;
}

bool alert_effect_run(struct store_txn *txn, struct arena *arena, struct alert_row *row,
		      const struct version_row *version, const struct alert_effect *effect,
		      int *ret_broadcasts, struct error *err)
{
	struct fanout fanout = {.alert_id = row->id, .now_utc_ms = effect->now.utc_ms};
	bool is_further = version_has_content(version->kind) && version->kind != VERSION_ISSUE;

	take_effect(row, version, effect);
	memcpy(fanout.seed, effect->seed, sizeof(fanout.seed));
	/* one that only acts (a /send) carries the current version: its own is never sent */
	fanout.version = row->current_version;
	return alert_row_save(txn, row, err) && variants_insert(txn, arena, effect, row, err) &&
	       plan_insert(txn, effect, row, err) &&
	       send(txn, &fanout, row, effect, is_further, ret_broadcasts, err) &&
	       escalate(txn, row, version, effect, err);
}
