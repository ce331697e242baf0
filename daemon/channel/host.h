/*
 * One configured channel at work: the instance of its plugin, the services the plugin gets, and the
 * gate in front of its endpoint (slots in flight, rate, breaker, suspension).
 *
 * The host contains its plugin. Every channel_send ends in exactly one done callback, whatever the
 * plugin does: a second completion is counted, logged and ignored; a send that never completes is
 * ended as ASTRAD_UNCERTAIN at the host's own deadline and the plugin is marked misbehaving; what
 * it holds of such a send stays valid until it lets go. Callbacks never come from within
 * channel_send or channel_cancel. Loop thread only.
 *
 * The gate belongs to the channel's name, not to the instance: it outlives a reload
 * (channel/set.h), so bounds hold while an old instance finishes beside the new one.
 */
#ifndef ASTRAD_CHANNEL_HOST_H
#define ASTRAD_CHANNEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "astrad_channel.h"
#include "base/attr.h"
#include "base/buf.h"
#include "domain/message.h"

struct channel_host; /* made and found by channel/set.h */
struct channel_call; /* one send on its way; valid until its done callback was entered */

/* One attempt. Everything is copied: it may be dropped when channel_send returns. */
struct channel_send {
	const char *message_id;   /* UUID, stable over retries, URLs and channels */
	const char *delivery_ref; /* this row, for logs */
	const char
		*recipient;  /* stable id of the recipient; the channel's name if it has no list */
	const char *address; /* "" when the plugin takes no recipients */
	const char *variant;
	struct bytes body; /* rendered, per-recipient parts spliced in */
	int attempt;       /* 1.. */
	bool is_probe;     /* a channel.ping: not counted in astrad_channel_sends_total */
};

/* Borrowed until the callback returns. */
struct channel_result {
	enum astrad_outcome outcome; /* what follows is decided by domain/delivery.h */
	int status;                  /* HTTP status or 0 */
	int64_t retry_after_ms;      /* -1 = none */
	int64_t latency_ms;          /* from channel_send to its end */
	const char *provider_ref;    /* NULL = none */
	const char *detail; /* short words for the operator, no personal data; never NULL */
	struct bytes reply; /* at most LIMIT_RESPONSE_BYTES; may echo personal data */
	bool is_forced;     /* the host ended it: the plugin did not */
};

typedef void channel_done_fn(const struct channel_result *result, void *arg);

/*
 * Starts one attempt. The caller has claimed its slot (channel_claim). Never fails: what cannot be
 * started ends in done like any other attempt.
 */
struct channel_call *channel_send(struct channel_host *host, const struct channel_send *send,
				  channel_done_fn *done, void *arg) RETURNS_NONNULL;

/*
 * Stops an attempt (the alert ended). Before its request is wholly on the wire it is cut at once:
 * ASTRAD_CANCELLED when no byte had left, else ASTRAD_CANCELLED_MAYBE. After that its true answer
 * is waited for, LIMIT_CANCEL_MS at most, then it is cut as ASTRAD_CANCELLED_MAYBE. done comes in
 * any case, not later than that. Cancelling twice is fine.
 */
void channel_cancel(struct channel_call *call);

/*
 * Slots: duplicates after a crash are at most the slots, so a slot is taken when a row is claimed
 * as `sending` and given back when its result is committed, not when the bytes are gone.
 *
 * channel_capacity: how many sends may be claimed now: min(free slots, tokens of the rate, the
 * plugin's batch_max), 1 when the breaker is half open and nothing is out, 0 while it is open,
 * suspended or retired. Part of the rate is kept for alerts (domain/rate.h). Who finds 0 is woken
 * by the set's `ready` event when time alone has changed that.
 */
size_t channel_capacity(struct channel_host *host, enum message_class class_of);
/* Takes n <= capacity slots and n tokens. */
void channel_claim(struct channel_host *host, size_t n);
/* Gives n slots back: results committed, or claims that were not sent. */
void channel_release(struct channel_host *host, size_t n);
/* clock_boot_ms when capacity may rise without a release (rate, breaker); INT64_MAX = only by a
 * release, an operator or a reload. Meaningful when capacity is 0. */
int64_t channel_next_boot_ms(struct channel_host *host, enum message_class class_of);

enum channel_phase {
	CHANNEL_CLOSED = 1, /* all is well */
	CHANNEL_OPEN,       /* the breaker is open: rows wait */
	CHANNEL_HALF_OPEN,  /* exactly one probe may go */
	CHANNEL_SUSPENDED,  /* 410, 24 h without a success, or by an operator: until resumed */
};

enum channel_cause {
	CHANNEL_CAUSE_NONE = 0,
	CHANNEL_CAUSE_FAILURES,   /* breaker failures in a row or by share */
	CHANNEL_CAUSE_GONE,       /* 410 */
	CHANNEL_CAUSE_NO_SUCCESS, /* 24 h without one success */
	CHANNEL_CAUSE_OPERATOR,
	CHANNEL_CAUSE_PLUGIN, /* as many sends never completed as there are slots */
};

#define CHANNEL_BREAKER_TEXT 160

/* What must survive a restart, and what status pages show. */
struct channel_state {
	enum channel_phase phase;
	enum channel_cause cause;    /* of OPEN, HALF_OPEN and SUSPENDED */
	int64_t dead_since_utc_ms;   /* open for over 30 s or suspended: fire the fallback, bring
					the ladder forward; 0 = not dead */
	int64_t suspended_utc_ms;    /* 0 = not suspended */
	int64_t until_utc_ms;        /* OPEN: when a probe may go; 0 otherwise */
	int64_t last_success_utc_ms; /* 0 = never */
	char breaker[CHANNEL_BREAKER_TEXT]; /* to be kept and given back as it is */
};

const char *channel_phase_name(enum channel_phase phase) RETURNS_NONNULL; /* "?" out of range */
enum channel_phase channel_phase_parse(const char *word);                 /* 0 = unknown */
const char *channel_cause_name(enum channel_cause cause) RETURNS_NONNULL;
enum channel_cause channel_cause_parse(const char *word); /* CHANNEL_CAUSE_NONE = unknown */

void channel_get_state(const struct channel_host *host, struct channel_state *ret_state);

/* An operator's acts, and what a restored file or a good probe means. Each change is told by the
 * set's `changed` event. resume closes the breaker too. */
void channel_suspend(struct channel_host *host);
void channel_resume(struct channel_host *host);

/* Since the instance was made. */
struct channel_counts {
	uint64_t sends;
	uint64_t completed_twice; /* second completions ignored */
	uint64_t never_completed; /* ended by the host */
	uint64_t bad_results;     /* an outcome that is not one: taken as UNCERTAIN */
	size_t in_flight;         /* calls whose done has not come */
	size_t lingering;         /* ended by the host, still held by the plugin */
	size_t claimed;           /* slots taken, over all instances of the name */
};
void channel_get_counts(const struct channel_host *host, struct channel_counts *ret_counts);
bool channel_is_misbehaving(const struct channel_host *host);

const char *channel_name(const struct channel_host *host) RETURNS_NONNULL;
/* What it runs with, one a row of its plugin's options; lives as long as the instance. */
const struct astrad_value *channel_options(const struct channel_host *host) RETURNS_NONNULL;

#endif
