/*
 * One reload at a time: first the store is asked which channels running alerts need, then the files
 * are read, checked against what runs, the channels built beside the old ones, and all of it
 * swapped in one turn.
 */
#include "app_reload.h"

#include <stdlib.h>

#include "app_private.h"
#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metric.h"
#include "store/live.h"

struct waiter {
	struct list link; /* struct app::reload_waiting or reload_running */
	app_reload_done *done;
	void *arg;
};

static struct metric *success_gauge(void)
{
	return metric_gauge("astrad_config_last_reload_success", NULL,
			    "1 when the last load of the configuration was good");
}

static void note_time(const struct app *app)
{
	metric_set(metric_gauge("astrad_config_last_reload_seconds", NULL,
				"When the configuration in force was loaded, seconds since 1970"),
		   clock_utc_ms(loop_clock(app->loop)) / 1000);
}

void app_reload_first(struct app *app)
{
	list_init(&app->reload_waiting);
	list_init(&app->reload_running);
	metric_set(success_gauge(), 1);
	note_time(app);
	log_notice("configuration loaded", "digest=%.16s channels=%zu partners=%zu policies=%zu",
		   app->settings->digest, app->settings->directory.channel_count,
		   app->settings->directory.partner_count, app->settings->directory.policy_count);
}

/* --- the swap --- */

static void take(struct app *app, struct settings *next, struct channel_plan **plan)
{
	channel_set_commit(app->channels, plan);
	casework_use_settings(app->casework, next);
	app_use_settings(app, next);
	settings_unref(&app->settings);
	app->settings = next;
}

/* Reads, checks, swaps; the findings say why not. */
static bool reload_now(struct app *app, const struct words *live, struct issues *issues)
{
	struct settings *next = app_load(app->config_path, &app->plugins, issues, APP_RUN);
	struct channel_plan *plan;

	if (next == NULL) {
		return false;
	}
	if (!settings_diff(app->settings, next, live, issues)) {
		settings_unref(&next);
		return false;
	}
	plan = app_channels_prepare(app, next, issues);
	if (plan == NULL) {
		settings_unref(&next);
		return false;
	}
	take(app, next, &plan);
	return true;
}

/* --- loudness --- */

static void tell(struct app *app, bool ok, size_t errors)
{
	metric_set(success_gauge(), ok ? 1 : 0);
	if (ok) {
		note_time(app);
		health_clear(app->health, "reload_failed", NULL);
		log_notice("configuration reloaded", "digest=%.16s", app->settings->digest);
	} else {
		health_raise(app->health, HEALTH_DEGRADED, "reload_failed", NULL,
			     "the files on disk have errors; the old configuration is in force");
		log_error("configuration not reloaded, the old one is in force", "errors=%zu",
			  errors);
	}
	service_ready(app->service, ok ? "taking reports" : "reload failed, see the log");
}

static void answer(struct app *app, bool ok, struct issues *issues)
{
	AUTO(buf) struct buf findings = {0};
	AUTO(buf) struct buf text = {0};
	struct list *node;

	tell(app, ok, issues_errors(issues));
	issues_print(issues, true, &findings);
	if (!ok) {
		issues_print(issues, false, &text);
		log_error("findings", "text=%s", log_quote(buf_text(&text)));
	}
	while ((node = list_take_first(&app->reload_running)) != NULL) {
		struct waiter *waiter = LIST_ENTRY(node, struct waiter, link);

		if (waiter->done != NULL) {
			waiter->done(ok, &findings, waiter->arg);
		}
		free(waiter);
	}
}

static void start(struct app *app);

static void on_live(struct store_call *call)
{
	struct app *app = call->ctx;
	const struct store_live_channels_out *out = call->out;
	struct issues *issues = issues_create();
	bool ok = false;

	if (call->ok) {
		const struct words live = {out->names, out->count};

		ok = reload_now(app, &live, issues);
	} else {
		issues_add(issues, "E901", NULL, NULL, "the store did not answer: %s",
			   call->err.text);
	}
	app->is_reloading = false;
	answer(app, ok, issues);
	issues_destroy(&issues);
	if (!list_is_empty(&app->reload_waiting)) {
		start(app);
	}
}

static void start(struct app *app)
{
	struct list *node;

	app->is_reloading = true;
	service_reloading(app->service);
	while ((node = list_take_first(&app->reload_waiting)) != NULL) {
		list_append(&app->reload_running, node);
	}
	store_submit(store_call_create(app->store, &store_live_channels, on_live, app));
}

void app_reload(struct app *app, app_reload_done *done, void *arg)
{
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));

	waiter->done = done;
	waiter->arg = arg;
	list_append(&app->reload_waiting, &waiter->link);
	if (!app->is_reloading) {
		start(app);
	}
}
