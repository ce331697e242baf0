/*
 * The outbox's ops: open broadcasts, pages, due rows, results, sweep, recovery at start. The law of
 * ARCHITECTURE section 5: a page re-checks in SQL that its version is still current and its alert
 * not suspended, moves the cursor and inserts the rows as `sending`; only after its commit do bytes
 * go out. Nothing here is O(audience).
 */
#ifndef ASTRAD_STORE_OUTBOX_H
#define ASTRAD_STORE_OUTBOX_H

#include "domain/delivery.h"
#include "domain/message.h"
#include "domain/outcome.h"
#include "store/store.h"

/* --- broadcasts --- */

struct store_broadcast {
	int64_t id;
	struct id alert_id;  /* none: a notice about no alert */
	struct id notice_id; /* none: a version */
	char alert_ref[REF_TEXT_BYTES];
	enum alert_status status;
	int version;
	const char *channel;
	const char *partner; /* or NULL */
	enum message message;
	int variant_version;
	const char *variant; /* NULL for a notice */
	enum walk walk;
	enum broadcast_reason reason;
	enum message_class class_of;
	struct id event_id; /* the webhook-id */
	int64_t seq;        /* 0 = none */
	int64_t not_before_utc_ms;
	int64_t event_utc_ms;   /* spliced as timestamp */
	int64_t issued_utc_ms;  /* of the alert: spliced as issued_at */
	int64_t ended_utc_ms;   /* spliced as end.at */
	int64_t expires_utc_ms; /* of the alert; 0 = none */
	int64_t created_utc_ms;
};

/* Broadcasts that still walk (state walking), oldest first, after an id; not those of suspended
 * alerts, which wait for a person. READ. */
struct store_outbox_open_in {
	int64_t after_id;
	int limit;
};
struct store_outbox_open_out {
	const struct store_broadcast *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_outbox_open;

/* One broadcast by id, for due rows whose broadcast is not in memory. READ. */
struct store_outbox_broadcast_in {
	int64_t id;
};
struct store_outbox_broadcast_out {
	struct store_broadcast broadcast;
};
extern const struct store_op store_outbox_broadcast;

/* What is sent: the rendered variant (domain/render.h, serialised) or the notice's JSON. ERROR_GONE
 * after a purge. READ. */
struct store_outbox_body_in {
	struct id alert_id;
	int version; /* variant_version */
	const char *variant;
	struct id notice_id; /* when it is a notice */
};
struct store_outbox_body_out {
	struct bytes body;
	const char *notice_type; /* NULL for a variant */
};
extern const struct store_op store_outbox_body;

/* --- claiming --- */

/* One row to put on the wire (DELIVERY_SENDING) or, is_waiting, one that must wait for an older row
 * of its recipient. */
struct store_claim {
	int64_t delivery_id;
	int64_t broadcast_id;
	int64_t recipient;
	const char *name;    /* the recipient's id in its list */
	const char *address; /* opened; read at claim time */
	int attempts;        /* made before, in this epoch */
	int epoch;
	enum reached reached;
	enum delivery_reason reason; /* before the claim */
	bool is_waiting;
};

enum store_page_state {
	PAGE_MORE = 1, /* claimed, more may follow */
	PAGE_END,      /* the cursor is at its end: broadcast walked */
	PAGE_STALE,    /* the version is not current: nothing claimed, never will be */
	PAGE_PAUSED,   /* the alert is suspended: nothing claimed, open again after resume */
	PAGE_UNLISTED, /* the channel has no complete list yet: nothing claimed, ask again */
};

/* STORE_PAGE. `limit` is bounded by LIMIT_PAGE_RECIPIENTS. */
struct store_outbox_page_in {
	int64_t broadcast_id;
	int limit;
	int64_t now_utc_ms;
};
struct store_outbox_page_out {
	enum store_page_state state;
	const struct store_claim *claims;
	size_t count;
};
extern const struct store_op store_outbox_page;

/*
 * Due rows of one channel (retry, uncertain, waiting whose time has come): claimed as sending; ends
 * first, then alerts, then notices, and among those the broadcast whose row is due longest. The
 * claim is written, because a stop after a crash must know that bytes of a retry may have left.
 * Rows of a version that is not current become superseded on the way, rows of a suspended alert
 * stay.
 */
struct store_outbox_due_in {
	const char *channel;
	int limit;
	int64_t now_utc_ms;
};
struct store_outbox_due_out {
	const struct store_claim *claims;
	size_t count;
	int superseded;
	int64_t next_due_utc_ms; /* of the channel after these; 0 = none */
};
extern const struct store_op store_outbox_due;

/* Claims that were not sent after all (stop mark, graceful stop): due again, no attempt made. A
 * newer row that waited for one of them is let go as in store_outbox_results. STORE_RESULT; at most
 * LIMIT_STORE_ROWS. */
struct store_outbox_unclaim_in {
	const int64_t *delivery_ids;
	size_t count;
	int64_t due_utc_ms; /* when to look again; 0 = now */
	int64_t now_utc_ms;
};
struct store_outbox_unclaim_out {
	int count;
	const char **woken; /* channels where a waiting row became due now */
	size_t woken_count;
};
extern const struct store_op store_outbox_unclaim;

/* Channels with anything due ever, and when first: what the outbox's timers are made of. READ. */
struct store_outbox_channels_in {
	int unused;
};
struct store_channel_due {
	const char *channel;
	int64_t due_utc_ms;
};
struct store_outbox_channels_out {
	const struct store_channel_due *rows;
	size_t count;
};
extern const struct store_op store_outbox_channels;

/* --- results --- */

struct store_result {
	int64_t delivery_id;
	int64_t broadcast_id;
	int attempt; /* 1.. */
	int epoch;
	enum delivery_outcome outcome;
	int status;
	int64_t started_utc_ms, ended_utc_ms, latency_ms;
	const char *detail;       /* no personal data */
	const char *provider_ref; /* or NULL */
	struct delivery_verdict verdict;
	int64_t due_utc_ms; /* 0 = none (verdict.delay_ms is DELIVERY_NEVER) */
};
/*
 * STORE_RESULT; at most 256. Writes row and attempt; lets the recipient's waiting newer row go (an
 * end for somebody who was not reached becomes superseded); finishes broadcasts that are walked and
 * have no unfinished row left.
 */
struct store_outbox_results_in {
	const struct store_result *results;
	size_t count;
	int64_t now_utc_ms;
};
struct store_outbox_results_out {
	const char **woken; /* channels where a waiting row became due now */
	size_t woken_count;
	const int64_t *done; /* broadcasts that became done */
	size_t done_count;
};
extern const struct store_op store_outbox_results;

/* --- sweep, recovery, redrive --- */

/* One page: rows of versions that are not current any more become superseded, their broadcasts too.
 * STORE_KEEPING. */
struct store_outbox_sweep_in {
	int64_t now_utc_ms;
};
struct store_outbox_sweep_out {
	int rows;
	bool has_more;
};
extern const struct store_op store_outbox_sweep;

/* At start, one page: rows found `sending` become uncertain, or held at the third start
 * (delivery_recover). STORE_STOP: also on a full disk. */
struct store_outbox_recover_in {
	int64_t now_utc_ms;
};
struct store_outbox_recover_out {
	int rows;
	int held;
	bool has_more;
};
extern const struct store_op store_outbox_recover;

/*
 * Held rows of a channel go again (config changed, probe good), or one delivery by an admin: same
 * id, next epoch. Refuses (ERROR_CONFLICT) a version that is not current. One page; chain with
 * has_more.
 */
struct store_outbox_redrive_in {
	int64_t delivery_id; /* 0 = all held rows of the channel */
	const char *channel;
	unsigned reasons; /* 1u << enum delivery_reason; 0 = any; ignored for one delivery */
	int64_t after_id; /* of the chain: last_id of the page before */
	int64_t now_utc_ms;
};
struct store_outbox_redrive_out {
	struct outcome outcome; /* count = rows */
	const char *channel;
	int64_t last_id;
	bool has_more;
};
extern const struct store_op store_outbox_redrive;

/* Rows that wait for an operator, by channel. READ. */
struct store_outbox_held_in {
	int unused;
};
struct store_channel_held {
	const char *channel;
	int64_t rows;
};
struct store_outbox_held_out {
	const struct store_channel_held *rows;
	size_t count;
};
extern const struct store_op store_outbox_held;

/* --- fallback: a dead channel's undelivered alerts go out through its fallback too --- */

/* For each current version that has unfinished rows on `channel`: a broadcast on `fallback` if its
 * plan has that channel. */
struct store_outbox_fallback_in {
	const char *channel;
	const char *fallback; /* NULL = none: only names the alerts */
	uint8_t seed[16];
	int64_t now_utc_ms;
};
struct store_outbox_fallback_out {
	int broadcasts;
	const struct id *alerts; /* with something unsent: their ladders may be brought forward */
	size_t alert_count;
};
extern const struct store_op store_outbox_fallback;

/* --- a channel's run-time state --- */

struct store_channel_state {
	const char *channel;
	int64_t suspended_utc_ms; /* 0 = not */
	const char *suspended_by;
	const char *suspended_why;
	const char *breaker; /* the channel room's text, opaque */
	int64_t dead_since_utc_ms;
	int64_t last_success_utc_ms;
};
struct store_channel_save_in {
	struct store_channel_state state;
	int64_t now_utc_ms;
};
struct store_channel_save_out {
	struct outcome outcome;
};
extern const struct store_op store_channel_save;
struct store_channel_load_in {
	int unused;
};
struct store_channel_load_out {
	const struct store_channel_state *rows;
	size_t count;
};
extern const struct store_op store_channel_load;

/* --- what operators and partners read --- */

/* Deliveries of an alert, newest broadcast first, its recipients from the last. READ. */
struct store_delivery_list_in {
	struct id alert_id;
	int64_t before_id;   /* the last delivery of the page before; 0 = from the newest */
	const char *channel; /* NULL = all */
	unsigned states;     /* 1u << enum delivery_state; 0 = all */
	int limit;
};
struct store_delivery_row {
	int64_t id;
	int version;
	enum message message;
	const char *notice_type; /* or NULL */
	const char *channel;
	const char *recipient; /* its id in the list */
	enum delivery_state state;
	enum reached reached;
	int attempts;
	const char *reason;
	int last_status;
	int64_t due_utc_ms, created_utc_ms, updated_utc_ms;
	struct id event_id;
	int64_t seq;
	bool is_post_ack; /* was on the wire when somebody acknowledged */
};
struct store_delivery_list_out {
	const struct store_delivery_row *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_delivery_list;

/* Counts per channel and state of an alert, all versions. READ. */
struct store_delivery_counts_in {
	struct id alert_id;
};
struct store_delivery_count {
	const char *channel;
	int version;
	enum message message;
	enum broadcast_reason reason;
	enum broadcast_state broadcast_state;
	int64_t by_state[16]; /* by enum delivery_state */
	int64_t recipients;   /* rows so far */
	int64_t first_utc_ms, last_utc_ms;
};
struct store_delivery_counts_out {
	const struct store_delivery_count *rows;
	size_t count;
};
extern const struct store_op store_delivery_counts;

/* Events of a partner after a seq: complete bodies for what is current, tombstones for what is not.
 * READ. */
struct store_event_list_in {
	const char *partner;
	int64_t after_seq;
	struct id alert_id; /* none = all; with only_current: the newest event of each running alert
			     */
	bool only_current;
	int limit;
};
struct store_event_row {
	int64_t seq;
	struct id event_id;
	struct id alert_id;
	char alert_ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum alert_state alert_state;
	enum end_reason end_reason;
	int version;
	int current_version;
	enum message message;
	enum version_kind kind; /* of the version: tells the event's type */
	const char *notice_type;
	bool is_current;   /* body is set; else a tombstone */
	struct bytes body; /* variant (serialised) or notice JSON */
	int64_t created_utc_ms, issued_utc_ms, ended_utc_ms, expires_utc_ms;
};
struct store_event_list_out {
	const struct store_event_row *rows;
	size_t count;
	bool has_more;
	int64_t last_seq;   /* of the partner */
	int64_t oldest_seq; /* kept, or the next; after_seq below oldest_seq - 1 is 410 */
};
extern const struct store_op store_event_list;

#endif
