#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugins.h"
#include "settings/file.h"
#include "settings/settings.h"

#define BEGIN "<!-- reference: printed from the table of settings, do not edit -->\n"
#define END   "<!-- end of reference -->\n"

/* config/README.md holds what the table says, to the letter. */
static void the_readme_is_printed_from_the_table(void **state)
{
	AUTO(buf) struct buf text = {0};
	AUTO(buf) struct buf reference = {0};
	const char *why = "";
	(void)state;
	settings_reference(&reference);
	if (!file_read(CONFIG_README, &text, NULL, &why)) {
		fail_msg("%s: %s", CONFIG_README, why);
	}
	const char *begin = strstr(buf_text(&text), BEGIN);
	const char *end = strstr(buf_text(&text), END);
	if (!begin || !end || end < begin) {
		fail_msg("config/README.md has no part for the reference");
		return;
	}
	begin += strlen(BEGIN);
	bool is_equal = (size_t)(end - begin) == reference.len &&
			memcmp(begin, reference.data, reference.len) == 0;
	if (!is_equal) {
		fail_msg("build, then run tests/bad_config/update_readme.py BUILD");
	}
}

static void a_plugin_has_the_same_table(void **state)
{
	AUTO(buf) struct buf out = {0};
	(void)state;
	settings_reference_plugin(&mock_webhook, &out);
	assert_non_null(strstr(buf_text(&out), "### `options` of plugin webhook"));
	assert_non_null(strstr(buf_text(&out), "| `secrets` | list of secrets, newest first, 1 to "
					       "10 | **required** | live |"));
	assert_non_null(strstr(buf_text(&out), "| `pool` | number 1 to 64 | `8` | restart |"));
	assert_non_null(strstr(buf_text(&out), "| `signing` | one of `v1`, `v1a` | `v1` |"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_readme_is_printed_from_the_table),
		cmocka_unit_test(a_plugin_has_the_same_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
