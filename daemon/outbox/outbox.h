/*
 * The outbox: broadcasts and deliveries. It walks open broadcasts page by page, claims due rows,
 * sends through the channels, decides what follows and stores it. ARCHITECTURE section 5.
 *
 * Rows are the only queue. A row is claimed as `sending` in a commit before its bytes leave, and
 * its slot is given back when its result is committed; so a crash loses nothing, repeats at most
 * the slots, and always under the same message id. Memory is bounded by the window, not by the
 * audience.
 *
 * App owns the wiring: casework's wake calls outbox_wake, outbox_stop_mark and outbox_stop_settled;
 * the channel set's events go to outbox_channel_changed and outbox_channel_ready; a reload calls
 * outbox_use_settings after channel_set_commit. Loop thread only.
 */
#ifndef ASTRAD_OUTBOX_OUTBOX_H
#define ASTRAD_OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/health.h"
#include "base/id.h"
#include "base/loop.h"
#include "domain/delivery.h"

struct store;       /* store/store.h */
struct channel_set; /* channel/set.h */
struct channel_state;
struct settings; /* settings/settings.h */
struct outbox;

/* What others must hear. Each may be NULL. Never called from within a call of this header. */
struct outbox_events {
	/* Lists are stored and what a crash left is recovered: the first approval may come. Once.
	 */
	void (*ready)(void *arg);
	/* Operators must hear of the channel by another one (notice.channel_dead). reason: the
	 * channel's cause or a delivery's reason by name. Once until the channel is well, then
	 * again daily. */
	void (*page)(const char *channel, const char *reason, void *arg);
	/* The receiver refused our credentials (401, SMTP's 535): the channel's secrets may have
	 * been rotated. At most once a second a channel. */
	void (*denied)(const char *channel, void *arg);
	/* The channel turned dead while these running alerts had something unsent there: their
	 * ladders may be brought forward. The fallback's broadcasts are stored already. */
	void (*dead)(const char *channel, const struct id *alerts, size_t count, void *arg);
	void *arg;
};

struct outbox_params {
	struct store *store;          /* outlives the outbox */
	struct loop *loop;            /* outlives the outbox */
	struct channel_set *channels; /* outlives the outbox */
	struct health *health;        /* NULL = reasons are not raised */
	uint64_t seed;                /* of the jitter */
	struct outbox_events events;
};

struct outbox *outbox_create(const struct outbox_params *params) RETURNS_NONNULL;
/* Before the channel set is. Drained, or at least without a call in the store (it was closed, and
 * the loop turned once): what is still out is found `sending` at the next start. NULL is fine; sets
 * NULL. */
void outbox_destroy(struct outbox **outbox);

/*
 * The snapshot that sends from now on are made by; takes a reference. Lists that changed are loaded
 * into new generations; where a channel's options changed (secret, URL), what an operator had to
 * mend there goes again. The first call comes before outbox_start.
 */
void outbox_use_settings(struct outbox *outbox, struct settings *settings);

/* The channel set has a new instance of the channel (channel_set_renew): what an operator had to
 * mend there goes again. */
void outbox_channel_renewed(struct outbox *outbox, const char *channel);

/* Once, after the channels were committed: channel states, rows a crash left `sending`, lists, open
 * broadcasts, due rows. Then events.ready. Retried until the store answers. */
void outbox_start(struct outbox *outbox);
bool outbox_is_ready(const struct outbox *outbox);

/* Broadcasts were committed, or rows redriven: look again. */
void outbox_wake(struct outbox *outbox);
/* An alert goes on that was suspended: its broadcasts, of which nothing was kept, are read again.
 */
void outbox_wake_resumed(struct outbox *outbox);

/*
 * Before a stop or a suspension is stored: from this turn on no byte of the alert leaves. Claims in
 * hand are given back, calls in flight are cancelled (over within LIMIT_CANCEL_MS).
 *
 * is_stored true: the rows say what may be sent, so the mark goes when no claim older than the stop
 * is outstanding; the sweep starts. False: the mark stays and health says `stop_not_stored` until a
 * later stop of the alert is stored.
 */
void outbox_stop_mark(struct outbox *outbox, const struct id *alert);
void outbox_stop_settled(struct outbox *outbox, const struct id *alert, bool is_stored);

/* From the channel set's events. */
void outbox_channel_changed(struct outbox *outbox, const char *channel,
			    const struct channel_state *state);
void outbox_channel_ready(struct outbox *outbox, const char *channel);

/* --- what operators ask. done comes exactly once, never from within the call. --- */

typedef void outbox_done_fn(bool ok, const struct error *err, void *arg);

struct outbox_act {
	const char *channel; /* copied, as person is */
	const char *person;  /* of the audit entry */
	outbox_done_fn *done;
	void *arg;
};
/* ok when the new state is stored. ERROR_NOT_FOUND for a name that is not a live channel. */
void outbox_suspend(struct outbox *outbox, const struct outbox_act *act);
/* Closes the breaker too; held rows stay held (redrive). */
void outbox_resume(struct outbox *outbox, const struct outbox_act *act);

/* A channel.ping. detail: short words, borrowed until the callback returns. */
struct outbox_probe_result {
	enum delivery_outcome outcome;
	int status;
	int64_t latency_ms;
	const char *detail;
};
typedef void outbox_probe_fn(const struct outbox_probe_result *result, const struct error *err,
			     void *arg); /* result NULL: not sent, err says why */
/* Goes out whatever the breaker says. A good answer closes the breaker, ends a suspension that no
 * person ordered and lets what was held for an operator's mending go again. */
void outbox_probe(struct outbox *outbox, const char *channel, outbox_probe_fn *done, void *arg);

/* What a status page shows beside the file and channel_get_state. */
struct outbox_channel_view {
	bool has_list;             /* a complete generation is stored */
	int64_t recipients;        /* of the newest */
	int64_t held;              /* rows that wait for an operator, as of the last audit */
	size_t claimed;            /* rows in hand or on the wire */
	size_t broadcasts;         /* that still walk */
	const char *suspended_by;  /* person or "system"; "" = not suspended; lives until the loop
				      turns */
	const char *suspended_why; /* as above */
};
/* False when the outbox knows nothing of the name. */
bool outbox_view(const struct outbox *outbox, const char *channel,
		 struct outbox_channel_view *ret_view);

/* --- graceful stop --- */

/* No new claims; claims not yet sent are given back, what is on the wire is waited for, results are
 * committed; then done, once. */
void outbox_drain(struct outbox *outbox, loop_fn *done, void *arg);
/* Cuts what outbox_drain still waits for: on the wire no longer than LIMIT_CANCEL_MS. */
void outbox_cut(struct outbox *outbox);

#endif
