/*
 * What an approved version brings about: its variants and plan, the broadcasts, the ladder and the
 * expiry timer. O(channels), whatever the audience.
 *
 * A /send or /repolicy has no content: what it adds stands under the current version, whose plan
 * grows by it, and is sent as that version. So an end, a further version and every rung find it
 * where they look for all else.
 */
#include "store/alert_effect.h"

#include <string.h>

#include "store/sql_registry.h"

enum { VARIANT_INSERT, PLAN_INSERT, HOLDS, LADDER_VERSION };

const struct sql_text alert_effect_sql[] = {
	[VARIANT_INSERT] = {"alert_variant_insert",
			    "INSERT INTO variant (alert_id, version, variant, medium, body_sealed)"
			    " VALUES ($1, $2, $3, $4, $5)"},
	[PLAN_INSERT] =
		{"alert_plan_insert",
		 "INSERT INTO plan (alert_id, version, channel, message, partner, variant,"
		 " use, rung, list_generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"},
	[HOLDS] = {"alert_holds", "SELECT DISTINCT h.field FROM alert_case a"
				  " JOIN hold h ON h.case_id = a.case_id WHERE a.alert_id = $1"
				  " AND (h.until_utc_ms IS NULL OR h.until_utc_ms > $2)"},
	/* kind 2 = the alert's */
	[LADDER_VERSION] = {"alert_ladder_version",
			    "SELECT version FROM ladder WHERE alert_id = $1 AND kind = 2"
			    " ORDER BY id DESC LIMIT 1"},
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

bool alert_effect_holds(struct store_txn *txn, const struct id *alert, uint64_t held_fields,
			int64_t now_utc_ms, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_effect_sql[HOLDS]);
	uint64_t held = 0;

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, now_utc_ms);
	while (sql_step(stmt)) {
		held |= UINT64_C(1) << sql_int(stmt, 0);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	return held == held_fields ||
	       error_set(err, ERROR_CONFLICT, "a hold changed since the preview: read it again");
}

/* A version with content of its own becomes current; the others let the current one go on. */
static void take_effect(struct alert_row *row, const struct version_row *version,
			const struct alert_effect *effect)
{
	row->open_version = 0;
	row->state = ALERT_ACTIVE;
	if (version->kind == VERSION_REPOLICY) {
		row->policy = effect->policy;
	}
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

/*
 * Which version a ladder is about: acknowledgements of an older one do not count. Another policy is
 * no raise, so its ladder is about what the old one was: who holds the alert goes on holding it.
 */
static bool ladder_version(struct store_txn *txn, const struct alert_row *row,
			   enum version_kind kind, int *ret_version, struct error *err)
{
	struct sql_stmt *stmt;

	*ret_version = row->current_version;
	if (kind != VERSION_REPOLICY) {
		return true;
	}
	stmt = sql_use(txn, &alert_effect_sql[LADDER_VERSION]);
	sql_bind_id(stmt, 1, &row->id);
	if (sql_step(stmt)) {
		*ret_version = (int)sql_int(stmt, 0);
	}
	return sql_ok(stmt, err);
}

static bool ladder_replace(struct store_txn *txn, const struct alert_row *row,
			   enum version_kind kind, const struct alert_effect *effect,
			   struct error *err)
{
	int about;

	return id_is_none(&effect->ladder.id) ||
	       (ladder_version(txn, row, kind, &about, err) &&
		ladder_begin(txn, &row->id, about, &effect->ladder, &effect->now, err));
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
	return ladder_replace(txn, row, version->kind, effect, err) &&
	       expiry_set(txn, row, &effect->now, err);
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
	/* one that only acts carries the current version: its own is never sent */
	fanout.version = row->current_version;
	return alert_row_save(txn, row, err) && variants_insert(txn, arena, effect, row, err) &&
	       plan_insert(txn, effect, row, err) &&
	       send(txn, &fanout, row, effect, is_further, ret_broadcasts, err) &&
	       escalate(txn, row, version, effect, err);
}

/* --- at once: nobody gets the alert who was not approved --- */

static bool act_may(const struct alert_row *row, const struct store_alert_act_in *in,
		    struct error *err)
{
	if (row->state != ALERT_ACTIVE) {
		return error_set(err, ERROR_CONFLICT, "alert %s is %s", row->ref,
				 alert_state_name(row->state));
	}
	if (row->current_version != in->if_current_version) {
		return error_set(err, ERROR_CONFLICT, "version %d was approved meanwhile",
				 row->current_version);
	}
	return in->kind != VERSION_REPOLICY || row->open_version == 0 ||
	       error_set(err, ERROR_CONFLICT,
			 "version %d is not decided yet: withdraw it or have it decided",
			 row->open_version);
}

static bool run_act(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	const struct store_alert_act_in *in = in_any;
	struct store_alert_act_out *out = out_any;
	const struct alert_effect *effect = &in->effect;
	struct fanout fanout = {.now_utc_ms = effect->now.utc_ms};
	struct alert_row row;

	if (!alert_row_get(txn, arena, &in->alert_id, NULL, &row, err) || !act_may(&row, in, err) ||
	    !alert_effect_holds(txn, &row.id, in->held_fields, effect->now.utc_ms, err)) {
		return false;
	}
	if (in->kind == VERSION_REPOLICY) {
		row.policy = effect->policy;
	}
	fanout.alert_id = row.id;
	fanout.version = row.current_version;
	memcpy(fanout.seed, effect->seed, sizeof(fanout.seed));
	if (!alert_row_save(txn, &row, err) ||
	    !fanout_insert(txn, &fanout, effect->targets, effect->target_count, &out->broadcasts,
			   err) ||
	    !ladder_replace(txn, &row, in->kind, effect, err)) {
		return false;
	}
	alert_row_outcome(&row, NULL, &out->outcome);
	out->outcome.version = row.current_version;
	out->outcome.at_utc_ms = effect->now.utc_ms;
	out->outcome.count = out->broadcasts;
	return true;
}

const struct store_op store_alert_act = {
	.name = "alert_act",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_alert_act_in),
	.out_size = sizeof(struct store_alert_act_out),
	.run = run_act,
};
