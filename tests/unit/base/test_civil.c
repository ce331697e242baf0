/* Calendar arithmetic against the C library, over 10,000 years. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"

static void test_civil(void **state)
{
	struct civil date;

	(void)state;
	for (int64_t days = -800000; days < 3000000; days += 7) {
		time_t seconds = days * 86400;
		struct tm tm;

		assert_non_null(gmtime_r(&seconds, &tm));
		date = civil_from_days(days);
		assert_int_equal(date.year, tm.tm_year + 1900);
		assert_int_equal(date.month, tm.tm_mon + 1);
		assert_int_equal(date.day, tm.tm_mday);
		assert_int_equal(civil_days(date.year, date.month, date.day), days);
	}
	assert_int_equal(civil_month_days(2000, 2), 29);
	assert_int_equal(civil_month_days(1900, 2), 28);
	assert_int_equal(civil_month_days(2026, 13), 0);
	assert_int_equal(civil_floor(-1, 7), -1);
	assert_int_equal(civil_floor(-7, 7), -1);
	assert_int_equal(civil_floor(6, 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_civil)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
