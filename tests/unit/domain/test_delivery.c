/* Every outcome at every turn it can take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/delivery.h"

struct row {
	const char *title;
	struct delivery_attempt attempt;
	enum delivery_state state;
	enum delivery_reason reason;
	enum reached reached;
	int64_t least_ms, most_ms; /* DELIVERY_NEVER for both: no due time */
	enum breaker_event breaker;
	bool suspends, pages;
};

#define NEVER DELIVERY_NEVER, DELIVERY_NEVER

static const struct row rows[] = {
	{"2xx",
	 {OUTCOME_DELIVERED, .reached = REACHED_MAYBE},
	 DELIVERY_DELIVERED,
	 REASON_NONE,
	 REACHED_YES,
	 NEVER,
	 BREAKER_SUCCESS},
	{"2xx of an old version",
	 {OUTCOME_DELIVERED, .is_superseded = true},
	 DELIVERY_DELIVERED,
	 REASON_NONE,
	 REACHED_YES,
	 NEVER,
	 BREAKER_SUCCESS},
	{"a relay has it",
	 {OUTCOME_ACCEPTED},
	 DELIVERY_ACCEPTED,
	 REASON_NONE,
	 REACHED_YES,
	 NEVER,
	 BREAKER_SUCCESS},
	{"refused",
	 {OUTCOME_RETRY},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 4000,
	 6000,
	 BREAKER_FAILURE},
	{"refused again",
	 {OUTCOME_RETRY, .attempt = 5},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 48000,
	 72000,
	 BREAKER_FAILURE},
	{"reached never falls",
	 {OUTCOME_RETRY, .reached = REACHED_MAYBE},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_MAYBE,
	 4000,
	 6000,
	 BREAKER_FAILURE},
	{"schedule over",
	 {OUTCOME_RETRY, .attempt = 47},
	 DELIVERY_DEAD,
	 REASON_SCHEDULE,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_FAILURE,
	 .pages = true},
	{"timed out after upload",
	 {OUTCOME_UNCERTAIN},
	 DELIVERY_UNCERTAIN,
	 REASON_UNCERTAIN,
	 REACHED_MAYBE,
	 4000,
	 6000,
	 BREAKER_FAILURE},
	{"429",
	 {OUTCOME_THROTTLED},
	 DELIVERY_RETRY,
	 REASON_THROTTLED,
	 REACHED_NONE,
	 4000,
	 6000,
	 BREAKER_THROTTLE},
	{"429 Retry-After 20",
	 {OUTCOME_THROTTLED, .retry_after_ms = 20000},
	 DELIVERY_RETRY,
	 REASON_THROTTLED,
	 REACHED_NONE,
	 20000,
	 24000,
	 BREAKER_THROTTLE},
	{"429 Retry-After tomorrow",
	 {OUTCOME_THROTTLED, .retry_after_ms = 86400000},
	 DELIVERY_RETRY,
	 REASON_THROTTLED,
	 REACHED_NONE,
	 60000,
	 72000,
	 BREAKER_THROTTLE},
	{"502",
	 {OUTCOME_SLOW_RETRY},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 60000,
	 72000,
	 BREAKER_FAILURE},
	{"502 late",
	 {OUTCOME_SLOW_RETRY, .attempt = 9},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 720000,
	 1080000,
	 BREAKER_FAILURE},
	{"404 first",
	 {OUTCOME_FIXABLE, .attempt = 9},
	 DELIVERY_RETRY,
	 REASON_FIXABLE_1,
	 REACHED_NONE,
	 4000,
	 6000,
	 BREAKER_NEUTRAL},
	{"404 second",
	 {OUTCOME_FIXABLE, .before = REASON_FIXABLE_1},
	 DELIVERY_RETRY,
	 REASON_FIXABLE_2,
	 REACHED_NONE,
	 8000,
	 12000,
	 BREAKER_NEUTRAL},
	{"404 third",
	 {OUTCOME_FIXABLE, .before = REASON_FIXABLE_2},
	 DELIVERY_HELD,
	 REASON_FIXABLE,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL,
	 .pages = true},
	{"404 after 500",
	 {OUTCOME_FIXABLE, .before = REASON_RETRY},
	 DELIVERY_RETRY,
	 REASON_FIXABLE_1,
	 REACHED_NONE,
	 4000,
	 6000,
	 BREAKER_NEUTRAL},
	{"410",
	 {OUTCOME_GONE},
	 DELIVERY_HELD,
	 REASON_GONE,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL,
	 .suspends = true,
	 .pages = true},
	{"410 to an old version",
	 {OUTCOME_GONE, .is_superseded = true},
	 DELIVERY_SUPERSEDED,
	 REASON_NEWER,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL,
	 .suspends = true,
	 .pages = true},
	{"bad certificate",
	 {OUTCOME_SECURITY},
	 DELIVERY_HELD,
	 REASON_SECURITY,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL,
	 .pages = true},
	{"550",
	 {OUTCOME_REJECTED},
	 DELIVERY_REJECTED,
	 REASON_REJECTED,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL},
	{"cut, nothing left",
	 {OUTCOME_CANCELLED},
	 DELIVERY_WAITING,
	 REASON_CUT,
	 REACHED_NONE,
	 0,
	 0,
	 BREAKER_NEUTRAL},
	{"cut by the stop",
	 {OUTCOME_CANCELLED, .is_superseded = true},
	 DELIVERY_SUPERSEDED,
	 REASON_NEWER,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_NEUTRAL},
	{"cut on the wire",
	 {OUTCOME_CANCELLED_MAYBE},
	 DELIVERY_UNCERTAIN,
	 REASON_UNCERTAIN,
	 REACHED_MAYBE,
	 0,
	 0,
	 BREAKER_NEUTRAL},
	{"cut on the wire by the stop",
	 {OUTCOME_CANCELLED_MAYBE, .is_superseded = true},
	 DELIVERY_SUPERSEDED,
	 REASON_NEWER,
	 REACHED_MAYBE,
	 NEVER,
	 BREAKER_NEUTRAL},
	{"failed, a newer version is out",
	 {OUTCOME_RETRY, .is_superseded = true},
	 DELIVERY_SUPERSEDED,
	 REASON_NEWER,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_FAILURE},
	{"failed past expiry",
	 {OUTCOME_RETRY, .is_past_expiry = true},
	 DELIVERY_SUPERSEDED,
	 REASON_EXPIRED,
	 REACHED_NONE,
	 NEVER,
	 BREAKER_FAILURE},
	{"the end goes on past expiry",
	 {OUTCOME_RETRY, .is_past_expiry = true, .is_end = true},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 4000,
	 6000,
	 BREAKER_FAILURE},
	{"a notice follows the standard",
	 {OUTCOME_RETRY, .attempt = 2, .class_of = MESSAGE_CLASS_NOTICE},
	 DELIVERY_RETRY,
	 REASON_RETRY,
	 REACHED_NONE,
	 240000,
	 360000,
	 BREAKER_FAILURE},
};

/* What a row leaves out. */
static struct delivery_attempt filled(struct delivery_attempt attempt)
{
	attempt.retry_after_ms = attempt.retry_after_ms ? attempt.retry_after_ms : -1;
	attempt.attempt = attempt.attempt ? attempt.attempt : 1;
	attempt.class_of = attempt.class_of ? attempt.class_of : MESSAGE_CRITICAL;
	return attempt;
}

static void check(const struct row *row, const struct delivery_verdict *verdict)
{
	bool is_due = verdict->delay_ms >= row->least_ms && verdict->delay_ms <= row->most_ms;
	if (verdict->state != row->state || verdict->reason != row->reason ||
	    verdict->reached != row->reached || !is_due || verdict->breaker != row->breaker ||
	    verdict->suspends != row->suspends || verdict->pages != row->pages ||
	    verdict->throttles != (row->attempt.outcome == OUTCOME_THROTTLED)) {
		fail_msg("%s: got %s (%s) in %lld ms", row->title,
			 delivery_state_name(verdict->state), delivery_reason_name(verdict->reason),
			 (long long)verdict->delay_ms);
	}
}

static void decides_by_the_table(void **state)
{
	(void)state;
	struct rng rng;
	rng_seed(&rng, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int again = 0; again < 200; again++) {
			struct delivery_attempt attempt = filled(rows[i].attempt);
			struct delivery_verdict verdict = delivery_decide(&attempt, &rng);
			check(&rows[i], &verdict);
		}
	}
}

/* Whatever happens, the row goes where the state table lets it, and waits for a time unless it is
 * over or held. */
static void every_verdict_is_a_lawful_step(void **state)
{
	(void)state;
	struct rng rng;
	rng_seed(&rng, 2);
	for (unsigned bits = 0; bits < 8 * OUTCOME_CANCELLED_MAYBE; bits++) {
		struct delivery_attempt attempt = {
			.outcome = (enum delivery_outcome)(1 + bits / 8),
			.retry_after_ms = -1,
			.attempt = 1,
			.class_of = MESSAGE_CRITICAL,
			.is_superseded = bits & 1,
			.is_past_expiry = bits & 2,
			.is_end = bits & 4,
		};
		struct delivery_verdict verdict = delivery_decide(&attempt, &rng);
		assert_true(delivery_state_may(DELIVERY_SENDING, verdict.state));
		bool rests = delivery_state_is_terminal(verdict.state, false) ||
			     verdict.state == DELIVERY_HELD;
		assert_int_equal(verdict.delay_ms == DELIVERY_NEVER, rests);
		assert_string_not_equal(delivery_outcome_name(attempt.outcome), "?");
	}
}

static void a_row_found_sending_is_resent_twice_then_held(void **state)
{
	(void)state;
	for (int starts = 0; starts < DELIVERY_STARTS_MAX - 1; starts++) {
		struct delivery_verdict verdict = delivery_recover(starts, REACHED_NONE);
		assert_int_equal(verdict.state, DELIVERY_UNCERTAIN);
		assert_int_equal(verdict.reached, REACHED_MAYBE);
		assert_int_equal(verdict.delay_ms, 0);
	}
	struct delivery_verdict verdict = delivery_recover(DELIVERY_STARTS_MAX - 1, REACHED_YES);
	assert_int_equal(verdict.state, DELIVERY_HELD);
	assert_int_equal(verdict.reached, REACHED_YES);
	assert_int_equal(verdict.reason, REASON_CRASHES);
	assert_true(verdict.pages);
}

static void reasons_come_back_by_name(void **state)
{
	(void)state;
	for (int reason = REASON_RETRY; reason <= REASON_REMOVED; reason++) {
		const char *name = delivery_reason_name((enum delivery_reason)reason);
		assert_int_equal(delivery_reason_parse(name), reason);
	}
	assert_int_equal(delivery_reason_parse(NULL), REASON_NONE);
	assert_int_equal(delivery_reason_parse(""), REASON_NONE);
	assert_string_equal(delivery_reason_name((enum delivery_reason)99), "?");
	assert_string_equal(delivery_outcome_name((enum delivery_outcome)0), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_by_the_table),
		cmocka_unit_test(every_verdict_is_a_lawful_step),
		cmocka_unit_test(a_row_found_sending_is_resent_twice_then_held),
		cmocka_unit_test(reasons_come_back_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
