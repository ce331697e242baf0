/*
 * Slots, rate, breaker and suspension of one endpoint. Owner: the channel set.
 *
 * phase: closed -> open -> half open -> closed (domain/breaker.h); suspended from any, until an
 * operator resumes. "dead" is a clock on top: not closed for BREAKER_DEAD_MS, or suspended. One run
 * queue item wakes the gate for whichever comes first: the breaker half-opens, the channel turns
 * dead, a token arrives for somebody who found none.
 *
 * After a crash the breaker comes back from its text (gate_restore); slots are empty, because what
 * was on the wire is found `sending` and claimed anew.
 */
#include "channel/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/runq.h"
#include "domain/delivery.h"
#include "domain/rate.h"

#define NO_SUCCESS_MS (24 * 3600 * 1000) /* suspended after so long without one success */

_Static_assert(CHANNEL_BREAKER_TEXT >= BREAKER_TEXT_BYTES, "a breaker's text fits a state");

enum probe { PROBE_NONE, PROBE_CLAIMED, PROBE_SENT };

struct gate {
	char *name;
	struct loop *loop;
	struct rng *rng;
	struct gate_events events;
	struct channel_limits limits; /* without its schedule */
	size_t batch_max;
	struct breaker breaker;
	struct rate rate;
	size_t claimed;
	size_t lingering;
	enum probe probe; /* of the half-open breaker */
	int64_t suspended_utc_ms;
	int64_t dead_since_utc_ms;
	enum channel_cause cause; /* of the suspension */
	unsigned starved;         /* 1u << message class: capacity was asked for and was 0 */
	bool is_tell_deferred;
	bool is_ready_deferred;
	struct runq_item timer;
};

static int64_t utc_now(const struct gate *gate)
{
	return clock_utc_ms(loop_clock(gate->loop));
}

static int64_t boot_now(const struct gate *gate)
{
	return clock_boot_ms(loop_clock(gate->loop));
}

static void tell_changed(void *arg)
{
	struct gate *gate = arg;
	gate->is_tell_deferred = false;
	gate->events.changed(gate, gate->events.arg);
}

static void tell_ready(void *arg)
{
	struct gate *gate = arg;
	gate->is_ready_deferred = false;
	gate->starved = 0;
	gate->events.ready(gate, gate->events.arg);
}

static void changed(struct gate *gate)
{
	if (!gate->is_tell_deferred) {
		gate->is_tell_deferred = true;
		loop_defer(gate->loop, tell_changed, gate);
	}
}

static void ready(struct gate *gate)
{
	if (!gate->is_ready_deferred) {
		gate->is_ready_deferred = true;
		loop_defer(gate->loop, tell_ready, gate);
	}
}

/* Turns dead or well; true when it did. */
static bool review_dead(struct gate *gate)
{
	int64_t now = utc_now(gate);
	bool is_dead = gate->suspended_utc_ms != 0 || breaker_is_dead(&gate->breaker, now);
	if (is_dead == (gate->dead_since_utc_ms != 0)) {
		return false;
	}
	gate->dead_since_utc_ms = is_dead ? now : 0;
	changed(gate);
	return true;
}

static bool is_without_success(const struct gate *gate)
{
	const struct breaker *breaker = &gate->breaker;
	int64_t then = utc_now(gate) - NO_SUCCESS_MS;
	return breaker->state != BREAKER_CLOSED && breaker->opened_utc_ms <= then &&
	       breaker->last_success_utc_ms <= then;
}

/* When the wall clock says `due`, as boot time; never in the past. */
static int64_t boot_of(const struct gate *gate, int64_t due_utc_ms)
{
	int64_t wait_ms = due_utc_ms - utc_now(gate);
	return boot_now(gate) + (wait_ms > 0 ? wait_ms : 0);
}

/* When the first of those who found no capacity may find some. */
static int64_t next_of_starved(struct gate *gate)
{
	int64_t next = INT64_MAX;
	for (unsigned i = MESSAGE_CRITICAL; i <= MESSAGE_CLASS_NOTICE; i++) {
		if ((gate->starved & (1u << i)) != 0) {
			int64_t due = gate_next_boot_ms(gate, (enum message_class)i);
			next = due < next ? due : next;
		}
	}
	return next;
}

static void arm(struct gate *gate)
{
	int64_t due = INT64_MAX;
	bool is_broken = gate->breaker.state != BREAKER_CLOSED && gate->suspended_utc_ms == 0;
	if (is_broken && gate->dead_since_utc_ms == 0) {
		/* dead is "longer than", so the first moment is one later */
		due = boot_of(gate, gate->breaker.opened_utc_ms + BREAKER_DEAD_MS + 1);
	}
	int64_t fed = next_of_starved(gate);
	due = fed < due ? fed : due;
	if (due == INT64_MAX) {
		runq_cancel(loop_runq(gate->loop), &gate->timer);
	} else {
		runq_schedule(loop_runq(gate->loop), &gate->timer, due);
	}
}

static void on_timer(void *arg)
{
	struct gate *gate = arg;
	review_dead(gate);
	if (next_of_starved(gate) <= boot_now(gate)) {
		gate->starved = 0;
		ready(gate);
	}
	arm(gate);
}

struct gate *gate_create(const char *name, struct loop *loop, struct rng *rng,
			 const struct gate_events *events)
{
	struct gate *gate = xcalloc(1, sizeof(*gate));
	gate->name = xstrdup(name);
	gate->loop = loop;
	gate->rng = rng;
	gate->events = *events;
	breaker_init(&gate->breaker);
	rate_init(&gate->rate, 0, boot_now(gate));
	runq_item_init(&gate->timer, on_timer, gate);
	return gate;
}

void gate_destroy(struct gate **gate)
{
	if (*gate == NULL) {
		return;
	}
	loop_undefer((*gate)->loop, tell_changed, *gate);
	loop_undefer((*gate)->loop, tell_ready, *gate);
	runq_cancel(loop_runq((*gate)->loop), &(*gate)->timer);
	free((*gate)->name);
	free(*gate);
	*gate = NULL;
}

void *gate_owner(const struct gate *gate)
{
	return gate->events.arg;
}

const char *gate_name(const struct gate *gate)
{
	return gate->name;
}

void gate_rename(struct gate *gate, const char *name)
{
	free(gate->name);
	gate->name = xstrdup(name);
	changed(gate);
}

void gate_configure(struct gate *gate, const struct channel_limits *limits, size_t batch_max)
{
	gate->limits = *limits;
	gate->limits.schedule_ms = NULL;
	gate->limits.schedule_count = 0;
	gate->batch_max = batch_max;
	rate_change(&gate->rate, limits->rate, boot_now(gate));
	ready(gate);
}

void gate_restore(struct gate *gate, const struct channel_state *state)
{
	if (!breaker_decode(state->breaker, &gate->breaker)) {
		breaker_init(&gate->breaker);
	}
	gate->suspended_utc_ms = state->suspended_utc_ms;
	gate->cause = state->suspended_utc_ms != 0 ? state->cause : CHANNEL_CAUSE_NONE;
	gate->dead_since_utc_ms = state->dead_since_utc_ms;
	review_dead(gate);
	arm(gate);
}

static size_t slots_free(const struct gate *gate)
{
	size_t slots = gate->limits.in_flight > 0 ? (size_t)gate->limits.in_flight : 1;
	size_t taken = gate->claimed + gate->lingering;
	return taken < slots ? slots - taken : 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t count_capacity(struct gate *gate, enum message_class class_of)
{
	if (gate->suspended_utc_ms != 0) {
		return 0;
	}
	enum breaker_gate may = breaker_peek(&gate->breaker, utc_now(gate));
	if (may == BREAKER_WAIT || (may == BREAKER_PROBE && gate->probe != PROBE_NONE)) {
		return 0;
	}
	size_t n = slots_free(gate);
	int64_t tokens = rate_available(&gate->rate, class_of, boot_now(gate));
	n = tokens < (int64_t)n ? (size_t)tokens : n;
	n = gate->batch_max > 0 ? smaller(n, gate->batch_max) : n;
	return may == BREAKER_PROBE ? smaller(n, 1) : n;
}

size_t gate_capacity(struct gate *gate, enum message_class class_of)
{
	size_t n = count_capacity(gate, class_of);
	if (n == 0) {
		gate->starved |= 1u << class_of;
		arm(gate);
	}
	return n;
}

int64_t gate_next_boot_ms(struct gate *gate, enum message_class class_of)
{
	if (gate->suspended_utc_ms != 0 || slots_free(gate) == 0) {
		return INT64_MAX;
	}
	int64_t next = boot_now(gate);
	if (gate->probe != PROBE_NONE) {
		return INT64_MAX;
	}
	if (breaker_peek(&gate->breaker, utc_now(gate)) == BREAKER_WAIT) {
		int64_t due_utc_ms = breaker_due_utc_ms(&gate->breaker);
		if (due_utc_ms == INT64_MAX) {
			return INT64_MAX;
		}
		next = boot_of(gate, due_utc_ms);
	}
	int64_t refilled = boot_now(gate) + rate_wait_ms(&gate->rate, class_of, boot_now(gate));
	return refilled > next ? refilled : next;
}

void gate_claim(struct gate *gate, size_t n)
{
	if (n == 0) {
		return;
	}
	if (breaker_ask(&gate->breaker, utc_now(gate)) == BREAKER_PROBE) {
		gate->probe = PROBE_CLAIMED;
		changed(gate);
	}
	gate->claimed += n;
	rate_take(&gate->rate, (int64_t)n, boot_now(gate));
}

void gate_release(struct gate *gate, size_t n)
{
	assert(n <= gate->claimed);
	gate->claimed -= n;
	if (gate->claimed == 0 && gate->probe == PROBE_CLAIMED) {
		gate->probe = PROBE_NONE;
		breaker_give_back(&gate->breaker);
	}
	if (gate->starved != 0) {
		arm(gate);
	}
}

size_t gate_claimed(const struct gate *gate)
{
	return gate->claimed;
}

bool gate_start(struct gate *gate)
{
	if (gate->probe != PROBE_CLAIMED) {
		return false;
	}
	gate->probe = PROBE_SENT;
	return true;
}

void gate_record(struct gate *gate, enum astrad_outcome outcome, bool is_probe)
{
	struct delivery_attempt attempt = {
		.outcome = (enum delivery_outcome)outcome,
		.retry_after_ms = -1,
		.attempt = 1,
		.class_of = MESSAGE_CRITICAL,
	};
	struct delivery_verdict verdict = delivery_decide(&attempt, gate->rng);
	struct breaker_limits limits = {.failures = gate->limits.breaker_failures,
					.open_ms = gate->limits.breaker_open_ms};
	struct breaker_report report = {
		.event = verdict.breaker, .is_probe = is_probe, .now_utc_ms = utc_now(gate)};
	if (is_probe) {
		gate->probe = PROBE_NONE;
	}
	if (breaker_record(&gate->breaker, &report, &limits, gate->rng)) {
		changed(gate);
	}
	if (verdict.throttles) {
		rate_throttle(&gate->rate, boot_now(gate));
	}
	if (verdict.suspends) {
		gate_suspend(gate, CHANNEL_CAUSE_GONE);
	} else if (is_without_success(gate)) {
		gate_suspend(gate, CHANNEL_CAUSE_NO_SUCCESS);
	}
	review_dead(gate);
	arm(gate);
}

void gate_linger(struct gate *gate, ptrdiff_t change)
{
	gate->lingering = (size_t)((ptrdiff_t)gate->lingering + change);
	size_t slots = gate->limits.in_flight > 0 ? (size_t)gate->limits.in_flight : 1;
	if (change > 0 && gate->lingering >= slots) {
		gate_suspend(gate, CHANNEL_CAUSE_PLUGIN);
	}
}

void gate_suspend(struct gate *gate, enum channel_cause cause)
{
	if (gate->suspended_utc_ms != 0) {
		return;
	}
	gate->suspended_utc_ms = utc_now(gate);
	gate->cause = cause;
	changed(gate);
	review_dead(gate);
	arm(gate);
}

void gate_resume(struct gate *gate)
{
	gate->suspended_utc_ms = 0;
	gate->cause = CHANNEL_CAUSE_NONE;
	gate->probe = PROBE_NONE;
	breaker_reset(&gate->breaker);
	changed(gate);
	review_dead(gate);
	ready(gate);
	arm(gate);
}

void gate_get_state(const struct gate *gate, struct channel_state *ret_state)
{
	static const enum channel_phase phases[] = {
		[BREAKER_CLOSED] = CHANNEL_CLOSED,
		[BREAKER_OPEN] = CHANNEL_OPEN,
		[BREAKER_HALF_OPEN] = CHANNEL_HALF_OPEN,
	};
	bool is_suspended = gate->suspended_utc_ms != 0;
	bool is_broken = gate->breaker.state != BREAKER_CLOSED;
	*ret_state = (struct channel_state){
		.phase = is_suspended ? CHANNEL_SUSPENDED : phases[gate->breaker.state],
		.cause = is_suspended ? gate->cause
			 : is_broken  ? CHANNEL_CAUSE_FAILURES
				      : CHANNEL_CAUSE_NONE,
		.dead_since_utc_ms = gate->dead_since_utc_ms,
		.suspended_utc_ms = gate->suspended_utc_ms,
		.until_utc_ms =
			gate->breaker.state == BREAKER_OPEN ? gate->breaker.open_until_utc_ms : 0,
		.last_success_utc_ms = gate->breaker.last_success_utc_ms,
	};
	breaker_encode(&gate->breaker, ret_state->breaker);
}
