/* Allocation and arenas: zeroed, aligned, overflow-checked, wiped, handed over once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"

static void test_copies(void **state)
{
	AUTO(free) char *text = xstrdup("Mina");
	AUTO(free) char *bytes = xmemdup("abc", 2);
	AUTO(free) char *made = xasprintf("%s-%d", "a", 7);
	AUTO(free) char *empty = xcalloc(0, 8);

	(void)state;
	assert_string_equal(text, "Mina");
	assert_string_equal(bytes, "ab");
	assert_string_equal(made, "a-7");
	assert_non_null(empty);
}

static void test_take_ptr(void **state)
{
	AUTO(free) char *text = xstrdup("x");
	char *taken = take_ptr(&text);

	(void)state;
	assert_null(text);
	assert_string_equal(taken, "x");
	free(taken);
}

static void allocate_too_much(void)
{
	free(xcalloc(SIZE_MAX / 2, 4));
}

static void reallocate_too_much(void)
{
	free(xrealloc(NULL, SIZE_MAX / 2, 4));
}

static void array_too_much(void)
{
	struct arena *arena = arena_create();

	(void)arena_array(arena, SIZE_MAX / 2, 4);
	arena_destroy(&arena);
}

/* Each must end the process by SIGABRT; a child shows it. */
static void test_overflow_aborts(void **state)
{
	static void (*const cases[])(void) = {allocate_too_much, reallocate_too_much,
					      array_too_much};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			(void)close(STDERR_FILENO);
			cases[i]();
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* a sanitizer reports the size itself and exits non-zero */
		assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void test_arena(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	size_t sizes[] = {0, 1, 7, 16, 4095, 4096, 70000, 3};
	size_t sum = 0;
	char *small = arena_strdup(arena, "ostaje");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		unsigned char *ptr = arena_alloc(arena, sizes[i]);

		assert_int_equal((uintptr_t)ptr % _Alignof(max_align_t), 0);
		for (size_t at = 0; at < sizes[i]; at++) {
			assert_int_equal(ptr[at], 0);
		}
		memset(ptr, 0xa5, sizes[i]);
		sum += sizes[i];
	}
	assert_string_equal(small, "ostaje");
	assert_int_equal(arena_used(arena), sum + strlen("ostaje") + 1);
	assert_null(arena_strdup(arena, NULL));
	assert_string_equal(arena_memdup(arena, "abc", 2), "ab");
	assert_string_equal(arena_printf(arena, "%05d|%s", 42, "x"), "00042|x");
	assert_non_null(arena_array(arena, 3, 8));
}

static void test_arena_many(void **state)
{
	struct arena *arena = arena_create();
	int **numbers = arena_array(arena, 10000, sizeof(*numbers));

	(void)state;
	for (int i = 0; i < 10000; i++) {
		numbers[i] = arena_alloc(arena, sizeof(int));
		*numbers[i] = i;
	}
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(*numbers[i], i);
	}
	arena_destroy(&arena);
	assert_null(arena);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),          cmocka_unit_test(test_take_ptr),
		cmocka_unit_test(test_overflow_aborts), cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
