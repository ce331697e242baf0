/*
 * Fan-out: broadcast and event rows for "this message goes to these channels", inside the caller's
 * transaction.
 *
 * Owner: the requests that approve, stop, fire a rung or send. O(channels): recipients get their
 * rows later, page by page. Ids come from the request's seed by hash, never from chance, so a
 * request that runs twice writes the same rows. Crash: rows exist with the commit or not at all;
 * the outbox finds open broadcasts again at start.
 */
#include "store/sql_registry.h"
#include "store/fanout.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/rows.h"

enum {
	LIST_NEWEST,
	BROADCAST_INSERT,
	EVENT_FIND,
	EVENT_FIND_NOTICE,
	EVENT_INSERT,
	SEQ_GET,
	SEQ_SAVE,
	STOP_CHANNELS,
	UNROUTED_CHANNELS,
	FURTHER_CHANNELS,
	CYCLE_NEXT,
};

/* Channels where somebody has, may have or is just being sent the alert, with the end of reason $2.
 */
#define ENDS_SELECT                                                                                \
	"SELECT p.channel, p.partner, p.variant, p.version"                                        \
	" FROM plan p JOIN version v"                                                              \
	" ON v.alert_id = p.alert_id AND v.version = p.version AND v.state = 3"                    \
	" WHERE p.alert_id = $1 AND p.message = $2"                                                \
	" AND EXISTS (SELECT 1 FROM delivery d WHERE d.alert_id = p.alert_id"                      \
	" AND d.channel = p.channel AND d.version > 0 AND (d.reached > 0 OR d.state = 2))"         \
	" AND NOT EXISTS (SELECT 1 FROM plan n JOIN version w"                                     \
	" ON w.alert_id = n.alert_id AND w.version = n.version AND w.state = 3"                    \
	" WHERE n.alert_id = p.alert_id AND n.channel = p.channel"                                 \
	" AND n.message = p.message AND n.version > p.version) "

const struct sql_text fanout_sql[] = {
	[LIST_NEWEST] = {"fanout_list_newest",
			 "SELECT generation, last_recipient FROM list"
			 " WHERE channel = $1 AND is_complete = 1 AND ($2 = 0 OR generation = $2)"
			 " ORDER BY generation DESC LIMIT 1"},
	[BROADCAST_INSERT] =
		{"fanout_broadcast_insert",
		 "INSERT INTO broadcast (alert_id, version, notice_id, channel, partner,"
		 " message, variant_version, variant, walk, list_generation,"
		 " last_recipient, state, reason, class, cycle, event_id, seq,"
		 " not_before_utc_ms, created_utc_ms)"
		 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13,"
		 " $14, $15, $16, $17, $18)"
		 " ON CONFLICT DO NOTHING"},
	[EVENT_FIND] = {"fanout_event_find",
			"SELECT id, seq FROM event WHERE alert_id = $1 AND partner = $2"
			" AND version = $3 AND message = $4 AND notice_id IS NULL"},
	[EVENT_FIND_NOTICE] = {"fanout_event_find_notice",
			       "SELECT id, seq FROM event WHERE partner = $1 AND notice_id = $2"},
	[EVENT_INSERT] = {"fanout_event_insert",
			  "INSERT INTO event (partner, seq, id, alert_id, version, message,"
			  " variant_version, variant, notice_id, created_utc_ms)"
			  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"},
	[SEQ_GET] = {"fanout_seq_get", "SELECT last FROM partner_seq WHERE partner = $1"},
	[SEQ_SAVE] = {"fanout_seq_save",
		      "INSERT INTO partner_seq (partner, last) VALUES ($1, $2)"
		      " ON CONFLICT (partner) DO UPDATE SET last = excluded.last"},
	/* The newest approved version that planned the channel says which end is sent there. */
	[STOP_CHANNELS] = {"fanout_stop_channels", ENDS_SELECT "ORDER BY p.channel"},
	[UNROUTED_CHANNELS] = {"fanout_unrouted_channels",
			       ENDS_SELECT "AND NOT EXISTS (SELECT 1 FROM plan q"
					   " WHERE q.alert_id = p.alert_id AND q.version = $3"
					   " AND q.channel = p.channel) ORDER BY p.channel"},
	[FURTHER_CHANNELS] = {"fanout_further_channels",
			      "SELECT p.channel, p.partner, p.variant, p.list_generation"
			      " FROM plan p WHERE p.alert_id = $1 AND p.version = $2"
			      " AND p.message = 0 AND EXISTS (SELECT 1 FROM broadcast b"
			      " WHERE b.alert_id = p.alert_id AND b.channel = p.channel"
			      " AND b.version < p.version AND b.message = 0"
			      " AND b.notice_id IS NULL) ORDER BY p.channel"},
	/* walk 2, the ledger, counts apart */
	[CYCLE_NEXT] = {"fanout_cycle_next",
			"SELECT COALESCE(MAX(cycle) + 1, 0) FROM broadcast WHERE alert_id = $1"
			" AND version = $2 AND channel = $3 AND message = $4"
			" AND notice_id IS NULL AND walk <> 2"},
};
const size_t fanout_sql_count = ARRAY_LEN(fanout_sql);

/* An event as a target shares it with the partner's other channels. */
struct event_ref {
	struct id id;
	int64_t seq; /* 0 = no partner */
};

/* UUIDv7 at the request's time whose random bits are a hash of seed and what the id names. */
static struct id derived_id(const struct fanout *fanout, const char *what, const char *name,
			    enum message message)
{
	uint8_t hash[SECRET_HASH_BYTES];
	char text[256];
	char alert[ID_TEXT_BYTES];
	char notice[ID_TEXT_BYTES];

	id_format(&fanout->alert_id, alert);
	id_format(&fanout->notice_id, notice);
	(void)snprintf(text, sizeof(text), "%s %s %s %s %d %d", what, name, alert, notice,
		       fanout->version, (int)message); /* names are bounded by settings; a cut text
					    still is the same text */
	secret_hmac(fanout->seed, sizeof(fanout->seed), text, strlen(text), hash);
	return id_make(fanout->now_utc_ms, hash);
}

static bool next_seq(struct store_txn *txn, const char *partner, int64_t *ret_seq,
		     struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &fanout_sql[SEQ_GET]);
	int64_t last = 0;

	sql_bind_text(stmt, 1, partner);
	if (sql_step(stmt)) {
		last = sql_int(stmt, 0);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	stmt = sql_use(txn, &fanout_sql[SEQ_SAVE]);
	sql_bind_text(stmt, 1, partner);
	sql_bind_int(stmt, 2, last + 1);
	*ret_seq = last + 1;
	return sql_run(stmt, err);
}

static bool event_find(struct store_txn *txn, const struct fanout *fanout,
		       const struct fanout_target *target, struct event_ref *ref, struct error *err)
{
	struct sql_stmt *stmt;

	if (target->message == MESSAGE_NOTICE) {
		stmt = sql_use(txn, &fanout_sql[EVENT_FIND_NOTICE]);
		sql_bind_text(stmt, 1, target->partner);
		sql_bind_id(stmt, 2, &fanout->notice_id);
	} else {
		stmt = sql_use(txn, &fanout_sql[EVENT_FIND]);
		sql_bind_id(stmt, 1, &fanout->alert_id);
		sql_bind_text(stmt, 2, target->partner);
		sql_bind_int(stmt, 3, fanout->version);
		sql_bind_int(stmt, 4, target->message);
	}
	if (sql_step(stmt)) {
		ref->id = sql_id(stmt, 0);
		ref->seq = sql_int(stmt, 1);
	}
	return sql_ok(stmt, err);
}

static bool event_insert(struct store_txn *txn, const struct fanout *fanout,
			 const struct fanout_target *target, const struct event_ref *ref,
			 struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &fanout_sql[EVENT_INSERT]);

	sql_bind_text(stmt, 1, target->partner);
	sql_bind_int(stmt, 2, ref->seq);
	sql_bind_id(stmt, 3, &ref->id);
	sql_bind_id(stmt, 4, &fanout->alert_id);
	sql_bind_int(stmt, 5, fanout->version);
	sql_bind_int(stmt, 6, target->message);
	sql_bind_int(stmt, 7, target->variant_version);
	sql_bind_text(stmt, 8, target->variant);
	sql_bind_id(stmt, 9, &fanout->notice_id);
	sql_bind_int(stmt, 10, fanout->now_utc_ms);
	return sql_run(stmt, err);
}

/*
 * Staff notices have no seq even where the channel has a partner: they are not part of the
 * partner's story. An acknowledgement told to a partner is.
 */
static bool has_event(const struct fanout_target *target)
{
	return target->partner != NULL && target->reason != BROADCAST_STAFF &&
	       target->reason != BROADCAST_PING;
}

static bool event_of(struct store_txn *txn, const struct fanout *fanout,
		     const struct fanout_target *target, struct event_ref *ref, struct error *err)
{
	memset(ref, 0, sizeof(*ref));
	if (!has_event(target)) {
		ref->id = derived_id(fanout, "message", target->channel, target->message);
		return true;
	}
	if (!event_find(txn, fanout, target, ref, err)) {
		return false;
	}
	if (ref->seq != 0) {
		return true;
	}
	ref->id = derived_id(fanout, "event", target->partner, target->message);
	return next_seq(txn, target->partner, &ref->seq, err) &&
	       event_insert(txn, fanout, target, ref, err);
}

/* The list a broadcast pins. A channel without a complete list has nobody: generation 0, walked at
 * once. */
static bool list_pin(struct store_txn *txn, const struct fanout_target *target,
		     int64_t *ret_generation, int64_t *ret_last, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &fanout_sql[LIST_NEWEST]);

	*ret_generation = 0;
	*ret_last = 0;
	sql_bind_text(stmt, 1, target->channel);
	sql_bind_int(stmt, 2, target->list_generation);
	if (sql_step(stmt)) {
		*ret_generation = sql_int(stmt, 0);
		*ret_last = sql_int(stmt, 1);
	}
	return sql_ok(stmt, err);
}

static bool cycle_of(struct store_txn *txn, const struct fanout *fanout,
		     const struct fanout_target *target, int64_t *ret_cycle, struct error *err)
{
	struct sql_stmt *stmt;

	*ret_cycle = target->cycle;
	if (target->cycle != FANOUT_CYCLE_NEXT) {
		return true;
	}
	stmt = sql_use(txn, &fanout_sql[CYCLE_NEXT]);
	sql_bind_id(stmt, 1, &fanout->alert_id);
	sql_bind_int(stmt, 2, fanout->version);
	sql_bind_text(stmt, 3, target->channel);
	sql_bind_int(stmt, 4, target->message);
	*ret_cycle = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

static void bind_target(struct sql_stmt *stmt, const struct fanout_target *target)
{
	sql_bind_text(stmt, 4, target->channel);
	sql_bind_text(stmt, 5, target->partner);
	sql_bind_int(stmt, 6, target->message);
	sql_bind_int(stmt, 7, target->variant_version);
	sql_bind_text(stmt, 8, target->variant);
	sql_bind_int(stmt, 9, target->walk);
	sql_bind_int(stmt, 12, target->reason);
	sql_bind_int(stmt, 13, target->class_of);
	if (target->not_before_utc_ms != 0) {
		sql_bind_int(stmt, 17, target->not_before_utc_ms);
	}
}

static bool broadcast_insert(struct store_txn *txn, const struct fanout *fanout,
			     const struct fanout_target *target, bool *ret_is_new,
			     struct error *err)
{
	struct event_ref ref;
	int64_t generation, last, cycle;
	struct sql_stmt *stmt;

	if (!event_of(txn, fanout, target, &ref, err) ||
	    !list_pin(txn, target, &generation, &last, err) ||
	    !cycle_of(txn, fanout, target, &cycle, err)) {
		return false;
	}
	stmt = sql_use(txn, &fanout_sql[BROADCAST_INSERT]);
	sql_bind_id(stmt, 1, &fanout->alert_id);
	sql_bind_int(stmt, 2, target->message == MESSAGE_NOTICE ? 0 : fanout->version);
	sql_bind_id(stmt, 3, &fanout->notice_id);
	bind_target(stmt, target);
	sql_bind_int(stmt, 10, generation);
	sql_bind_int(stmt, 11, last);
	sql_bind_int(stmt, 14, cycle);
	sql_bind_id(stmt, 15, &ref.id);
	if (ref.seq != 0) {
		sql_bind_int(stmt, 16, ref.seq);
	}
	sql_bind_int(stmt, 18, fanout->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	*ret_is_new = sql_changes(txn) > 0;
	return true;
}

bool fanout_insert(struct store_txn *txn, const struct fanout *fanout,
		   const struct fanout_target *targets, size_t count, int *ret_new,
		   struct error *err)
{
	int new_count = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_new = false;

		if (!broadcast_insert(txn, fanout, &targets[i], &is_new, err)) {
			return error_prefix(err, "channel %s", targets[i].channel);
		}
		new_count += is_new ? 1 : 0;
	}
	*ret_new = new_count;
	return true;
}

/* Which channels get an end, and why. */
struct ends {
	int sql;
	enum end_reason reason;
	enum broadcast_reason because;
};

static bool ends_read(struct store_txn *txn, struct arena *arena, const struct fanout *fanout,
		      const struct ends *ends, struct rows *targets, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &fanout_sql[ends->sql]);

	sql_bind_id(stmt, 1, &fanout->alert_id);
	sql_bind_int(stmt, 2, message_of_end(ends->reason));
	if (ends->sql == UNROUTED_CHANNELS) {
		sql_bind_int(stmt, 3, fanout->version);
	}
	while (targets->count < LIMIT_CHANNELS && sql_step(stmt)) {
		*(struct fanout_target *)rows_add(targets, arena) = (struct fanout_target){
			.channel = sql_text(stmt, 0, arena),
			.partner = sql_text(stmt, 1, arena),
			.variant = sql_text(stmt, 2, arena),
			.variant_version = (int)sql_int(stmt, 3),
			.message = message_of_end(ends->reason),
			.walk = WALK_LEDGER,
			.reason = ends->because,
			.class_of = MESSAGE_CRITICAL,
		};
	}
	return sql_ok(stmt, err);
}

static bool ends_send(struct store_txn *txn, const struct fanout *fanout, const struct ends *ends,
		      int *ret_new, struct error *err)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct rows targets = {.size = sizeof(struct fanout_target)};

	return ends_read(txn, arena, fanout, ends, &targets, err) &&
	       fanout_insert(txn, fanout, targets.data, targets.count, ret_new, err);
}

bool fanout_stop(struct store_txn *txn, const struct fanout *fanout, enum end_reason reason,
		 int *ret_new, struct error *err)
{
	const struct ends ends = {STOP_CHANNELS, reason, BROADCAST_STOP};

	return ends_send(txn, fanout, &ends, ret_new, err);
}

bool fanout_unrouted(struct store_txn *txn, const struct fanout *fanout, int *ret_new,
		     struct error *err)
{
	const struct ends ends = {UNROUTED_CHANNELS, END_WITHDRAWN, BROADCAST_UNROUTED};

	return ends_send(txn, fanout, &ends, ret_new, err);
}

static bool further_read(struct store_txn *txn, struct arena *arena, const struct fanout *fanout,
			 enum message_class class_of, struct rows *targets, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &fanout_sql[FURTHER_CHANNELS]);

	sql_bind_id(stmt, 1, &fanout->alert_id);
	sql_bind_int(stmt, 2, fanout->version);
	while (targets->count < LIMIT_CHANNELS && sql_step(stmt)) {
		*(struct fanout_target *)rows_add(targets, arena) = (struct fanout_target){
			.channel = sql_text(stmt, 0, arena),
			.partner = sql_text(stmt, 1, arena),
			.message = MESSAGE_VERSION,
			.variant_version = fanout->version,
			.variant = sql_text(stmt, 2, arena),
			.walk = WALK_LIST,
			.list_generation = sql_int(stmt, 3),
			.reason = BROADCAST_UPDATE,
			.class_of = class_of,
		};
	}
	return sql_ok(stmt, err);
}

bool fanout_further(struct store_txn *txn, const struct fanout *fanout, enum message_class class_of,
		    int *ret_new, struct error *err)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct rows targets = {.size = sizeof(struct fanout_target)};

	return further_read(txn, arena, fanout, class_of, &targets, err) &&
	       fanout_insert(txn, fanout, targets.data, targets.count, ret_new, err);
}
