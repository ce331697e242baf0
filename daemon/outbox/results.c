/*
 * Results: the domain decides what follows an attempt, and a batch of at most 256 commits it: at
 * once when no other is being stored, else when that one is, ten milliseconds later at the latest.
 * Slots are free when the batch is committed, not before: so what a crash repeats is bounded by the
 * slots.
 *
 * Owner: the outbox. States of a batch: in the store -> committed | waiting to be tried again. A
 * batch that the store refuses for what it holds is split, so that one bad row keeps no other; that
 * row is tried until it is stored, and health says so.
 *
 * Crash: results that were not committed are lost, their rows are found `sending` and resent.
 */
#include "outbox/results.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hook.h"
#include "outbox/broadcasts.h"
#include "outbox/channels.h"
#include "outbox/flight.h"
#include "outbox/lane.h"
#include "outbox/pump.h"

#define BATCH_MAX     256
#define COLLECT_MS    10
#define AGAIN_MS      200  /* after the store refused a batch */
#define BAD_ROW_MS    5000 /* after it refused a row for what it is */
#define BACK_DELAY_MS 2000 /* what was given back is looked at again after */

_Static_assert((int)OUTCOME_DELIVERED == (int)ASTRAD_DELIVERED &&
		       (int)OUTCOME_CANCELLED_MAYBE == (int)ASTRAD_CANCELLED_MAYBE,
	       "the ABI's outcomes are the domain's");

struct batch {
	struct list link; /* struct outbox::batches while it waits */
	struct outbox *outbox;
	struct runq_item again;
	bool is_back; /* rows given back; else results */
	size_t count;
	struct flight *flights[BATCH_MAX];
};

static void submit(struct batch *batch);

/* --- deciding --- */

static struct delivery_verdict decide(struct flight *flight, const struct channel_result *result)
{
	struct outbox *outbox = flight->lane->outbox;
	const struct store_broadcast *row = &flight->broadcast->row;
	const struct channel *channel = lane_channel(flight->lane);
	struct delivery_attempt attempt = {
		.outcome = (enum delivery_outcome)result->outcome,
		.retry_after_ms = result->retry_after_ms,
		.attempt = flight->attempts + 1,
		.class_of = row->class_of,
		.before = flight->before,
		.reached = flight->reached,
		.is_end = broadcast_is_end(flight->broadcast),
		.is_past_expiry =
			row->expires_utc_ms != 0 && outbox_utc_ms(outbox) >= row->expires_utc_ms,
		.limits = channel != NULL ? &channel->limits : NULL,
	};

	return delivery_decide(&attempt, &outbox->rng);
}

static char *copy(const char *text)
{
	return text != NULL && text[0] != '\0' ? xstrdup(text) : NULL;
}

static void count(struct outbox *outbox, const struct store_result *result)
{
	metric_add(outbox->metrics.outcomes[result->outcome], 1);
	metric_add(outbox->metrics.states[result->verdict.state], 1);
}

static void log_result(const struct flight *flight)
{
	const struct store_result *result = &flight->result;
	const struct store_broadcast *row = &flight->broadcast->row;

	log_debug("attempt ended",
		  "delivery=%lld ref=%s version=%d channel=%s attempt=%d outcome=%s status=%d"
		  " state=%s delay_ms=%lld detail=%s",
		  (long long)flight->delivery_id, row->alert_ref, row->version, flight->lane->name,
		  result->attempt, delivery_outcome_name(result->outcome), result->status,
		  delivery_state_name(result->verdict.state), (long long)result->verdict.delay_ms,
		  log_quote(flight->detail != NULL ? flight->detail : ""));
}

void results_take(struct flight *flight, const struct channel_result *result)
{
	struct outbox *outbox = flight->lane->outbox;
	struct delivery_verdict verdict = decide(flight, result);
	int64_t now = outbox_utc_ms(outbox);

	flight->detail = copy(result->detail);
	flight->provider_ref = copy(result->provider_ref);
	flight->result = (struct store_result){
		.delivery_id = flight->delivery_id,
		.broadcast_id = flight->broadcast->row.id,
		.attempt = flight->attempts + 1,
		.epoch = flight->epoch,
		.outcome = (enum delivery_outcome)result->outcome,
		.status = result->status,
		.started_utc_ms = flight->started_utc_ms,
		.ended_utc_ms = now,
		.latency_ms = result->latency_ms,
		.detail = flight->detail,
		.provider_ref = flight->provider_ref,
		.verdict = verdict,
		.due_utc_ms = verdict.delay_ms == DELIVERY_NEVER ? 0 : now + verdict.delay_ms,
	};
	flight->state = FLIGHT_RESULT;
	log_result(flight);
	list_append(&outbox->results, &flight->link);
	/* nothing is being stored: what comes in this turn goes at once, the rest collects
	 * meanwhile */
	if (++outbox->result_count >= BATCH_MAX || outbox->batch_count == 0 ||
	    outbox->is_draining) {
		results_soon(outbox);
	} else if (!runq_is_scheduled(&outbox->flush)) {
		runq_schedule_in(loop_runq(outbox->loop), &outbox->flush, COLLECT_MS);
	}
}

/* --- committed --- */

static void woken(struct outbox *outbox, const char *const *channels, size_t count_of)
{
	for (size_t i = 0; i < count_of; i++) {
		lane_note_due(lane_get(outbox, channels[i]), outbox_utc_ms(outbox));
	}
}

static void settled(struct flight *flight)
{
	struct outbox *outbox = flight->lane->outbox;
	const struct store_result *result = &flight->result;

	if (flight->state == FLIGHT_BACK) {
		lane_note_due(flight->lane, outbox_utc_ms(outbox) + BACK_DELAY_MS);
	} else {
		metric_observe_us(outbox->metrics.commit_latency,
				  (outbox_boot_ms(outbox) - flight->claimed_boot_ms) * 1000);
		count(outbox, result);
		lane_note_due(flight->lane, result->due_utc_ms);
		channels_note(flight->lane, &result->verdict);
		channels_answered(flight->lane, result->status);
	}
	flight_destroy(flight);
}

static void batch_end(struct batch *batch)
{
	struct outbox *outbox = batch->outbox;

	for (size_t i = 0; i < batch->count; i++) {
		settled(batch->flights[i]);
	}
	free(batch);
	outbox->batch_count--;
	metric_set(outbox->metrics.batches, (int64_t)outbox->batch_count);
	if (outbox->batch_count == 0 && outbox->health != NULL) {
		health_clear(outbox->health, "results_not_stored", NULL);
	}
	if (outbox->batch_count == 0 && outbox->result_count > 0) {
		results_soon(outbox);
	}
	pump_soon(outbox);
	outbox_check_drained(outbox);
}

/* --- refused --- */

static struct batch *batch_create(struct outbox *outbox, bool is_back);

static void on_again(void *arg)
{
	struct batch *batch = arg;

	list_remove(&batch->link);
	submit(batch);
}

static void wait_and_try(struct batch *batch, int64_t ms)
{
	list_append(&batch->outbox->batches, &batch->link);
	runq_schedule_in(loop_runq(batch->outbox->loop), &batch->again, ms);
}

/* The second half goes its own way: what spoils a batch is found by halving. */
static void split(struct batch *batch)
{
	struct batch *other = batch_create(batch->outbox, batch->is_back);

	other->count = batch->count / 2;
	batch->count -= other->count;
	memcpy(other->flights, batch->flights + batch->count,
	       other->count * sizeof(struct flight *));
	wait_and_try(other, AGAIN_MS);
}

static void refused(struct batch *batch, const struct error *err)
{
	struct outbox *outbox = batch->outbox;
	bool is_passing = err->code == ERROR_LIMIT || err->code == ERROR_TEMPORARY;
	bool is_bad_row = !is_passing && batch->count == 1;
	unsigned suppressed = 0;

	if (log_limit_pass(&outbox->refused_limit, outbox_boot_ms(outbox), &suppressed)) {
		log_error("results are not stored, tried again soon",
			  "count=%zu err=%s suppressed=%u", batch->count, log_quote(err->text),
			  suppressed);
	}
	if (outbox->health != NULL) {
		health_raise(outbox->health, HEALTH_DEGRADED, "results_not_stored", NULL,
			     err->text);
	}
	if (!is_passing && batch->count > 1) {
		split(batch);
	}
	wait_and_try(batch, is_bad_row ? BAD_ROW_MS : AGAIN_MS);
}

/* --- submitting --- */

static void on_results(struct store_call *call)
{
	struct batch *batch = call->ctx;
	const struct store_outbox_results_out *out = call->out;

	outbox_called(batch->outbox);
	if (!call->ok) {
		refused(batch, &call->err);
		return;
	}
	HOOK("outbox.results_committed");
	woken(batch->outbox, out->woken, out->woken_count);
	batch_end(batch);
}

static void on_backs(struct store_call *call)
{
	struct batch *batch = call->ctx;
	const struct store_outbox_unclaim_out *out = call->out;

	outbox_called(batch->outbox);
	if (!call->ok) {
		refused(batch, &call->err);
		return;
	}
	woken(batch->outbox, out->woken, out->woken_count);
	batch_end(batch);
}

static void submit_results(struct batch *batch)
{
	struct outbox *outbox = batch->outbox;
	struct store_call *call = outbox_call(outbox, &store_outbox_results, on_results, batch);
	struct store_outbox_results_in *in = call->in;
	struct store_result *results = arena_array(call->arena, batch->count, sizeof(*results));

	for (size_t i = 0; i < batch->count; i++) {
		/* texts stay the flight's: it lives until the batch is committed */
		results[i] = batch->flights[i]->result;
	}
	in->results = results;
	in->count = batch->count;
	in->now_utc_ms = outbox_utc_ms(outbox);
	HOOK("outbox.before_results");
	store_submit(call);
}

static void submit_backs(struct batch *batch)
{
	struct outbox *outbox = batch->outbox;
	struct store_call *call = outbox_call(outbox, &store_outbox_unclaim, on_backs, batch);
	struct store_outbox_unclaim_in *in = call->in;
	int64_t *ids = arena_array(call->arena, batch->count, sizeof(*ids));

	for (size_t i = 0; i < batch->count; i++) {
		ids[i] = batch->flights[i]->delivery_id;
	}
	in->delivery_ids = ids;
	in->count = batch->count;
	in->now_utc_ms = outbox_utc_ms(outbox);
	in->due_utc_ms = in->now_utc_ms + BACK_DELAY_MS;
	store_submit(call);
}

static void submit(struct batch *batch)
{
	if (batch->is_back) {
		submit_backs(batch);
	} else {
		submit_results(batch);
	}
}

static struct batch *batch_create(struct outbox *outbox, bool is_back)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->outbox = outbox;
	batch->is_back = is_back;
	list_init(&batch->link);
	runq_item_init(&batch->again, on_again, batch);
	outbox->batch_count++;
	metric_set(outbox->metrics.batches, (int64_t)outbox->batch_count);
	return batch;
}

static void flush_list(struct outbox *outbox, struct list *flights, bool is_back)
{
	while (!list_is_empty(flights)) {
		struct batch *batch = batch_create(outbox, is_back);
		struct list *node;

		while (batch->count < BATCH_MAX && (node = list_take_first(flights)) != NULL) {
			batch->flights[batch->count++] = LIST_ENTRY(node, struct flight, link);
		}
		submit(batch);
	}
}

void results_flush(struct outbox *outbox)
{
	runq_cancel(loop_runq(outbox->loop), &outbox->flush);
	outbox->result_count = 0;
	outbox->back_count = 0;
	flush_list(outbox, &outbox->results, false);
	flush_list(outbox, &outbox->backs, true);
}

static void on_flush(void *arg)
{
	results_flush(arg);
}

void results_init(struct outbox *outbox)
{
	runq_item_init(&outbox->flush, on_flush, outbox);
}

void results_soon(struct outbox *outbox)
{
	runq_schedule_in(loop_runq(outbox->loop), &outbox->flush, 0);
}

static void drop_all(struct list *flights)
{
	struct list *node;

	while ((node = list_take_first(flights)) != NULL) {
		flight_destroy(LIST_ENTRY(node, struct flight, link));
	}
}

void results_finish(struct outbox *outbox)
{
	struct list *node;

	runq_cancel(loop_runq(outbox->loop), &outbox->flush);
	while ((node = list_take_first(&outbox->batches)) != NULL) {
		struct batch *batch = LIST_ENTRY(node, struct batch, link);

		runq_cancel(loop_runq(outbox->loop), &batch->again);
		for (size_t i = 0; i < batch->count; i++) {
			flight_destroy(batch->flights[i]);
		}
		free(batch);
	}
	drop_all(&outbox->results);
	drop_all(&outbox->backs);
}
