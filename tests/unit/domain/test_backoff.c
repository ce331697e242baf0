#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/backoff.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* When the n-th attempt is made, without jitter, counted from the first. */
static int64_t attempt_at(enum message_class class_of, int attempt)
{
	int64_t at_ms = 0;
	for (int i = 1; i < attempt; i++) {
		int64_t delay_ms = backoff_delay_ms(NULL, class_of, i);
		if (delay_ms == BACKOFF_END) {
			return BACKOFF_END;
		}
		at_ms += delay_ms;
	}
	return at_ms;
}

static void critical_is_dense_in_the_first_hour(void **state)
{
	(void)state;
	static const int64_t first[] = {
		0,          5 * SECOND,  15 * SECOND, 30 * SECOND, 60 * SECOND, 2 * MINUTE,
		5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR,
	};
	int attempt = 1;
	for (size_t i = 0; i < ARRAY_LEN(first); i++, attempt++) {
		assert_int_equal(attempt_at(MESSAGE_CRITICAL, attempt), first[i]);
	}
	for (int64_t hour = 2; hour <= 24; hour++, attempt++) {
		assert_int_equal(attempt_at(MESSAGE_CRITICAL, attempt), hour * HOUR);
	}
	for (int64_t hour = 28; hour <= 76; hour += 4, attempt++) {
		assert_int_equal(attempt_at(MESSAGE_CRITICAL, attempt), hour * HOUR);
	}
	assert_int_equal(attempt_at(MESSAGE_CRITICAL, attempt), BACKOFF_END);
}

static void standard_is_the_published_one(void **state)
{
	(void)state;
	int64_t last_ms = 75 * HOUR + 35 * MINUTE + 5 * SECOND;
	assert_int_equal(attempt_at(MESSAGE_STANDARD, 2), 5 * SECOND);
	assert_int_equal(attempt_at(MESSAGE_STANDARD, 3), 5 * MINUTE + 5 * SECOND);
	assert_int_equal(attempt_at(MESSAGE_STANDARD, 10), last_ms);
	assert_int_equal(attempt_at(MESSAGE_STANDARD, 11), BACKOFF_END);
	assert_int_equal(attempt_at(MESSAGE_CLASS_NOTICE, 10), last_ms);
}

static void a_channels_own_schedule_wins(void **state)
{
	(void)state;
	static const int64_t own[] = {0, 7 * SECOND, 9 * SECOND};
	struct channel_limits limits = {.schedule_ms = own, .schedule_count = 3};
	assert_int_equal(backoff_delay_ms(&limits, MESSAGE_CRITICAL, 1), 7 * SECOND);
	assert_int_equal(backoff_delay_ms(&limits, MESSAGE_CRITICAL, 2), 9 * SECOND);
	assert_int_equal(backoff_delay_ms(&limits, MESSAGE_CRITICAL, 3), BACKOFF_END);
	limits = (struct channel_limits){.schedule_ms = own + 1, .schedule_count = 2};
	assert_int_equal(backoff_delay_ms(&limits, MESSAGE_STANDARD, 1), 7 * SECOND);
	assert_int_equal(backoff_span_ms(own, 3), 16 * SECOND);
	assert_int_equal(backoff_delay_ms(&(struct channel_limits){0}, MESSAGE_CRITICAL, 1),
			 5 * SECOND);
}

static void refuses_schedules_that_go_back(void **state)
{
	(void)state;
	static const int64_t falling[] = {5000, 4000};
	static const int64_t negative[] = {-1, 4000};
	static const int64_t flat[BACKOFF_ENTRIES_MAX + 1] = {0};
	assert_false(backoff_is_valid(NULL, 0));
	assert_false(backoff_is_valid(falling, 2));
	assert_false(backoff_is_valid(negative, 2));
	assert_true(backoff_is_valid(flat, BACKOFF_ENTRIES_MAX));
	assert_false(backoff_is_valid(flat, BACKOFF_ENTRIES_MAX + 1));
}

static void jitter_stays_in_its_bounds_and_spreads(void **state)
{
	(void)state;
	struct rng rng;
	int64_t least = INT64_MAX;
	int64_t most = 0;
	rng_seed(&rng, 42);
	for (int i = 0; i < 10000; i++) {
		int64_t delay_ms = backoff_jitter_ms(5000, &rng);
		least = delay_ms < least ? delay_ms : least;
		most = delay_ms > most ? delay_ms : most;
		assert_in_range(backoff_jitter_up_ms(5000, &rng), 5000, 6000);
		assert_int_equal(backoff_jitter_ms(100, &rng), BACKOFF_FLOOR_MS);
	}
	assert_in_range(least, 4000, 4050);
	assert_in_range(most, 5950, 6000);
}

static void retry_after_is_clamped(void **state)
{
	(void)state;
	static const struct {
		int64_t delay_ms, retry_after_ms, expected_ms;
	} rows[] = {
		{5 * SECOND, -1, 5 * SECOND},           /* named no time */
		{5 * SECOND, 2 * SECOND, 5 * SECOND},   /* sooner than we would */
		{5 * SECOND, 20 * SECOND, 20 * SECOND}, /* as asked */
		{5 * SECOND, 1 * HOUR, 60 * SECOND},    /* a mistake must not cost the hour */
		{10 * MINUTE, 1 * HOUR, 20 * MINUTE},   {10 * MINUTE, 15 * MINUTE, 15 * MINUTE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(backoff_throttle_ms(rows[i].delay_ms, rows[i].retry_after_ms),
				 rows[i].expected_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(critical_is_dense_in_the_first_hour),
		cmocka_unit_test(standard_is_the_published_one),
		cmocka_unit_test(a_channels_own_schedule_wins),
		cmocka_unit_test(refuses_schedules_that_go_back),
		cmocka_unit_test(jitter_stays_in_its_bounds_and_spreads),
		cmocka_unit_test(retry_after_is_clamped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
