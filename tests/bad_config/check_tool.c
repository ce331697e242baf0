/*
 * `check_tool [--json|--init|--run|--print|--diff FOLDER NEXT LIVE...] ASTRAD.YAML`: settings_load
 * with two plugins of its own, so that the corpus of bad configurations needs no other room. Prints
 * what astrad --check would; exit 1 when there is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins.h"
#include "settings/settings.h"

static int finish(struct issues **issues, bool as_json)
{
	AUTO(buf) struct buf out = {0};
	int status = issues_errors(*issues) > 0;
	issues_print(*issues, as_json, &out);
	(void)fputs(buf_text(&out), stdout);
	issues_destroy(issues);
	return status;
}

static int check(struct settings_load how, bool as_json, bool with_values)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	struct settings *settings = settings_load(&how, issues);
	if (settings && with_values) {
		settings_print(settings, &out);
		(void)puts(buf_text(&out));
	}
	settings_unref(&settings);
	return finish(&issues, as_json);
}

/*
 * argv: FOLDER NEXT LIVE... The folder is read, NEXT is put in its place, and read again, as an
 * admin's files change under the daemon.
 */
static int diff(struct settings_load how, int argc, char **argv)
{
	AUTO(free) char *path = xasprintf("%s/astrad.yaml", argv[0]);
	AUTO(free) char *aside = xasprintf("%s.now", argv[0]);
	struct issues *issues = issues_create();
	how.path = path;
	struct settings *now = settings_load(&how, issues);
	if (rename(argv[0], aside) != 0 || rename(argv[1], argv[0]) != 0) {
		perror("check_tool: rename");
		exit(2);
	}
	struct settings *next = settings_load(&how, issues);
	if (!now || !next) {
		(void)fputs("check_tool: --diff wants two trees without errors\n", stderr);
		exit(2);
	}
	issues_destroy(&issues);
	issues = issues_create();
	struct words live = {.items = (const char **)(argv + 2), .count = (size_t)argc - 2};
	bool may = settings_diff(now, next, &live, issues);
	(void)printf("%s\n", may ? "may be taken" : "refused");
	settings_unref(&now);
	settings_unref(&next);
	return finish(&issues, false);
}

static int print_reference(void)
{
	AUTO(buf) struct buf out = {0};
	settings_reference(&out);
	(void)fputs(buf_text(&out), stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct settings_load how = {.plugins = &mock_plugins, .is_check = true};
	const char *mode = argc > 2 ? argv[1] : "";
	if (argc == 2 && strcmp(argv[1], "--reference") == 0) {
		return print_reference();
	}
	if (argc < 2) {
		(void)fputs("usage: check_tool [--json|--init|--run|--print|--diff] FILE...\n",
			    stderr);
		return 2;
	}
	if (argc > 3 && strcmp(mode, "--diff") == 0) {
		return diff(how, argc - 2, argv + 2);
	}
	how.path = argv[argc - 1];
	how.is_check = strcmp(mode, "--run") != 0 && strcmp(mode, "--init") != 0;
	how.is_init = strcmp(mode, "--init") == 0;
	return check(how, strcmp(mode, "--json") == 0, strcmp(mode, "--print") == 0);
}
