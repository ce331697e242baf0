/*
 * Private to the outbox room: its parts and what they know of each other.
 *
 * A channel has a lane. What may be claimed there are pages of broadcasts that walk and due rows; a
 * lane has one claim request (ask) in the store at a time. A claimed row is a flight until its
 * result, or that it was given back, is committed. Flights hold the slots: of their channel and of
 * the whole daemon.
 *
 *	pump.c -> ask -> store -> flight (waits for the body) -> ready -> out -> result -> committed
 *	                                  \-------- back (not sent after all) -> committed
 */
#ifndef ASTRAD_OUTBOX_PRIVATE_H
#define ASTRAD_OUTBOX_PRIVATE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/runq.h"
#include "channel/host.h"
#include "domain/directory.h"
#include "domain/render.h"
#include "outbox/outbox.h"
#include "store/outbox.h"

struct lists;

/* --- broadcasts (broadcasts.c) --- */

enum body_state { BODY_ABSENT = 0, BODY_LOADING, BODY_READY, BODY_FAILED };

/* What is sent, decoded: one copy per alert, version and variant, or per notice and medium. */
struct body {
	struct list link; /* struct outbox::bodies */
	struct outbox *outbox;
	struct id owner; /* alert or notice */
	int version;     /* 0 for a notice */
	char *variant;   /* NULL for a notice */
	enum medium medium;
	size_t uses; /* broadcasts, and its own load */
	enum body_state state;
	int64_t retry_boot_ms; /* BODY_FAILED */
	struct arena *arena;
	struct rendered rendered;
};

struct broadcast {
	struct outbox *outbox;
	struct lane *lane;          /* NULL while the row is not loaded */
	struct store_broadcast row; /* texts: channel is the lane's, variant the struct's own */
	char *variant;
	struct body *body; /* NULL until it is asked for */
	struct list walk_link;
	struct list idle_link;
	struct list waiting; /* struct flight::link: until row and body are there */
	size_t uses;         /* flights and asks */
	bool is_walking;
	bool is_paused; /* its channel has no list yet: until the next wake */
	bool is_loaded; /* the row is known */
};

/* --- claims --- */

struct lane {
	struct list busy_link; /* struct outbox::busy */
	struct outbox *outbox;
	char *name;
	struct list walking; /* struct broadcast::walk_link, most urgent first */
	size_t walking_count;
	int64_t due_utc_ms;     /* earliest due row that is known; 0 = none */
	struct runq_item timer; /* due_utc_ms, a broadcast's not_before, or to try again */
	int64_t retry_boot_ms;  /* the store refused: not before; 0 = may */
	struct ask *ask;        /* in the store now */
	bool had_due;           /* the last ask was for due rows: a page is next */
	size_t flights;
	/* as looked up since the last settings; either may be NULL */
	bool is_known;
	struct channel_host *host;
	const struct channel *channel;
	int64_t moved_boot_ms;  /* when a row was last claimed or settled */
	int64_t denied_boot_ms; /* when the receiver's refusal of our secret was last told */

	/* channels.c: the run-time state beside the file */
	struct channel_state state;
	char *suspended_by;
	bool is_saving, save_again;
	bool wants_fallback, is_falling_back;
	bool is_redriving;
	bool is_denied_deferred;
	bool is_probing;      /* the auditor's ping is out */
	int64_t paged_utc_ms; /* operators were told; 0 = not since it was last well */
	int64_t held;         /* rows, as of the last audit */
};

/* One claim request in the store. */
struct ask {
	struct list link; /* struct outbox::asks, oldest first */
	struct lane *lane;
	struct broadcast *broadcast; /* NULL = due rows */
	enum message_class class_of;
	uint64_t serial;
	size_t slots; /* kept for it */
};

enum flight_state {
	FLIGHT_WAITING = 1, /* for its broadcast's row or body */
	FLIGHT_READY,       /* its bytes may go */
	FLIGHT_OUT,         /* with the channel */
	FLIGHT_RESULT,      /* over, its result is being committed */
	FLIGHT_BACK,        /* not sent after all, that is being committed */
};

/* A row that is `sending` in the store. */
struct flight {
	struct list link; /* the list of its state */
	struct lane *lane;
	struct broadcast *broadcast;
	enum flight_state state;
	bool has_slot;   /* of its channel */
	uint64_t serial; /* of its ask */
	int64_t delivery_id;
	int attempts; /* before this one */
	int epoch;
	enum reached reached;
	enum delivery_reason before;
	struct channel_call *call; /* FLIGHT_OUT */
	int64_t claimed_boot_ms;
	int64_t started_utc_ms;
	struct store_result result; /* FLIGHT_RESULT; its texts are the flight's */
	char *detail;
	char *provider_ref;
	const char *recipient; /* in text */
	const char *address;
	char text[];
};

/* A stop that is not over: nothing of the alert leaves (stops.c). */
struct stop_mark {
	struct list link; /* struct outbox::marks */
	struct id alert;
	int unsettled; /* stops on their way to the store */
	bool is_stored;
	bool is_failed;
	uint64_t settled_serial; /* asks before it are older than the stop */
};

struct outbox_metrics {
	struct metric *slots, *broadcasts, *asks, *ready, *out, *batches, *held, *marks, *lanes;
	struct metric *outcomes[OUTCOME_CANCELLED_MAYBE + 1];
	struct metric *states[DELIVERY_DEAD + 1];
	struct metric *claimed, *given_back, *superseded, *recovered, *recovered_held, *refused;
	struct metric *commit_latency; /* claim to committed result */
};

struct outbox {
	struct store *store;
	struct loop *loop;
	struct channel_set *channels;
	struct health *health;
	struct rng rng;
	struct outbox_events events;
	struct settings *settings; /* NULL before the first */
	struct lists *lists;
	struct outbox_metrics metrics;

	struct lane **lanes; /* sorted by name */
	size_t lane_count;
	struct broadcast **broadcasts; /* sorted by id */
	size_t broadcast_count;
	struct list bodies;
	struct list idle; /* struct broadcast::idle_link, least used first */
	size_t idle_count;
	int64_t last_broadcast; /* id up to which open ones were read */
	bool open_all;          /* read them from the first on: some were left out */
	bool is_opening, open_again;
	bool is_dating, date_again; /* reading the channels' due times */
	bool is_sweeping, sweep_again;
	bool is_counting; /* held rows */

	struct list busy; /* struct lane::busy_link: something may be claimed there */
	size_t busy_count;
	struct list asks;
	size_t ask_count;
	uint64_t serial;
	size_t reserved;     /* slots kept for asks */
	size_t flight_count; /* slots taken */

	struct list ready;   /* FLIGHT_READY, urgent ones first */
	struct list out;     /* FLIGHT_OUT */
	struct list results; /* FLIGHT_RESULT, not submitted */
	size_t result_count;
	struct list backs; /* FLIGHT_BACK, not submitted */
	size_t back_count;
	struct runq_item flush; /* results: ten milliseconds after the first */
	struct list batches;    /* struct batch::link: waiting to be tried again */
	size_t batch_count;     /* submitted or waiting */
	struct log_limit refused_limit, claim_limit; /* what the store refuses is logged once a
							second */
	struct buf scratch;                          /* the body under way */

	struct list marks;
	struct runq_item audit; /* watch.c */
	struct runq_item again; /* reads that failed */

	size_t calls;       /* of ours in the store */
	struct list probes; /* on their way (probe.c) */
	bool is_pump_deferred, is_send_deferred;
	bool is_started, has_states, is_recovered, is_ready, is_draining;
	loop_fn *on_drained;
	void *on_drained_arg;
};

/* Ends in `done` as every call; counted, so that destroying too early is seen. done calls
 * outbox_called first. */
struct store_call *outbox_call(struct outbox *outbox, const struct store_op *op,
			       void (*done)(struct store_call *call), void *ctx) RETURNS_NONNULL;
void outbox_called(struct outbox *outbox);
int64_t outbox_utc_ms(const struct outbox *outbox);
int64_t outbox_boot_ms(const struct outbox *outbox);
void probes_finish(struct outbox *outbox);
/* Pings a channel whose breaker waits for a send to pass, when there is none. */
void probe_idle(struct lane *lane);
/* Something ended: is the graceful stop through? */
void outbox_check_drained(struct outbox *outbox);

#endif
