/*
 * config/README.md holds the options of the plugins as their tables say, to the letter. With
 * --print the program prints that part, for tests/bad_config/update_readme.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/plugin.h"
#include "settings/file.h"
#include "settings/settings.h"

#define BEGIN "<!-- plugins: printed from their tables of options, do not edit -->\n"
#define END   "<!-- end of plugins -->\n"

static void print_reference(struct buf *out)
{
	static const char *const names[] = {"webhook", "journal"};
	struct plugin_set *set = plugin_set_create(PLUGIN_DIR);
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct astrad_channel *plugin = plugin_find(set, names[i], &err);

		if (plugin == NULL) {
			fprintf(stderr, "%s\n", err.text);
			break;
		}
		settings_reference_plugin(plugin, out);
	}
	plugin_set_destroy(&set);
}

static void the_readme_is_printed_from_the_tables(void **state)
{
	AUTO(buf) struct buf text = {0};
	AUTO(buf) struct buf reference = {0};
	const char *why = "";

	(void)state;
	print_reference(&reference);
	assert_non_null(strstr(buf_text(&reference), "### `options` of plugin journal"));
	assert_true(file_read(CONFIG_README, &text, NULL, &why));
	const char *begin = strstr(buf_text(&text), BEGIN);
	const char *end = strstr(buf_text(&text), END);
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(BEGIN);
	if ((size_t)(end - begin) != reference.len ||
	    memcmp(begin, reference.data, reference.len) != 0) {
		fail_msg("build, then run tests/bad_config/update_readme.py");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_readme_is_printed_from_the_tables),
	};

	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		AUTO(buf) struct buf out = {0};

		print_reference(&out);
		fputs(buf_text(&out), stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
