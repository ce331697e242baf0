/*
 * One reload at a time, in short turns so that the daemon works on: the files are read and checked
 * and the channels built beside the old ones, a step a turn; then the store is asked which channels
 * running alerts need, and all of it is swapped in one turn.
 *
 *	waiting -> reading (loading) -> building (next, plan) -> asking -> answered
 *
 * Owner of the findings, the next snapshot and its channels until they are answered or swapped.
 * Crash: nothing is kept, the next start reads the files.
 */
#include "app_reload.h"

#include <stdlib.h>

#include "app_private.h"
#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metric.h"
#include "store/live.h"

/* How often the store is asked again while actions are under way that may use a channel which goes.
 */
#define ASK_MAX    1000
#define LOGGED_MAX 20

struct waiter {
	struct list link; /* struct reload::waiting or ::running */
	app_reload_done *done;
	void *arg;
};

struct reload {
	struct app *app;
	struct list waiting; /* for the next one */
	struct list running; /* for this one */
	bool is_running;
	bool is_stopped; /* the daemon stops: rooms may be gone, nothing is swapped any more */
	/* of the one that runs */
	struct settings_plugins finder;
	struct issues *issues;
	struct settings_loading *loading;
	struct settings *next;
	struct channel_plan *plan; /* the channels of next */
	size_t built;              /* so many of them */
	bool is_losing;            /* a channel of the running snapshot is gone in the next */
	int asked;
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
	struct reload *reload = xcalloc(1, sizeof(*reload));

	reload->app = app;
	reload->finder = (struct settings_plugins){app_find_plugin, &app->plugins};
	list_init(&reload->waiting);
	list_init(&reload->running);
	app->reload = reload;
	metric_set(success_gauge(), 1);
	note_time(app);
	log_notice("configuration loaded", "digest=%.16s channels=%zu partners=%zu policies=%zu",
		   app->settings->digest, app->settings->directory.channel_count,
		   app->settings->directory.partner_count, app->settings->directory.policy_count);
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
	if (app->ready == APP_ALL_READY) { /* a start that still goes on says it itself */
		service_ready(app->service, ok ? "taking reports" : "reload failed, see the log");
	}
}

/* The first errors, a line each; the caller of POST /v1/reload gets them all. */
static void log_findings(struct issues *issues)
{
	size_t told = 0;

	for (size_t i = 0; i < issues_count(issues) && told < LOGGED_MAX; i++) {
		const struct issue *issue = issues_get(issues, i);

		if (issue->level == ISSUE_ERROR) {
			log_error("finding", "place=%s:%d:%d code=%s text=%s",
				  issue->place.file != NULL ? issue->place.file : "",
				  issue->place.line, issue->place.column, issue->code,
				  log_quote(issue->text));
			told++;
		}
	}
}

static void start(struct reload *reload);

/* The end of one reload: the snapshot in force is in app->settings either way. */
static void answer(struct reload *reload, bool ok)
{
	AUTO(buf) struct buf findings = {0};
	struct intake_reloaded told = {
		.ok = ok,
		.findings = &findings,
		.warnings = (int)issues_warnings(reload->issues),
		.digest = reload->app->settings->digest,
	};
	struct list *node;

	if (!reload->is_stopped) {
		tell(reload->app, ok, issues_errors(reload->issues));
	}
	issues_print(reload->issues, true, &findings);
	if (!ok) {
		log_findings(reload->issues);
	}
	channel_plan_destroy(&reload->plan);
	settings_unref(&reload->next);
	issues_destroy(&reload->issues);
	reload->is_running = false;
	while ((node = list_take_first(&reload->running)) != NULL) {
		struct waiter *waiter = LIST_ENTRY(node, struct waiter, link);

		if (waiter->done != NULL) {
			waiter->done(&told, waiter->arg);
		}
		free(waiter);
	}
	if (!list_is_empty(&reload->waiting)) {
		start(reload);
	}
}

static void give_up(struct reload *reload)
{
	issues_add(reload->issues, "E901", NULL, NULL, "astrad is stopping");
	answer(reload, false);
}

/* --- the swap --- */

static bool swap(struct reload *reload, const struct words *live)
{
	struct app *app = reload->app;

	if (!settings_diff(app->settings, reload->next, live, reload->issues)) {
		return false;
	}
	channel_set_commit(app->channels, &reload->plan);
	casework_use_settings(app->casework, reload->next);
	app_use_settings(app, reload->next);
	settings_unref(&app->settings);
	app->settings = reload->next;
	reload->next = NULL;
	return true;
}

/* --- what running alerts need --- */

static void ask(struct reload *reload);

/* An approval on its way may plan a channel that the answer does not know yet. */
static bool must_ask_again(const struct reload *reload)
{
	return reload->is_losing && casework_under_way(reload->app->casework) > 0;
}

static void on_live(struct store_call *call)
{
	struct reload *reload = call->ctx;
	const struct store_live_channels_out *out = call->out;
	bool ok = false;

	if (reload->is_stopped) {
		give_up(reload);
		return;
	}
	if (!call->ok) {
		issues_add(reload->issues, "E901", NULL, NULL, "the store did not answer: %s",
			   call->err.text);
	} else if (!must_ask_again(reload)) {
		ok = swap(reload, &(struct words){out->names, out->count});
	} else if (reload->asked < ASK_MAX) {
		ask(reload);
		return;
	} else {
		issues_add(reload->issues, "E901", NULL, "reload again",
			   "a channel goes while alerts are being decided");
	}
	answer(reload, ok);
}

static void ask(struct reload *reload)
{
	reload->asked++;
	store_submit(store_call_create(reload->app->store, &store_live_channels, on_live, reload));
}

/* Would any channel be missed if every one were in use? */
static bool loses_channel(const struct settings *now, const struct settings *next)
{
	size_t count = now->directory.channel_count;
	const char **names = xcalloc(count + 1, sizeof(*names));
	struct issues *unused = issues_create();
	bool is_losing;

	for (size_t i = 0; i < count; i++) {
		names[i] = now->directory.channels[i].name;
	}
	is_losing = !settings_diff(now, next, &(struct words){names, count}, unused);
	issues_destroy(&unused);
	free(names);
	return is_losing;
}

/* --- building --- */

static void on_build(void *arg)
{
	struct reload *reload = arg;

	if (reload->is_stopped) {
		give_up(reload);
	} else if (app_channels_step(reload->next, reload->plan, &reload->built, reload->issues)) {
		loop_defer(reload->app->loop, on_build, reload);
	} else if (issues_errors(reload->issues) > 0) {
		answer(reload, false);
	} else {
		ask(reload);
	}
}

/* --- reading --- */

static void on_step(void *arg)
{
	struct reload *reload = arg;

	if (!reload->is_stopped && settings_load_step(reload->loading)) {
		loop_defer(reload->app->loop, on_step, reload);
		return;
	}
	reload->next = settings_load_end(&reload->loading);
	if (reload->is_stopped) {
		give_up(reload);
		return;
	}
	if (reload->next == NULL) {
		answer(reload, false);
		return;
	}
	reload->is_losing = loses_channel(reload->app->settings, reload->next);
	reload->plan =
		channel_plan_create(reload->app->channels, reload->next->security.private_ranges);
	reload->built = 0;
	loop_defer(reload->app->loop, on_build, reload);
}

static void start(struct reload *reload)
{
	struct list *node;

	reload->is_running = true;
	reload->asked = 0;
	if (reload->app->ready == APP_ALL_READY && !reload->is_stopped) {
		service_reloading(reload->app->service);
	}
	while ((node = list_take_first(&reload->waiting)) != NULL) {
		list_append(&reload->running, node);
	}
	reload->issues = issues_create();
	reload->loading =
		settings_load_begin(&(struct settings_load){.path = reload->app->config_path,
							    .plugins = &reload->finder},
				    reload->issues);
	loop_defer(reload->app->loop, on_step, reload);
}

void app_reload(struct app *app, app_reload_done *done, void *arg)
{
	struct reload *reload = app->reload;
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));

	waiter->done = done;
	waiter->arg = arg;
	list_append(&reload->waiting, &waiter->link);
	if (!reload->is_running) {
		start(reload);
	}
}

void app_reload_stop(struct app *app)
{
	if (app->reload != NULL) {
		app->reload->is_stopped = true;
	}
}

static void forget(struct list *waiters)
{
	struct list *node;

	while ((node = list_take_first(waiters)) != NULL) {
		free(LIST_ENTRY(node, struct waiter, link));
	}
}

void app_reload_finish(struct app *app)
{
	struct reload *reload = take_ptr(&app->reload);

	if (reload == NULL) {
		return;
	}
	loop_undefer(app->loop, on_step, reload);
	loop_undefer(app->loop, on_build, reload);
	if (reload->loading != NULL) {
		struct settings *half = settings_load_end(&reload->loading);

		settings_unref(&half);
	}
	channel_plan_destroy(&reload->plan);
	settings_unref(&reload->next);
	issues_destroy(&reload->issues);
	forget(&reload->waiting);
	forget(&reload->running);
	free(reload);
}
