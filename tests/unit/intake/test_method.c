/* Names of methods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/method.h"

static void knows_its_names(void **state)
{
	(void)state;
	for (int i = METHOD_UNKNOWN + 1; i < METHOD_COUNT; i++) {
		const char *name = method_name((enum method)i);

		assert_int_equal(method_parse(name, strlen(name)), i);
	}
	assert_string_equal(method_name(METHOD_UNKNOWN), "?");
	assert_string_equal(method_name(METHOD_COUNT), "?");
}

static void knows_no_other(void **state)
{
	(void)state;
	assert_int_equal(method_parse("get", 3), METHOD_UNKNOWN);
	assert_int_equal(method_parse("GETS", 4), METHOD_UNKNOWN);
	assert_int_equal(method_parse("GE", 2), METHOD_UNKNOWN);
	assert_int_equal(method_parse("", 0), METHOD_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_names),
		cmocka_unit_test(knows_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
