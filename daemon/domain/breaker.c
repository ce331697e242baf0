/*
 * Breaker: closed -> open -> half open -> closed | open.
 *
 * Owner: the channel's gate embeds one; its text is a column of the channel's row. After a crash
 * the counts and the opening are as they were at the last change; the window of the last minute
 * starts empty and a lost probe may go again. Times are wall clock because they outlive a boot: an
 * open_until further away than the longest opening can only come from a clock that was set back, so
 * it counts as over.
 */
#include "domain/breaker.h"

#include <stdio.h>
#include <string.h>

/* No opening is longer than this, jitter included. */
#define LONGEST_OPEN_MS (BREAKER_OPEN_MAX_MS * 6 / 5)

static int64_t limit_failures(const struct breaker_limits *limits)
{
	return limits && limits->failures > 0 ? limits->failures : BREAKER_FAILURES;
}

static int64_t limit_open_ms(const struct breaker_limits *limits)
{
	return limits && limits->open_ms > 0 ? limits->open_ms : BREAKER_OPEN_MS;
}

static void window_clear(struct breaker *breaker)
{
	memset(breaker->attempts, 0, sizeof(breaker->attempts));
	memset(breaker->failures, 0, sizeof(breaker->failures));
}

static void window_move(struct breaker *breaker, int64_t now_s)
{
	if (now_s - breaker->window_end_s >= BREAKER_WINDOW_S || now_s < breaker->window_end_s) {
		window_clear(breaker);
		breaker->window_end_s = now_s;
	}
	while (breaker->window_end_s < now_s) {
		breaker->window_end_s++;
		breaker->attempts[breaker->window_end_s % BREAKER_WINDOW_S] = 0;
		breaker->failures[breaker->window_end_s % BREAKER_WINDOW_S] = 0;
	}
}

static void window_add(struct breaker *breaker, bool is_failure, int64_t now_utc_ms)
{
	int64_t now_s = now_utc_ms / 1000;

	window_move(breaker, now_s);
	size_t slot = (size_t)(now_s % BREAKER_WINDOW_S);
	if (breaker->attempts[slot] < UINT16_MAX) {
		breaker->attempts[slot]++;
		breaker->failures[slot] = (uint16_t)(breaker->failures[slot] + is_failure);
	}
}

static bool window_is_bad(const struct breaker *breaker)
{
	unsigned attempts = 0;
	unsigned failures = 0;

	for (size_t i = 0; i < BREAKER_WINDOW_S; i++) {
		attempts += breaker->attempts[i];
		failures += breaker->failures[i];
	}
	return attempts >= BREAKER_WINDOW_LEAST && failures * 2 >= attempts;
}

static void enter_open(struct breaker *breaker, int64_t open_ms, int64_t now_utc_ms,
		       struct rng *rng)
{
	if (breaker->state == BREAKER_CLOSED) {
		breaker->opened_utc_ms = now_utc_ms;
	}
	breaker->state = BREAKER_OPEN;
	breaker->open_ms = open_ms > BREAKER_OPEN_MAX_MS ? BREAKER_OPEN_MAX_MS : open_ms;
	breaker->open_until_utc_ms =
		now_utc_ms + rng_between(rng, breaker->open_ms * 4 / 5, breaker->open_ms * 6 / 5);
	breaker->successes = 0;
	breaker->is_probing = false;
}

static void enter_closed(struct breaker *breaker)
{
	breaker->state = BREAKER_CLOSED;
	breaker->open_until_utc_ms = 0;
	breaker->opened_utc_ms = 0;
	breaker->open_ms = 0;
	breaker->failures_in_row = 0;
	breaker->throttles_in_row = 0;
	breaker->successes = 0;
	breaker->is_probing = false;
	window_clear(breaker);
}

static bool is_over(const struct breaker *breaker, int64_t now_utc_ms)
{
	return now_utc_ms >= breaker->open_until_utc_ms ||
	       breaker->open_until_utc_ms - now_utc_ms > LONGEST_OPEN_MS;
}

void breaker_init(struct breaker *breaker)
{
	*breaker = (struct breaker){.state = BREAKER_CLOSED};
}

enum breaker_gate breaker_peek(const struct breaker *breaker, int64_t now_utc_ms)
{
	switch (breaker->state) {
	case BREAKER_CLOSED:
		return BREAKER_PASS;
	case BREAKER_OPEN:
		return is_over(breaker, now_utc_ms) ? BREAKER_PROBE : BREAKER_WAIT;
	case BREAKER_HALF_OPEN:
		return breaker->is_probing ? BREAKER_WAIT : BREAKER_PROBE;
	}
	return BREAKER_WAIT;
}

enum breaker_gate breaker_ask(struct breaker *breaker, int64_t now_utc_ms)
{
	enum breaker_gate gate = breaker_peek(breaker, now_utc_ms);

	if (gate == BREAKER_PROBE) {
		breaker->state = BREAKER_HALF_OPEN;
		breaker->is_probing = true;
	}
	return gate;
}

void breaker_give_back(struct breaker *breaker)
{
	breaker->is_probing = false;
}

int64_t breaker_due_utc_ms(const struct breaker *breaker)
{
	switch (breaker->state) {
	case BREAKER_CLOSED:
		return 0;
	case BREAKER_OPEN:
		return breaker->open_until_utc_ms;
	case BREAKER_HALF_OPEN:
		return breaker->is_probing ? INT64_MAX : 0;
	}
	return 0;
}

/* A throttle that is one too many is a failure. */
static enum breaker_event weigh(struct breaker *breaker, enum breaker_event event)
{
	if (event != BREAKER_THROTTLE) {
		breaker->throttles_in_row = 0;
		return event;
	}
	breaker->throttles_in_row++;
	return breaker->throttles_in_row >= BREAKER_THROTTLES ? BREAKER_FAILURE : BREAKER_THROTTLE;
}

static bool record_closed(struct breaker *breaker, const struct breaker_report *report,
			  const struct breaker_limits *limits, struct rng *rng)
{
	if (report->event == BREAKER_NEUTRAL) {
		return false;
	}
	bool is_tenth_throttle = report->event == BREAKER_THROTTLE;
	enum breaker_event event = weigh(breaker, report->event);
	is_tenth_throttle = is_tenth_throttle && event == BREAKER_FAILURE;
	if (event == BREAKER_THROTTLE) {
		return false;
	}
	breaker->failures_in_row = event == BREAKER_FAILURE ? breaker->failures_in_row + 1 : 0;
	window_add(breaker, event == BREAKER_FAILURE, report->now_utc_ms);
	if (event == BREAKER_FAILURE &&
	    (is_tenth_throttle || breaker->failures_in_row >= limit_failures(limits) ||
	     window_is_bad(breaker))) {
		enter_open(breaker, limit_open_ms(limits), report->now_utc_ms, rng);
		return true;
	}
	return false;
}

static bool record_probe(struct breaker *breaker, const struct breaker_report *report,
			 struct rng *rng)
{
	breaker->is_probing = false;
	switch (report->event) {
	case BREAKER_NEUTRAL:
		return false;
	case BREAKER_SUCCESS:
		breaker->successes++;
		if (breaker->successes >= BREAKER_SUCCESSES) {
			enter_closed(breaker);
			return true;
		}
		return false;
	case BREAKER_FAILURE:
	case BREAKER_THROTTLE: /* it lives but cannot take more: wait longer, not less */
		enter_open(breaker, breaker->open_ms * 2, report->now_utc_ms, rng);
		return true;
	}
	return false;
}

bool breaker_record(struct breaker *breaker, const struct breaker_report *report,
		    const struct breaker_limits *limits, struct rng *rng)
{
	if (report->event == BREAKER_SUCCESS) {
		breaker->last_success_utc_ms = report->now_utc_ms;
	}
	if (breaker->state == BREAKER_CLOSED) {
		return record_closed(breaker, report, limits, rng);
	}
	/* What was on the wire when it opened says nothing new. */
	if (breaker->state == BREAKER_HALF_OPEN && report->is_probe) {
		return record_probe(breaker, report, rng);
	}
	return false;
}

void breaker_reset(struct breaker *breaker)
{
	enter_closed(breaker);
}

bool breaker_is_dead(const struct breaker *breaker, int64_t now_utc_ms)
{
	return breaker->state != BREAKER_CLOSED &&
	       now_utc_ms - breaker->opened_utc_ms > BREAKER_DEAD_MS;
}

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half_open",
	};

	return state >= BREAKER_CLOSED && state <= BREAKER_HALF_OPEN ? names[state] : "?";
}

void breaker_encode(const struct breaker *breaker, char out[BREAKER_TEXT_BYTES])
{
	snprintf(out, BREAKER_TEXT_BYTES, "1 %d %lld %lld %lld %lld %d %d %d", (int)breaker->state,
		 (long long)breaker->open_until_utc_ms, (long long)breaker->opened_utc_ms,
		 (long long)breaker->last_success_utc_ms, (long long)breaker->open_ms,
		 breaker->failures_in_row, breaker->throttles_in_row, breaker->successes);
}

bool breaker_decode(const char *text, struct breaker *ret_breaker)
{
	long long until, opened, success, open_ms;
	int state, failures, throttles, successes;
	char rest;

	if (!text || sscanf(text, "1 %d %lld %lld %lld %lld %d %d %d%c", &state, &until, &opened,
			    &success, &open_ms, &failures, &throttles, &successes, &rest) != 8) {
		return false;
	}
	if (state < BREAKER_CLOSED || state > BREAKER_HALF_OPEN || open_ms < 0 ||
	    open_ms > BREAKER_OPEN_MAX_MS) {
		return false;
	}
	*ret_breaker = (struct breaker){
		.state = (enum breaker_state)state,
		.open_until_utc_ms = until,
		.opened_utc_ms = opened,
		.last_success_utc_ms = success,
		.open_ms = open_ms,
		.failures_in_row = failures,
		.throttles_in_row = throttles,
		.successes = successes,
	};
	return true;
}
