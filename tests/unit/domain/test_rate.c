#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/rate.h"

/* Takes what it can each step and returns how many that were. */
static int64_t drain(struct rate *rate, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	int64_t sent = 0;
	for (int64_t now = from_ms; now <= to_ms; now += step_ms) {
		int64_t free_now = rate_available(rate, MESSAGE_CRITICAL, now);
		rate_take(rate, free_now, now);
		sent += free_now;
	}
	return sent;
}

static void gives_its_rate_and_one_second_of_burst(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 50, 1000);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, 1000), 50);
	assert_int_equal(drain(&rate, 1000, 11000, 7), 50 + 50 * 10 - 1);
	/* an idle night does not save up */
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, INT64_C(8) * 3600 * 1000), 50);
}

static void loses_nothing_to_rounding(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 1, 0);
	assert_int_equal(drain(&rate, 0, 100000, 1), 101);
}

static void says_when_to_come_back(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 10, 0);
	assert_int_equal(rate_wait_ms(&rate, MESSAGE_CRITICAL, 0), 0);
	rate_take(&rate, 10, 0);
	assert_int_equal(rate_wait_ms(&rate, MESSAGE_CRITICAL, 0), 100);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, 99), 0);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, 100), 1);
}

static void notices_leave_a_share_for_alerts(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 50, 0);
	assert_int_equal(rate_available(&rate, MESSAGE_CLASS_NOTICE, 0), 40);
	rate_take(&rate, 40, 0);
	assert_int_equal(rate_available(&rate, MESSAGE_STANDARD, 0), 0);
	assert_int_equal(rate_wait_ms(&rate, MESSAGE_STANDARD, 0), 20);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, 0), 10);
	/* at one a second there is nothing to share: a notice still gets through */
	rate_init(&rate, 1, 0);
	assert_int_equal(rate_available(&rate, MESSAGE_STANDARD, 0), 1);
}

static void throttling_halves_for_a_minute(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 50, 0);
	rate_throttle(&rate, 0);
	assert_int_equal(drain(&rate, 0, 10000, 1), 25 + 25 * 10);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, RATE_THROTTLED_MS + 2000), 50);
	rate_init(&rate, 1, 0);
	rate_throttle(&rate, 0);
	assert_int_equal(drain(&rate, 0, 10000, 1), 1 + 5);
	rate_init(&rate, 0, 0);
	assert_true(rate_available(&rate, MESSAGE_CRITICAL, 0) == INT64_MAX);
	rate_throttle(&rate, 0);
	assert_in_range(rate_available(&rate, MESSAGE_CRITICAL, 1000), 1, RATE_THROTTLED_UNBOUNDED);
	assert_true(rate_available(&rate, MESSAGE_CRITICAL, RATE_THROTTLED_MS) == INT64_MAX);
}

static void a_reload_changes_the_rate_at_once(void **state)
{
	(void)state;
	struct rate rate;
	rate_init(&rate, 100, 0);
	rate_change(&rate, 5, 0);
	assert_int_equal(rate_available(&rate, MESSAGE_CRITICAL, 0), 5);
	rate_change(&rate, 0, 0);
	assert_true(rate_available(&rate, MESSAGE_CRITICAL, 0) == INT64_MAX);
	rate_change(&rate, 5, 0);
	assert_int_equal(rate_wait_ms(&rate, MESSAGE_CRITICAL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_its_rate_and_one_second_of_burst),
		cmocka_unit_test(loses_nothing_to_rounding),
		cmocka_unit_test(says_when_to_come_back),
		cmocka_unit_test(notices_leave_a_share_for_alerts),
		cmocka_unit_test(throttling_halves_for_a_minute),
		cmocka_unit_test(a_reload_changes_the_rate_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
