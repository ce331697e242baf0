/* Queries, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/query.h"

static const struct {
	const char *text;
	const char *state; /* value of the parameter "state"; NULL = absent */
	bool is_good;
} ROWS[] = {
	{"", NULL, true},
	{"state=open", "open", true},
	{"limit=5&state=open", "open", true},
	{"state=", "", true},
	{"state", "", true},
	{"&&state=open&", "open", true},
	{"state=a+b%20c%2B", "a b c+", true},
	{"st%61te=x", "x", true},
	{"state=%c4%91", "đ", true},
	{"state=a=b", "a=b", true},
	{"state=open&state=open", NULL, false},
	{"stat=open", NULL, false},
	{"states=open", NULL, false},
	{"=open", NULL, false},
	{"State=open", NULL, false},
	{"state=%", NULL, false},
	{"state=%2", NULL, false},
	{"state=%g0", NULL, false},
	{"state=%00", NULL, false},
	{"state=%0a", NULL, false},
	{"state=%c4", NULL, false},
	{"state=%ff", NULL, false},
};

static void reads_or_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct arena *arena = arena_create();
		struct query query;
		struct error err = {0};
		bool is_good = query_parse((struct bytes){ROWS[i].text, strlen(ROWS[i].text)},
					   "limit state after", arena, &query, &err);

		if (is_good != ROWS[i].is_good) {
			fail_msg("%s", ROWS[i].text);
		}
		if (!is_good) {
			assert_int_equal(err.code, ERROR_INVALID);
			assert_null(strstr(err.text, "open"));
		} else if (ROWS[i].state == NULL) {
			assert_null(query_get(&query, "state"));
		} else {
			assert_string_equal(query_get(&query, "state"), ROWS[i].state);
		}
		arena_destroy(&arena);
	}
}

static void knows_none_without_a_list(void **state)
{
	struct arena *arena = arena_create();
	struct query query;

	(void)state;
	assert_true(query_parse((struct bytes){"", 0}, NULL, arena, &query, NULL));
	assert_false(query_parse((struct bytes){"a=b", 3}, NULL, arena, &query, NULL));
	arena_destroy(&arena);
}

static void bounds_the_parameters(void **state)
{
	static const char KNOWN[] = "a b c d e f g h i j k l m n o p q";
	AUTO(buf) struct buf text = {0};
	struct arena *arena = arena_create();
	struct query query;

	(void)state;
	for (char c = 'a'; c < 'a' + QUERY_PARAMS; c++) {
		buf_printf(&text, "%c=1&", c);
	}
	assert_true(query_parse((struct bytes){text.data, text.len}, KNOWN, arena, &query, NULL));
	assert_int_equal(query.count, QUERY_PARAMS);
	buf_add_text(&text, "q=1");
	assert_false(query_parse((struct bytes){text.data, text.len}, KNOWN, arena, &query, NULL));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_or_refuses),
		cmocka_unit_test(knows_none_without_a_list),
		cmocka_unit_test(bounds_the_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
