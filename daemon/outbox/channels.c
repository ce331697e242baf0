/*
 * Channels at run time, beside their files: suspension, breaker and death are the channel room's to
 * decide; here they are kept in the store, given back at start, and acted on. A dead channel holds
 * its rows, its fallback carries what it could not send, escalation hears of the alerts, operators
 * of the channel. Held rows go again when an admin mended the channel or a probe was good.
 *
 * Owner: the outbox, in its lanes. Each call to the store is tried until it succeeds: a state that
 * was not kept would bring a suspended channel back after a crash.
 */
#include "outbox/channels.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/set.h"
#include "outbox/lane.h"

#define AGAIN_MS   1000
#define DENIED_MS  1000
#define PAGE_MS    (24 * 3600 * 1000)
#define HELD_FIXED (1u << REASON_FIXABLE | 1u << REASON_SECURITY | 1u << REASON_GONE)

enum { HTTP_UNAUTHORIZED = 401, SMTP_AUTH_FAILED = 535 };

static const char system_person[] = "system";

/* --- operators --- */

void channels_page(struct lane *lane, const char *reason)
{
	struct outbox *outbox = lane->outbox;
	int64_t now = outbox_utc_ms(outbox);

	if (lane->paged_utc_ms != 0 && now - lane->paged_utc_ms < PAGE_MS) {
		return;
	}
	lane->paged_utc_ms = now;
	log_error("channel needs an operator, its rows are held", "channel=%s reason=%s",
		  lane->name, reason);
	if (outbox->events.page != NULL) {
		outbox->events.page(lane->name, reason, outbox->events.arg);
	}
}

/* --- the state is kept --- */

static void save(struct lane *lane);

static void on_saved(struct store_call *call)
{
	struct lane *lane = call->ctx;
	struct outbox *outbox = lane->outbox;

	outbox_called(outbox);
	lane->is_saving = false;
	if (!call->ok) {
		log_warning("a channel's state is not stored, tried again soon",
			    "channel=%s err=%s", lane->name, log_quote(call->err.text));
		lane->save_again = true;
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, AGAIN_MS);
	} else if (lane->save_again) {
		save(lane);
	}
	outbox_check_drained(outbox);
}

static void fill(const struct lane *lane, struct store_call *call)
{
	struct store_channel_save_in *in = call->in;
	bool is_suspended = lane->state.suspended_utc_ms != 0;

	in->state = (struct store_channel_state){
		.channel = arena_strdup(call->arena, lane->name),
		.suspended_utc_ms = lane->state.suspended_utc_ms,
		.suspended_by = is_suspended
					? arena_strdup(call->arena, lane->suspended_by != NULL
									    ? lane->suspended_by
									    : system_person)
					: NULL,
		.suspended_why = is_suspended ? channel_cause_name(lane->state.cause) : NULL,
		.breaker = arena_strdup(call->arena, lane->state.breaker),
		.dead_since_utc_ms = lane->state.dead_since_utc_ms,
		.last_success_utc_ms = lane->state.last_success_utc_ms,
	};
	in->now_utc_ms = outbox_utc_ms(lane->outbox);
}

static void save(struct lane *lane)
{
	struct store_call *call;

	if (lane->is_saving) {
		lane->save_again = true;
		return;
	}
	lane->is_saving = true;
	lane->save_again = false;
	call = outbox_call(lane->outbox, &store_channel_save, on_saved, lane);
	fill(lane, call);
	store_submit(call);
}

/* --- the fallback --- */

static void fall_back(struct lane *lane);

static void on_fallback(struct store_call *call)
{
	struct lane *lane = call->ctx;
	struct outbox *outbox = lane->outbox;
	const struct store_outbox_fallback_out *out = call->out;

	outbox_called(outbox);
	lane->is_falling_back = false;
	if (!call->ok) {
		log_error("a fallback is not stored, tried again soon", "channel=%s err=%s",
			  lane->name, log_quote(call->err.text));
		lane->wants_fallback = true;
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, AGAIN_MS);
		return;
	}
	if (out->broadcasts > 0) {
		log_notice("fallback carries what the channel could not send",
			   "channel=%s alerts=%zu broadcasts=%d", lane->name, out->alert_count,
			   out->broadcasts);
		outbox_wake(outbox);
	}
	if (out->alert_count > 0 && outbox->events.dead != NULL) {
		outbox->events.dead(lane->name, out->alerts, out->alert_count, outbox->events.arg);
	}
	if (lane->wants_fallback) {
		fall_back(lane);
	}
}

static void fall_back(struct lane *lane)
{
	struct outbox *outbox = lane->outbox;
	const struct channel *channel = lane_channel(lane);
	struct store_call *call;
	struct store_outbox_fallback_in *in;

	lane->wants_fallback = true;
	if (lane->is_falling_back || !outbox->is_recovered || outbox->is_draining) {
		return;
	}
	lane->wants_fallback = false;
	lane->is_falling_back = true;
	call = outbox_call(outbox, &store_outbox_fallback, on_fallback, lane);
	in = call->in;
	in->channel = arena_strdup(call->arena, lane->name);
	if (channel != NULL && channel->fallback != NULL) {
		in->fallback = arena_strdup(call->arena, channel->fallback->name);
	}
	secret_random(in->seed, sizeof(in->seed));
	in->now_utc_ms = outbox_utc_ms(outbox);
	store_submit(call);
}

void channels_arrived(struct lane *lane)
{
	if (lane->state.dead_since_utc_ms != 0 && !lane->is_falling_back) {
		fall_back(lane);
	} else if (lane->state.dead_since_utc_ms != 0) {
		lane->wants_fallback = true;
	}
}

void channels_note(struct lane *lane, const struct delivery_verdict *verdict)
{
	if (verdict->state == DELIVERY_HELD) {
		lane->held++;
	}
	if (verdict->pages) {
		channels_page(lane, delivery_reason_name(verdict->reason));
		fall_back(lane);
	}
}

static void tell_denied(void *arg)
{
	struct lane *lane = arg;
	const struct outbox_events *events = &lane->outbox->events;

	lane->is_denied_deferred = false;
	events->denied(lane->name, events->arg);
}

void channels_answered(struct lane *lane, int status)
{
	struct outbox *outbox = lane->outbox;
	int64_t now = outbox_boot_ms(outbox);

	if ((status != HTTP_UNAUTHORIZED && status != SMTP_AUTH_FAILED) ||
	    outbox->events.denied == NULL || lane->is_denied_deferred ||
	    (lane->denied_boot_ms != 0 && now - lane->denied_boot_ms < DENIED_MS)) {
		return;
	}
	lane->denied_boot_ms = now;
	lane->is_denied_deferred = true;
	loop_defer(outbox->loop, tell_denied, lane);
}

void channels_finish(struct lane *lane)
{
	loop_undefer(lane->outbox->loop, tell_denied, lane);
}

void outbox_channel_renewed(struct outbox *outbox, const char *channel)
{
	struct lane *lane = lane_get(outbox, channel);

	lanes_forget(outbox);
	channels_redrive(lane);
	lane_touch(lane);
}

/* --- events of the channel room --- */

void outbox_channel_changed(struct outbox *outbox, const char *channel,
			    const struct channel_state *state)
{
	struct lane *lane = lane_get(outbox, channel);
	bool was_dead = lane->state.dead_since_utc_ms != 0;

	lane->state = *state;
	if (state->suspended_utc_ms == 0) {
		free(lane->suspended_by);
		lane->suspended_by = NULL;
	}
	save(lane);
	if (state->dead_since_utc_ms != 0 && !was_dead) {
		channels_page(lane, channel_cause_name(state->cause));
		fall_back(lane);
	} else if (state->dead_since_utc_ms == 0) {
		lane->paged_utc_ms = 0;
		lane_touch(lane);
	}
}

void outbox_channel_ready(struct outbox *outbox, const char *channel)
{
	lane_touch(lane_get(outbox, channel));
}

void channels_restore(struct outbox *outbox, const struct store_channel_state *state)
{
	struct lane *lane = lane_get(outbox, state->channel);
	struct channel_state restored = {
		.phase = state->suspended_utc_ms != 0 ? CHANNEL_SUSPENDED : CHANNEL_CLOSED,
		.cause = state->suspended_why != NULL ? channel_cause_parse(state->suspended_why)
						      : CHANNEL_CAUSE_NONE,
		.dead_since_utc_ms = state->dead_since_utc_ms,
		.suspended_utc_ms = state->suspended_utc_ms,
		.last_success_utc_ms = state->last_success_utc_ms,
	};

	if (state->breaker != NULL) {
		memcpy(restored.breaker, state->breaker,
		       strnlen(state->breaker, sizeof(restored.breaker) - 1));
	}
	lane->suspended_by = state->suspended_by != NULL ? xstrdup(state->suspended_by) : NULL;
	channel_set_restore(outbox->channels, lane->name, &restored);
	if (lane_host(lane) != NULL) {
		channel_get_state(lane_host(lane), &lane->state);
	} else {
		lane->state = restored;
	}
	lane->wants_fallback = lane->state.dead_since_utc_ms != 0;
}

/* --- operators' acts --- */

struct acting {
	struct outbox *outbox;
	outbox_done_fn *done;
	void *arg;
	struct error err;
};

static void act_refused(void *arg)
{
	struct acting *acting = arg;

	outbox_called(acting->outbox);
	acting->done(false, &acting->err, acting->arg);
	free(acting);
}

static void on_acted(struct store_call *call)
{
	struct acting *acting = call->ctx;

	outbox_called(acting->outbox);
	acting->done(call->ok, &call->err, acting->arg);
	free(acting);
}

static void act(struct outbox *outbox, const struct outbox_act *act, bool suspends)
{
	struct acting *acting = xcalloc(1, sizeof(*acting));
	struct lane *lane = lane_find(outbox, act->channel);
	struct channel_host *host = lane != NULL ? lane_host(lane) : NULL;
	struct store_call *call;

	*acting = (struct acting){.outbox = outbox, .done = act->done, .arg = act->arg};
	if (host == NULL) {
		error_set(&acting->err, ERROR_NOT_FOUND, "there is no live channel %s",
			  act->channel);
		outbox->calls++;
		loop_defer(outbox->loop, act_refused, acting);
		return;
	}
	free(lane->suspended_by);
	lane->suspended_by = suspends ? xstrdup(act->person) : NULL;
	if (suspends) {
		channel_suspend(host);
	} else {
		channel_resume(host);
	}
	channel_get_state(host, &lane->state);
	call = outbox_call(outbox, &store_channel_save, on_acted, acting);
	fill(lane, call);
	call->audit.action = suspends ? "channel.suspend" : "channel.resume";
	call->audit.person = arena_strdup(call->arena, act->person);
	call->audit.detail = arena_printf(call->arena, "channel=%s", act->channel);
	call->audit.now_utc_ms = outbox_utc_ms(outbox);
	store_submit(call);
}

void outbox_suspend(struct outbox *outbox, const struct outbox_act *what)
{
	act(outbox, what, true);
}

void outbox_resume(struct outbox *outbox, const struct outbox_act *what)
{
	act(outbox, what, false);
}

/* --- redrive --- */

struct redriving {
	struct lane *lane;
	int64_t after_id;
	int rows;
};

static void redrive_page(struct redriving *redriving);

static void redrive_end(struct redriving *redriving)
{
	struct lane *lane = redriving->lane;

	lane->is_redriving = false;
	if (redriving->rows > 0) {
		lane->held = lane->held > redriving->rows ? lane->held - redriving->rows : 0;
		lane->paged_utc_ms = 0;
		log_notice("held rows go again", "channel=%s rows=%d", lane->name, redriving->rows);
		lane_note_due(lane, outbox_utc_ms(lane->outbox));
	}
	free(redriving);
}

static void on_redriven(struct store_call *call)
{
	struct redriving *redriving = call->ctx;
	const struct store_outbox_redrive_out *out = call->out;

	outbox_called(redriving->lane->outbox);
	if (!call->ok) {
		log_error("held rows are not redriven", "channel=%s err=%s", redriving->lane->name,
			  log_quote(call->err.text));
		redrive_end(redriving);
		return;
	}
	redriving->rows += out->outcome.count;
	redriving->after_id = out->last_id;
	if (out->has_more) {
		redrive_page(redriving);
	} else {
		redrive_end(redriving);
	}
}

static void redrive_page(struct redriving *redriving)
{
	struct outbox *outbox = redriving->lane->outbox;
	struct store_call *call =
		outbox_call(outbox, &store_outbox_redrive, on_redriven, redriving);
	struct store_outbox_redrive_in *in = call->in;

	in->channel = arena_strdup(call->arena, redriving->lane->name);
	in->reasons = HELD_FIXED;
	in->after_id = redriving->after_id;
	in->now_utc_ms = outbox_utc_ms(outbox);
	store_submit(call);
}

void channels_redrive(struct lane *lane)
{
	struct redriving *redriving;

	if (lane->is_redriving || lane->outbox->is_draining) {
		return;
	}
	lane->is_redriving = true;
	redriving = xcalloc(1, sizeof(*redriving));
	redriving->lane = lane;
	redrive_page(redriving);
}

/* --- again --- */

void channels_again(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->lane_count; i++) {
		struct lane *lane = outbox->lanes[i];

		if (lane->save_again && !lane->is_saving) {
			save(lane);
		}
		if (lane->wants_fallback) {
			fall_back(lane);
		}
	}
}
