/*
 * States: their names and which may follow which.
 *
 * Owner: nobody; everything here is const. Each enum has one name table indexed by its number and,
 * where it is a life cycle, one table of bit sets: row = from, bits = to. A transition that is not
 * in its table does not exist, also after a crash: the store asks inside the transaction.
 */
#include "domain/states.h"

#include <stddef.h>
#include <string.h>

#define BIT(state) (1u << (state))

static const char *const alert_status_names[] = {
	[STATUS_ACTUAL] = "actual",
	[STATUS_EXERCISE] = "exercise",
	[STATUS_TEST] = "test",
};

static const char *const tier_names[] = {
	[TIER_INTERNAL] = "internal",
	[TIER_RESTRICTED] = "restricted",
	[TIER_REGIONAL] = "regional",
	[TIER_NATIONAL] = "national",
};

static const char *const case_state_names[] = {
	[CASE_INTAKE] = "intake",       [CASE_OPEN] = "open",         [CASE_FOUND] = "found",
	[CASE_RETURNED] = "returned",   [CASE_DECEASED] = "deceased", [CASE_AGED_OUT] = "aged_out",
	[CASE_WITHDRAWN] = "withdrawn", [CASE_HOAX] = "hoax",         [CASE_TAKEDOWN] = "takedown",
	[CASE_RETAINED] = "retained",   [CASE_PURGED] = "purged",
};

static const char *const alert_state_names[] = {
	[ALERT_DRAFT] = "draft",
	[ALERT_PENDING] = "pending",
	[ALERT_AWAITING_AUTHORITY] = "awaiting_authority",
	[ALERT_ACTIVE] = "active",
	[ALERT_SUSPENDED] = "suspended",
	[ALERT_ENDED] = "ended",
	[ALERT_REJECTED] = "rejected",
};

static const char *const end_reason_names[] = {
	[END_NONE] = "none",
	[END_RESOLVED] = "resolved",
	[END_EXPIRED] = "expired",
	[END_WITHDRAWN] = "withdrawn",
	[END_ISSUED_IN_ERROR] = "issued_in_error",
};

static const char *const version_state_names[] = {
	[VERSION_DRAFT] = "draft",       [VERSION_PENDING] = "pending",
	[VERSION_APPROVED] = "approved", [VERSION_RETURNED] = "returned",
	[VERSION_REJECTED] = "rejected", [VERSION_WITHDRAWN] = "withdrawn",
};

static const char *const version_kind_names[] = {
	[VERSION_ISSUE] = "issue", [VERSION_UPDATE] = "update", [VERSION_CORRECTION] = "correction",
	[VERSION_END] = "end",     [VERSION_RESUME] = "resume", [VERSION_REPOLICY] = "repolicy",
	[VERSION_SEND] = "send",   [VERSION_REOPEN] = "reopen",
};

static const char *const delivery_state_names[] = {
	[DELIVERY_WAITING] = "waiting",
	[DELIVERY_SENDING] = "sending",
	[DELIVERY_ACCEPTED] = "accepted",
	[DELIVERY_DELIVERED] = "delivered",
	[DELIVERY_RETRY] = "retry",
	[DELIVERY_UNCERTAIN] = "uncertain",
	[DELIVERY_UNCONFIRMED] = "unconfirmed",
	[DELIVERY_HELD] = "held",
	[DELIVERY_REJECTED] = "rejected",
	[DELIVERY_SUPERSEDED] = "superseded",
	[DELIVERY_DEAD] = "dead",
};

static const char *const reached_names[] = {
	[REACHED_NONE] = "none",
	[REACHED_MAYBE] = "maybe",
	[REACHED_YES] = "yes",
};

static const char *const ack_state_names[] = {
	[ACK_HELD] = "held",
	[ACK_EXPIRED] = "expired",
	[ACK_RELEASED] = "released",
	[ACK_DECLINED] = "declined",
};

static const char *const ladder_state_names[] = {
	[LADDER_RUNNING] = "running",     [LADDER_ACKED] = "acked", [LADDER_PAUSED] = "paused",
	[LADDER_EXHAUSTED] = "exhausted", [LADDER_ENDED] = "ended",
};

static const char *const role_names[] = {
	[ROLE_OPERATOR] = "operator", [ROLE_APPROVER] = "approver", [ROLE_AUTHORITY] = "authority",
	[ROLE_AUDITOR] = "auditor",   [ROLE_ADMIN] = "admin",       [ROLE_PARTNER] = "partner",
};

static const char *const partner_role_names[] = {
	[PARTNER_POLICE] = "police", [PARTNER_HOTLINE] = "hotline", [PARTNER_HOSPITAL] = "hospital",
	[PARTNER_BORDER] = "border", [PARTNER_MEDIA] = "media",     [PARTNER_NGO] = "ngo",
};

#define CASE_ENDINGS                                                                               \
	(BIT(CASE_FOUND) | BIT(CASE_RETURNED) | BIT(CASE_DECEASED) | BIT(CASE_AGED_OUT) |          \
	 BIT(CASE_WITHDRAWN) | BIT(CASE_HOAX))
#define CASE_AFTER_END (BIT(CASE_TAKEDOWN) | BIT(CASE_OPEN))

/* A hoax call is often closed before anyone edited it: the close opens and ends it at once. */
static const unsigned case_next[] = {
	[CASE_INTAKE] = BIT(CASE_OPEN) | CASE_ENDINGS,
	[CASE_OPEN] = CASE_ENDINGS,
	[CASE_FOUND] = CASE_AFTER_END,
	[CASE_RETURNED] = CASE_AFTER_END,
	[CASE_DECEASED] = CASE_AFTER_END,
	[CASE_AGED_OUT] = CASE_AFTER_END,
	[CASE_WITHDRAWN] = CASE_AFTER_END,
	[CASE_HOAX] = CASE_AFTER_END,
	[CASE_TAKEDOWN] = BIT(CASE_RETAINED) | BIT(CASE_OPEN),
	[CASE_RETAINED] = BIT(CASE_PURGED) | BIT(CASE_OPEN),
	[CASE_PURGED] = 0,
};

/* draft, pending -> ended: withdrawn before anyone was told; pending -> draft: returned. An ended
 * alert never lives again: what comes after a reopened case is a new alert. */
static const unsigned alert_next[] = {
	[ALERT_DRAFT] = BIT(ALERT_PENDING) | BIT(ALERT_ENDED),
	[ALERT_PENDING] = BIT(ALERT_DRAFT) | BIT(ALERT_AWAITING_AUTHORITY) | BIT(ALERT_ACTIVE) |
			  BIT(ALERT_ENDED) | BIT(ALERT_REJECTED),
	[ALERT_AWAITING_AUTHORITY] =
		BIT(ALERT_DRAFT) | BIT(ALERT_ACTIVE) | BIT(ALERT_ENDED) | BIT(ALERT_REJECTED),
	[ALERT_ACTIVE] = BIT(ALERT_SUSPENDED) | BIT(ALERT_ENDED),
	[ALERT_SUSPENDED] = BIT(ALERT_ACTIVE) | BIT(ALERT_ENDED),
	[ALERT_ENDED] = 0,
	[ALERT_REJECTED] = 0,
};

/* returned -> draft: it was edited; returned -> pending: it is submitted again as it is. */
static const unsigned version_next[] = {
	[VERSION_DRAFT] = BIT(VERSION_PENDING) | BIT(VERSION_WITHDRAWN),
	[VERSION_PENDING] = BIT(VERSION_APPROVED) | BIT(VERSION_RETURNED) | BIT(VERSION_REJECTED) |
			    BIT(VERSION_WITHDRAWN),
	[VERSION_APPROVED] = 0,
	[VERSION_RETURNED] = BIT(VERSION_DRAFT) | BIT(VERSION_PENDING) | BIT(VERSION_WITHDRAWN),
	[VERSION_REJECTED] = 0,
	[VERSION_WITHDRAWN] = 0,
};

#define DELIVERY_STOPS (BIT(DELIVERY_HELD) | BIT(DELIVERY_SUPERSEDED) | BIT(DELIVERY_DEAD))

/* held, dead -> waiting, retry: redriven. sending -> waiting: cut before a byte was written. */
static const unsigned delivery_next[] = {
	[DELIVERY_WAITING] = BIT(DELIVERY_SENDING) | DELIVERY_STOPS,
	[DELIVERY_SENDING] = BIT(DELIVERY_WAITING) | BIT(DELIVERY_ACCEPTED) |
			     BIT(DELIVERY_DELIVERED) | BIT(DELIVERY_RETRY) |
			     BIT(DELIVERY_UNCERTAIN) | BIT(DELIVERY_REJECTED) | DELIVERY_STOPS,
	[DELIVERY_ACCEPTED] =
		BIT(DELIVERY_DELIVERED) | BIT(DELIVERY_UNCONFIRMED) | BIT(DELIVERY_REJECTED),
	[DELIVERY_DELIVERED] = 0,
	[DELIVERY_RETRY] = BIT(DELIVERY_WAITING) | BIT(DELIVERY_SENDING) | DELIVERY_STOPS,
	[DELIVERY_UNCERTAIN] = BIT(DELIVERY_WAITING) | BIT(DELIVERY_SENDING) |
			       BIT(DELIVERY_DELIVERED) | DELIVERY_STOPS,
	[DELIVERY_UNCONFIRMED] = BIT(DELIVERY_DELIVERED) | BIT(DELIVERY_REJECTED) | DELIVERY_STOPS,
	[DELIVERY_HELD] = BIT(DELIVERY_WAITING) | BIT(DELIVERY_RETRY) | BIT(DELIVERY_SUPERSEDED) |
			  BIT(DELIVERY_DEAD),
	[DELIVERY_REJECTED] = 0,
	[DELIVERY_SUPERSEDED] = 0,
	[DELIVERY_DEAD] = BIT(DELIVERY_WAITING) | BIT(DELIVERY_RETRY) | BIT(DELIVERY_SUPERSEDED),
};

/* exhausted -> running: a raise, another policy or the next rung by hand. */
static const unsigned ladder_next[] = {
	[LADDER_RUNNING] =
		BIT(LADDER_ACKED) | BIT(LADDER_PAUSED) | BIT(LADDER_EXHAUSTED) | BIT(LADDER_ENDED),
	[LADDER_ACKED] = BIT(LADDER_RUNNING) | BIT(LADDER_PAUSED) | BIT(LADDER_EXHAUSTED) |
			 BIT(LADDER_ENDED),
	[LADDER_PAUSED] =
		BIT(LADDER_RUNNING) | BIT(LADDER_ACKED) | BIT(LADDER_EXHAUSTED) | BIT(LADDER_ENDED),
	[LADDER_EXHAUSTED] =
		BIT(LADDER_RUNNING) | BIT(LADDER_ACKED) | BIT(LADDER_PAUSED) | BIT(LADDER_ENDED),
	[LADDER_ENDED] = 0,
};

static const char *name_at(const char *const *names, size_t count, unsigned value)
{
	if (value >= count || !names[value]) {
		return "?";
	}
	return names[value];
}

static unsigned parse_in(const char *const *names, size_t count, const char *word)
{
	if (!word) {
		return 0;
	}
	for (unsigned value = 1; value < count; value++) {
		if (names[value] && strcmp(names[value], word) == 0) {
			return value;
		}
	}
	return 0;
}

static bool may(const unsigned *next, size_t count, unsigned from, unsigned to)
{
	return from < count && to < count && (next[from] & BIT(to));
}

#define NAME_FUNCTION(type)                                                                        \
	const char *type##_name(enum type value)                                                   \
	{                                                                                          \
		return name_at(type##_names, ARRAY_LEN(type##_names), (unsigned)value);            \
	}
#define PARSE_FUNCTION(type)                                                                       \
	enum type type##_parse(const char *word)                                                   \
	{                                                                                          \
		return (enum type)parse_in(type##_names, ARRAY_LEN(type##_names), word);           \
	}

NAME_FUNCTION(alert_status)
PARSE_FUNCTION(alert_status)
NAME_FUNCTION(tier)
PARSE_FUNCTION(tier)
NAME_FUNCTION(case_state)
PARSE_FUNCTION(case_state)
NAME_FUNCTION(alert_state)
PARSE_FUNCTION(alert_state)
NAME_FUNCTION(end_reason)
PARSE_FUNCTION(end_reason)
NAME_FUNCTION(version_state)
NAME_FUNCTION(version_kind)
PARSE_FUNCTION(version_kind)
NAME_FUNCTION(delivery_state)
PARSE_FUNCTION(delivery_state)
NAME_FUNCTION(reached)
NAME_FUNCTION(ack_state)
NAME_FUNCTION(ladder_state)
NAME_FUNCTION(role)
PARSE_FUNCTION(role)
NAME_FUNCTION(partner_role)
PARSE_FUNCTION(partner_role)

bool case_state_may(enum case_state from, enum case_state to)
{
	return may(case_next, ARRAY_LEN(case_next), from, to);
}

bool alert_state_may(enum alert_state from, enum alert_state to)
{
	return may(alert_next, ARRAY_LEN(alert_next), from, to);
}

bool version_state_may(enum version_state from, enum version_state to)
{
	return may(version_next, ARRAY_LEN(version_next), from, to);
}

bool delivery_state_may(enum delivery_state from, enum delivery_state to)
{
	return may(delivery_next, ARRAY_LEN(delivery_next), from, to);
}

bool ladder_state_may(enum ladder_state from, enum ladder_state to)
{
	return may(ladder_next, ARRAY_LEN(ladder_next), from, to);
}

bool case_state_is_ended(enum case_state state)
{
	return state >= CASE_FOUND && state <= CASE_PURGED;
}

bool delivery_state_is_terminal(enum delivery_state state, bool channel_has_receipts)
{
	switch (state) {
	case DELIVERY_ACCEPTED:
		return !channel_has_receipts;
	case DELIVERY_DELIVERED:
	case DELIVERY_REJECTED:
	case DELIVERY_SUPERSEDED:
	case DELIVERY_DEAD:
		return true;
	case DELIVERY_WAITING:
	case DELIVERY_SENDING:
	case DELIVERY_RETRY:
	case DELIVERY_UNCERTAIN:
	case DELIVERY_UNCONFIRMED:
	case DELIVERY_HELD:
		return false;
	}
	return false;
}

bool version_has_content(enum version_kind kind)
{
	return kind >= VERSION_ISSUE && kind <= VERSION_END;
}
