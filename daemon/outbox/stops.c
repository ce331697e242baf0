/*
 * The stop. (a) A mark in memory: from that turn no byte of the alert leaves; claims in hand go
 * back, calls in flight are cut. (b) The caller's transaction raises current_version: from its
 * commit on no claim of an older version can succeed, and the ends' broadcasts walk. (c) The sweep
 * settles the older rows, in pages; nothing depends on it.
 *
 * A mark outlives (b) only for claims that are older than the commit: it remembers the serial of
 * the first ask after it and goes when no older ask is in the store. If (b) fails the mark stays.
 *
 * Crash: marks are gone. A stop that was stored needs none; one that was not was answered 503.
 */
#include "outbox/stops.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "outbox/broadcasts.h"
#include "outbox/flight.h"
#include "outbox/pump.h"

static struct stop_mark *find(const struct outbox *outbox, const struct id *alert)
{
	LIST_FOR_EACH (node, &outbox->marks) {
		struct stop_mark *mark = LIST_ENTRY(node, struct stop_mark, link);

		if (id_equal(&mark->alert, alert)) {
			return mark;
		}
	}
	return NULL;
}

bool stops_blocks(const struct outbox *outbox, const struct id *alert, uint64_t serial)
{
	const struct stop_mark *mark =
		list_is_empty(&outbox->marks) || id_is_none(alert) ? NULL : find(outbox, alert);

	return mark != NULL &&
	       (mark->unsettled > 0 || !mark->is_stored || serial < mark->settled_serial);
}

static void note_health(struct outbox *outbox, const struct stop_mark *mark, bool is_raised)
{
	char alert[ID_TEXT_BYTES];

	if (outbox->health == NULL) {
		return;
	}
	id_format(&mark->alert, alert);
	if (is_raised) {
		health_raise(outbox->health, HEALTH_DEGRADED, "stop_not_stored", alert,
			     "nothing of the alert is sent, but its end neither: stop it again");
	} else {
		health_clear(outbox->health, "stop_not_stored", alert);
	}
}

static void mark_destroy(struct outbox *outbox, struct stop_mark *mark)
{
	list_remove(&mark->link);
	free(mark);
	metric_add(outbox->metrics.marks, -1);
}

void stops_review(struct outbox *outbox)
{
	uint64_t oldest = outbox->serial;

	if (list_is_empty(&outbox->marks)) {
		return;
	}
	if (!list_is_empty(&outbox->asks)) {
		oldest = LIST_ENTRY(outbox->asks.next, struct ask, link)->serial;
	}
	LIST_FOR_EACH (node, &outbox->marks) {
		struct stop_mark *mark = LIST_ENTRY(node, struct stop_mark, link);

		if (mark->unsettled == 0 && mark->is_stored && mark->settled_serial <= oldest) {
			mark_destroy(outbox, mark);
		}
	}
}

void stops_finish(struct outbox *outbox)
{
	LIST_FOR_EACH (node, &outbox->marks) {
		mark_destroy(outbox, LIST_ENTRY(node, struct stop_mark, link));
	}
}

void outbox_stop_mark(struct outbox *outbox, const struct id *alert)
{
	struct stop_mark *mark = find(outbox, alert);

	if (mark == NULL) {
		mark = xcalloc(1, sizeof(*mark));
		mark->alert = *alert;
		list_append(&outbox->marks, &mark->link);
		metric_add(outbox->metrics.marks, 1);
	}
	mark->unsettled++;
	mark->is_stored = false; /* an earlier suspension was, this stop is not yet */
	flights_give_back(outbox, alert);
	flights_cut(outbox, alert);
}

void outbox_stop_settled(struct outbox *outbox, const struct id *alert, bool is_stored)
{
	struct stop_mark *mark = find(outbox, alert);

	if (mark == NULL) {
		return;
	}
	mark->unsettled -= mark->unsettled > 0 ? 1 : 0;
	if (is_stored) {
		mark->is_stored = true;
		mark->settled_serial = outbox->serial;
		if (mark->is_failed) {
			mark->is_failed = false;
			note_health(outbox, mark, false);
		}
		broadcasts_forget(outbox, alert);
		stops_review(outbox);
		outbox_wake(outbox);
		return;
	}
	log_error("a stop is not stored, its alert stays silent until one is", "unsettled=%d",
		  mark->unsettled);
	if (!mark->is_stored) {
		mark->is_failed = true;
		note_health(outbox, mark, true);
	}
}

/* --- the sweep --- */

#define AGAIN_MS 2000

static void on_sweep(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_outbox_sweep_out *out = call->out;

	outbox_called(outbox);
	outbox->is_sweeping = false;
	if (!call->ok) {
		outbox->sweep_again = true;
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, AGAIN_MS);
		return;
	}
	metric_add(outbox->metrics.superseded, out->rows);
	if (out->has_more || outbox->sweep_again) {
		sweep(outbox);
	}
}

void sweep(struct outbox *outbox)
{
	struct store_call *call;

	if (outbox->is_sweeping || outbox->is_draining) {
		outbox->sweep_again = true;
		return;
	}
	outbox->is_sweeping = true;
	outbox->sweep_again = false;
	call = outbox_call(outbox, &store_outbox_sweep, on_sweep, outbox);
	((struct store_outbox_sweep_in *)call->in)->now_utc_ms = outbox_utc_ms(outbox);
	store_submit(call);
}
