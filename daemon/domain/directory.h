/*
 * Partners, channels and policies as the files define them: plain immutable data that settings
 * fills and every room above reads. Strings and arrays belong to the settings snapshot (or to the
 * arena of a copy) and live as long as it does. CONTRACT section 4, EXAMPLES.
 */
#ifndef ASTRAD_DOMAIN_DIRECTORY_H
#define ASTRAD_DOMAIN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "domain/states.h"

enum medium { MEDIUM_JSON = 1, MEDIUM_SMS, MEDIUM_EMAIL, MEDIUM_TEXT, MEDIUM_CAP };
enum channel_mode { CHANNEL_LIVE = 1, CHANNEL_RETIRING, CHANNEL_OFF };

struct words {
	const char **items;
	size_t count;
};

struct partner {
	const char *id;
	const char *name;
	enum partner_role role;
	const char *country;
	enum tier max_tier;
	struct words languages;
	const char *timezone;
};

/* Limits and retry of one channel (DELIVERY section 3). */
struct channel_limits {
	int64_t rate;      /* sends a second; 0 = unbounded */
	int64_t in_flight; /* sends on the wire at once */
	int64_t connect_timeout_ms;
	int64_t timeout_ms;
	const int64_t *schedule_ms; /* NULL = built in by message class */
	size_t schedule_count;
	int64_t breaker_failures; /* consecutive, 5 */
	int64_t breaker_open_ms;  /* first opening, 30 s */
};

struct channel {
	const char *name;
	const char *plugin;
	enum medium medium;            /* the plugin's */
	const struct partner *partner; /* NULL = none */
	enum tier tier;
	unsigned statuses;      /* STATUS_BIT */
	struct words areas;     /* none = everywhere */
	struct words languages; /* none = the partner's, else the hotline's */
	enum channel_mode mode;
	const char *was;                /* the name it had before, or NULL */
	const struct channel *fallback; /* or NULL */
	struct channel_limits limits;
	bool takes_recipients; /* has a list; else it is one recipient, id = its name */
	bool has_receipts;
};

/* When a rung fires at its due time. */
enum rung_when { RUNG_ALWAYS = 0, RUNG_ACKS_BELOW, RUNG_NO_ACK_ROLE, RUNG_DEAD };

struct rung {
	const char *name;
	int64_t after_ms; /* from the previous rung's scheduled due time */
	const struct channel **channels;
	size_t channel_count;
	enum rung_when when;
	int64_t acks_below;    /* RUNG_ACKS_BELOW */
	struct words of;       /* channels: RUNG_ACKS_BELOW, RUNG_DEAD */
	unsigned no_ack_roles; /* RUNG_NO_ACK_ROLE: 1u << enum partner_role */
};

#define REPEAT_UNTIL_ACK (-1)

struct ladder_def {
	const struct rung *rungs;
	size_t rung_count;
	int64_t repeat_every_ms; /* 0 = no repeat */
	int64_t repeat_times;    /* or REPEAT_UNTIL_ACK */
	const struct channel **last_resort;
	size_t last_resort_count;
};

struct policy {
	const char *id;
	unsigned tiers; /* 1u << enum tier */
	int approvals;
	int64_t expires_default_ms;
	int64_t expires_max_ms;
	unsigned ack_roles; /* 1u << enum partner_role: whose acknowledgement stops an actual
			       alert's ladder */
	bool ack_operator;
	int64_t ack_lease_ms;
	struct ladder_def approval;
	struct ladder_def alert;
};

struct area {
	const char *id;
	const struct area *parent; /* NULL = top */
};

struct contact {
	const char *name; /* "police", "hotline" */
	const char *phone;
};

/* All of it: what domain needs to render, route and check. */
struct directory {
	enum { ENVIRONMENT_PRODUCTION = 1, ENVIRONMENT_STAGING, ENVIRONMENT_TRAINING } environment;
	const char *hotline_name;
	const char *hotline_country;
	const char *cap_sender;
	const char *public_url;
	const char *timezone;
	struct words languages; /* first = default */
	const struct contact *contacts;
	size_t contact_count;
	const struct partner *partners;
	size_t partner_count;
	const struct channel *channels;
	size_t channel_count;
	const struct policy *policies;
	size_t policy_count;
	const struct area *areas;
	size_t area_count;
};

/* NULL when there is none. */
const struct partner *directory_find_partner(const struct directory *directory, const char *id);
const struct channel *directory_find_channel(const struct directory *directory, const char *name);
/* Also by the name it had before: what an alert or a ladder that began earlier calls it. */
const struct channel *directory_find_known_channel(const struct directory *directory,
						   const char *name);
const struct policy *directory_find_policy(const struct directory *directory, const char *id);
const struct area *directory_find_area(const struct directory *directory, const char *id);
const struct contact *directory_find_contact(const struct directory *directory, const char *name);
bool words_contain(const struct words *words, const char *word);

#endif
