/* The parts of the body walker that the report tests do not reach: pointers, lists of words, dates,
 * language tags, keys that stand twice, the short way from text to tree and back. What a table
 * refuses is tested with the report. Covers shape_fast_json.c and shape_render_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

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

/* One row a text; what is taken by the short way is compared with Jansson's tree by shape_fuzz. */
static void test_the_short_way_takes_what_the_long_way_takes(void **state)
{
	static const struct {
		const char *text;
		bool is_taken;
	} rows[] = {
		{"{}", true},
		{" [ ] ", true},
		{"{\"a\":[1,-2,0,-0,1.5,-1e3,2E+2,0.25e-3,true,false,null,\"x\"]}", true},
		{"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0161\\u00e9\\ud83d\\ude00z\"}", true},
		{"{\"a\":\"Ђорђе \U0001F600\",\"č\":\"\"}", true},
		{"[123456789012345678,-123456789012345678]", true},
		{"[1234567890123456789]", false}, /* 19 digits */
		{"", false},
		{"1", false},
		{"\"text\"", false},
		{"{\"a\":1,\"a\":2}", false},
		{"{\"\\u0061\":1}", false},
		{"{\"a\":1}}", false},
		{"{\"a\":1,}", false},
		{"[1,]", false},
		{"[1 2]", false},
		{"{\"a\" 1}", false},
		{"{a:1}", false},
		{"[01]", false},
		{"[-]", false},
		{"[+1]", false},
		{"[1.]", false},
		{"[.5]", false},
		{"[1e]", false},
		{"[1e400]", false},
		{"[\"\\u0000\"]", false},
		{"[\"\\ud800\"]", false},
		{"[\"\\ud800\\u0061\"]", false},
		{"[\"\\udc00\"]", false},
		{"[\"\\u12g4\"]", false},
		{"[\"\\x\"]", false},
		{"[\"\x01\"]", false},
		{"[\"\xc0\xaf\"]", false},
		{"[\"\xed\xa0\x80\"]", false},
		{"[\"\xff\"]", false},
		{"[\"", false},
		{"[\"\\", false},
		{"[\"\\u12", false},
		{"[tru]", false},
		{"[True]", false},
		{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", false}, /* 17 levels */
		{"[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *exact = malloc(len + 1); /* so that a sanitizer sees a byte too far */
		json_t *tree;

		memcpy(exact, rows[i].text, len);
		exact = realloc(exact, len > 0 ? len : 1);
		tree = shape_parse_fast((struct bytes){exact, len});
		if ((tree != NULL) != rows[i].is_taken) {
			fail_msg("%s: taken %d", rows[i].text, tree != NULL);
		}
		shape_fuzz((const uint8_t *)exact, len);
		json_decref(tree);
		free(exact);
	}
}

static void test_long_and_many_keys_are_left_to_the_long_way(void **state)
{
	AUTO(buf) struct buf many = {0};
	char text[SHAPE_KEY_MAX + 16];
	json_t *tree;

	(void)state;
	for (int len = SHAPE_KEY_MAX; len <= SHAPE_KEY_MAX + 1; len++) {
		(void)snprintf(text, sizeof(text), "{\"%0*d\":1}", len, 0);
		tree = shape_parse_fast((struct bytes){text, strlen(text)});
		assert_int_equal(tree != NULL, len == SHAPE_KEY_MAX);
		json_decref(tree);
	}
	for (int i = 0; i <= SHAPE_KEYS_MAX; i++) {
		buf_printf(&many, "%c\"%d\":1", i == 0 ? '{' : ',', i);
	}
	buf_add_text(&many, "}");
	assert_null(shape_parse_fast((struct bytes){buf_text(&many), many.len}));
}

static void test_a_tree_is_written_sorted_and_compact(void **state)
{
	static const struct {
		const char *text;
		const char *written;
	} rows[] = {
		{"{ \"b\" : 1 , \"a\" : [ true , null , false ] , \"ab\" : { } }",
		 "{\"a\":[true,null,false],\"ab\":{},\"b\":1}"},
		{"[45.2551, 19.85, -0.0, 1e3, 1e100, 1e-7, 1234567890123456789]",
		 "[45.2551,19.85,-0.0,1000.0,1e100,1e-7,1234567890123456789]"},
		{"[\"a\\nb\\u0001 \\\"\\\\ \\/ \\u0161\"]", "[\"a\\nb\\u0001 \\\"\\\\ / š\"]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf out = {0};
		json_t *tree = json_loads(rows[i].text, 0, NULL);
		char *by_library =
			json_dumps(tree, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(15));

		shape_render(tree, &out);
		assert_string_equal(buf_text(&out), rows[i].written);
		assert_string_equal(buf_text(&out), by_library);
		free(by_library);
		json_decref(tree);
	}
}

static void test_an_object_of_many_members_is_written_sorted(void **state)
{
	AUTO(buf) struct buf out = {0};
	json_t *tree = json_object();
	char *by_library;
	char key[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(key, sizeof(key), "%d", (i * 37) % 200);
		(void)json_object_set_new(tree, key, json_integer(i));
	}
	by_library = json_dumps(tree, JSON_SORT_KEYS | JSON_COMPACT);
	shape_render(tree, &out);
	assert_string_equal(buf_text(&out), by_library);
	free(by_library);
	json_decref(tree);
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
		cmocka_unit_test(test_the_short_way_takes_what_the_long_way_takes),
		cmocka_unit_test(test_long_and_many_keys_are_left_to_the_long_way),
		cmocka_unit_test(test_a_tree_is_written_sorted_and_compact),
		cmocka_unit_test(test_an_object_of_many_members_is_written_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
