/*
 * Keeping time: which timer is next, and asking casework to carry it out.
 *
 * Owner: rows are the truth; memory holds those due within the next quarter of an hour and is read
 * again at every change, at the end of that span and when the clock was set. One item of the run
 * queue is armed for the earliest.
 *
 *	read -> armed -> due -> under way -> settled: gone at the next read
 *	                          |  ^
 *	                          v  | (1 s, doubling to 30 s)
 *	                         resting
 *
 * Crash: nothing is lost, a timer that was not carried out is still a row; what became due while
 * the daemon was down is due at the first read.
 */
#include "escalation/escalation_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "casework/ack.h"
#include "casework/rung.h"
#include "casework/stop.h"

#define HORIZON_MS      (INT64_C(15) * 60 * 1000)
#define TIMERS_MAX      256 /* in memory; the read says when there are more */
#define FIRES_MAX       64  /* under way at once: the rest waits a commit or two */
#define RETRY_FIRST_MS  1000
#define RETRY_MOST_MS   30000
#define REMIND_AGAIN_MS (INT64_C(30) * 60 * 1000)

static void read_timers(struct escalation *escalation);
static void arm(struct escalation *escalation);

struct timer_now escalation_now(const struct escalation *escalation)
{
	return (struct timer_now){
		.utc_ms = clock_utc_ms(escalation->clock),
		.boot_ms = clock_boot_ms(escalation->clock),
		.boot_id = escalation->params.boot_id,
	};
}

static void on_drained(void *arg)
{
	struct escalation *escalation = arg;

	escalation->drained(escalation->drained_arg);
}

void escalation_ended(struct escalation *escalation)
{
	assert(escalation->under_way > 0);
	escalation->under_way--;
	if (escalation->is_draining && escalation->under_way == 0 && escalation->drained != NULL) {
		loop_defer(escalation->params.loop, on_drained, escalation);
	}
}

/* --- when --- */

/* In boot time. An expiry destroys: a clock that is wrong must not bring it early. */
static int64_t due_boot_ms(const struct escalation *escalation, const struct timer_row *timer)
{
	struct timer_now now = escalation_now(escalation);
	int64_t by_wall = now.boot_ms + (timer->due_utc_ms - now.utc_ms);
	bool knows_boot = !id_is_none(&timer->boot_id) && id_equal(&timer->boot_id, &now.boot_id);
	int64_t by_boot = knows_boot ? timer->due_boot_ms : by_wall;

	if (timer->kind == TIMER_EXPIRY) {
		return by_wall > by_boot ? by_wall : by_boot;
	}
	return by_wall < by_boot ? by_wall : by_boot;
}

static bool is_same(const struct timer_row *a, const struct timer_row *b)
{
	return a->id == b->id && a->kind == b->kind && a->due_utc_ms == b->due_utc_ms &&
	       id_equal(&a->owner_id, &b->owner_id);
}

static struct fire *find_fire(struct escalation *escalation, const struct timer_row *timer)
{
	LIST_FOR_EACH (node, &escalation->fires) {
		struct fire *fire = LIST_ENTRY(node, struct fire, link);

		if (is_same(&fire->timer, timer)) {
			return fire;
		}
	}
	return NULL;
}

/* --- one timer --- */

static void fire_free(struct fire *fire)
{
	runq_cancel(fire->escalation->runq, &fire->rest);
	list_remove(&fire->link);
	free(fire);
}

/* Those that rest hold nobody up. */
static bool hands_are_full(const struct escalation *escalation)
{
	size_t count = 0;

	LIST_FOR_EACH (node, &escalation->fires) {
		const struct fire *fire = LIST_ENTRY(node, struct fire, link);

		count += runq_is_scheduled(&fire->rest) ? 0 : 1;
	}
	return count >= FIRES_MAX;
}

static void fire_settle(struct fire *fire)
{
	struct escalation *escalation = fire->escalation;

	fire->is_settled = true;
	fire->settled_at_read = escalation->reads;
	escalation_wake(escalation);
}

static void fire_rest(struct fire *fire, const char *why)
{
	int64_t delay = RETRY_FIRST_MS << (fire->tries < 5 ? fire->tries : 5);
	char owner[ID_TEXT_BYTES];

	delay = delay > RETRY_MOST_MS ? RETRY_MOST_MS : delay;
	fire->tries++;
	id_format(&fire->timer.owner_id, owner);
	log_warning("a timer could not be carried out: tried again",
		    "kind=%d owner=%s tries=%d retry_ms=%lld why=%s", (int)fire->timer.kind, owner,
		    fire->tries, (long long)delay, log_quote(why));
	runq_schedule_in(fire->escalation->runq, &fire->rest, delay);
}

static void fire_ended(struct fire *fire, bool ok, const struct error *err)
{
	struct escalation *escalation = fire->escalation;

	fire->is_under_way = false;
	if (escalation->is_draining) {
		fire_free(fire);
	} else if (ok) {
		fire_settle(fire);
	} else {
		fire_rest(fire, err->text);
	}
	escalation_ended(escalation);
}

static void on_acted(const struct action_result *result, void *arg)
{
	fire_ended(arg, result->ok, &result->err);
}

static void act_rung(struct fire *fire)
{
	rung_fire(fire->escalation->params.casework, &fire->timer, on_acted, fire);
}

static void act_lease(struct fire *fire)
{
	ack_expire(fire->escalation->params.casework, &fire->timer, on_acted, fire);
}

static void act_lease_warn(struct fire *fire)
{
	ack_warn(fire->escalation->params.casework, &fire->timer, on_acted, fire);
}

static void act_expiry(struct fire *fire)
{
	stop_expire(fire->escalation->params.casework, &fire->timer.alert_id, on_acted, fire);
}

static void on_reminded(struct store_call *call)
{
	bool is_done = call->ok || call->err.code == ERROR_STALE; /* taken back meanwhile */

	fire_ended(call->ctx, is_done, &call->err);
}

/* The worklist shows what is due; the timer only says it once, or every half an hour. */
static void remind(struct fire *fire, int64_t again_ms)
{
	struct escalation *escalation = fire->escalation;
	struct store_call *call =
		store_call_create(escalation->params.store, &store_timer_done, on_reminded, fire);
	struct store_timer_done_in *in = call->in;

	in->timer = fire->timer;
	in->now = escalation_now(escalation);
	in->rearm_utc_ms = again_ms == 0 ? 0 : in->now.utc_ms + again_ms;
	store_submit(call);
}

static void act_note(struct fire *fire)
{
	char owner[ID_TEXT_BYTES];

	id_format(&fire->timer.case_id, owner);
	log_notice("a note is due: see the worklist", "case=%s", owner);
	remind(fire, 0);
}

static void act_close_remind(struct fire *fire)
{
	char owner[ID_TEXT_BYTES];

	id_format(&fire->timer.case_id, owner);
	log_warning("a case was closed and nobody has verified it: its alerts stay suspended, said "
		    "again in 30 min",
		    "case=%s", owner);
	remind(fire, REMIND_AGAIN_MS);
}

static void (*const acts[])(struct fire *fire) = {
	[TIMER_RUNG] = act_rung,
	[TIMER_LEASE] = act_lease,
	[TIMER_LEASE_WARN] = act_lease_warn,
	[TIMER_EXPIRY] = act_expiry,
	[TIMER_NOTE] = act_note,
	[TIMER_CLOSE_REMIND] = act_close_remind,
};

static void fire_run(struct fire *fire)
{
	fire->is_under_way = true;
	fire->escalation->under_way++;
	acts[fire->timer.kind](fire);
}

static void on_rested(void *arg)
{
	fire_run(arg);
}

static void fire_begin(struct escalation *escalation, const struct timer_row *timer)
{
	struct fire *fire = xcalloc(1, sizeof(*fire));

	assert(timer->kind >= TIMER_RUNG && (size_t)timer->kind < ARRAY_LEN(acts));
	fire->escalation = escalation;
	fire->timer = *timer;
	runq_item_init(&fire->rest, on_rested, fire);
	list_append(&escalation->fires, &fire->link);
	fire_run(fire);
}

/* --- what is next --- */

static void on_due(void *arg)
{
	struct escalation *escalation = arg;
	int64_t now = clock_boot_ms(escalation->clock);

	for (size_t i = 0; i < escalation->timer_count; i++) {
		const struct timer_row *timer = &escalation->timers[i];

		if (hands_are_full(escalation)) {
			break;
		}
		if (due_boot_ms(escalation, timer) <= now && !find_fire(escalation, timer)) {
			fire_begin(escalation, timer);
		}
	}
	if (now >= escalation->read_again_boot_ms) {
		read_timers(escalation);
	}
	arm(escalation);
}

/* With all hands full the next settled timer arms again. */
static void arm(struct escalation *escalation)
{
	int64_t next = escalation->read_again_boot_ms;

	for (size_t i = 0; i < escalation->timer_count; i++) {
		const struct timer_row *timer = &escalation->timers[i];
		int64_t due = due_boot_ms(escalation, timer);

		if (due < next && !find_fire(escalation, timer)) {
			next = due;
		}
	}
	if (hands_are_full(escalation) || escalation->is_draining) {
		runq_cancel(escalation->runq, &escalation->due);
		return;
	}
	runq_schedule(escalation->runq, &escalation->due, next);
}

/* A row that is still there though it was carried out would be due for ever, at once. */
static void settle_fires(struct escalation *escalation)
{
	LIST_FOR_EACH (node, &escalation->fires) {
		struct fire *fire = LIST_ENTRY(node, struct fire, link);
		bool is_there = false;

		if (!fire->is_settled || fire->settled_at_read >= escalation->reads) {
			continue;
		}
		for (size_t i = 0; i < escalation->timer_count && !is_there; i++) {
			is_there = is_same(&escalation->timers[i], &fire->timer);
		}
		if (is_there) {
			fire->is_settled = false;
			fire_rest(fire, "its row is still there");
		} else {
			fire_free(fire);
		}
	}
}

static void keep_timers(struct escalation *escalation, const struct store_timer_next_out *out)
{
	int64_t now = clock_boot_ms(escalation->clock);

	free(escalation->timers);
	escalation->timers = xmemdup(out->rows, out->count * sizeof(*out->rows));
	escalation->timer_count = out->count;
	escalation->read_again_boot_ms = now + HORIZON_MS;
	if (out->has_more) {
		/* what was left out is not before the last that was read */
		int64_t last = due_boot_ms(escalation, &out->rows[out->count - 1]);

		escalation->read_again_boot_ms = last > now ? last : now + RETRY_FIRST_MS;
	}
}

static void on_read(struct store_call *call)
{
	struct escalation *escalation = call->ctx;

	escalation->is_reading = false;
	if (call->ok) {
		keep_timers(escalation, call->out);
		settle_fires(escalation);
	} else {
		log_warning("timers cannot be read: tried again", "why=%s",
			    log_quote(call->err.text));
		escalation->read_again_boot_ms = clock_boot_ms(escalation->clock) + RETRY_FIRST_MS;
	}
	if (escalation->is_stale && !escalation->is_draining) {
		read_timers(escalation);
	}
	arm(escalation);
	escalation_ended(escalation);
}

static void read_timers(struct escalation *escalation)
{
	struct store_timer_next_in *in;
	struct store_call *call;

	escalation->is_stale = escalation->is_reading;
	if (escalation->is_reading || escalation->is_draining) {
		return;
	}
	escalation->is_reading = true;
	escalation->reads++;
	escalation->under_way++;
	/* not again before this one is answered */
	escalation->read_again_boot_ms = clock_boot_ms(escalation->clock) + HORIZON_MS;
	call = store_call_create(escalation->params.store, &store_timer_next, on_read, escalation);
	in = call->in;
	in->now = escalation_now(escalation);
	in->horizon_ms = HORIZON_MS;
	in->limit = TIMERS_MAX;
	store_submit(call);
}

/* --- the room --- */

static void on_clock_set(void *arg)
{
	auditor_check_clock(arg);
}

struct escalation *escalation_create(const struct escalation_params *params)
{
	struct escalation *escalation = xcalloc(1, sizeof(*escalation));

	escalation->params = *params;
	escalation->clock = loop_clock(params->loop);
	escalation->runq = loop_runq(params->loop);
	list_init(&escalation->fires);
	runq_item_init(&escalation->due, on_due, escalation);
	escalation->overdue = metric_gauge("astrad_escalation_timers_overdue", NULL,
					   "Timers late by more than half a minute.");
	escalation->running = metric_gauge("astrad_escalation_ladders", NULL,
					   "Ladders that run or are exhausted.");
	loop_on_clock_set(params->loop, on_clock_set, escalation);
	return escalation;
}

void escalation_start(struct escalation *escalation)
{
	assert(!escalation->is_started);
	escalation->is_started = true;
	auditor_start(escalation);
	read_timers(escalation);
}

void escalation_wake(struct escalation *escalation)
{
	if (escalation->is_started) {
		read_timers(escalation);
	}
}

void escalation_drain(struct escalation *escalation, loop_fn *done, void *arg)
{
	escalation->is_draining = true;
	escalation->drained = done;
	escalation->drained_arg = arg;
	runq_cancel(escalation->runq, &escalation->due);
	auditor_stop(escalation);
	LIST_FOR_EACH (node, &escalation->fires) {
		struct fire *fire = LIST_ENTRY(node, struct fire, link);

		if (!fire->is_under_way) {
			fire_free(fire);
		}
	}
	if (escalation->under_way == 0) {
		loop_defer(escalation->params.loop, on_drained, escalation);
	}
}

void escalation_destroy(struct escalation **escalation)
{
	struct escalation *gone = *escalation;

	if (gone == NULL) {
		return;
	}
	auditor_stop(gone);
	runq_cancel(gone->runq, &gone->due);
	loop_undefer(gone->params.loop, on_drained, gone);
	LIST_FOR_EACH (node, &gone->fires) {
		fire_free(LIST_ENTRY(node, struct fire, link));
	}
	for (size_t i = 0; i < gone->exhausted_count; i++) {
		free(gone->exhausted[i]);
	}
	free(gone->exhausted);
	free(gone->timers);
	free(gone);
	*escalation = NULL;
}
