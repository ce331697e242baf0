/*
 * What an admin asks of the running daemon beyond one room: the configuration, its reload, and each
 * channel as its file says beside how it is. Nothing is kept but the asks under way.
 */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "app_reload.h"
#include "base/alloc.h"
#include "base/json.h"

static void print_config(struct buf *out, void *arg)
{
	const struct app *app = arg;

	settings_print(app->settings, out);
}

static void reload(void (*done)(const struct intake_reloaded *reloaded, void *arg), void *arg,
		   void *app)
{
	app_reload(app, done, arg);
}

/* --- a channel's state beside its file --- */

static void add_state(struct buf *out, struct channel_host *host)
{
	struct channel_state state;
	struct channel_counts counts;

	channel_get_state(host, &state);
	channel_get_counts(host, &counts);
	json_text(out, "phase", channel_phase_name(state.phase));
	json_text(out, "cause",
		  state.cause != CHANNEL_CAUSE_NONE ? channel_cause_name(state.cause) : NULL);
	json_time(out, "dead_since", state.dead_since_utc_ms);
	json_time(out, "suspended_at", state.suspended_utc_ms);
	json_time(out, "probe_at", state.until_utc_ms);
	json_time(out, "last_success_at", state.last_success_utc_ms);
	json_bool(out, "misbehaving", channel_is_misbehaving(host));
	json_int(out, "in_flight", (int64_t)counts.in_flight);
}

static void add_view(struct buf *out, const struct outbox_channel_view *view)
{
	json_text(out, "suspended_by", view->suspended_by[0] != '\0' ? view->suspended_by : NULL);
	json_name(out, "recipients");
	if (view->has_list) {
		buf_printf(out, "%lld", (long long)view->recipients);
	} else {
		buf_add_text(out, "null");
	}
	json_int(out, "held", view->held);
	json_int(out, "claimed", (int64_t)view->claimed);
	json_int(out, "broadcasts", (int64_t)view->broadcasts);
}

static void add_channel(struct app *app, const struct settings_channel *channel, struct buf *out)
{
	const char *name = channel->channel->name;
	struct channel_host *host = channel_set_find(app->channels, name);
	struct outbox_channel_view view;

	json_comma(out);
	buf_add_text(out, "{");
	json_text(out, "name", name);
	json_name(out, "file");
	settings_print_channel(app->settings, channel, out);
	json_name(out, "state");
	if (host == NULL) { /* mode: off */
		buf_add_text(out, "null}");
		return;
	}
	buf_add_text(out, "{");
	add_state(out, host);
	if (outbox_view(app->outbox, name, &view)) {
		add_view(out, &view);
	}
	buf_add_text(out, "}}");
}

/* --- all of them --- */

static int by_name(const void *a, const void *b)
{
	const struct settings_channel *const *left = a;
	const struct settings_channel *const *right = b;

	return strcmp((*left)->channel->name, (*right)->channel->name);
}

/* Those after a name, in the order of names. The caller frees it. */
static const struct settings_channel **sorted_after(const struct settings *settings,
						    const char *after, size_t *ret_count)
{
	size_t all = settings->directory.channel_count;
	const struct settings_channel **list = xcalloc(all + 1, sizeof(struct settings_channel *));

	*ret_count = 0;
	for (size_t i = 0; i < all; i++) {
		const struct settings_channel *channel = &settings->channels[i];

		if (after == NULL || strcmp(channel->channel->name, after) > 0) {
			list[(*ret_count)++] = channel;
		}
	}
	qsort(list, *ret_count, sizeof(struct settings_channel *), by_name);
	return list;
}

static const char *print_channels(const char *after, int limit, struct buf *out, void *arg)
{
	struct app *app = arg;
	const char *next = NULL;
	size_t count;
	const struct settings_channel **list = sorted_after(app->settings, after, &count);

	if (count > (size_t)limit) {
		count = (size_t)limit;
		next = list[count - 1]->channel->name;
	}
	buf_add_text(out, "[");
	for (size_t i = 0; i < count; i++) {
		add_channel(app, list[i], out);
	}
	buf_add_text(out, "]");
	free(list);
	return next;
}

static void print_channel(const char *name, struct buf *out, void *arg)
{
	struct app *app = arg;
	const struct settings_channel *channel = settings_find_channel(app->settings, name);

	if (channel != NULL) {
		add_channel(app, channel, out);
		return;
	}
	buf_add_text(out, "{");
	json_text(out, "name", name);
	json_text(out, "file", NULL);
	json_text(out, "state", NULL);
	buf_add_text(out, "}");
}

/* --- acts --- */

/* One ask until its answer. */
struct asked {
	void (*done)(const struct intake_probed *probed, const struct error *err, void *arg);
	void *arg;
};

static void on_acted(bool ok, const struct error *err, void *arg)
{
	struct asked *asked = arg;

	asked->done(NULL, ok ? NULL : err, asked->arg);
	free(asked);
}

static void on_probed(const struct outbox_probe_result *result, const struct error *err, void *arg)
{
	struct asked *asked = arg;
	struct intake_probed probed = {0};

	if (result != NULL) {
		probed = (struct intake_probed){result->outcome, result->status, result->latency_ms,
						result->detail};
	}
	asked->done(&probed, result != NULL ? NULL : err, asked->arg);
	free(asked);
}

static void act_on_channel(const struct intake_channel_ask *ask, void *arg)
{
	struct app *app = arg;
	struct asked *asked = xcalloc(1, sizeof(*asked));
	const struct outbox_act act = {
		.channel = ask->channel,
		.person = ask->person,
		.done = on_acted,
		.arg = asked,
	};

	*asked = (struct asked){ask->done, ask->arg};
	switch (ask->act) {
	case INTAKE_SUSPEND:
		outbox_suspend(app->outbox, &act);
		break;
	case INTAKE_RESUME:
		outbox_resume(app->outbox, &act);
		break;
	case INTAKE_PROBE:
		outbox_probe(app->outbox, ask->channel, on_probed, asked);
		break;
	}
}

struct intake_services app_services(struct app *app)
{
	return (struct intake_services){
		.casework = app->casework,
		.store = app->store,
		.tokens = app->tokens,
		.print_config = print_config,
		.reload = reload,
		.print_channels = print_channels,
		.print_channel = print_channel,
		.act_on_channel = act_on_channel,
		.app = app,
	};
}
