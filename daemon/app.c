/*
 * app: what the program's words mean. --check and --init need no rooms but settings and the store;
 * running is app_run.c. Exit status: 0, or 1 with the reason on stderr in words an admin can act
 * on.
 */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "base/log.h"
#include "base/secret.h"
#include "version.h"

const struct astrad_channel *app_find_plugin(const char *dir, const char *name, struct error *err,
					     void *arg)
{
	struct plugin_set **set = arg;

	/* `paths.plugins` needs a restart, so the first folder asked for is the folder */
	if (*set == NULL) {
		*set = plugin_set_create(dir);
	}
	return plugin_find(*set, name, err);
}

struct settings *app_load(const char *path, struct plugin_set **plugins, struct issues *issues,
			  enum app_what what)
{
	const struct settings_plugins finder = {.find = app_find_plugin, .arg = plugins};

	return settings_load(&(struct settings_load){.path = path,
						     .plugins = &finder,
						     .is_check = what == APP_CHECK,
						     .is_init = what == APP_INIT},
			     issues);
}

static int app_check(const struct app_words *words)
{
	struct plugin_set *plugins = NULL;
	struct issues *issues = issues_create();
	struct settings *settings = app_load(words->config, &plugins, issues, APP_CHECK);
	AUTO(buf) struct buf text = {0};
	bool is_good;

	if (settings != NULL) {
		app_channels_check(settings, issues); /* the daemon would meet it when it starts */
	}
	is_good = settings != NULL && issues_errors(issues) == 0;
	issues_print(issues, words->as_json, &text);
	(void)fputs(buf_text(&text), stdout);
	settings_unref(&settings);
	issues_destroy(&issues);
	plugin_set_destroy(&plugins);
	return is_good ? 0 : 1;
}

/* --- --init --- */

/* The master key's file: 32 random bytes in base64, for its owner only. It must not be there yet.
 */
static bool make_master_key(const char *path, struct secret_key *ret_key, struct error *err)
{
	AUTO(buf) struct buf text = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0) {
		return error_set(err, ERROR_INVALID, "%s: %s", path, strerror(errno));
	}
	secret_random(ret_key->bytes, sizeof(ret_key->bytes));
	secret_base64(ret_key->bytes, sizeof(ret_key->bytes), &text);
	buf_add(&text, "\n", 1);
	ok = write(fd, text.data, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	return ok || error_set(err, ERROR_INTERNAL, "%s: cannot be written", path);
}

static bool init_key(const struct settings *settings, struct secret_key *key, bool *ret_is_new,
		     struct error *err)
{
	const struct settings_security *security = &settings->security;

	*ret_is_new = !security->has_master_key;
	if (security->has_master_key) {
		*key = security->master_key;
		return true;
	}
	if (security->master_key_path == NULL) {
		return error_set(err, ERROR_INVALID,
				 "security.master_key comes from the environment and is not set");
	}
	return make_master_key(security->master_key_path, key, err);
}

void app_store_config(const struct settings *settings, struct store_config *ret)
{
	static const char *const names[] = {
		[ENVIRONMENT_PRODUCTION] = "production",
		[ENVIRONMENT_STAGING] = "staging",
		[ENVIRONMENT_TRAINING] = "training",
	};

	*ret = (struct store_config){
		.path = settings->store.path,
		.key_file = settings->store.key_file,
		.key_copy = settings->store.key_copy,
		.environment = names[settings->directory.environment],
		.master_key = settings->security.master_key,
		.clock = clock_system(),
	};
}

static void say_escrow(const struct settings *settings, bool is_new)
{
	(void)printf("made %s and %s\n", settings->store.path, settings->store.key_file);
	if (settings->store.key_copy != NULL) {
		(void)printf("made %s, the separate copy of the key file\n",
			     settings->store.key_copy);
	}
	if (is_new) {
		(void)printf("made %s, the master key\n", settings->security.master_key_path);
	}
	(void)puts("Escrow the master key now: seal a printed copy in the safe of two persons. "
		   "Without it\n"
		   "no case can be read again, from no backup. Never put it into the data backups, "
		   "nor the\n"
		   "key file: its one copy is store.key_copy.");
}

static bool init_store(const struct settings *settings, struct error *err)
{
	struct store_config config;
	bool is_new;
	bool ok;

	app_store_config(settings, &config);
	ok = init_key(settings, &config.master_key, &is_new, err) && store_init(&config, err);
	secret_wipe(&config.master_key, sizeof(config.master_key));
	if (ok) {
		say_escrow(settings, is_new);
	}
	return ok;
}

static int app_init(const struct app_words *words)
{
	struct plugin_set *plugins = NULL;
	struct issues *issues = issues_create();
	struct settings *settings = app_load(words->config, &plugins, issues, APP_INIT);
	AUTO(buf) struct buf text = {0};
	struct error err;
	bool ok = false;

	if (settings == NULL) {
		issues_print(issues, false, &text);
		(void)fputs(buf_text(&text), stderr);
	} else if (!init_store(settings, &err)) {
		(void)fprintf(stderr, "astrad: %s\n", err.text);
	} else {
		ok = true;
	}
	settings_unref(&settings);
	issues_destroy(&issues);
	plugin_set_destroy(&plugins);
	return ok ? 0 : 1;
}

int app_main(const struct app_words *words)
{
	switch (words->what) {
	case APP_CHECK:
		return app_check(words);
	case APP_INIT:
		return app_init(words);
	case APP_VERSION:
		(void)puts("astrad " ASTRAD_VERSION);
		return 0;
	case APP_RUN:
		break;
	}
	return app_run(words->config);
}
