/* RFC 3339 in both directions, the fake clock, reproducible chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static void test_format_utc(void **state)
{
	static const struct {
		int64_t utc_ms;
		const char *plain, *with_ms;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z"},
		{951782400000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
		{1795447867042, "2026-11-23T15:31:07Z", "2026-11-23T15:31:07.042Z"},
		{253402300799999, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[CLOCK_TEXT_BYTES];
		int64_t back;

		clock_format_utc(rows[i].utc_ms, false, out);
		assert_string_equal(out, rows[i].plain);
		clock_format_utc(rows[i].utc_ms, true, out);
		assert_string_equal(out, rows[i].with_ms);
		assert_true(clock_parse(out, strlen(out), &back));
		assert_int_equal(back, rows[i].utc_ms);
	}
}

/* No stored number, however wrong, may overrun the text. */
static void test_format_extremes(void **state)
{
	static const int64_t rows[] = {INT64_MIN, INT64_MAX, -62167219200001};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[CLOCK_TEXT_BYTES];

		clock_format_utc(rows[i], true, out);
		assert_true(strlen(out) < sizeof(out));
		assert_true(clock_format_zone(rows[i], "Europe/Belgrade", out));
		assert_true(strlen(out) < sizeof(out));
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t utc_ms;
	} rows[] = {
		{"2026-11-23T16:31:07+01:00", 1795447867000},
		{"2026-11-23t15:31:07z", 1795447867000},
		{"2026-11-23T15:31:07.5Z", 1795447867500},
		{"2026-11-23T15:31:07.0429999999999Z", 1795447867042},
		{"2026-11-23T15:31:07-00:00", 1795447867000},
		{"2026-11-23T00:00:07-15:31", 1795447867000},
		{"1990-12-31T23:59:60Z", 662688000000}, /* RFC 3339, section 5.8 */
		{"1990-12-31T15:59:60.7-08:00", 662688000000},
		{"1900-01-01T00:00:00Z", -2208988800000},
		{"2024-02-29T12:00:00+05:30", 1709188200000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t utc_ms = 0;

		assert_true(clock_parse(rows[i].text, strlen(rows[i].text), &utc_ms));
		assert_int_equal(utc_ms, rows[i].utc_ms);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const rows[] = {
		"",
		"2026-11-23",
		"2026-11-23T15:31:07", /* no offset */
		"2026-11-23 15:31:07Z",
		"2026-11-23T15:31Z",
		"2026-11-23T15:31:07.Z",
		"2026-11-23T15:31:07,5Z",
		"2026-11-23T15:31:07+0100",
		"2026-11-23T15:31:07+1:00",
		"2026-11-23T15:31:07+24:00",
		"2026-11-23T15:31:07+01:60",
		"2026-11-23T15:31:07Zx",
		"2026-11-23T15:31:07 Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-01-01T12:00:60Z", /* no leap second at noon */
		"1899-12-31T23:59:59Z",
		"1900-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"+2026-01-01T00:00:00Z",
		"-026-01-01T00:00:00Z",
		"2O26-01-01T00:00:00Z",
	};
	int64_t utc_ms = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(clock_parse(rows[i], strlen(rows[i]), &utc_ms));
	}
	assert_int_equal(utc_ms, 42);
	assert_false(clock_parse("2026-11-23T15:31:07Z", 19, &utc_ms));
}

static void test_clocks(void **state)
{
	struct clock_fake fake;
	int64_t boot_ms;

	(void)state;
	clock_fake_init(&fake, 1795447867000);
	boot_ms = clock_boot_ms(&fake.clock);
	assert_int_equal(clock_utc_ms(&fake.clock), 1795447867000);
	assert_true(clock_is_synchronised(&fake.clock));
	assert_false(clock_is_flowing(&fake.clock));
	clock_fake_advance(&fake, 1500);
	assert_int_equal(clock_utc_ms(&fake.clock), 1795447868500);
	assert_int_equal(clock_boot_ms(&fake.clock), boot_ms + 1500);
	fake.synchronised = false;
	assert_false(clock_is_synchronised(&fake.clock));

	assert_true(clock_is_flowing(clock_system()));
	assert_true(clock_utc_ms(clock_system()) / 1000 - time(NULL) < 5);
	assert_true(clock_utc_ms(clock_system()) / 1000 - time(NULL) > -5);
	boot_ms = clock_boot_ms(clock_system());
	assert_true(boot_ms > 0 && clock_boot_ms(clock_system()) >= boot_ms);
}

static void test_rng(void **state)
{
	struct rng a, b;
	int seen[6] = {0};

	(void)state;
	rng_seed(&a, 7);
	rng_seed(&b, 7);
	for (int i = 0; i < 1000; i++) {
		assert_true(rng_next(&a) == rng_next(&b));
	}
	rng_seed(&b, 8);
	assert_true(rng_next(&a) != rng_next(&b));
	for (int i = 0; i < 60000; i++) {
		int64_t drawn = rng_between(&a, -2, 3);

		assert_in_range(drawn + 2, 0, 5);
		seen[drawn + 2]++;
	}
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		assert_in_range(seen[i], 9000, 11000);
	}
	assert_int_equal(rng_between(&a, 5, 5), 5);
	(void)rng_between(&a, INT64_MIN, INT64_MAX);
	assert_true(rng_between(&a, INT64_MAX - 1, INT64_MAX) >= INT64_MAX - 1);
}

/* The published first outputs of xoshiro256** for the state {1, 2, 3, 4}. */
static void test_rng_vector(void **state)
{
	static const uint64_t expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u,
					    1216172134540287360u};
	struct rng rng = {.state = {1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_true(rng_next(&rng) == expected[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_utc), cmocka_unit_test(test_format_extremes),
		cmocka_unit_test(test_parse),      cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_clocks),     cmocka_unit_test(test_rng),
		cmocka_unit_test(test_rng_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
