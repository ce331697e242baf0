/* Limits and cursors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/page.h"

static bool parse(struct arena *arena, const char *limit, const char *after, struct page *page)
{
	struct query query = {.count = 0};

	if (limit != NULL) {
		query.params[query.count++] = (struct query_param){"limit", limit};
	}
	if (after != NULL) {
		query.params[query.count++] = (struct query_param){"after", after};
	}
	return page_parse(&query, arena, page, NULL);
}

static void reads_limits(void **state)
{
	static const struct {
		const char *text;
		int limit; /* 0 = refused */
	} ROWS[] = {
		{NULL, PAGE_DEFAULT_ITEMS},
		{"1", 1},
		{"200", LIMIT_PAGE_ITEMS},
		{"0", 0},
		{"201", 0},
		{"", 0},
		{"-1", 0},
		{"1x", 0},
		{"99999999999999999999", 0},
	};
	struct arena *arena = arena_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct page page = {0};

		assert_int_equal(parse(arena, ROWS[i].text, NULL, &page), ROWS[i].limit > 0);
		assert_int_equal(page.limit, ROWS[i].limit);
		assert_null(page.after);
	}
	arena_destroy(&arena);
}

/* The cursor within `"next":"..."`. */
static char *cursor_of(struct arena *arena, const char *key)
{
	static const char START[] = "\"next\":\"";
	AUTO(buf) struct buf out = {0};

	page_add_next(&out, key);
	assert_memory_equal(out.data, START, sizeof(START) - 1);
	return arena_memdup(arena, out.data + sizeof(START) - 1, out.len - sizeof(START));
}

/* PAGE_KEY_MAX characters */
#define LONGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_cursor_comes_back(void **state)
{
	static const char *const KEYS[] = {
		"a", "ab", "abc", "đak?>~", LONGEST,
	};
	struct arena *arena = arena_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		char *cursor = cursor_of(arena, KEYS[i]);
		struct page page = {0};

		assert_null(strpbrk(cursor, "+/="));
		assert_true(parse(arena, NULL, cursor, &page));
		assert_string_equal(page.after, KEYS[i]);
	}
	arena_destroy(&arena);
}

static void refuses_what_is_no_cursor(void **state)
{
	static const char *const TEXTS[] = {"", "!", "YQ==", "a+b", "YQ YQ", "AA", "////"};
	AUTO(buf) struct buf out = {0};
	struct arena *arena = arena_create();
	char long_text[3 * PAGE_KEY_MAX] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
		struct page page;

		assert_false(parse(arena, NULL, TEXTS[i], &page));
	}
	memset(long_text, 'Y', sizeof(long_text) - 1);
	assert_false(parse(arena, NULL, long_text, &(struct page){0}));
	page_add_next(&out, NULL);
	assert_string_equal(buf_text(&out), "\"next\":null");
	arena_destroy(&arena);
}

static void reads_ids(void **state)
{
	static const char ID[] = "0193f3c8-1234-7abc-8def-0123456789ab";
	struct arena *arena = arena_create();
	struct query query = {.count = 1};
	struct id after;
	struct error err;
	char text[ID_TEXT_BYTES];
	int limit;

	(void)state;
	query.params[0] = (struct query_param){"after", cursor_of(arena, ID)};
	assert_true(page_parse_id(&query, arena, &limit, &after, &err));
	id_format(&after, text);
	assert_string_equal(text, ID);
	query.params[0].value = cursor_of(arena, "ana");
	assert_false(page_parse_id(&query, arena, &limit, &after, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	query.count = 0;
	assert_true(page_parse_id(&query, arena, &limit, &after, &err));
	assert_true(id_is_none(&after));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_limits),
		cmocka_unit_test(a_cursor_comes_back),
		cmocka_unit_test(refuses_what_is_no_cursor),
		cmocka_unit_test(reads_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
