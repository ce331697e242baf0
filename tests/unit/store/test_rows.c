/* Rows that grow in an arena: order and contents stay, a fresh row is zeroed; refs fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/rows.h"

struct pair {
	int number;
	int untouched;
};

static void test_rows_keep_order_over_growth(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct rows rows = {.size = sizeof(struct pair)};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct pair *pair = rows_add(&rows, arena);

		assert_int_equal(pair->number, 0);
		assert_int_equal(pair->untouched, 0);
		pair->number = i + 1;
	}
	assert_int_equal(rows.count, 1000);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(((const struct pair *)rows.data)[i].number, i + 1);
	}
}

static void test_refs_fit_and_are_terminated(void **state)
{
	char ref[REF_TEXT_BYTES];

	(void)state;
	rows_copy_ref(ref, "26-0147-T");
	assert_string_equal(ref, "26-0147-T");
	rows_copy_ref(ref, NULL);
	assert_string_equal(ref, "");
	rows_copy_ref(ref, "a text that is longer than any ref can be");
	assert_int_equal(strlen(ref), REF_TEXT_BYTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_keep_order_over_growth),
		cmocka_unit_test(test_refs_fit_and_are_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
