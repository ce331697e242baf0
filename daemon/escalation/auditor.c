/*
 * The auditor: every ten seconds, by questions to the store and not from memory, is any timer late,
 * which ladders are exhausted, is the wall clock behind what is stored, was it set. It also brings
 * forward the ladders of dead channels, so that a rung that fires into a dead channel is found as
 * well as a channel that dies after its rung.
 *
 * Owner: health reasons timer_late, clock_behind and ladder_exhausted. Crash: nothing is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "casework/rung.h"
#include "escalation/escalation_private.h"

#define AUDIT_EVERY_MS 10000
#define LATE_MS        30000 /* CONTRACT: a timer over 30 s late makes /readyz red */
#define BEHIND_MS      1000  /* rows of one batch differ by less */
#define SKEW_MS        2000  /* a smaller correction is the daily work of NTP */
#define LADDERS_MAX    1000

/* --- health --- */

static void tell(struct escalation *escalation, bool is_raised, const char *reason,
		 const char *detail)
{
	if (escalation->params.health == NULL) {
		return;
	}
	if (is_raised) {
		health_raise(escalation->params.health, HEALTH_DOWN, reason, NULL, detail);
	} else {
		health_clear(escalation->params.health, reason, NULL);
	}
}

static void check_behind(struct escalation *escalation)
{
	int64_t now = clock_utc_ms(escalation->clock);
	int64_t opened = store_newest_utc_ms(escalation->params.store);
	char detail[96];
	char newest[CLOCK_TEXT_BYTES];

	if (opened > escalation->newest_utc_ms) {
		escalation->newest_utc_ms = opened;
	}
	clock_format_utc(escalation->newest_utc_ms, false, newest);
	(void)snprintf(detail, sizeof(detail), "the clock is before %s, the newest time stored",
		       newest); /* fits */
	tell(escalation, now < escalation->newest_utc_ms - BEHIND_MS, "clock_behind", detail);
}

void auditor_check_clock(struct escalation *escalation)
{
	int64_t skew = clock_utc_ms(escalation->clock) - clock_boot_ms(escalation->clock);
	int64_t jump = skew - escalation->skew_ms;

	if (!escalation->is_started || (jump < SKEW_MS && jump > -SKEW_MS)) {
		return;
	}
	escalation->skew_ms = skew;
	log_warning("the wall clock was set: due times are looked at again", "jump_ms=%lld",
		    (long long)jump);
	check_behind(escalation);
	escalation_wake(escalation);
}

/* --- late timers --- */

static void on_overdue(struct store_call *call)
{
	struct escalation *escalation = call->ctx;
	const struct store_timer_overdue_out *out = call->out;
	char detail[96];

	if (call->ok) {
		metric_set(escalation->overdue, out->count);
		(void)snprintf(detail, sizeof(detail),
			       "%lld timers are more than 30 s late: alerts may not escalate",
			       (long long)out->count); /* fits */
		tell(escalation, out->count > 0, "timer_late", detail);
		if (out->newest_utc_ms > escalation->newest_utc_ms) {
			escalation->newest_utc_ms = out->newest_utc_ms;
		}
		check_behind(escalation);
		if (out->count > 0) {
			escalation_wake(escalation);
		}
	}
	escalation_ended(escalation);
}

static void ask_overdue(struct escalation *escalation)
{
	struct store_call *call = store_call_create(escalation->params.store, &store_timer_overdue,
						    on_overdue, escalation);
	struct store_timer_overdue_in *in = call->in;

	in->now = escalation_now(escalation);
	in->late_ms = LATE_MS;
	escalation->under_way++;
	store_submit(call);
}

/* --- ladders --- */

static bool is_told(const struct store_ladder_running_out *out, const char *ref)
{
	for (size_t i = 0; i < out->count; i++) {
		if (out->rows[i].state == LADDER_EXHAUSTED &&
		    strcmp(out->rows[i].alert_ref, ref) == 0) {
			return true;
		}
	}
	return false;
}

/* Exhausted is loud until somebody acknowledges or the alert ends. */
static void tell_exhausted(struct escalation *escalation,
			   const struct store_ladder_running_out *out)
{
	struct health *health = escalation->params.health;

	for (size_t i = 0; i < escalation->exhausted_count; i++) {
		if (health != NULL && !is_told(out, escalation->exhausted[i])) {
			health_clear(health, "ladder_exhausted", escalation->exhausted[i]);
		}
		free(escalation->exhausted[i]);
	}
	escalation->exhausted_count = 0;
	escalation->exhausted =
		xrealloc(escalation->exhausted, out->count + 1, sizeof(*escalation->exhausted));
	for (size_t i = 0; i < out->count; i++) {
		if (out->rows[i].state != LADDER_EXHAUSTED) {
			continue;
		}
		escalation->exhausted[escalation->exhausted_count++] =
			xstrdup(out->rows[i].alert_ref);
		if (health != NULL) {
			health_raise(health, HEALTH_DEGRADED, "ladder_exhausted",
				     out->rows[i].alert_ref,
				     out->rows[i].kind == LADDER_ALERT
					     ? "nobody has acknowledged the alert"
					     : "nobody has decided on the version");
		}
	}
}

static void on_forward(const struct action_result *result, void *arg)
{
	struct escalation *escalation = arg;

	if (!result->ok) {
		log_warning("a ladder could not be brought forward: tried again", "why=%s",
			    log_quote(result->err.text));
	}
	escalation_ended(escalation);
}

static void bring_forward(struct escalation *escalation, const struct store_ladder_running_out *out)
{
	for (size_t i = 0; i < out->count; i++) {
		escalation->under_way++;
		rung_bring_forward(escalation->params.casework, &out->rows[i].id, on_forward,
				   escalation);
	}
}

static void on_running(struct store_call *call)
{
	struct escalation *escalation = call->ctx;
	const struct store_ladder_running_out *out = call->out;

	escalation->is_auditing = false;
	if (call->ok) {
		metric_set(escalation->running, (int64_t)out->count);
		tell_exhausted(escalation, out);
		if (escalation->dead_channels > 0 && !escalation->is_draining) {
			bring_forward(escalation, out);
		}
	}
	if (escalation->is_again) {
		auditor_run_now(escalation);
	}
	escalation_ended(escalation);
}

static void ask_running(struct escalation *escalation)
{
	struct store_call *call = store_call_create(escalation->params.store, &store_ladder_running,
						    on_running, escalation);
	struct store_ladder_running_in *in = call->in;

	in->limit = LADDERS_MAX;
	escalation->is_auditing = true;
	escalation->under_way++;
	store_submit(call);
}

/* --- its round --- */

static void on_audit(void *arg)
{
	struct escalation *escalation = arg;

	auditor_check_clock(escalation);
	ask_overdue(escalation);
	auditor_run_now(escalation);
	runq_schedule_in(escalation->runq, &escalation->audit, AUDIT_EVERY_MS);
}

void auditor_run_now(struct escalation *escalation)
{
	escalation->is_again = escalation->is_auditing;
	if (escalation->is_auditing || escalation->is_draining || !escalation->is_started) {
		return;
	}
	ask_running(escalation);
}

void auditor_start(struct escalation *escalation)
{
	escalation->skew_ms = clock_utc_ms(escalation->clock) - clock_boot_ms(escalation->clock);
	runq_item_init(&escalation->audit, on_audit, escalation);
	runq_schedule_in(escalation->runq, &escalation->audit, AUDIT_EVERY_MS);
	check_behind(escalation);
	auditor_run_now(escalation);
}

void auditor_stop(struct escalation *escalation)
{
	if (escalation->is_started) {
		runq_cancel(escalation->runq, &escalation->audit);
	}
}

/* --- channels --- */

static void on_channel(struct escalation *escalation, const char *channel, bool is_dead)
{
	escalation->dead_channels = rung_set_dead(escalation->params.casework, channel, is_dead);
	if (is_dead) {
		auditor_run_now(escalation);
	}
}

void escalation_channel_dead(struct escalation *escalation, const char *channel)
{
	on_channel(escalation, channel, true);
}

void escalation_channel_well(struct escalation *escalation, const char *channel)
{
	on_channel(escalation, channel, false);
}

static void on_paged(const struct action_result *result, void *arg)
{
	if (!result->ok) {
		log_error("staff could not be told of a dead channel", "why=%s",
			  log_quote(result->err.text));
	}
	escalation_ended(arg);
}

void escalation_page(struct escalation *escalation, const char *channel, const char *reason)
{
	escalation->under_way++;
	rung_page(escalation->params.casework, channel, reason, on_paged, escalation);
}
