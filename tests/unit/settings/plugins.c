/*
 * The option tables of webhook and journal as they were when the corpus of bad configurations was
 * written: tests of settings judge the walker with them, not the plugins.
 */
#include "plugins.h"

#include <stdio.h>
#include <string.h>

static const struct astrad_option webhook_options[] = {
	{"urls", ASTRAD_OPTION_URLS, 1, 1, 4, NULL, NULL, 0, "Tried in order."},
	{"secrets", ASTRAD_OPTION_SECRETS, 1, 1, 10, NULL, NULL, 0, "Signing secrets."},
	{"signing", ASTRAD_OPTION_ENUM, 0, 0, 0, "v1", "v1|v1a", 0, "Scheme."},
	{"allow_http", ASTRAD_OPTION_BOOL, 0, 0, 0, "false", NULL, 0, "Clear HTTP."},
	{"ca", ASTRAD_OPTION_CERTIFICATES, 0, 0, 0, NULL, NULL, 0, "PEM file."},
	{"client_certificate", ASTRAD_OPTION_CERTIFICATES, 0, 0, 0, NULL, NULL, 0, "PEM file."},
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

const struct astrad_channel mock_webhook = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "webhook",
	.medium = ASTRAD_MEDIUM_JSON,
	.options = webhook_options,
	.check = check_webhook,
};

const struct astrad_channel mock_journal = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "journal",
	.medium = ASTRAD_MEDIUM_TEXT,
	.takes_recipients = 1,
	.options = journal_options,
};

static const struct astrad_channel *find_plugin(const char *dir, const char *name,
						struct error *err, void *arg)
{
	(void)dir;
	(void)arg;
	if (strcmp(name, "webhook") == 0) {
		return &mock_webhook;
	}
	if (strcmp(name, "journal") == 0) {
		return &mock_journal;
	}
	(void)error_set(err, ERROR_NOT_FOUND, "there is no file %s.so", name);
	return NULL;
}

const struct settings_plugins mock_plugins = {.find = find_plugin};
