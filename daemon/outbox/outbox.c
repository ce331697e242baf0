/*
 * The outbox as others see it: birth, start, settings, wake and graceful stop. How a row goes from
 * claim to result is told in outbox_private.h.
 *
 * Start: channel states -> rows a crash left `sending` -> lists -> open broadcasts, due rows. From
 * the recovery on it sends; it is ready when the lists are settled too. Every step is tried until
 * the store answers.
 */
#include "outbox/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/set.h"
#include "outbox/broadcasts.h"
#include "outbox/channels.h"
#include "outbox/flight.h"
#include "outbox/lane.h"
#include "outbox/lists.h"
#include "outbox/outbox_private.h"
#include "outbox/pump.h"
#include "outbox/results.h"
#include "outbox/stops.h"
#include "outbox/watch.h"
#include "settings/settings.h"

#define AGAIN_MS 1000

int64_t outbox_utc_ms(const struct outbox *outbox)
{
	return clock_utc_ms(loop_clock(outbox->loop));
}

int64_t outbox_boot_ms(const struct outbox *outbox)
{
	return clock_boot_ms(loop_clock(outbox->loop));
}

struct store_call *outbox_call(struct outbox *outbox, const struct store_op *op,
			       void (*done)(struct store_call *call), void *ctx)
{
	outbox->calls++;
	return store_call_create(outbox->store, op, done, ctx);
}

void outbox_called(struct outbox *outbox)
{
	outbox->calls--;
	outbox_check_drained(outbox);
}

/* --- start --- */

static void load_states(struct outbox *outbox);
static void recover(struct outbox *outbox);

static void become_ready(void *arg)
{
	struct outbox *outbox = arg;

	if (outbox->is_ready || !outbox->is_recovered || !lists_are_settled(outbox->lists) ||
	    outbox->is_draining) {
		return; /* a drain settles the lists too: by giving them up */
	}
	outbox->is_ready = true;
	log_notice("outbox ready", "channels=%zu broadcasts=%zu", outbox->lane_count,
		   outbox->broadcast_count);
	if (outbox->events.ready != NULL) {
		outbox->events.ready(outbox->events.arg);
	}
}

static void on_lists_settled(void *arg)
{
	struct outbox *outbox = arg;

	loop_undefer(outbox->loop, become_ready, outbox);
	loop_defer(outbox->loop, become_ready, outbox);
}

static void on_list_changed(void *arg)
{
	outbox_wake(arg); /* a broadcast may wait for its channel's first list */
}

static void on_recover(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_outbox_recover_out *out = call->out;

	outbox_called(outbox);
	if (!call->ok) {
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, AGAIN_MS);
		return;
	}
	metric_add(outbox->metrics.recovered, out->rows);
	metric_add(outbox->metrics.recovered_held, out->held);
	if (out->rows > 0) {
		log_notice("rows found sending are sent again", "rows=%d held=%d", out->rows,
			   out->held);
	}
	if (out->has_more) {
		recover(outbox);
		return;
	}
	outbox->is_recovered = true;
	outbox_wake(outbox);
	watch_start(outbox);
	channels_again(outbox);
	on_lists_settled(outbox);
}

static void recover(struct outbox *outbox)
{
	struct store_call *call = outbox_call(outbox, &store_outbox_recover, on_recover, outbox);

	((struct store_outbox_recover_in *)call->in)->now_utc_ms = outbox_utc_ms(outbox);
	store_submit(call);
}

static void on_states(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_channel_load_out *out = call->out;

	outbox_called(outbox);
	if (!call->ok) {
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, AGAIN_MS);
		return;
	}
	outbox->has_states = true;
	for (size_t i = 0; i < out->count; i++) {
		channels_restore(outbox, &out->rows[i]);
	}
	recover(outbox);
}

static void load_states(struct outbox *outbox)
{
	store_submit(outbox_call(outbox, &store_channel_load, on_states, outbox));
}

void outbox_start(struct outbox *outbox)
{
	assert(outbox->settings != NULL && !outbox->is_started);
	outbox->is_started = true;
	load_states(outbox);
}

bool outbox_is_ready(const struct outbox *outbox)
{
	return outbox->is_ready;
}

/* Whatever the store refused: asked again. */
static void on_again(void *arg)
{
	struct outbox *outbox = arg;

	if (outbox->is_draining) {
		return;
	}
	if (!outbox->has_states) {
		load_states(outbox);
	} else if (!outbox->is_recovered) {
		recover(outbox);
	}
	if (outbox->open_again && !outbox->is_opening) {
		broadcasts_open(outbox);
	}
	if (outbox->date_again && !outbox->is_dating) {
		broadcasts_date(outbox);
	}
	if (outbox->sweep_again && !outbox->is_sweeping) {
		sweep(outbox);
	}
	channels_again(outbox);
	for (size_t i = 0; i < outbox->lane_count; i++) {
		if (outbox->lanes[i]->walking_count > 0) {
			lane_touch(outbox->lanes[i]); /* a body may be asked for again */
		}
	}
}

/* --- wake --- */

void outbox_wake(struct outbox *outbox)
{
	if (!outbox->is_recovered) {
		return; /* the start reads everything */
	}
	for (size_t i = 0; i < outbox->broadcast_count; i++) {
		struct broadcast *broadcast = outbox->broadcasts[i];

		if (broadcast->is_paused) {
			broadcast->is_paused = false;
			lane_touch(broadcast->lane);
		}
	}
	broadcasts_open(outbox);
	broadcasts_date(outbox);
	sweep(outbox);
}

void outbox_wake_resumed(struct outbox *outbox)
{
	outbox->open_all = true;
	outbox_wake(outbox);
}

static void on_clock_set(void *arg)
{
	struct outbox *outbox = arg;

	for (size_t i = 0; i < outbox->lane_count; i++) {
		lane_touch(outbox->lanes[i]);
		lane_arm(outbox->lanes[i]);
	}
}

/* --- settings --- */

static bool is_same_value(const struct astrad_value *a, const struct astrad_value *b)
{
	if (a->is_set != b->is_set || a->number != b->number || a->text_count != b->text_count ||
	    (a->text == NULL) != (b->text == NULL) ||
	    (a->text != NULL && strcmp(a->text, b->text) != 0)) {
		return false;
	}
	for (size_t i = 0; i < a->text_count; i++) {
		if (strcmp(a->texts[i], b->texts[i]) != 0) {
			return false;
		}
	}
	return true;
}

static bool has_same_options(const struct settings_channel *a, const struct settings_channel *b)
{
	if (a->plugin != b->plugin) {
		return false;
	}
	for (size_t i = 0; a->plugin != NULL && a->plugin->options[i].name != NULL; i++) {
		if (!is_same_value(&a->options[i], &b->options[i])) {
			return false;
		}
	}
	return true;
}

/* Secret, URL or certificate changed: what an operator had to mend goes again. */
static void redrive_changed(struct outbox *outbox, const struct settings *before)
{
	const struct settings *now = outbox->settings;

	for (size_t i = 0; i < now->directory.channel_count; i++) {
		const struct settings_channel *channel = &now->channels[i];
		const char *name = channel->channel->name;
		const struct settings_channel *old = settings_find_channel(before, name);

		if (old != NULL && !has_same_options(old, channel)) {
			channels_redrive(lane_get(outbox, name));
		}
	}
}

void outbox_use_settings(struct outbox *outbox, struct settings *settings)
{
	struct settings *before = outbox->settings;

	outbox->settings = settings_ref(settings);
	lanes_forget(outbox);
	for (size_t i = 0; i < settings->directory.channel_count; i++) {
		(void)lane_get(outbox, settings->directory.channels[i].name);
	}
	lists_use(outbox->lists, settings);
	if (before != NULL && outbox->is_recovered) {
		redrive_changed(outbox, before);
	}
	for (size_t i = 0; i < outbox->lane_count; i++) {
		lane_touch(outbox->lanes[i]);
	}
	settings_unref(&before);
}

/* --- graceful stop --- */

static bool is_drained(const struct outbox *outbox)
{
	return outbox->flight_count == 0 && outbox->ask_count == 0 && outbox->calls == 0 &&
	       list_is_empty(&outbox->probes) && lists_under_way(outbox->lists) == 0;
}

static void tell_drained(void *arg)
{
	struct outbox *outbox = arg;
	loop_fn *fn = outbox->on_drained;

	if (fn == NULL) {
		return;
	}
	if (is_drained(outbox)) {
		outbox->on_drained = NULL;
		fn(outbox->on_drained_arg);
	}
}

void outbox_check_drained(struct outbox *outbox)
{
	if (outbox->on_drained != NULL && is_drained(outbox)) {
		loop_undefer(outbox->loop, tell_drained, outbox);
		loop_defer(outbox->loop, tell_drained, outbox);
	}
}

void outbox_drain(struct outbox *outbox, loop_fn *done, void *arg)
{
	outbox->is_draining = true;
	outbox->on_drained = done;
	outbox->on_drained_arg = arg;
	lists_stop(outbox->lists);
	flights_give_back(outbox, NULL);
	results_flush(outbox);
	outbox_check_drained(outbox);
}

void outbox_cut(struct outbox *outbox)
{
	flights_cut(outbox, NULL);
}

/* --- birth and death --- */

static void on_lists_idle(void *arg)
{
	outbox_check_drained(arg);
}

struct outbox *outbox_create(const struct outbox_params *params)
{
	struct outbox *outbox = xcalloc(1, sizeof(*outbox));

	outbox->store = params->store;
	outbox->loop = params->loop;
	outbox->channels = params->channels;
	outbox->health = params->health;
	outbox->events = params->events;
	rng_seed(&outbox->rng, params->seed);
	watch_metrics(outbox);
	list_init(&outbox->bodies);
	list_init(&outbox->idle);
	list_init(&outbox->busy);
	list_init(&outbox->asks);
	list_init(&outbox->ready);
	list_init(&outbox->out);
	list_init(&outbox->results);
	list_init(&outbox->backs);
	list_init(&outbox->batches);
	list_init(&outbox->marks);
	list_init(&outbox->probes);
	results_init(outbox);
	runq_item_init(&outbox->again, on_again, outbox);
	outbox->lists = lists_create(&(struct lists_params){.store = params->store,
							    .loop = params->loop,
							    .health = params->health,
							    .settled = on_lists_settled,
							    .changed = on_list_changed,
							    .idle = on_lists_idle,
							    .arg = outbox});
	loop_on_clock_set(params->loop, on_clock_set, outbox);
	return outbox;
}

void outbox_destroy(struct outbox **outbox_ptr)
{
	struct outbox *outbox = *outbox_ptr;

	if (outbox == NULL) {
		return;
	}
	*outbox_ptr = NULL;
	assert(outbox->calls == 0);
	loop_undefer(outbox->loop, tell_drained, outbox);
	loop_undefer(outbox->loop, become_ready, outbox);
	watch_finish(outbox);
	probes_finish(outbox);
	flights_finish(outbox);
	results_finish(outbox);
	pump_finish(outbox);
	runq_cancel(loop_runq(outbox->loop), &outbox->again);
	stops_finish(outbox);
	broadcasts_finish(outbox);
	lists_destroy(&outbox->lists);
	lanes_finish(outbox);
	settings_unref(&outbox->settings);
	buf_finish(&outbox->scratch);
	free(outbox);
}

/* --- status --- */

bool outbox_view(const struct outbox *outbox, const char *channel,
		 struct outbox_channel_view *ret_view)
{
	const struct lane *lane = lane_find((struct outbox *)outbox, channel); /* only read */
	int64_t recipients;

	if (lane == NULL) {
		return false;
	}
	recipients = lists_recipients(outbox->lists, channel);
	*ret_view = (struct outbox_channel_view){
		.has_list = recipients >= 0,
		.recipients = recipients >= 0 ? recipients : 0,
		.held = lane->held,
		.claimed = lane->flights,
		.broadcasts = lane->walking_count,
		.suspended_by = "",
		.suspended_why = "",
	};
	if (lane->state.suspended_utc_ms != 0) {
		ret_view->suspended_by = lane->suspended_by != NULL ? lane->suspended_by : "system";
		ret_view->suspended_why = channel_cause_name(lane->state.cause);
	}
	return true;
}
