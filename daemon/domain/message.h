/*
 * What a broadcast carries, how it walks and why it exists: numbers that are stored (never
 * renumber, only append).
 */
#ifndef ASTRAD_DOMAIN_MESSAGE_H
#define ASTRAD_DOMAIN_MESSAGE_H

#include "base/attr.h"
#include "domain/states.h"

/* Within a version: the version itself, or one of the four ends pre-rendered with it (MESSAGE_END +
 * enum end_reason - 1). */
enum message {
	MESSAGE_VERSION = 0,
	MESSAGE_END_RESOLVED = 1,
	MESSAGE_END_EXPIRED = 2,
	MESSAGE_END_WITHDRAWN = 3,
	MESSAGE_END_ISSUED_IN_ERROR = 4,
	MESSAGE_NOTICE = 9,
};

/* The end message of a reason; reason is not END_NONE. */
enum message message_of_end(enum end_reason reason);

enum walk { WALK_LIST = 1, WALK_LEDGER = 2, WALK_AGAIN = 3 };
enum broadcast_state {
	BROADCAST_WALKING = 1,
	BROADCAST_WALKED,
	BROADCAST_DONE,
	BROADCAST_SUPERSEDED
};

/* Decides the retry schedule (domain/backoff.h). Every version of an actual alert is critical. */
enum message_class { MESSAGE_CRITICAL = 1, MESSAGE_STANDARD, MESSAGE_CLASS_NOTICE };

enum broadcast_reason {
	BROADCAST_RUNG = 1,
	BROADCAST_FALLBACK, /* a dead channel's */
	BROADCAST_LAST_RESORT,
	BROADCAST_SEND,     /* a person's /send */
	BROADCAST_UPDATE,   /* a further version to those who have an earlier one */
	BROADCAST_STOP,     /* the end, to those who have or may have a version */
	BROADCAST_UNROUTED, /* the end, to those an update no longer routes to */
	BROADCAST_REPEAT,
	BROADCAST_STAFF,        /* a notice to internal channels */
	BROADCAST_ACKNOWLEDGED, /* alert.acknowledged, alert.ack_expiring */
	BROADCAST_PING,
};

/* How a channel stands in a plan. */
enum plan_use { PLAN_RUNG = 1, PLAN_FALLBACK, PLAN_LAST_RESORT };

const char *broadcast_reason_name(enum broadcast_reason reason) RETURNS_NONNULL;
const char *broadcast_state_name(enum broadcast_state state) RETURNS_NONNULL;
const char *plan_use_name(enum plan_use use) RETURNS_NONNULL;

#endif
