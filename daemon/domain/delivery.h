/*
 * What follows an attempt: the next state of the delivery, when it is due, whether somebody has or
 * may have it, and what the endpoint's breaker and rate learn. Pure; the outbox persists the
 * verdict. DELIVERY section 3.
 */
#ifndef ASTRAD_DOMAIN_DELIVERY_H
#define ASTRAD_DOMAIN_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "domain/backoff.h"
#include "domain/breaker.h"
#include "domain/directory.h"
#include "domain/message.h"
#include "domain/states.h"

/* How an attempt ended: the numbers of enum astrad_outcome in the plugin ABI, which no room below
 * channel may include. A test of channel keeps them equal. Also stored in attempt rows. */
enum delivery_outcome {
	OUTCOME_DELIVERED = 1,
	OUTCOME_ACCEPTED,
	OUTCOME_RETRY,
	OUTCOME_UNCERTAIN,
	OUTCOME_THROTTLED,
	OUTCOME_SLOW_RETRY,
	OUTCOME_FIXABLE,
	OUTCOME_GONE,
	OUTCOME_SECURITY,
	OUTCOME_REJECTED,
	OUTCOME_CANCELLED,
	OUTCOME_CANCELLED_MAYBE,
};

/* Why a row is where it is: its `reason` column by name. FIXABLE_1 and _2 count the quick tries. */
enum delivery_reason {
	REASON_NONE = 0,
	REASON_RETRY,
	REASON_UNCERTAIN,
	REASON_THROTTLED,
	REASON_FIXABLE_1,
	REASON_FIXABLE_2,
	REASON_FIXABLE,  /* held: an operator must mend the channel */
	REASON_GONE,     /* held: the endpoint said so */
	REASON_SECURITY, /* held: certificate, address or key */
	REASON_REJECTED,
	REASON_CUT,          /* taken off the wire, nothing had left */
	REASON_NEWER,        /* superseded by a newer version or the end */
	REASON_EXPIRED,      /* superseded: past expires_at only the end is sent */
	REASON_SCHEDULE,     /* dead: the last attempt of the schedule failed */
	REASON_RESTART,      /* uncertain: found sending at start */
	REASON_CRASHES,      /* held: found sending at too many starts */
	REASON_BREAKER_OPEN, /* waiting */
	REASON_ORDER,        /* waiting: an older row of this recipient is unfinished */
	REASON_REDRIVEN,
	REASON_REMOVED, /* superseded: the recipient was removed or opted out; its end still goes */
};

#define DELIVERY_NEVER      (-1) /* no due time: waits for a person or is over */
#define DELIVERY_STARTS_MAX 3    /* found sending so often: held, it may crash the daemon */

/* One attempt as it ended, and the row it belongs to. */
struct delivery_attempt {
	enum delivery_outcome outcome;
	int64_t retry_after_ms; /* -1 = none */
	int attempt;            /* 1.. within its epoch */
	enum message_class class_of;
	enum delivery_reason before; /* the row's reason when the attempt began */
	enum reached reached;        /* the row's */
	bool is_end;                 /* the message is an end */
	bool is_past_expiry;         /* now >= the alert's expires_at */
	bool is_superseded;          /* not the current version any more, or the stop mark is set */
	const struct channel_limits *limits; /* may be NULL */
};

struct delivery_verdict {
	enum delivery_state state;
	enum delivery_reason reason;
	enum reached reached;
	int64_t delay_ms;           /* from now to the next attempt; DELIVERY_NEVER */
	enum breaker_event breaker; /* for breaker_record */
	bool throttles;             /* for rate_throttle */
	bool suspends;              /* the endpoint is gone: suspend the channel now */
	bool pages;                 /* tell the operators by another channel, fire the fallback */
};

struct delivery_verdict delivery_decide(const struct delivery_attempt *attempt, struct rng *rng);

/* A row found `sending` at start. `starts`: how often it was found so before. */
struct delivery_verdict delivery_recover(int starts, enum reached reached);

const char *delivery_outcome_name(enum delivery_outcome outcome) RETURNS_NONNULL;
const char *delivery_reason_name(enum delivery_reason reason) RETURNS_NONNULL; /* "" for NONE */
enum delivery_reason delivery_reason_parse(const char *word); /* REASON_NONE = unknown or NULL */

#endif
