/* The release build's clock: the system's, whatever the environment says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock_source.h"

static void test_system_only(void **state)
{
	struct error err;
	struct clock_source *source;
	struct loop *loop;

	(void)state;
	assert_int_equal(setenv("ASTRAD_CLOCK", "/nowhere/clock;hold;utc 5", 1), 0);
	source = clock_source_open(&err);
	assert_non_null(source);
	assert_ptr_equal(clock_source_clock(source), clock_system());
	loop = loop_create(clock_source_clock(source), &err);
	assert_non_null(loop);
	clock_source_attach(source, loop);
	assert_false(loop_turn(loop));
	clock_source_detach(source);
	loop_destroy(&loop);
	clock_source_close(&source);
	assert_null(source);
	clock_source_close(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_system_only)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
