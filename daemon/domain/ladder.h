/*
 * Escalation: which rungs fire now and what is due next. Pure; the caller brings facts and time and
 * persists what comes back. CONTRACT section 3, DELIVERY section 4.
 *
 * A ladder runs by a plan, a snapshot of the policy taken at submit or approval: names of channels,
 * delays, conditions. Addresses and secrets are not in it; they resolve at send time. A position
 * says how far it has come. Both are texts in the store.
 *
 *	rung due -> fires, unless acknowledged or its condition does not hold
 *	next due = scheduled due + the next rung's delay: late timers never add up
 *	a rung nobody can be reached through advances at once
 *	after the last rung: repeats; when they are over, or after the first round of endless ones:
 *	exhausted, loud: the last resort at once and every hour, until somebody acknowledges
 *
 * A rung without condition is stopped by any acknowledgement that counts for the policy; a rung
 * with `acks_below` or `no_ack_role` only by acknowledgements of its own set or role, or by an
 * operator's own where the policy lets an operator's count.
 */
#ifndef ASTRAD_DOMAIN_LADDER_H
#define ASTRAD_DOMAIN_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/directory.h"
#include "domain/states.h"

#define LADDER_RUNGS_MAX     64
#define LADDER_GAP_MS        (INT64_C(5) * 60 * 1000)  /* the least between two rounds */
#define LADDER_RESORT_MS     (INT64_C(60) * 60 * 1000) /* the last resort again */
#define LADDER_LEASE_WARN_MS (INT64_C(5) * 60 * 1000)  /* before a lease ends */
#define LADDER_LATE_MS       (INT64_C(60) * 1000)      /* later than this: "delayed by outage" */
#define LADDER_NEVER         INT64_MAX
#define LADDER_RESORT_CYCLE  1000000 /* cycles of the last resort count from here */

struct ladder_rung {
	const char *name;
	int64_t after_ms;
	struct words channels;
	enum rung_when when;
	int64_t acks_below;
	struct words of_channels; /* RUNG_DEAD */
	struct words of_partners; /* RUNG_ACKS_BELOW: the partners of those channels */
	unsigned no_ack_roles;
};

struct ladder_plan {
	const char *policy;
	enum ladder_kind kind;
	const struct ladder_rung *rungs;
	size_t rung_count;
	int64_t repeat_every_ms;
	int64_t repeat_times; /* or REPEAT_UNTIL_ACK */
	struct words last_resort;
	unsigned ack_roles;
	bool ack_operator;
	int64_t ack_lease_ms;
};

/* Adds the snapshot. The directory tells whose partner a channel is: acknowledgements count by
 * partner. At most LADDER_RUNGS_MAX rungs are taken; settings refuses more. */
void ladder_snapshot(const struct directory *directory, const struct policy *policy,
		     enum ladder_kind kind, struct buf *out);
bool ladder_read(const char *snapshot, struct arena *arena, struct ladder_plan *ret_plan,
		 struct error *err) MUST_USE;

struct ladder_position {
	int64_t started_utc_ms;
	int next;                  /* rung that is due next */
	int cycle;                 /* 0 = the first round */
	int64_t rung_due_utc_ms;   /* scheduled; LADDER_NEVER = no further rung */
	int64_t resort_due_utc_ms; /* LADDER_NEVER = not exhausted */
	int resorts;               /* how often the last resort was used */
	bool is_heard;             /* a rung of this round reached a living channel */
	uint64_t notified;         /* rungs that fired, by index */
};

#define LADDER_POSITION_BYTES 192
void ladder_position_encode(const struct ladder_position *position,
			    char out[LADDER_POSITION_BYTES]);
bool ladder_position_decode(const char *text, struct ladder_position *ret_position,
			    struct error *err) MUST_USE;

/* The first due time counts from submit or approval. A ladder without rungs is exhausted at once.
 */
void ladder_position_start(const struct ladder_plan *plan, int64_t now_utc_ms,
			   struct ladder_position *ret_position);
/*
 * A ladder that replaces another goes on where people stand: its first rungs count as fired at
 * `now` as far as everybody in them who can be reached was told.
 */
void ladder_position_pass(const struct ladder_plan *plan, const struct words *told,
			  const struct words *dead, int64_t now_utc_ms,
			  struct ladder_position *position);
/* The earlier of rung and last resort. */
int64_t ladder_due(const struct ladder_position *position);

/* An acknowledgement that is held now (not declined, released or expired). */
struct ladder_ack {
	const char *partner; /* NULL: an operator's own */
	enum partner_role role;
	bool is_operator; /* taken by an operator, also on behalf of a partner */
};

struct ladder_facts {
	enum alert_status status;
	const struct ladder_ack *acks;
	size_t ack_count;
	struct words dead; /* channels: breaker open too long, suspended, gone from the files */
};

/* Whether an acknowledgement counts for the policy: an actual alert needs a role of the policy's
 * (or an operator, where it says so); an exercise takes any. */
bool ladder_ack_counts(const struct ladder_plan *plan, enum alert_status status,
		       const struct ladder_ack *ack);
/* Acknowledged, and no rung is left that would fire all the same. */
bool ladder_is_stopped(const struct ladder_plan *plan, const struct ladder_facts *facts);

struct ladder_fire {
	int rung;
	int cycle;
	int64_t due_utc_ms;
	bool is_delayed; /* by an outage: say so */
};

struct ladder_step {
	struct ladder_fire fires[LADDER_RUNGS_MAX]; /* each rung once */
	size_t fire_count;
	uint64_t skipped; /* rungs whose condition did not hold, or with nobody in them: log */
	bool fires_last_resort;
	int resort_cycle; /* a cycle number apart from those of the rungs */
	bool is_newly_exhausted;
	enum ladder_state state; /* RUNNING, ACKED or EXHAUSTED */
	struct ladder_position position;
	int64_t due_utc_ms; /* next; LADDER_NEVER while acknowledged */
};

/*
 * Everything that is due at `now`. After an outage: the furthest due rung and every earlier one not
 * yet notified, each once. A step with nothing due changes nothing but the state.
 */
void ladder_advance(const struct ladder_plan *plan, const struct ladder_position *position,
		    const struct ladder_facts *facts, int64_t now_utc_ms,
		    struct ladder_step *ret_step);
/* For what begins a ladder and can fire rungs only: a last resort that is due is left to the
 * ladder's timer, which is due now. */
void ladder_leave_resort(int64_t now_utc_ms, struct ladder_step *step);
/* A person's /escalate: the next rung now, whatever its condition says. */
void ladder_force(const struct ladder_plan *plan, const struct ladder_position *position,
		  const struct ladder_facts *facts, int64_t now_utc_ms,
		  struct ladder_step *ret_step);
/* A channel died: when nobody of the newest fired rung can be reached, the next rung is due now.
 * True when the position changed. */
bool ladder_bring_forward(const struct ladder_plan *plan, const struct ladder_facts *facts,
			  int64_t now_utc_ms, struct ladder_position *position);
/* The lease lapsed or the acknowledgement was taken back: the next rung, not the first; one that
 * fell due meanwhile is due now. */
void ladder_reopen(int64_t now_utc_ms, struct ladder_position *position);

#endif
