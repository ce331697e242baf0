/*
 * Channels from settings: every configured instance, all or nothing. The same way at start and at a
 * reload.
 */
#include <stdlib.h>

#include "app_private.h"
#include "base/alloc.h"

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
	size_t count = settings->directory.channel_count;
	struct channel_config *configs = xcalloc(count + 1, sizeof(*configs));
	struct finding finding = {settings, issues};
	struct channel_plan *plan;

	for (size_t i = 0; i < count; i++) {
		configs[i] = (struct channel_config){
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
