/* Entity tags and If-Match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/etag.h"

#define BROKEN (-9)

/* etag 7: 1 = matches, 0 = stale, BROKEN = not an If-Match */
static const struct {
	const char *text;
	int matches;
	int64_t expected;
} ROWS[] = {
	{"\"7\"", 1, 7},
	{"*", 1, 0},
	{"\"6\", \"7\"", 1, 6},
	{"\"6\"\t,\"7\"", 1, 6},
	{"\"6\"", 0, 6},
	{"W/\"7\"", 0, -1},
	{"\"abc\"", 0, -1},
	{"\"07\"", 0, -1},
	{"\"\"", 0, -1},
	{"\"9999999999999999999\"", 0, -1},
	{"7", BROKEN, 0},
	{"\"7", BROKEN, 0},
	{"\"7\" \"8\"", BROKEN, 0},
	{"\"7\",", BROKEN, 0},
	{",\"7\"", BROKEN, 0},
	{"", BROKEN, 0},
	{"*, \"7\"", BROKEN, 0},
	{"\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"", 1, 1},
	{"\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"", BROKEN, 0},
};

static void reads_if_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct if_match match;
		bool is_read = etag_parse_if_match(
			(struct bytes){ROWS[i].text, strlen(ROWS[i].text)}, &match);

		if (is_read != (ROWS[i].matches != BROKEN)) {
			fail_msg("%s", ROWS[i].text);
		}
		if (is_read) {
			assert_int_equal(etag_matches(&match, 7), ROWS[i].matches);
			assert_int_equal(etag_expected(&match), ROWS[i].expected);
		}
	}
}

static void without_if_match_all_is_well(void **state)
{
	struct if_match none = {0};
	char text[ETAG_TEXT_BYTES];

	(void)state;
	assert_true(etag_matches(&none, 7));
	assert_int_equal(etag_expected(&none), 0);
	etag_format(INT64_MAX, text);
	assert_string_equal(text, "\"9223372036854775807\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_if_match),
		cmocka_unit_test(without_if_match_all_is_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
