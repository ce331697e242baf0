#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/index.h"

static void finds_what_was_added_first(void **state)
{
	enum { COUNT = 5000 };
	struct arena *arena = arena_create();
	struct index *index = index_create(arena, COUNT);
	int things[COUNT];
	(void)state;
	for (int i = 0; i < COUNT; i++) {
		assert_null(index_add(index, arena_printf(arena, "c%d", i), &things[i]));
	}
	for (int i = 0; i < COUNT; i++) {
		assert_ptr_equal(index_find(index, arena_printf(arena, "c%d", i)), &things[i]);
	}
	assert_ptr_equal(index_add(index, "c7", &things[0]), &things[7]);
	assert_ptr_equal(index_find(index, "c7"), &things[7]);
	assert_null(index_find(index, "c5000"));
	assert_null(index_find(index, ""));
	arena_destroy(&arena);
}

static void an_empty_one_finds_nothing(void **state)
{
	struct arena *arena = arena_create();
	(void)state;
	assert_null(index_find(index_create(arena, 0), "a"));
	assert_null(index_find(NULL, "a"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added_first),
		cmocka_unit_test(an_empty_one_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
