/*
 * The auditor: every ten seconds it asks the rows themselves when each channel is due and what is
 * held, so that a wake-up that got lost, or a row that hangs, is found and said. Nothing here
 * sends.
 *
 * A channel is late when a row of it was due a minute ago, the channel takes sends, and no row of
 * it was claimed or settled within that minute.
 */
#include "outbox/watch.h"

#include <stdio.h>

#include "outbox/broadcasts.h"
#include "outbox/channels.h"
#include "outbox/lane.h"
#include "outbox/stops.h"

#define AUDIT_MS 10000
#define LATE_MS  60000

/* --- metrics --- */

static struct metric *labelled(const char *name, const char *label, const char *value,
			       const char *help)
{
	AUTO(buf) struct buf labels = {0};

	metric_label(&labels, label, value);
	return metric_counter(name, buf_text(&labels), help);
}

static void register_sets(struct outbox_metrics *m)
{
	for (int i = OUTCOME_DELIVERED; i <= OUTCOME_CANCELLED_MAYBE; i++) {
		m->outcomes[i] = labelled("astrad_outbox_attempts_total", "outcome",
					  delivery_outcome_name((enum delivery_outcome)i),
					  "Attempts whose result is stored, by outcome.");
	}
	for (int i = DELIVERY_WAITING; i <= DELIVERY_DEAD; i++) {
		m->states[i] = labelled("astrad_outbox_states_total", "state",
					delivery_state_name((enum delivery_state)i),
					"States that results gave deliveries.");
	}
}

void watch_metrics(struct outbox *outbox)
{
	struct outbox_metrics *m = &outbox->metrics;

	m->slots = metric_gauge("astrad_outbox_slots", NULL, "Rows claimed and not settled.");
	m->broadcasts = metric_gauge("astrad_outbox_broadcasts", NULL, "Broadcasts in memory.");
	m->asks = metric_gauge("astrad_outbox_asks", NULL, "Claim requests in the store.");
	m->ready = metric_gauge("astrad_outbox_ready", NULL, "Claimed rows about to be sent.");
	m->out = metric_gauge("astrad_outbox_out", NULL, "Sends on their way.");
	m->batches =
		metric_gauge("astrad_outbox_batches", NULL, "Batches of results not stored yet.");
	m->held = metric_gauge("astrad_outbox_held", NULL, "Rows that wait for an operator.");
	m->marks = metric_gauge("astrad_outbox_stop_marks", NULL, "Alerts marked as stopped.");
	m->lanes = metric_gauge("astrad_outbox_lanes", NULL, "Channels the outbox knows.");
	m->claimed = metric_counter("astrad_outbox_claimed_total", NULL, "Rows claimed.");
	m->given_back = metric_counter("astrad_outbox_given_back_total", NULL,
				       "Claimed rows that were not sent after all.");
	m->superseded = metric_counter("astrad_outbox_superseded_total", NULL,
				       "Rows superseded by a newer version or an end.");
	m->recovered = metric_counter("astrad_outbox_recovered_total", NULL,
				      "Rows found sending at start.");
	m->recovered_held = metric_counter("astrad_outbox_recovered_held_total", NULL,
					   "Rows held because they were found sending too often.");
	m->refused = metric_counter("astrad_outbox_refused_total", NULL,
				    "Claim requests that the store refused.");
	m->commit_latency = metric_histogram("astrad_outbox_settle_seconds", NULL,
					     "From a row's claim to its stored result.");
	register_sets(m);
}

/* --- late --- */

static bool is_late(struct lane *lane)
{
	int64_t boot = outbox_boot_ms(lane->outbox);
	struct channel_host *host = lane_host(lane);

	return lane->due_utc_ms != 0 && lane->due_utc_ms < outbox_utc_ms(lane->outbox) - LATE_MS &&
	       boot - lane->moved_boot_ms > LATE_MS && host != NULL &&
	       channel_capacity(host, MESSAGE_CRITICAL) > 0;
}

static void tell_late(struct outbox *outbox)
{
	for (size_t i = 0; outbox->health != NULL && i < outbox->lane_count; i++) {
		struct lane *lane = outbox->lanes[i];

		if (is_late(lane)) {
			health_raise(outbox->health, HEALTH_DEGRADED, "deliveries_late", lane->name,
				     "due for over a minute and not sent");
			lane_touch(lane);
		} else {
			health_clear(outbox->health, "deliveries_late", lane->name);
		}
	}
}

/* --- held --- */

static void tell_held(struct outbox *outbox)
{
	int64_t all = 0;
	char detail[64];

	for (size_t i = 0; i < outbox->lane_count; i++) {
		const struct lane *lane = outbox->lanes[i];

		all += lane->held;
		if (outbox->health != NULL && lane->held > 0) {
			(void)snprintf(detail, sizeof(detail), "%lld wait for an operator",
				       (long long)lane->held); /* always fits */
			health_raise(outbox->health, HEALTH_DEGRADED, "deliveries_held", lane->name,
				     detail);
		} else if (outbox->health != NULL) {
			health_clear(outbox->health, "deliveries_held", lane->name);
		}
	}
	metric_set(outbox->metrics.held, all);
}

static void on_held(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_outbox_held_out *out = call->out;

	outbox_called(outbox);
	outbox->is_counting = false;
	if (!call->ok) {
		return; /* the next audit asks again */
	}
	for (size_t i = 0; i < outbox->lane_count; i++) {
		outbox->lanes[i]->held = 0;
	}
	for (size_t i = 0; i < out->count; i++) {
		lane_get(outbox, out->rows[i].channel)->held = out->rows[i].rows;
	}
	tell_held(outbox);
}

void watch_held(struct outbox *outbox)
{
	if (!outbox->is_counting && !outbox->is_draining) {
		outbox->is_counting = true;
		store_submit(outbox_call(outbox, &store_outbox_held, on_held, outbox));
	}
}

/* --- every ten seconds --- */

static void audit(void *arg)
{
	struct outbox *outbox = arg;

	tell_late(outbox);
	broadcasts_date(outbox);
	sweep(outbox); /* what became unfinished no more after the last one */
	watch_held(outbox);
	channels_again(outbox);
	for (size_t i = 0; i < outbox->lane_count; i++) {
		struct lane *lane = outbox->lanes[i];

		probe_idle(lane);
		if (lane->paged_utc_ms != 0 && lane->state.dead_since_utc_ms != 0) {
			channels_page(lane, channel_cause_name(lane->state.cause)); /* daily */
		}
	}
	runq_schedule_in(loop_runq(outbox->loop), &outbox->audit, AUDIT_MS);
}

void watch_start(struct outbox *outbox)
{
	runq_item_init(&outbox->audit, audit, outbox);
	runq_schedule_in(loop_runq(outbox->loop), &outbox->audit, AUDIT_MS);
	watch_held(outbox);
}

void watch_finish(struct outbox *outbox)
{
	runq_cancel(loop_runq(outbox->loop), &outbox->audit);
}
