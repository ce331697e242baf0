#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/breaker.h"

#define NOON INT64_C(1795000000000)

struct fixture {
	struct breaker breaker;
	struct rng rng;
	int64_t now;
};

static void start(struct fixture *f)
{
	breaker_init(&f->breaker);
	rng_seed(&f->rng, 7);
	f->now = NOON;
}

static bool record(struct fixture *f, enum breaker_event event)
{
	return breaker_record(&f->breaker,
			      &(struct breaker_report){.event = event, .now_utc_ms = f->now}, NULL,
			      &f->rng);
}

static bool probe(struct fixture *f, enum breaker_event event)
{
	assert_int_equal(breaker_ask(&f->breaker, f->now), BREAKER_PROBE);
	return breaker_record(
		&f->breaker,
		&(struct breaker_report){.event = event, .is_probe = true, .now_utc_ms = f->now},
		NULL, &f->rng);
}

static void trip(struct fixture *f)
{
	for (int i = 0; i < BREAKER_FAILURES; i++) {
		record(f, BREAKER_FAILURE);
	}
	assert_int_equal(f->breaker.state, BREAKER_OPEN);
}

static void opens_on_failures_in_a_row(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	for (int i = 0; i < BREAKER_FAILURES - 1; i++) {
		assert_false(record(&f, BREAKER_FAILURE));
	}
	assert_false(record(&f, BREAKER_SUCCESS));
	for (int i = 0; i < BREAKER_FAILURES - 1; i++) {
		assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PASS);
		assert_false(record(&f, BREAKER_FAILURE));
		assert_false(record(&f, BREAKER_NEUTRAL));
	}
	assert_true(record(&f, BREAKER_FAILURE));
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_WAIT);
	assert_in_range(breaker_due_utc_ms(&f.breaker) - f.now, 24000, 36000);
}

static void opens_when_half_of_a_minute_failed(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	for (int i = 0; i < 4; i++) {
		assert_false(record(&f, BREAKER_SUCCESS));
		assert_false(record(&f, BREAKER_FAILURE));
		f.now += 5000;
	}
	assert_false(record(&f, BREAKER_SUCCESS));
	assert_true(record(&f, BREAKER_FAILURE)); /* the fifth of ten, within 20 s */
}

static void forgets_what_is_older_than_a_minute(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	for (int i = 0; i < 4; i++) {
		record(&f, BREAKER_FAILURE);
	}
	f.now += 61000;
	for (int i = 0; i < 6; i++) {
		assert_false(record(&f, BREAKER_SUCCESS));
	}
	for (int i = 0; i < 4; i++) {
		assert_false(record(&f, BREAKER_FAILURE));
	}
	assert_int_equal(f.breaker.state, BREAKER_CLOSED);
}

static void half_open_lets_exactly_one_through(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	trip(&f);
	f.now = breaker_due_utc_ms(&f.breaker);
	assert_int_equal(breaker_peek(&f.breaker, f.now), BREAKER_PROBE);
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PROBE);
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_WAIT);
	assert_true(breaker_due_utc_ms(&f.breaker) == INT64_MAX);
	breaker_give_back(&f.breaker);
	/* a cancelled probe says nothing: the next one may go */
	assert_false(probe(&f, BREAKER_NEUTRAL));
	assert_false(probe(&f, BREAKER_SUCCESS));
	assert_int_equal(f.breaker.state, BREAKER_HALF_OPEN);
	assert_true(probe(&f, BREAKER_SUCCESS));
	assert_int_equal(f.breaker.state, BREAKER_CLOSED);
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PASS);
	assert_int_equal(f.breaker.last_success_utc_ms, f.now);
}

static void openings_double_to_five_minutes(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	trip(&f);
	static const int64_t lengths[] = {60000, 120000, 240000, 300000, 300000};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		f.now = breaker_due_utc_ms(&f.breaker);
		assert_true(probe(&f, i % 2 ? BREAKER_THROTTLE : BREAKER_FAILURE));
		assert_int_equal(f.breaker.open_ms, lengths[i]);
		assert_in_range(breaker_due_utc_ms(&f.breaker) - f.now, lengths[i] * 4 / 5,
				lengths[i] * 6 / 5);
	}
	f.now = breaker_due_utc_ms(&f.breaker);
	probe(&f, BREAKER_SUCCESS);
	probe(&f, BREAKER_SUCCESS);
	trip(&f);
	assert_int_equal(f.breaker.open_ms, BREAKER_OPEN_MS);
}

static void stragglers_say_nothing_new(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	trip(&f);
	int64_t due = breaker_due_utc_ms(&f.breaker);
	assert_false(record(&f, BREAKER_FAILURE));
	assert_false(record(&f, BREAKER_SUCCESS));
	assert_int_equal(breaker_due_utc_ms(&f.breaker), due);
	f.now = due;
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PROBE);
	assert_false(record(&f, BREAKER_SUCCESS));
	assert_false(record(&f, BREAKER_SUCCESS));
	assert_int_equal(f.breaker.state, BREAKER_HALF_OPEN);
}

static void throttling_is_no_failure_until_the_tenth(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	for (int i = 0; i < BREAKER_THROTTLES - 1; i++) {
		assert_false(record(&f, BREAKER_THROTTLE));
	}
	record(&f, BREAKER_SUCCESS);
	for (int i = 0; i < BREAKER_THROTTLES - 1; i++) {
		assert_false(record(&f, BREAKER_THROTTLE));
	}
	assert_true(record(&f, BREAKER_THROTTLE));
}

static void is_dead_after_half_a_minute(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	assert_false(breaker_is_dead(&f.breaker, f.now));
	trip(&f);
	assert_false(breaker_is_dead(&f.breaker, f.now + BREAKER_DEAD_MS));
	assert_true(breaker_is_dead(&f.breaker, f.now + BREAKER_DEAD_MS + 1));
	/* a failed probe does not make it young again */
	f.now = breaker_due_utc_ms(&f.breaker);
	probe(&f, BREAKER_FAILURE);
	assert_true(breaker_is_dead(&f.breaker, NOON + BREAKER_DEAD_MS + 1));
	breaker_reset(&f.breaker);
	assert_false(breaker_is_dead(&f.breaker, f.now));
}

static void a_clock_set_back_does_not_keep_it_open(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	trip(&f);
	f.now -= INT64_C(3600) * 1000;
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PROBE);
}

static void survives_a_restart(void **state)
{
	(void)state;
	struct fixture f;
	char text[BREAKER_TEXT_BYTES];
	struct breaker again;
	start(&f);
	record(&f, BREAKER_SUCCESS);
	trip(&f);
	f.now = breaker_due_utc_ms(&f.breaker);
	probe(&f, BREAKER_SUCCESS);
	assert_int_equal(breaker_ask(&f.breaker, f.now), BREAKER_PROBE);
	breaker_encode(&f.breaker, text);
	assert_true(breaker_decode(text, &again));
	assert_int_equal(again.state, BREAKER_HALF_OPEN);
	assert_int_equal(again.opened_utc_ms, f.breaker.opened_utc_ms);
	assert_int_equal(again.last_success_utc_ms, f.breaker.last_success_utc_ms);
	assert_int_equal(again.successes, 1);
	/* the probe that was out when the power went may go again */
	assert_int_equal(breaker_ask(&again, f.now), BREAKER_PROBE);
}

static void refuses_texts_that_are_not_its_own(void **state)
{
	(void)state;
	struct breaker breaker;
	static const char *const texts[] = {
		NULL,
		"",
		"1",
		"2 1 0 0 0 0 0 0 0",
		"1 9 0 0 0 0 0 0 0",
		"1 1 0 0 0 0 0 0 0 x",
		"1 2 0 0 0 999999999 0 0 0",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_false(breaker_decode(texts[i], &breaker));
	}
	assert_true(breaker_decode("1 1 0 0 0 0 0 0 0", &breaker));
}

static void a_channel_may_be_stricter(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	const struct breaker_limits limits = {.failures = 2, .open_ms = 10000};
	const struct breaker_report failure = {.event = BREAKER_FAILURE, .now_utc_ms = f.now};
	assert_false(breaker_record(&f.breaker, &failure, &limits, &f.rng));
	assert_true(breaker_record(&f.breaker, &failure, &limits, &f.rng));
	assert_in_range(breaker_due_utc_ms(&f.breaker) - f.now, 8000, 12000);
	assert_string_equal(breaker_state_name(f.breaker.state), "open");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_on_failures_in_a_row),
		cmocka_unit_test(opens_when_half_of_a_minute_failed),
		cmocka_unit_test(forgets_what_is_older_than_a_minute),
		cmocka_unit_test(half_open_lets_exactly_one_through),
		cmocka_unit_test(openings_double_to_five_minutes),
		cmocka_unit_test(stragglers_say_nothing_new),
		cmocka_unit_test(throttling_is_no_failure_until_the_tenth),
		cmocka_unit_test(is_dead_after_half_a_minute),
		cmocka_unit_test(a_clock_set_back_does_not_keep_it_open),
		cmocka_unit_test(survives_a_restart),
		cmocka_unit_test(refuses_texts_that_are_not_its_own),
		cmocka_unit_test(a_channel_may_be_stricter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
