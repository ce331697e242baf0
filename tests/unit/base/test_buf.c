/* Buffers: growth, the bound, JSON strings, dropping from the front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_grows(void **state)
{
	AUTO(buf) struct buf buf = {0};

	(void)state;
	assert_string_equal(buf_text(&buf), "");
	for (int i = 0; i < 10000; i++) {
		buf_printf(&buf, "%04d,", i);
		assert_int_equal(buf.data[buf.len], '\0');
	}
	assert_int_equal(buf.len, 50000);
	assert_memory_equal(buf.data + 5 * 9999, "9999,", 5);
	assert_false(buf.overflow);
	buf_reset(&buf);
	assert_string_equal(buf_text(&buf), "");
	buf_add_text(&buf, "x");
	assert_string_equal(buf_text(&buf), "x");
}

static void test_bound(void **state)
{
	AUTO(buf) struct buf buf = {.limit = 5};

	(void)state;
	buf_add(&buf, "abcde", 5);
	assert_false(buf.overflow);
	assert_string_equal(buf_text(&buf), "abcde");
	buf_add(&buf, "f", 1);
	assert_true(buf.overflow);
	assert_string_equal(buf_text(&buf), "abcde");
	buf_drop_front(&buf, 3);
	buf_printf(&buf, "%s", "g"); /* there is room, but something is lost already */
	assert_string_equal(buf_text(&buf), "de");
	buf_finish(&buf);
	assert_int_equal(buf.limit, 5);
	buf_printf(&buf, "%d", 123456);
	assert_true(buf.overflow);
	assert_string_equal(buf_text(&buf), "");
	buf_reset(&buf);
	buf_add_text(&buf, "fresh");
	assert_false(buf.overflow);
	assert_string_equal(buf_text(&buf), "fresh");
}

static void test_json_string(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{"", "\"\""},
		{"Đorđe", "\"Đorđe\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"\n\x01\x1f", "\"\\n\\u0001\\u001f\""},
		{"\b\f\r\t\x7f", "\"\\b\\f\\r\\t\x7f\""},
		{"\"", "\"\\\"\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf buf = {0};

		buf_add_json_string(&buf, rows[i].text);
		assert_string_equal(buf_text(&buf), rows[i].json);
	}
}

static void test_drop_front(void **state)
{
	AUTO(buf) struct buf buf = {0};

	(void)state;
	buf_drop_front(&buf, 0);
	buf_add_text(&buf, "abcdef");
	buf_drop_front(&buf, 2);
	assert_string_equal(buf_text(&buf), "cdef");
	buf_drop_front(&buf, 4);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf_text(&buf), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_drop_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
