/*
 * Channels from settings: every configured instance, all or nothing. The same way at start and at a
 * reload.
 */
#include <stdlib.h>

#include "app_private.h"
#include "base/alloc.h"
#include "base/log.h"
#include "settings/reread.h"

/* Where a channel's refusal goes: the findings of the load it belongs to. */
struct finding {
	const struct settings *settings;
	struct issues *issues;
};

static void on_error(const char *channel, const char *why, void *arg)
{
	const struct finding *finding = arg;
	const struct settings_channel *found = settings_find_channel(finding->settings, channel);

	issues_add(finding->issues, "E313", found != NULL ? &found->place : NULL, NULL, "%s", why);
}

struct channel_plan *app_channels_prepare(struct app *app, const struct settings *settings,
					  struct issues *issues)
{
	size_t count = 0;
	struct channel_config *configs =
		xcalloc(settings->directory.channel_count + 1, sizeof(*configs));
	struct finding finding = {settings, issues};
	struct channel_plan *plan;

	for (size_t i = 0; i < settings->directory.channel_count; i++) {
		if (settings->channels[i].options == NULL) {
			continue; /* --check alone: a secret was not looked at, and that was told */
		}
		configs[count++] = (struct channel_config){
			.channel = settings->channels[i].channel,
			.plugin = settings->channels[i].plugin,
			.options = settings->channels[i].options,
		};
	}
	plan = channel_set_prepare(app->channels, configs, count, settings->security.private_ranges,
				   on_error, &finding);
	free(configs);
	return plan;
}

bool app_channels_renew(struct app *app, const char *name)
{
	AUTO(arena) struct arena *arena = arena_create();
	const struct settings_channel *channel = settings_find_channel(app->settings, name);
	const struct channel_host *host = channel_set_find(app->channels, name);
	struct channel_config config;
	bool is_changed = false;
	struct error err;

	if (channel == NULL || host == NULL) {
		return false; /* gone, or renamed: the reload has read everything */
	}
	config = (struct channel_config){.channel = channel->channel, .plugin = channel->plugin};
	if (!settings_reread(channel, channel_options(host), arena, &config.options, &is_changed,
			     &err) ||
	    (is_changed && !channel_set_renew(app->channels, &config, &err))) {
		log_error("a refused secret cannot be read again, the old one stays",
			  "channel=%s why=%s", name, log_quote(err.text));
		return false;
	}
	if (is_changed) {
		log_notice("a secret that was refused is another one now, sending goes on",
			   "channel=%s", name);
	}
	return is_changed;
}

/* The seed of jitter is of no use here: nothing is sent. */
void app_channels_check(const struct settings *settings, struct issues *issues)
{
	struct app app = {0};
	struct error err;
	struct channel_plan *plan = NULL;

	app.loop = loop_create(clock_system(), &err);
	if (app.loop != NULL) {
		app.channels = channel_set_create(
			&(struct channel_set_params){
				.loop = app.loop,
				.private_ranges = settings->security.private_ranges,
			},
			&err);
	}
	if (app.channels != NULL) {
		plan = app_channels_prepare(&app, settings, issues);
	} else {
		issues_add(issues, "E313", NULL, NULL, "no channel can be made: %s", err.text);
	}
	channel_plan_destroy(&plan);
	channel_set_destroy(&app.channels);
	loop_destroy(&app.loop);
}
