/*
 * `check_tool [--json|--init|--run|--print|--diff FOLDER NEXT LIVE...] ASTRAD.YAML`: settings_load
 * with two plugins of its own, so that the corpus of bad configurations needs no other room. Prints
 * what astrad --check would; exit 1 when there is an error.
 *
 * Its plugins have the option tables of webhook and journal as they were when the corpus was
 * written: the corpus tests the walker, not the plugins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "astrad_channel.h"
#include "settings/settings.h"

static const struct astrad_option webhook_options[] = {
	{"urls", ASTRAD_OPTION_URLS, 1, 1, 4, NULL, NULL, 0, "Tried in order."},
	{"secrets", ASTRAD_OPTION_SECRETS, 1, 1, 10, NULL, NULL, 0, "Signing secrets."},
	{"signing", ASTRAD_OPTION_ENUM, 0, 0, 0, "v1", "v1|v1a", 0, "Scheme."},
	{"allow_http", ASTRAD_OPTION_BOOL, 0, 0, 0, "false", NULL, 0, "Clear HTTP."},
	{"ca", ASTRAD_OPTION_PATH, 0, 0, 0, NULL, NULL, 0, "PEM file."},
	{"client_certificate", ASTRAD_OPTION_PATH, 0, 0, 0, NULL, NULL, 0, "PEM file."},
	{"client_key", ASTRAD_OPTION_SECRET, 0, 0, 0, NULL, NULL, 0, "PEM text."},
	{"pool", ASTRAD_OPTION_INT, 0, 1, 64, "8", NULL, 1, "Connections kept."},
	{NULL},
};

static const struct astrad_option journal_options[] = {
	{"path", ASTRAD_OPTION_PATH, 1, 0, 0, NULL, NULL, 0, "The file."},
	{NULL},
};

/* A certificate without its key cannot work. */
static int check_webhook(const struct astrad_value *options, char *why, size_t why_size)
{
	if (options[5].is_set && !options[6].is_set) {
		(void)snprintf(why, why_size, "client_certificate needs client_key");
		return 1;
	}
	return 0;
}

static const struct astrad_channel plugins[] = {
	{.abi = ASTRAD_CHANNEL_ABI,
	 .size = sizeof(struct astrad_channel),
	 .name = "webhook",
	 .medium = ASTRAD_MEDIUM_JSON,
	 .options = webhook_options,
	 .check = check_webhook},
	{.abi = ASTRAD_CHANNEL_ABI,
	 .size = sizeof(struct astrad_channel),
	 .name = "journal",
	 .medium = ASTRAD_MEDIUM_TEXT,
	 .takes_recipients = 1,
	 .options = journal_options},
};

static const struct astrad_channel *find_plugin(const char *dir, const char *name,
						struct error *err, void *arg)
{
	(void)dir;
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(plugins); i++) {
		if (strcmp(plugins[i].name, name) == 0) {
			return &plugins[i];
		}
	}
	(void)error_set(err, ERROR_NOT_FOUND, "there is no file %s.so", name);
	return NULL;
}

static const struct settings_plugins finder = {.find = find_plugin};

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
	struct settings_load how = {.plugins = &finder, .is_check = true};
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
