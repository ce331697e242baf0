/* Field errors: all of them up to the bound, the rest as a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/problem.h"

static void test_none_is_an_empty_list(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	struct problems problems;

	(void)state;
	problems_init(&problems, arena);
	assert_true(problems_are_none(&problems));
	problems_render(&problems, &out);
	assert_string_equal(buf_text(&out), "[]");
}

static void test_entries_are_rendered_in_order(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	struct problems problems;
	struct error err = {0};

	(void)state;
	problems_init(&problems, arena);
	problems_add(&problems, "/child/age", "must be between %d and %d", 0, 120);
	problems_add(&problems, "", "a \"quote\"");
	assert_false(problems_are_none(&problems));
	problems_render(&problems, &out);
	assert_string_equal(
		buf_text(&out),
		"[{\"pointer\":\"/child/age\",\"detail\":\"must be between 0 and 120\"},"
		"{\"pointer\":\"\",\"detail\":\"a \\\"quote\\\"\"}]");
	assert_false(problems_error(&problems, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_string_equal(err.text, "/child/age must be between 0 and 120, and 1 more error");
}

static void test_what_is_past_the_bound_is_counted(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	struct problems problems;

	(void)state;
	problems_init(&problems, arena);
	for (int i = 0; i < LIMIT_FIELD_ERRORS + 7; i++) {
		problems_add(&problems, "/a", "wrong");
	}
	assert_int_equal(problems.count, LIMIT_FIELD_ERRORS);
	assert_int_equal(problems.more, 7);
	problems_render(&problems, &out);
	assert_non_null(strstr(buf_text(&out), "and 7 more errors"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_an_empty_list),
		cmocka_unit_test(test_entries_are_rendered_in_order),
		cmocka_unit_test(test_what_is_past_the_bound_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
