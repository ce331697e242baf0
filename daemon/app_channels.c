/*
 * Channels from settings: every configured instance, all or nothing. At the start and for a check
 * at once, at a reload some a turn.
 */
#include "app_private.h"
#include "base/log.h"
#include "settings/reread.h"

/* A reload makes so many instances a turn: a few milliseconds. */
#define CHANNELS_A_STEP 250

bool app_channels_step(const struct settings *settings, struct channel_plan *plan, size_t *next,
		       struct issues *issues)
{
	for (int i = 0; i < CHANNELS_A_STEP && *next < settings->directory.channel_count; i++) {
		const struct settings_channel *channel = &settings->channels[(*next)++];
		const struct channel_config config = {
			.channel = channel->channel,
			.plugin = channel->plugin,
			.options = channel->options,
		};
		char why[256];

		if (channel->options == NULL) {
			continue; /* --check alone: a secret was not looked at, and that was told */
		}
		if (!channel_plan_add(plan, &config, why, sizeof(why))) {
			issues_add(issues, "E313", &channel->place, NULL, "%s", why);
		}
	}
	return *next < settings->directory.channel_count;
}

struct channel_plan *app_channels_prepare(struct app *app, const struct settings *settings,
					  struct issues *issues)
{
	struct channel_plan *plan =
		channel_plan_create(app->channels, settings->security.private_ranges);
	size_t next = 0;

	while (app_channels_step(settings, plan, &next, issues)) {
	}
	if (issues_errors(issues) > 0) {
		channel_plan_destroy(&plan);
	}
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
