/*
 * Private to the store: turns "this message goes to these channels" into broadcast and event rows,
 * inside the caller's transaction. O(channels). Used by approve, stop, a firing rung, /send,
 * notices; read by the outbox's page op.
 *
 * Each partner gets one event (gap-free seq, webhook-id) per alert, version and message, shared by
 * all its channels; an event that exists already is reused. Event ids come from `seed` by hash, so
 * a request that runs twice gives the same ids.
 */
#ifndef ASTRAD_STORE_FANOUT_H
#define ASTRAD_STORE_FANOUT_H

#include "domain/message.h"
#include "store/txn.h"

#define FANOUT_SEED_BYTES 16
#define FANOUT_CYCLE_NEXT (-1) /* a further walk, whatever was walked before */

struct fanout {
	struct id alert_id;  /* none for a notice about no alert */
	int version;         /* the version (or stop version) that is sent; 0 for a notice */
	struct id notice_id; /* none for a version */
	uint8_t seed[FANOUT_SEED_BYTES]; /* fresh chance from the request's input */
	int64_t now_utc_ms;
};

struct fanout_target {
	const char *channel;
	const char *partner; /* NULL: no event, no seq */
	enum message message;
	int variant_version; /* whose rendered variant is sent: an end sends one of an earlier
				version */
	const char *variant; /* NULL for a notice */
	enum walk walk;
	int64_t list_generation; /* 0: the channel's newest complete one */
	enum broadcast_reason reason;
	enum message_class class_of;
	int cycle;                 /* ladder repeat; 0 = first; or FANOUT_CYCLE_NEXT */
	int64_t not_before_utc_ms; /* 0 = now */
};

/* Inserts what is not there yet (same alert, version, channel, message, walk, cycle); out gets the
 * number of new broadcasts. */
bool fanout_insert(struct store_txn *txn, const struct fanout *fanout,
		   const struct fanout_target *targets, size_t count, int *ret_new,
		   struct error *err) MUST_USE;

/*
 * The stop: for every channel where somebody has, may have or is just being sent a version of the
 * alert, a ledger broadcast of the end message under `stop_version`, with the variant of the newest
 * approved version that planned the channel.
 */
bool fanout_stop(struct store_txn *txn, const struct fanout *fanout, enum end_reason reason,
		 int *ret_new, struct error *err) MUST_USE;

/*
 * A further version goes to every channel of its plan that was being sent an earlier one, also
 * where nobody has it yet: whoever waits for a retry of the old version must get the new one.
 */
bool fanout_further(struct store_txn *txn, const struct fanout *fanout, enum message_class class_of,
		    int *ret_new, struct error *err) MUST_USE;

/*
 * An update no longer routes to some channels: those where somebody has an earlier version and that
 * have no plan row under fanout->version get the end (withdrawn). After the plan of the version was
 * stored.
 */
bool fanout_unrouted(struct store_txn *txn, const struct fanout *fanout, int *ret_new,
		     struct error *err) MUST_USE;

#endif
