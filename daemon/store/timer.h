/*
 * Timers: every due time of the daemon but those of deliveries is a row; the loop's timers are only
 * wake-ups. The writing functions are for the store's own files; store_timer_next and its kin are
 * ops of the escalation room.
 */
#ifndef ASTRAD_STORE_TIMER_H
#define ASTRAD_STORE_TIMER_H

#include "store/txn.h"

/* Stored: never renumber, only append. */
enum timer_kind {
	TIMER_RUNG = 1,     /* owner: a ladder; fires at the earlier of the two clocks */
	TIMER_LEASE,        /* owner: an ack; the earlier clock */
	TIMER_LEASE_WARN,   /* owner: an ack; five minutes before its lease ends */
	TIMER_EXPIRY,       /* owner: an alert; both clocks must agree */
	TIMER_NOTE,         /* owner: a note with due_at */
	TIMER_CLOSE_REMIND, /* owner: a case closed without verification */
};

struct timer_row {
	int64_t id;
	enum timer_kind kind;
	struct id alert_id;
	struct id case_id;
	struct id owner_id;
	int64_t epoch; /* must still be the owner's when it fires */
	int64_t due_utc_ms;
	struct id boot_id;   /* of the boot that set due_boot_ms; none = wall clock only */
	int64_t due_boot_ms; /* clock_boot_ms of that boot */
};

/* How a request converts its wall time: taken from the clock when the request was made. */
struct timer_now {
	int64_t utc_ms;
	int64_t boot_ms;
	struct id boot_id;
};

/* due_boot_ms is derived: now->boot_ms + (due_utc_ms - now->utc_ms). */
bool timer_insert(struct store_txn *txn, const struct timer_row *row, const struct timer_now *now,
		  struct error *err) MUST_USE;
/* All timers of an owner; kind 0 = every kind. */
bool timer_delete_of(struct store_txn *txn, const struct id *owner, enum timer_kind kind,
		     struct error *err) MUST_USE;
/* All timers of an alert, ladders and leases included. */
bool timer_delete_of_alert(struct store_txn *txn, const struct id *alert,
			   struct error *err) MUST_USE;

#endif
