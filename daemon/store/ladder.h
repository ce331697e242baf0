/*
 * Ladders: one running escalation per alert and kind. The functions here are for the store's own
 * files (submit, approve, stop); the ops that fire rungs are in store/escalate.h. snapshot and
 * position are texts of domain/ladder.h.
 */
#ifndef ASTRAD_STORE_LADDER_H
#define ASTRAD_STORE_LADDER_H

#include "store/fanout.h"
#include "store/timer.h"

/* A notice that goes with a ladder's step (approval_waiting, escalation, exhausted): id from the
 * caller, body is JSON. */
struct ladder_notice {
	struct id id;
	const char *type; /* "notice.approval_waiting"; NULL = no notice */
	struct bytes body;
	const struct fanout_target *targets;
	size_t target_count;
};

/* What starts with a submit or an approve. */
struct ladder_start {
	struct id id; /* none = there is no ladder of this kind */
	enum ladder_kind kind;
	const char *snapshot;
	const char *position;
	int64_t due_utc_ms;      /* next rung; 0 = none */
	enum ladder_state state; /* 0 = LADDER_RUNNING */
};

/* Ends a running ladder of the same alert and kind, then begins this one and sets its timer. */
bool ladder_begin(struct store_txn *txn, const struct id *alert, int version,
		  const struct ladder_start *start, const struct timer_now *now,
		  struct error *err) MUST_USE;
/* Ends the alert's ladders (kind 0 = both) and deletes their timers. */
bool ladder_end(struct store_txn *txn, const struct id *alert, enum ladder_kind kind,
		int64_t now_utc_ms, struct error *err) MUST_USE;
/* RUNNING or ACKED <-> PAUSED with the alert's suspension. Timers stay: time keeps running. */
bool ladder_pause(struct store_txn *txn, const struct id *alert, bool is_paused,
		  struct error *err) MUST_USE;
/* Writes a notice and its broadcasts; fine when notice->type is NULL. */
bool ladder_notice_insert(struct store_txn *txn, const struct ladder_notice *notice,
			  const struct fanout *fanout, struct error *err) MUST_USE;

#endif
