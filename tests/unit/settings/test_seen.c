/* Ids of long lists: each found again, none invented, in any order and number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "settings/seen.h"

#define MANY 200000

static int add(struct seen *seen, int number, int line)
{
	char id[24];

	(void)snprintf(id, sizeof(id), "r%07d", number);
	return seen_add(seen, id, line);
}

static void test_the_latest_line_is_told(void **state)
{
	struct seen *seen = seen_create();

	(void)state;
	assert_int_equal(seen_add(seen, "ana", 2), 0);
	assert_int_equal(seen_add(seen, "Ana", 3), 0);
	assert_int_equal(seen_add(seen, "ana", 4), 2);
	assert_int_equal(seen_add(seen, "ana", 5), 4);
	assert_int_equal(seen_add(seen, "", 6), 0);
	seen_destroy(&seen);
	assert_null(seen);
	seen_destroy(&seen);
}

static void test_many(void **state)
{
	struct seen *seen = seen_create();

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(add(seen, i, i + 1), 0);
	}
	for (int i = MANY - 1; i >= 0; i--) {
		assert_int_equal(add(seen, i, MANY + i), i + 1);
	}
	assert_int_equal(add(seen, MANY, 1), 0);
	seen_destroy(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_latest_line_is_told),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
