/* Rules of POSIX TZ: what is one, and what it says, compared with the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/zone_rule.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_like_libc),
		cmocka_unit_test(test_rules_without_winter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
