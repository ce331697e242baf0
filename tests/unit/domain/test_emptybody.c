/* A body that may only be empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/emptybody.h"

static void test_rows(void **state)
{
	static const struct {
		const char *body;
		const char *pointer; /* NULL: it is fine */
	} rows[] = {
		{"", NULL},
		{"{}", NULL},
		{" {} ", NULL},
		{"{\"reason\":\"r\"}", "/reason"},
		{"{\"reason\":null}", "/reason"},
		{"[]", ""},
		{"null", ""},
		{"{", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct bytes body = {rows[i].body, strlen(rows[i].body)};
		struct problems problems;

		problems_init(&problems, arena);
		assert_int_equal(emptybody_check(body, &problems), rows[i].pointer == NULL);
		assert_int_equal(problems.count, rows[i].pointer != NULL);
		if (rows[i].pointer != NULL) {
			assert_string_equal(problems.items[0].pointer, rows[i].pointer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
