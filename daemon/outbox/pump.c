/*
 * The pump: asks the store for claims, as many as there are free slots and no more. Ends before
 * everything else, lanes in turn, and within a lane pages and due rows in turn, so that no channel,
 * no alert and no retry waits behind another's crowd. An eighth of the daemon's slots is kept for
 * ends: a stop never waits for alerts that hang.
 *
 * An ask goes: capacity of the channel and of the daemon -> store (the claim commits) -> flights.
 * What came back and cannot be taken any more (the channel turned dead meanwhile) is given back. A
 * crash between commit and answer leaves rows `sending`: recovered at start.
 */
#include "outbox/pump.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hook.h"
#include "base/limits.h"
#include "outbox/broadcasts.h"
#include "outbox/flight.h"
#include "outbox/lane.h"
#include "outbox/stops.h"
#include "settings/settings.h"

#define ASKS_MAX      256 /* in the store at once */
#define KEPT_FOR_ENDS 8   /* one slot in so many */

struct pick {
	struct broadcast *broadcast; /* NULL = due rows */
	enum message_class class_of;
	bool is_end;
};

/* --- what a lane would claim next --- */

static bool may_ask(struct broadcast *broadcast)
{
	struct outbox *outbox = broadcast->outbox;

	return !broadcast->is_paused && broadcast->row.not_before_utc_ms <= outbox_utc_ms(outbox) &&
	       !stops_blocks(outbox, &broadcast->row.alert_id, outbox->serial) &&
	       broadcast_prepare(broadcast);
}

static struct broadcast *first_walking(const struct lane *lane)
{
	LIST_FOR_EACH (node, &lane->walking) {
		struct broadcast *broadcast = LIST_ENTRY(node, struct broadcast, walk_link);

		if (may_ask(broadcast)) {
			return broadcast;
		}
	}
	return NULL;
}

static bool lane_pick(struct lane *lane, struct pick *pick)
{
	int64_t now = outbox_utc_ms(lane->outbox);
	bool is_due = lane->due_utc_ms != 0 && lane->due_utc_ms <= now;

	if (lane->retry_boot_ms > outbox_boot_ms(lane->outbox) || lane_host(lane) == NULL) {
		return false;
	}
	*pick = (struct pick){.broadcast = first_walking(lane), .class_of = MESSAGE_CRITICAL};
	if (pick->broadcast == NULL) {
		return is_due;
	}
	pick->is_end = broadcast_is_end(pick->broadcast);
	if (is_due && !pick->is_end && !lane->had_due) {
		pick->broadcast = NULL;
	} else {
		pick->class_of = pick->broadcast->row.class_of;
	}
	return true;
}

/* --- how many --- */

static size_t slots_free(const struct outbox *outbox, bool is_end)
{
	size_t all = (size_t)outbox->settings->limits.in_flight;
	size_t taken = outbox->flight_count + outbox->reserved;

	if (!is_end) {
		all -= all / KEPT_FOR_ENDS;
	}
	return taken < all ? all - taken : 0;
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* Rows to ask for; 0 with *ret_is_channel: the channel takes nothing, else the daemon is full. */
static size_t lane_share(struct lane *lane, const struct pick *pick, bool *ret_is_channel)
{
	struct outbox *outbox = lane->outbox;
	struct channel_host *host = lane_host(lane);
	const struct channel *channel = lane_channel(lane);
	size_t capacity = host != NULL ? channel_capacity(host, pick->class_of) : 0;
	size_t is_free = slots_free(outbox, pick->is_end);
	size_t others = outbox->busy_count > 0 ? outbox->busy_count : 1;
	size_t share = is_free / others > 0 ? is_free / others : at_most(is_free, 1);

	*ret_is_channel = capacity == 0;
	if (channel != NULL && !channel->takes_recipients && pick->broadcast != NULL) {
		share = at_most(share, 1); /* it is one recipient itself */
	}
	return at_most(at_most(capacity, share), LIMIT_PAGE_RECIPIENTS);
}

/* --- answers --- */

static void ask_end(struct ask *ask)
{
	struct outbox *outbox = ask->lane->outbox;

	outbox->reserved -= ask->slots;
	outbox->ask_count--;
	list_remove(&ask->link);
	ask->lane->ask = NULL;
	lane_touch(ask->lane);
	if (ask->broadcast != NULL) {
		broadcast_release(ask->broadcast);
	}
	free(ask);
	stops_review(outbox);
	metric_set(outbox->metrics.asks, (int64_t)outbox->ask_count);
	outbox_check_drained(outbox);
}

/* The store refused; nothing was claimed. */
static void ask_failed(struct ask *ask, const struct error *err)
{
	struct outbox *outbox = ask->lane->outbox;
	unsigned suppressed = 0;

	metric_add(outbox->metrics.refused, 1);
	if (err->code == ERROR_NOT_FOUND && ask->broadcast != NULL) {
		broadcast_end_walk(ask->broadcast);
		return;
	}
	if (log_limit_pass(&outbox->claim_limit, outbox_boot_ms(outbox), &suppressed)) {
		log_warning("claim refused, tried again soon", "channel=%s err=%s suppressed=%u",
			    ask->lane->name, log_quote(err->text), suppressed);
	}
	lane_retry(ask->lane);
}

static void take_claims(struct ask *ask, const struct store_claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!claims[i].is_waiting) { /* comes back as a due row */
			flight_create(ask, &claims[i]);
		}
	}
	if (count > 0) {
		ask->lane->moved_boot_ms = outbox_boot_ms(ask->lane->outbox);
	}
}

static void note_waiting(struct ask *ask, const struct store_claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (claims[i].is_waiting) {
			/* its row says exactly when; asking for the channel's due rows finds out */
			broadcasts_date(ask->lane->outbox);
			return;
		}
	}
}

static void take_page(struct ask *ask, const struct store_outbox_page_out *out)
{
	HOOK("outbox.claimed");
	take_claims(ask, out->claims, out->count);
	note_waiting(ask, out->claims, out->count);
	switch (out->state) {
	case PAGE_MORE:
		broadcast_rotate(ask->broadcast);
		break;
	case PAGE_END:
	case PAGE_STALE:
	case PAGE_PAUSED: /* read again at the resume */
		broadcast_end_walk(ask->broadcast);
		break;
	case PAGE_UNLISTED:
		ask->broadcast->is_paused = true;
		break;
	}
}

static void on_page(struct store_call *call)
{
	struct ask *ask = call->ctx;

	outbox_called(ask->lane->outbox);
	if (call->ok) {
		take_page(ask, call->out);
	} else {
		ask_failed(ask, &call->err);
	}
	ask_end(ask);
}

static void on_due(struct store_call *call)
{
	struct ask *ask = call->ctx;
	struct lane *lane = ask->lane;
	const struct store_outbox_due_out *out = call->out;

	outbox_called(lane->outbox);
	if (call->ok) {
		HOOK("outbox.claimed");
		take_claims(ask, out->claims, out->count);
		metric_add(lane->outbox->metrics.superseded, out->superseded);
		lane_note_due(lane, out->next_due_utc_ms);
	} else {
		ask_failed(ask, &call->err);
		lane_note_due(lane, outbox_utc_ms(lane->outbox));
	}
	ask_end(ask);
}

/* --- asking --- */

static struct ask *ask_create(struct lane *lane, const struct pick *pick, size_t slots)
{
	struct outbox *outbox = lane->outbox;
	struct ask *ask = xcalloc(1, sizeof(*ask));

	ask->lane = lane;
	ask->broadcast = pick->broadcast;
	ask->class_of = pick->class_of;
	ask->serial = outbox->serial++;
	ask->slots = slots;
	list_append(&outbox->asks, &ask->link);
	outbox->ask_count++;
	outbox->reserved += slots;
	lane->ask = ask;
	lane->had_due = pick->broadcast == NULL;
	metric_set(outbox->metrics.asks, (int64_t)outbox->ask_count);
	return ask;
}

static void ask_page(struct lane *lane, const struct pick *pick, size_t slots)
{
	struct ask *ask = ask_create(lane, pick, slots);
	struct store_call *call = outbox_call(lane->outbox, &store_outbox_page, on_page, ask);
	struct store_outbox_page_in *in = call->in;

	broadcast_hold(pick->broadcast);
	in->broadcast_id = pick->broadcast->row.id;
	in->limit = (int)slots;
	in->now_utc_ms = outbox_utc_ms(lane->outbox);
	store_submit(call);
}

static void ask_due(struct lane *lane, const struct pick *pick, size_t slots)
{
	struct ask *ask = ask_create(lane, pick, slots);
	struct store_call *call = outbox_call(lane->outbox, &store_outbox_due, on_due, ask);
	struct store_outbox_due_in *in = call->in;

	lane->due_utc_ms = 0; /* what is noted from now on comes after the answer's */
	in->channel = arena_strdup(call->arena, lane->name);
	in->limit = (int)slots;
	in->now_utc_ms = outbox_utc_ms(lane->outbox);
	store_submit(call);
}

/* --- turns --- */

enum turn { TURN_OVER, TURN_FULL, TURN_LATER };

static enum turn lane_turn(struct lane *lane, bool only_ends)
{
	struct pick pick;
	bool is_channel = false;
	size_t slots;

	if (!lane_pick(lane, &pick)) {
		return TURN_OVER;
	}
	if (only_ends && !pick.is_end) {
		return TURN_LATER;
	}
	slots = lane_share(lane, &pick, &is_channel);
	if (slots == 0) {
		return is_channel ? TURN_OVER : TURN_FULL;
	}
	if (pick.broadcast != NULL) {
		ask_page(lane, &pick, slots);
	} else {
		ask_due(lane, &pick, slots);
	}
	return TURN_OVER;
}

static void round_of(struct outbox *outbox, bool only_ends)
{
	for (size_t left = outbox->busy_count; left > 0 && outbox->ask_count < ASKS_MAX; left--) {
		struct list *node = list_take_first(&outbox->busy);
		struct lane *lane = LIST_ENTRY(node, struct lane, busy_link);

		if (lane_turn(lane, only_ends) == TURN_OVER) {
			outbox->busy_count--;
		} else {
			list_append(&outbox->busy, &lane->busy_link);
		}
	}
}

static void pump(void *arg)
{
	struct outbox *outbox = arg;

	outbox->is_pump_deferred = false;
	if (!outbox->is_recovered || outbox->is_draining || outbox->settings == NULL) {
		return;
	}
	round_of(outbox, true);
	round_of(outbox, false);
}

void pump_soon(struct outbox *outbox)
{
	if (!outbox->is_pump_deferred) {
		outbox->is_pump_deferred = true;
		loop_defer(outbox->loop, pump, outbox);
	}
}

void pump_finish(struct outbox *outbox)
{
	loop_undefer(outbox->loop, pump, outbox);
}
