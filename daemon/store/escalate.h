/*
 * The ops of escalation: due timers, a ladder's turn, acknowledgements. A decision is made outside
 * on what store_ladder_load gave; the write compares the ladder's epoch, the alert's version and
 * state and, for a timer, that its row is still there. Anything else in between is ERROR_STALE:
 * load and decide again. Every acknowledgement raises the epoch, so two that together stop a ladder
 * cannot miss each other.
 */
#ifndef ASTRAD_STORE_ESCALATE_H
#define ASTRAD_STORE_ESCALATE_H

#include "domain/directory.h"
#include "domain/outcome.h"
#include "store/ladder.h"
#include "store/store.h"

/* --- timers --- */

/* Rows due until now + horizon by either clock, soonest first; those of paused ladders rest. READ.
 */
struct store_timer_next_in {
	struct timer_now now;
	int64_t horizon_ms;
	int limit;
};
struct store_timer_next_out {
	const struct timer_row *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_timer_next;

/* What is late by more than late_ms by the rule of its kind: the auditor's question. READ. */
struct store_timer_overdue_in {
	struct timer_now now;
	int64_t late_ms;
};
struct store_timer_overdue_out {
	int64_t count;
	int64_t oldest_due_utc_ms; /* 0 = none */
	int64_t newest_utc_ms;     /* the newest time the store holds */
};
extern const struct store_op store_timer_overdue;

/* A timer that only reminds: its row goes, or comes again at rearm_utc_ms; `notice` goes with it.
 */
struct store_timer_done_in {
	struct timer_row timer;
	int64_t rearm_utc_ms; /* 0 = gone for good */
	struct ladder_notice notice;
	int version; /* of the notice's alert */
	uint8_t seed[FANOUT_SEED_BYTES];
	struct timer_now now;
};
struct store_timer_done_out {
	struct outcome outcome;
	int broadcasts;
};
extern const struct store_op store_timer_done;

/* --- reading a ladder --- */

/* Everything a turn is decided by, on one snapshot. READ. One of the ids says which. */
struct store_ladder_load_in {
	struct id ladder_id;
	struct id ack_id;
	struct id alert_id;    /* its alert ladder, before the first approval its approval ladder */
	const char *alert_ref; /* used when all ids are none */
	const char *partner;   /* asks partner_has_it; may be NULL */
};
struct store_ack_row {
	struct id id;
	const char *partner; /* NULL: an operator's own */
	const char *person;  /* NULL: a partner's row, whoever took it */
	enum partner_role role;
	bool is_operator;
	enum ack_state state;
	int version;
	int64_t lease_until_utc_ms; /* 0 = none */
	int64_t created_utc_ms, updated_utc_ms;
};
/* A channel that the current version is planned for. */
struct store_ladder_channel {
	const char *channel;
	const char *partner; /* or NULL */
	const char *variant; /* of MESSAGE_VERSION */
	enum plan_use use;
	int rung;
	int64_t list_generation;
	int last_cycle; /* the newest time its list was walked for this version; -1 = not yet */
};
/* A partner's channel that was sent this alert. */
struct store_ladder_told {
	const char *partner;
	const char *channel;
};
struct store_ladder_load_out {
	struct id alert_id;
	char alert_ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum alert_state alert_state;
	enum tier tier;
	enum end_reason end_reason;
	const char *policy;
	int current_version;
	bool partner_has_it; /* the asking partner has an event of the alert */

	struct id ladder_id; /* none = there is none that runs */
	enum ladder_kind kind;
	enum ladder_state state;
	int64_t epoch;
	int version; /* that began it */
	const char *snapshot;
	const char *position;

	const struct store_ack_row *acks; /* all, the oldest first */
	size_t ack_count;
	const struct store_ladder_channel *channels;
	size_t channel_count;
	const struct store_ladder_told *told;
	size_t told_count;
};
extern const struct store_op store_ladder_load;

/* Ladders that run or are exhausted, oldest first. READ. */
struct store_ladder_running_in {
	int limit;
};
struct store_ladder_ref {
	struct id id;
	char alert_ref[REF_TEXT_BYTES];
	enum ladder_kind kind;
	enum ladder_state state;
};
struct store_ladder_running_out {
	const struct store_ladder_ref *rows;
	size_t count;
};
extern const struct store_op store_ladder_running;

/* --- a turn --- */

struct ladder_turn {
	struct id alert_id;
	struct id ladder_id; /* none: there is no ladder, only the notices go */
	int64_t if_epoch;
	int if_version; /* the alert's current one; the targets are of it */
	enum alert_state if_alert_state;
	enum ladder_state state;
	const char *position; /* NULL: as it is */
	int64_t due_utc_ms;   /* next; 0 = none */
	const struct fanout_target *targets;
	size_t target_count;
	const struct ladder_notice *notices;
	size_t notice_count;
	uint8_t seed[FANOUT_SEED_BYTES];
	/* What due times are converted by. Its utc_ms may be ahead of the wall clock: a rung that
	 * fired by the boot clock counts as fired at its due time. */
	struct timer_now now;
	int64_t wall_utc_ms; /* of the rows made */
};

struct store_ladder_turn_in {
	struct ladder_turn turn;
};
struct store_ladder_turn_out {
	struct outcome outcome; /* count = broadcasts */
	int broadcasts;
	enum ladder_state old_state;
};
extern const struct store_op store_ladder_turn;

/* --- acknowledgements: STORE_STOP, they may use the reserve --- */

struct store_ack_put_in {
	struct id ack_id; /* fresh, or of the row that is renewed or taken again */
	bool is_new;
	bool keeps_said; /* a renewal: the first acker's words stay */
	const char *partner;
	const char *person; /* exactly one of the two */
	enum partner_role role;
	bool is_operator;
	enum ack_state state;       /* HELD or DECLINED */
	int64_t lease_until_utc_ms; /* 0 = declined */
	int64_t warn_utc_ms;        /* 0 = none: the lease is shorter than the warning */
	struct bytes said;          /* canonical JSON; sealed */
	struct ladder_turn turn;
};
struct store_ack_put_out {
	struct outcome outcome; /* item_id, word = whose, at = lease, http_status */
	int broadcasts;
	enum ladder_state old_state;
	int64_t on_wire; /* sends of the alert that were under way: they finish after the ack */
};
extern const struct store_op store_ack_put;

struct store_ack_end_in {
	struct id ack_id;
	enum ack_state state;   /* EXPIRED or RELEASED */
	struct timer_row timer; /* EXPIRED: the row that must still be there */
	struct ladder_turn turn;
};
struct store_ack_end_out {
	struct outcome outcome;
	int broadcasts;
	enum ladder_state old_state;
};
extern const struct store_op store_ack_end;

/* --- notices about no alert --- */

struct store_notice_create_in {
	struct ladder_notice notice;
	uint8_t seed[FANOUT_SEED_BYTES];
	int64_t now_utc_ms;
};
struct store_notice_create_out {
	struct outcome outcome;
	int broadcasts;
};
extern const struct store_op store_notice_create;

#endif
