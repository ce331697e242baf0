/*
 * What neighbouring rooms tell each other. Rooms of one level never see each other and a lower one
 * never calls up, so every such sentence goes through here: casework wakes outbox and escalation,
 * channels tell the outbox, the outbox tells escalation. A room that is not built yet, or not any
 * more, hears nothing.
 */
#include "app_private.h"

/* --- casework --- */

static void on_broadcasts(void *arg)
{
	const struct app *app = arg;

	outbox_wake(app->outbox);
}

static void on_resumed(void *arg)
{
	const struct app *app = arg;

	outbox_wake_resumed(app->outbox);
}

static void on_timers(void *arg)
{
	const struct app *app = arg;

	escalation_wake(app->escalation);
}

static void on_stop_mark(const struct id *alert, void *arg)
{
	const struct app *app = arg;

	outbox_stop_mark(app->outbox, alert);
}

static void on_stop_settled(const struct id *alert, bool is_stored, void *arg)
{
	const struct app *app = arg;

	outbox_stop_settled(app->outbox, alert, is_stored);
}

static void on_tokens(void *arg)
{
	const struct app *app = arg;

	tokens_load(app->tokens);
}

struct casework_wake app_casework_wake(struct app *app)
{
	return (struct casework_wake){
		.broadcasts = on_broadcasts,
		.resumed = on_resumed,
		.timers = on_timers,
		.stop_mark = on_stop_mark,
		.stop_settled = on_stop_settled,
		.tokens = on_tokens,
		.arg = app,
	};
}

/* --- channels --- */

static void on_channel_changed(const char *name, const struct channel_state *state, void *arg)
{
	const struct app *app = arg;

	if (app->outbox != NULL) {
		outbox_channel_changed(app->outbox, name, state);
	}
	if (app->escalation != NULL && state->dead_since_utc_ms == 0) {
		escalation_channel_well(app->escalation, name);
	} else if (app->escalation != NULL) {
		escalation_channel_dead(app->escalation, name);
	}
}

static void on_channel_ready(const char *name, void *arg)
{
	const struct app *app = arg;

	if (app->outbox != NULL) {
		outbox_channel_ready(app->outbox, name);
	}
}

struct channel_events app_channel_events(struct app *app)
{
	return (struct channel_events){
		.changed = on_channel_changed,
		.ready = on_channel_ready,
		.arg = app,
	};
}

/* --- the outbox --- */

static void on_outbox_ready(void *arg)
{
	struct app *app = arg;

	escalation_start(app->escalation);
	app_part_ready(app, APP_OUTBOX_READY);
}

static void on_outbox_page(const char *channel, const char *reason, void *arg)
{
	const struct app *app = arg;

	escalation_page(app->escalation, channel, reason);
}

static void on_outbox_denied(const char *channel, void *arg)
{
	struct app *app = arg;

	if (app_channels_renew(app, channel)) {
		outbox_channel_renewed(app->outbox, channel);
	}
}

static void on_outbox_dead(const char *channel, const struct id *alerts, size_t count, void *arg)
{
	const struct app *app = arg;

	(void)alerts; /* escalation finds the ladders that can go forward by itself */
	(void)count;
	escalation_channel_dead(app->escalation, channel);
}

struct outbox_events app_outbox_events(struct app *app)
{
	return (struct outbox_events){
		.ready = on_outbox_ready,
		.page = on_outbox_page,
		.denied = on_outbox_denied,
		.dead = on_outbox_dead,
		.arg = app,
	};
}
