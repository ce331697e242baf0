/* Errors: text from their own text, cutting between characters, a name for every code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/utf8.h"

static void test_set_and_prefix(void **state)
{
	struct error err = {0};

	(void)state;
	assert_false(error_set(&err, ERROR_CONFLICT, "case %d is %s", 7, "purged"));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_string_equal(err.text, "case 7 is purged");
	assert_false(error_prefix(&err, "channel %s", "mup-ns"));
	assert_string_equal(err.text, "channel mup-ns: case 7 is purged");
	assert_false(error_set(&err, ERROR_LIMIT, "again: %s", err.text));
	assert_string_equal(err.text, "again: channel mup-ns: case 7 is purged");
	assert_false(error_set(NULL, ERROR_INVALID, "nobody asks"));
	assert_false(error_prefix(NULL, "nobody asks"));
}

static void test_too_long(void **state)
{
	char text[1001];
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
		memcpy(text + i, "đ", 2);
	}
	text[1000] = '\0';
	assert_false(error_set(&err, ERROR_INVALID, "%s", text));
	assert_int_equal(strlen(err.text), 254); /* 255 would cut a character in two */
	assert_true(utf8_is_valid(err.text, strlen(err.text)));
	assert_false(error_prefix(&err, "x"));
	assert_int_equal(strlen(err.text), 255);
	assert_true(utf8_is_valid(err.text, strlen(err.text)));
	assert_false(error_prefix(&err, "%s", text));
	assert_true(utf8_is_valid(err.text, strlen(err.text)));
}

static void test_names(void **state)
{
	(void)state;
	for (int code = 0; code < ERROR_CODE_COUNT; code++) {
		const char *name = error_code_name((enum error_code)code);

		assert_string_not_equal(name, "unknown");
		for (int other = 0; other < code; other++) {
			assert_string_not_equal(name, error_code_name((enum error_code)other));
		}
	}
	assert_string_equal(error_code_name(ERROR_NOT_FOUND), "not_found");
	assert_string_equal(error_code_name(ERROR_CODE_COUNT), "unknown");
	assert_string_equal(error_code_name((enum error_code) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_prefix),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
