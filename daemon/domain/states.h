/*
 * Every state of the daemon: enum, name and const transition table. A state is stored as its number
 * (never renumber, only append) and shown by its name. Transitions not in a table do not exist:
 * states_*_may says so, the store asks it inside the transaction, and a test walks every pair.
 * CONTRACT section 2 "States", ARCHITECTURE section 6.
 */
#ifndef ASTRAD_DOMAIN_STATES_H
#define ASTRAD_DOMAIN_STATES_H

#include <stdbool.h>

#include "base/attr.h"

enum alert_status { STATUS_ACTUAL = 1, STATUS_EXERCISE, STATUS_TEST };
#define STATUS_BIT(status) (1u << (status))

enum tier { TIER_INTERNAL = 1, TIER_RESTRICTED, TIER_REGIONAL, TIER_NATIONAL };

enum case_state {
	CASE_INTAKE = 1,
	CASE_OPEN,
	CASE_FOUND,
	CASE_RETURNED,
	CASE_DECEASED,
	CASE_AGED_OUT,
	CASE_WITHDRAWN,
	CASE_HOAX,
	CASE_TAKEDOWN,
	CASE_RETAINED,
	CASE_PURGED,
};

enum alert_state {
	ALERT_DRAFT = 1,
	ALERT_PENDING,
	ALERT_AWAITING_AUTHORITY, /* refused by --check until its work lands */
	ALERT_ACTIVE,
	ALERT_SUSPENDED,
	ALERT_ENDED,
	ALERT_REJECTED,
};

enum end_reason { END_NONE = 0, END_RESOLVED, END_EXPIRED, END_WITHDRAWN, END_ISSUED_IN_ERROR };

enum version_state {
	VERSION_DRAFT = 1,
	VERSION_PENDING,
	VERSION_APPROVED,
	VERSION_RETURNED,
	VERSION_REJECTED,
	VERSION_WITHDRAWN,
};

enum version_kind {
	VERSION_ISSUE = 1,
	VERSION_UPDATE,
	VERSION_CORRECTION,
	VERSION_END,
	VERSION_RESUME,   /* approving it resumes a suspended alert */
	VERSION_REPOLICY, /* approving it replaces the ladder */
	VERSION_SEND,     /* approving it sends to a channel outside the ladder */
	VERSION_REOPEN,
};

enum delivery_state {
	DELIVERY_WAITING =
		1, /* an older row of this recipient is unfinished, or the breaker is open */
	DELIVERY_SENDING,
	DELIVERY_ACCEPTED, /* a relay has it; terminal on a channel without receipts */
	DELIVERY_DELIVERED,
	DELIVERY_RETRY,
	DELIVERY_UNCERTAIN, /* found sending at start, or cut after the request was written */
	DELIVERY_UNCONFIRMED,
	DELIVERY_HELD, /* an operator must act */
	DELIVERY_REJECTED,
	DELIVERY_SUPERSEDED,
	DELIVERY_DEAD, /* the schedule's end; never deleted before sign-off */
};

/* Only rises. */
enum reached { REACHED_NONE = 0, REACHED_MAYBE, REACHED_YES };

enum ack_state { ACK_HELD = 1, ACK_EXPIRED, ACK_RELEASED, ACK_DECLINED };

enum ladder_kind { LADDER_APPROVAL = 1, LADDER_ALERT };
enum ladder_state {
	LADDER_RUNNING = 1,
	LADDER_ACKED,  /* stopped by acknowledgement; a lapsed lease runs it again */
	LADDER_PAUSED, /* the alert is suspended: time keeps running, overdue rungs fire on resume
			*/
	LADDER_EXHAUSTED,
	LADDER_ENDED,
};

enum role {
	ROLE_OPERATOR = 1,
	ROLE_APPROVER,
	ROLE_AUTHORITY,
	ROLE_AUDITOR,
	ROLE_ADMIN,
	ROLE_PARTNER
};
#define ROLE_BIT(role) (1u << (role))

enum partner_role {
	PARTNER_POLICE = 1,
	PARTNER_HOTLINE,
	PARTNER_HOSPITAL,
	PARTNER_BORDER,
	PARTNER_MEDIA,
	PARTNER_NGO,
};

/* Names: "?" for a value out of range. Parsers: 0 for an unknown word. */
const char *alert_status_name(enum alert_status status) RETURNS_NONNULL;
enum alert_status alert_status_parse(const char *word);
const char *tier_name(enum tier tier) RETURNS_NONNULL;
enum tier tier_parse(const char *word);
const char *case_state_name(enum case_state state) RETURNS_NONNULL;
enum case_state case_state_parse(const char *word);
const char *alert_state_name(enum alert_state state) RETURNS_NONNULL;
enum alert_state alert_state_parse(const char *word);
const char *end_reason_name(enum end_reason reason) RETURNS_NONNULL; /* END_NONE is "none" */
enum end_reason end_reason_parse(const char *word);
const char *version_state_name(enum version_state state) RETURNS_NONNULL;
const char *version_kind_name(enum version_kind kind) RETURNS_NONNULL;
enum version_kind version_kind_parse(const char *word);
const char *delivery_state_name(enum delivery_state state) RETURNS_NONNULL;
enum delivery_state delivery_state_parse(const char *word);
const char *reached_name(enum reached reached) RETURNS_NONNULL;
const char *ack_state_name(enum ack_state state) RETURNS_NONNULL;
const char *ladder_state_name(enum ladder_state state) RETURNS_NONNULL;
const char *role_name(enum role role) RETURNS_NONNULL;
enum role role_parse(const char *word);
const char *partner_role_name(enum partner_role role) RETURNS_NONNULL;
enum partner_role partner_role_parse(const char *word);

bool case_state_may(enum case_state from, enum case_state to);
bool alert_state_may(enum alert_state from, enum alert_state to);
bool version_state_may(enum version_state from, enum version_state to);
bool delivery_state_may(enum delivery_state from, enum delivery_state to);
bool ladder_state_may(enum ladder_state from, enum ladder_state to);

/* A version that is sent: issue, update, correction, end. The others only act (resume, repolicy,
 * send). */
bool version_has_content(enum version_kind kind);
bool case_state_is_ended(enum case_state state); /* found .. hoax and later */
bool delivery_state_is_terminal(enum delivery_state state, bool channel_has_receipts);

#endif
