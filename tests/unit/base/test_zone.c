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
#include "base/zone_rule.h"

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

static void test_rules(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"CET-1CEST,M3.5.0,M10.5.0/3", true},
		{"<+0330>-3:30", true},
		{"EST5EDT,M3.2.0,M11.1.0", true},
		{"EST5EDT4:30,J60/-1,300/167:59:59", true},
		{"EST+5", true},
		{"", false},
		{"CET", false},
		{"-1", false},
		{"<>-1", false},
		{"<+01-1", false},
		{"CET-168", false},
		{"CET-1CEST", false},
		{"CET-1CEST,M3.5.0", false},
		{"CET-1CEST,M0.5.0,M10.5.0", false},
		{"CET-1CEST,M3.6.0,M10.5.0", false},
		{"CET-1CEST,M3.5.7,M10.5.0", false},
		{"CET-1CEST,J0,M10.5.0", false},
		{"CET-1CEST,366,M10.5.0", false},
		{"CET-1CEST,M3.5.0,M10.5.0/3x", false},
		{"CET-1CEST,M3.5.0/,M10.5.0", false},
	};
	struct zone_rule rule;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(zone_rule_parse(rows[i].text, &rule), rows[i].good);
	}
}

/* Rules are not only those of today's files: the C library judges some odd ones. */
static void test_rules_like_libc(void **state)
{
	static const char *const rows[] = {
		"CET-1CEST,M3.5.0,M10.5.0/3",       "EST5EDT4:30,J60/-1,300/26",
		"NZST-12NZDT,M9.5.0,M4.1.0/3",      "IST-1GMT0,M10.5.0,M3.5.0/1",
		"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "AAA-2BBB,M2.5.4/24,M9.5.4/50",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone_rule rule;

		assert_int_equal(setenv("TZ", rows[i], 1), 0);
		tzset();
		assert_true(zone_rule_parse(rows[i], &rule));
		for (time_t at = 1700000000; at < 1900000000; at += 4999) {
			struct tm tm;

			assert_non_null(localtime_r(&at, &tm));
			assert_int_equal(zone_rule_offset(&rule, at), tm.tm_gmtoff);
		}
	}
}

/* Summer time all the year (RFC 8536, section 3.3.1): no hour of the turn of the year falls out. */
static void test_rules_without_winter(void **state)
{
	static const struct {
		const char *text;
		int offset;
	} rows[] = {{"EST5EDT,0/0,J365/25", -4 * 3600}, {"XXX3EDT4,0/0,J365/23", -4 * 3600}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone_rule rule;

		assert_true(zone_rule_parse(rows[i].text, &rule));
		for (int64_t at = 1700000000; at < 1800000000; at += 599) {
			assert_int_equal(zone_rule_offset(&rule, at), rows[i].offset);
		}
	}
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
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_like_libc),
		cmocka_unit_test(test_rules_without_winter),
		cmocka_unit_test(test_all_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
