/*
 * Flights: rows that are `sending` in the store. The states of a flight are those of enum
 * flight_state; it holds one slot of the daemon and, once it is taken, one of its channel, until
 * its end is committed. A turn sends a bounded number, so that no callback runs long.
 *
 * The stop mark is asked when a claim comes back, and once more right before the bytes leave.
 *
 * Crash: a flight is found `sending` at start and resent under the same message id.
 */
#include "outbox/flight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hook.h"
#include "outbox/broadcasts.h"
#include "outbox/channels.h"
#include "outbox/lane.h"
#include "outbox/pump.h"
#include "outbox/results.h"
#include "outbox/stops.h"

#define SENDS_PER_TURN 64

/* --- birth and death --- */

static struct flight *make(struct ask *ask, const struct store_claim *claim)
{
	size_t name = strlen(claim->name) + 1;
	size_t address = strlen(claim->address) + 1;
	struct flight *flight = xcalloc(1, sizeof(*flight) + name + address);

	memcpy(flight->text, claim->name, name);
	memcpy(flight->text + name, claim->address, address);
	flight->recipient = flight->text;
	flight->address = flight->text + name;
	flight->lane = ask->lane;
	flight->serial = ask->serial;
	flight->delivery_id = claim->delivery_id;
	flight->attempts = claim->attempts;
	flight->epoch = claim->epoch;
	flight->reached = claim->reached;
	flight->before = claim->reason;
	flight->claimed_boot_ms = outbox_boot_ms(ask->lane->outbox);
	list_init(&flight->link);
	return flight;
}

/* False: the channel turned away while the store claimed. */
static bool take_slot(struct flight *flight, enum message_class class_of)
{
	struct channel_host *host = lane_host(flight->lane);

	if (host == NULL || channel_capacity(host, class_of) == 0) {
		return false;
	}
	channel_claim(host, 1);
	flight->has_slot = true;
	return true;
}

void flight_create(struct ask *ask, const struct store_claim *claim)
{
	struct outbox *outbox = ask->lane->outbox;
	struct flight *flight = make(ask, claim);

	outbox->flight_count++;
	flight->lane->flights++;
	metric_set(outbox->metrics.slots, (int64_t)outbox->flight_count);
	metric_add(outbox->metrics.claimed, 1);
	flight->broadcast = broadcast_get(outbox, claim->broadcast_id);
	if (!take_slot(flight, ask->class_of)) {
		flight_back(flight);
	} else if (broadcast_prepare(flight->broadcast)) {
		flight_ready(flight);
	} else {
		flight->state = FLIGHT_WAITING;
		list_append(&flight->broadcast->waiting, &flight->link);
	}
}

static void wipe(struct flight *flight)
{
	free(flight->detail);
	free(flight->provider_ref);
	explicit_bzero(flight->text, strlen(flight->recipient) + strlen(flight->address) + 1);
	free(flight);
}

void flight_destroy(struct flight *flight)
{
	struct lane *lane = flight->lane;
	struct outbox *outbox = lane->outbox;
	struct channel_host *host = flight->has_slot ? lane_host(lane) : NULL;

	if (host != NULL) {
		channel_release(host, 1);
	}
	outbox->flight_count--;
	lane->flights--;
	lane->moved_boot_ms = outbox_boot_ms(outbox);
	metric_set(outbox->metrics.slots, (int64_t)outbox->flight_count);
	lane_touch(lane);
	broadcast_release(flight->broadcast);
	wipe(flight);
}

void flight_back(struct flight *flight)
{
	struct outbox *outbox = flight->lane->outbox;

	flight->state = FLIGHT_BACK;
	list_append(&outbox->backs, &flight->link);
	outbox->back_count++;
	metric_add(outbox->metrics.given_back, 1);
	results_soon(outbox);
}

/* --- sending --- */

static void on_sent(const struct channel_result *result, void *arg)
{
	struct flight *flight = arg;

	if (flight->lane == NULL) {
		wipe(flight); /* the outbox is gone: found `sending` at the next start */
		return;
	}
	flight->call = NULL;
	list_remove(&flight->link);
	metric_add(flight->lane->outbox->metrics.out, -1);
	results_take(flight, result);
}

static bool is_past_expiry(const struct broadcast *broadcast)
{
	int64_t expires = broadcast->row.expires_utc_ms;

	return expires != 0 && broadcast->row.version > 0 && !broadcast_is_end(broadcast) &&
	       outbox_utc_ms(broadcast->outbox) >= expires;
}

static void put_on_wire(struct flight *flight, struct channel_host *host)
{
	struct outbox *outbox = flight->lane->outbox;
	const struct broadcast *broadcast = flight->broadcast;
	char message_id[ID_TEXT_BYTES];
	char delivery_ref[24];
	struct channel_send send = {
		.message_id = message_id,
		.delivery_ref = delivery_ref,
		.recipient = flight->recipient,
		.address = flight->address,
		.variant = broadcast->variant != NULL ? broadcast->variant : "",
		.attempt = flight->attempts + 1,
	};

	id_format(&broadcast->row.event_id, message_id);
	(void)snprintf(delivery_ref, sizeof(delivery_ref), "%lld", /* always fits */
		       (long long)flight->delivery_id);
	buf_reset(&outbox->scratch);
	broadcast_splice(broadcast, &outbox->scratch);
	send.body = (struct bytes){buf_text(&outbox->scratch), outbox->scratch.len};
	flight->state = FLIGHT_OUT;
	flight->started_utc_ms = outbox_utc_ms(outbox);
	list_append(&outbox->out, &flight->link);
	metric_add(outbox->metrics.out, 1);
	HOOK("outbox.before_send");
	flight->call = channel_send(host, &send, on_sent, flight);
	HOOK("outbox.after_send");
}

/* The last question before the bytes leave. */
static bool may_go(const struct flight *flight)
{
	const struct broadcast *broadcast = flight->broadcast;

	return !broadcast->outbox->is_draining &&
	       !stops_blocks(broadcast->outbox, &broadcast->row.alert_id, flight->serial) &&
	       !is_past_expiry(broadcast);
}

static void send_some(void *arg);

static void send_soon(struct outbox *outbox)
{
	if (!outbox->is_send_deferred) {
		outbox->is_send_deferred = true;
		loop_defer(outbox->loop, send_some, outbox);
	}
}

static void send_some(void *arg)
{
	struct outbox *outbox = arg;
	struct list *node = NULL;

	outbox->is_send_deferred = false;
	for (int i = 0; i < SENDS_PER_TURN && (node = list_take_first(&outbox->ready)); i++) {
		struct flight *flight = LIST_ENTRY(node, struct flight, link);
		struct channel_host *host = lane_host(flight->lane);

		metric_add(outbox->metrics.ready, -1);
		if (host == NULL || !may_go(flight)) {
			flight_back(flight);
		} else {
			put_on_wire(flight, host);
		}
	}
	if (!list_is_empty(&outbox->ready)) {
		send_soon(outbox);
	}
}

void flight_ready(struct flight *flight)
{
	struct outbox *outbox = flight->lane->outbox;

	if (!may_go(flight)) {
		flight_back(flight);
		return;
	}
	flight->state = FLIGHT_READY;
	if (broadcast_is_end(flight->broadcast)) {
		list_prepend(&outbox->ready, &flight->link);
	} else {
		list_append(&outbox->ready, &flight->link);
	}
	metric_add(outbox->metrics.ready, 1);
	send_soon(outbox);
}

/* --- stopping --- */

static bool is_of(const struct flight *flight, const struct id *alert)
{
	return alert == NULL || id_equal(&flight->broadcast->row.alert_id, alert);
}

static void give_back(struct outbox *outbox, struct list *flights, const struct id *alert)
{
	LIST_FOR_EACH (node, flights) {
		struct flight *flight = LIST_ENTRY(node, struct flight, link);

		if (is_of(flight, alert)) {
			if (flight->state == FLIGHT_READY) {
				metric_add(outbox->metrics.ready, -1);
			}
			list_remove(&flight->link);
			flight_back(flight);
		}
	}
}

void flights_give_back(struct outbox *outbox, const struct id *alert)
{
	give_back(outbox, &outbox->ready, alert);
	for (size_t i = 0; i < outbox->broadcast_count; i++) {
		if (!list_is_empty(&outbox->broadcasts[i]->waiting)) {
			give_back(outbox, &outbox->broadcasts[i]->waiting, alert);
		}
	}
}

void flights_cut(struct outbox *outbox, const struct id *alert)
{
	LIST_FOR_EACH (node, &outbox->out) {
		struct flight *flight = LIST_ENTRY(node, struct flight, link);

		if (is_of(flight, alert)) {
			channel_cancel(flight->call); /* done comes from the loop, not from here */
		}
	}
}

static void forget(struct list *flights)
{
	struct list *node;

	while ((node = list_take_first(flights)) != NULL) {
		flight_destroy(LIST_ENTRY(node, struct flight, link));
	}
}

void flights_finish(struct outbox *outbox)
{
	loop_undefer(outbox->loop, send_some, outbox);
	forget(&outbox->ready);
	for (size_t i = 0; i < outbox->broadcast_count; i++) {
		forget(&outbox->broadcasts[i]->waiting);
	}
	LIST_FOR_EACH (node, &outbox->out) {
		list_remove(node);
		LIST_ENTRY(node, struct flight, link)->lane = NULL; /* its channel ends it */
	}
}
