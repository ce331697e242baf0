/* The parts of the body walker that the report tests do not reach: pointers, lists of words, dates,
 * language tags, keys that stand twice. What a table refuses is tested with the report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/shape.h"

static void test_pointers_are_escaped_and_cut_back(void **state)
{
	struct shape_pointer pointer = {.len = 0};
	size_t top, child;

	(void)state;
	top = shape_pointer_enter(&pointer, "a/b~c");
	assert_string_equal(pointer.text, "/a~1b~0c");
	child = shape_pointer_enter_index(&pointer, 12);
	assert_string_equal(pointer.text, "/a~1b~0c/12");
	shape_pointer_leave(&pointer, child);
	assert_string_equal(pointer.text, "/a~1b~0c");
	shape_pointer_leave(&pointer, top);
	assert_string_equal(pointer.text, "");
}

static void test_a_step_that_does_not_fit_is_left_out(void **state)
{
	struct shape_pointer pointer = {.len = 0};
	char key[PROBLEM_POINTER_BYTES];

	(void)state;
	(void)shape_pointer_enter(&pointer, "child");
	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	(void)shape_pointer_enter(&pointer, key);
	assert_string_equal(pointer.text, "/child");
	(void)shape_pointer_enter(&pointer, "age");
	assert_string_equal(pointer.text, "/child/age");
}

static void test_lists_of_words_end_in_dots(void **state)
{
	char list[24] = "";

	(void)state;
	shape_list_word(list, sizeof(list), "one");
	shape_list_word(list, sizeof(list), "two");
	assert_string_equal(list, "one, two");
	shape_list_word(list, sizeof(list), "a-long-word");
	shape_list_word(list, sizeof(list), "another-long-word");
	assert_string_equal(list, "one, two, ...");
}

static void test_dates_are_read(void **state)
{
	static const struct {
		const char *text;
		struct shape_date date; /* year 0: refused */
	} rows[] = {
		{"2019", {2019, 0, 0}},
		{"2019-04", {2019, 4, 0}},
		{"2019-04-17", {2019, 4, 17}},
		{"2020-02-29", {2020, 2, 29}},
		{"2019-02-29", {0}},
		{"2019-00", {0}},
		{"2019-13", {0}},
		{"2019-04-00", {0}},
		{"2019-04-31", {0}},
		{"1899", {0}},
		{"19", {0}},
		{"2019-", {0}},
		{"2019-04-17T00:00", {0}},
		{"", {0}},
		{"2019-4-17", {0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shape_date date = {0};

		assert_int_equal(shape_parse_date(rows[i].text, &date), rows[i].date.year != 0);
		assert_int_equal(date.year, rows[i].date.year);
		assert_int_equal(date.month, rows[i].date.month);
		assert_int_equal(date.day, rows[i].date.day);
	}
}

static void test_language_tags_are_judged(void **state)
{
	static const struct {
		const char *tag;
		bool is_tag;
	} rows[] = {
		{"sr", true},          {"sr-Latn", true},  {"sr-Cyrl-RS", true}, {"rom", true},
		{"es-419", true},      {"", false},        {"s", false},         {"sr-", false},
		{"-sr", false},        {"sr--RS", false},  {"sr_Latn", false},   {"s1", false},
		{"toolongtag", false}, {"sr Latn", false}, {"ср", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(shape_is_language(rows[i].tag), rows[i].is_tag);
	}
}

static size_t twins_in(const char *body)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;

	problems_init(&problems, arena);
	shape_scan_keys((struct bytes){body, strlen(body)}, &problems);
	return problems.count;
}

static void test_twin_keys_are_found_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(twins_in("{\"a\":1,\"b\":{\"a\":2}}"), 0);
	assert_int_equal(twins_in("{\"a\":1,\"a\":2}"), 1);
	assert_int_equal(twins_in("{\"a\":1,\"a\":2,\"a\":3}"), 2);
	assert_int_equal(twins_in("[{\"a\":{\"b\":[1,\"}\",{\"c\":0,\"c\":\"{\\\"\"}]}}]"), 1);
	assert_int_equal(twins_in("{\"\\u0061\":1,\"a\":2}"), 1);
	assert_int_equal(twins_in("{\"\\/\":1,\"/\":2}"), 1);
	assert_int_equal(twins_in("{\"\\u0161\":1,\"\\u0161\":2}"), 1);
	assert_int_equal(twins_in("{\"\":1,\"\":2}"), 1);
	assert_int_equal(twins_in("{ \"a\" : true , \"b\" : [ ] , \"a\" : null }"), 1);
}

/* The scan runs on parsed bodies, but must end on anything. */
static void test_the_scan_ends_on_broken_text(void **state)
{
	static const char *const bodies[] = {
		"",           "{",       "[",    "\"",       "{\"a",
		"{\"a\"",     "{\"a\":", "[1,",  "{\"a\\",   "[\"\\u0",
		"{\"a\":1,",  "]",       "}",    "{]",       "[}",
		"{\"\\u",     "[[[[",    ",,,,", "{\"a\":}", "{\"a\"1\"b\"}",
		"[\x01\x02]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		(void)twins_in(bodies[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointers_are_escaped_and_cut_back),
		cmocka_unit_test(test_a_step_that_does_not_fit_is_left_out),
		cmocka_unit_test(test_lists_of_words_end_in_dots),
		cmocka_unit_test(test_dates_are_read),
		cmocka_unit_test(test_language_tags_are_judged),
		cmocka_unit_test(test_twin_keys_are_found_wherever_they_stand),
		cmocka_unit_test(test_the_scan_ends_on_broken_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
