/* Which Content-Type is a JSON body: as clients really write it, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/media.h"

static bool is_json(const char *text, enum method method)
{
	return media_is_json((struct bytes){text, strlen(text)}, method);
}

static void test_what_is_json(void **state)
{
	static const char *const types[] = {
		"application/json",
		"Application/JSON",
		"application/json;",
		"application/json ; charset=utf-8",
		"application/json;charset=UTF-8",
		"application/json; charset=\"utf-8\"",
		"application/json;\tcharset=utf-8;",
		"application/json; CHARSET=utf-8",
		"application/json; odata.metadata=minimal; charset=utf-8",
		"application/json; profile=\"a;b\\\"c\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		assert_true(is_json(types[i], METHOD_POST));
		assert_true(is_json(types[i], METHOD_PATCH));
	}
}

static void test_what_is_not(void **state)
{
	static const char *const types[] = {
		"",
		";",
		"json",
		"text/json",
		"application/jsonp",
		"application/json+x",
		"application/json, application/json",
		"application/json charset=utf-8",
		"application/json; charset",
		"application/json; charset=",
		"application/json; charset=utf-16",
		"application/json; charset=utf-8; charset=latin1",
		"application/json; charset=\"utf-8",
		"application/json; charset=\"\\",
		"application/json; x=y z",
		"application/x-www-form-urlencoded",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		assert_false(is_json(types[i], METHOD_POST));
	}
}

static void test_a_merge_patch_is_for_patch(void **state)
{
	(void)state;
	assert_true(is_json("application/merge-patch+json; charset=utf-8", METHOD_PATCH));
	assert_false(is_json("application/merge-patch+json", METHOD_POST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_json),
		cmocka_unit_test(test_what_is_not),
		cmocka_unit_test(test_a_merge_patch_is_for_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
