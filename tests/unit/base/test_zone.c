/*
 * Zones: known instants, names that must not become paths, and every zone of the system compared
 * with the C library, which reads the same files by another program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/zone.h"

static void test_format_zone(void **state)
{
	static const struct {
		const char *utc, *zone, *text;
	} rows[] = {
		{"2026-11-23T15:31:07Z", "Europe/Belgrade", "2026-11-23T16:31:07+01:00"},
		{"2026-07-01T22:30:00Z", "Europe/Belgrade", "2026-07-02T00:30:00+02:00"},
		/* 02:30 on the night the clock goes back happens twice */
		{"2026-10-25T00:30:00Z", "Europe/Belgrade", "2026-10-25T02:30:00+02:00"},
		{"2026-10-25T01:30:00Z", "Europe/Belgrade", "2026-10-25T02:30:00+01:00"},
		{"2026-03-29T00:59:59Z", "Europe/Belgrade", "2026-03-29T01:59:59+01:00"},
		{"2026-03-29T01:00:00Z", "Europe/Belgrade", "2026-03-29T03:00:00+02:00"},
		{"2077-07-01T00:00:00Z", "Europe/Belgrade", "2077-07-01T02:00:00+02:00"},
		{"2077-01-01T00:00:00Z", "Australia/Sydney", "2077-01-01T11:00:00+11:00"},
		{"2026-11-23T15:31:07Z", "UTC", "2026-11-23T15:31:07+00:00"},
		{"2026-11-23T15:31:07Z", "Asia/Kolkata", "2026-11-23T21:01:07+05:30"},
		{"2026-11-23T15:31:07Z", "America/St_Johns", "2026-11-23T12:01:07-03:30"},
		{"2026-07-01T00:00:00Z", "Europe/Dublin", "2026-07-01T01:00:00+01:00"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[CLOCK_TEXT_BYTES];
		int64_t utc_ms;

		assert_true(clock_parse(rows[i].utc, strlen(rows[i].utc), &utc_ms));
		assert_true(clock_format_zone(utc_ms, rows[i].zone, out));
		assert_string_equal(out, rows[i].text);
	}
}

static void test_unknown(void **state)
{
	static const char *const rows[] = {
		"",
		"Europe",
		"Europe/Beograd",
		"Europe//Belgrade",
		"/Europe/Belgrade",
		"Europe/Belgrade/",
		"../zoneinfo/UTC",
		"Europe/../UTC",
		"zone.tab",
		"tzdata.zi",
		"leapseconds",
		"Europe/Belgrade\n",
		"Europe/AnExtremelyLongNameThatNoZoneHasAndThatWouldNotFitIntoThePath",
	};
	char out[CLOCK_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(clock_zone_exists(rows[i]));
	}
	assert_true(clock_zone_exists("Europe/Belgrade"));
	assert_false(clock_format_zone(0, "Europe/Beograd", out));
	assert_string_equal(out, "1970-01-01T00:00:00Z");
}

static void compare_with_libc(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t at = -2300000000; at < 4300000000; at += 3456789) {
		time_t seconds = at;
		struct tm tm;
		int offset;

		assert_non_null(localtime_r(&seconds, &tm));
		assert_true(zone_offset(name, at, &offset));
		if (offset != tm.tm_gmtoff) {
			fail_msg("%s at %lld: %d, libc says %ld", name, (long long)at, offset,
				 tm.tm_gmtoff);
		}
	}
}

static void test_all_zones(void **state)
{
	FILE *table = fopen("/usr/share/zoneinfo/zone1970.tab", "re");
	char line[512];
	int count = 0;

	(void)state;
	assert_non_null(table);
	while (fgets(line, sizeof(line), table) != NULL) {
		char name[64];

		if (line[0] != '#' && sscanf(line, "%*s\t%*s\t%63s", name) == 1) {
			compare_with_libc(name);
			count++;
		}
	}
	assert_int_equal(fclose(table), 0);
	assert_true(count > 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_zone),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_all_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
