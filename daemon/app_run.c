/*
 * Running: rooms are built in order and torn down in reverse; where a lower or neighbouring room
 * must wake another, the callback is here. A graceful stop (SIGTERM, SIGINT) takes no new work,
 * finishes what is on the wire, commits, and exits 0; a store that can no longer commit ends the
 * process with 1, the service manager starts it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_private.h"
#include "app_reload.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"

enum { DRAINED_OUTBOX = 1, DRAINED_ESCALATION = 2, DRAINED_ALL = 3 };

/* A graceful stop is cut after this; systemd's own limit is longer. */
#define STOP_MS      20000
#define SETTLE_TURNS 1000

#define KEPT_DESCRIPTORS 64 /* the store's, the loop's, files of plugins */
#define GUESTS_MIN       16 /* connections beside those kept for control socket and operators */

/* --- the process --- */

/* No core file and no debugger sees the keys; files are ours alone; as many descriptors as we may
 * have. */
static void harden(void)
{
	const struct rlimit no_core = {0, 0};
	struct rlimit files;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)umask(077);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static uint64_t random_seed(void)
{
	uint64_t seed;

	secret_random(&seed, sizeof(seed));
	return seed;
}

static struct id boot_id(void)
{
	struct id id = {0};
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0) {
		(void)close(fd);
	}
	if (n < 36 || !id_parse(text, 36, &id)) {
		return (struct id){0}; /* timers then go by the wall clock alone */
	}
	return id;
}

/* --- callbacks between rooms --- */

static void on_health(enum health_level level, const char *reason, const char *subject, bool raised,
		      void *arg)
{
	(void)arg;
	log_write(!raised ? LOG_LEVEL_NOTICE
			  : (level == HEALTH_DOWN ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING),
		  raised ? "not well" : "well again", "reason=%s subject=%s", reason,
		  subject != NULL ? subject : "-");
}

static void app_end(struct app *app, int status)
{
	if (app->status == 0) { /* a failure while stopping is a failure */
		app->status = status;
	}
	loop_quit(app->loop);
}

static void on_fatal(const char *why, void *arg)
{
	struct app *app = arg;

	log_error("the store cannot commit, ending", "why=%s", log_quote(why));
	app_end(app, 1);
}

/* --- graceful stop --- */

static void on_deadline(void *arg)
{
	struct app *app = arg;

	if (!app->is_cut) {
		app->is_cut = true;
		log_warning("stop takes too long, cutting what is left", "connections=%zu",
			    intake_connections(app->intake));
		outbox_cut(app->outbox);
		/* what was cut ends within a second, and its results are stored */
		runq_schedule_in(loop_runq(app->loop), &app->deadline, LIMIT_CANCEL_MS + 1000);
		return;
	}
	app_end(app, 0);
}

/* Each turn while stopping: over when nobody is being answered and nothing is under way. */
static void on_turn(void *arg)
{
	struct app *app = arg;

	if (app->is_stopping && app->drained == DRAINED_ALL && intake_is_idle(app->intake) &&
	    casework_under_way(app->casework) == 0) {
		app_end(app, 0);
	}
}

static void on_outbox_drained(void *arg)
{
	struct app *app = arg;

	app->drained |= DRAINED_OUTBOX;
}

static void on_escalation_drained(void *arg)
{
	struct app *app = arg;

	app->drained |= DRAINED_ESCALATION;
}

/* Rooms finish what they have begun and begin nothing. */
static void take_no_more(struct app *app)
{
	if (app->is_stopping ||
	    app->outbox == NULL) { /* the start failed before there were rooms */
		return;
	}
	app->is_stopping = true;
	keeping_stop(app->keeping);
	app_reload_stop(app);
	intake_drain(app->intake);
	escalation_drain(app->escalation, on_escalation_drained, app);
	outbox_drain(app->outbox, on_outbox_drained, app);
	store_drain(app->store);
}

static void on_stop(void *arg)
{
	struct app *app = arg;

	if (app->is_stopping) {
		return;
	}
	log_notice("stopping", "connections=%zu", intake_connections(app->intake));
	service_stopping(app->service, "finishing what is on the wire");
	take_no_more(app);
	runq_schedule_in(loop_runq(app->loop), &app->deadline, STOP_MS);
}

/* --- building --- */

static void on_hangup(void *arg)
{
	app_reload(arg, NULL, NULL); /* it tells the log, the metric and /readyz */
}

static bool build_base(struct app *app, struct error *err)
{
	app->clock_source = clock_source_open(err);
	if (app->clock_source == NULL) {
		return false;
	}
	app->loop = loop_create(clock_source_clock(app->clock_source), err);
	if (app->loop == NULL) {
		return false;
	}
	clock_source_attach(app->clock_source, app->loop);
	runq_item_init(&app->deadline, on_deadline, app);
	loop_on_turn(app->loop, on_turn, app);
	/* at once, or a reload while it starts would kill it; they come in the first turn, when
	 * every room is there */
	app->signals[0] = loop_signal_create(app->loop, SIGTERM, on_stop, app);
	app->signals[1] = loop_signal_create(app->loop, SIGINT, on_stop, app);
	app->signals[2] = loop_signal_create(app->loop, SIGHUP, on_hangup, app);
	app->health = health_create();
	health_on_change(app->health, on_health, app);
	app->service = service_create(app->loop);
	return true;
}

static bool build_settings(struct app *app, struct error *err)
{
	struct issues *issues = issues_create();
	AUTO(buf) struct buf text = {0};

	app->settings = app_load(app->config_path, &app->plugins, issues, APP_RUN);
	issues_print(issues, false, &text);
	if (issues_count(issues) > 0) {
		(void)fputs(buf_text(&text), stderr);
	}
	issues_destroy(&issues);
	return app->settings != NULL ||
	       error_set(err, ERROR_INVALID, "the configuration has errors");
}

static bool build_store(struct app *app, struct error *err)
{
	struct store_config config;

	app_store_config(app->settings, &config);
	config.clock = loop_clock(app->loop);
	config.loop = app->loop;
	config.on_fatal = on_fatal;
	config.on_fatal_arg = app;
	app->store = store_open(&config, err);
	secret_wipe(&config.master_key, sizeof(config.master_key));
	if (app->store == NULL) {
		return false;
	}
	app->keeping = keeping_create(&(struct keeping_params){
		.loop = app->loop, .store = app->store, .health = app->health});
	return true;
}

/* Half of the descriptors are the channels' (channel/http.c), some are the store's and the loop's:
 * callers must never leave an alert without a socket. */
static size_t connections_that_fit(const struct settings *settings)
{
	size_t wanted = (size_t)settings->limits.connections;
	size_t least = (size_t)settings->limits.kept_for_control +
		       (size_t)settings->limits.kept_for_operators + GUESTS_MIN;
	struct rlimit files;
	size_t most;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
	    files.rlim_cur / 2 >= wanted + KEPT_DESCRIPTORS) {
		return wanted;
	}
	most = files.rlim_cur / 2 > least + KEPT_DESCRIPTORS
		       ? (size_t)files.rlim_cur / 2 - KEPT_DESCRIPTORS
		       : least;
	most = most < wanted ? most : wanted;
	log_warning("the limit of descriptors is low: fewer connections are let in",
		    "limits.connections=%zu let_in=%zu descriptors=%llu", wanted, most,
		    (unsigned long long)files.rlim_cur);
	return most;
}

static bool build_intake(struct app *app, struct error *err)
{
	const struct settings *settings = app->settings;
	struct intake_address *listen = xcalloc(settings->listen_count + 1, sizeof(*listen));
	struct intake_config config = {
		.listen = listen,
		.listen_count = settings->listen_count,
		.control_path = settings->control_socket,
	};
	struct intake_deps deps = {
		.loop = app->loop,
		.health = app->health,
		.routes = intake_routes,
		.route_count = intake_route_count,
		.services = &app->services,
		.auth = {.find = tokens_find, .has_tokens = tokens_has_any, .arg = app->tokens},
	};

	for (size_t i = 0; i < settings->listen_count; i++) {
		listen[i] = (struct intake_address){settings->listen[i].address,
						    (uint16_t)settings->listen[i].port};
	}
	intake_config_defaults(&config);
	config.head_ms = settings->limits.head_timeout_ms;
	config.body_ms = settings->limits.body_timeout_ms;
	config.idle_ms = settings->limits.idle_timeout_ms;
	config.connections_max = connections_that_fit(settings);
	config.per_address_max = (size_t)settings->limits.connections_per_address;
	config.per_token_max = (size_t)settings->limits.connections_per_token;
	config.kept_unix = (size_t)settings->limits.kept_for_control;
	config.kept_operators = (size_t)settings->limits.kept_for_operators;
	store_derive_key(app->store, "token", &deps.auth.key);
	store_derive_key(app->store, "idempotency", &deps.idempotency_key);
	app->intake = intake_create(&config, &deps);
	free(listen);
	secret_wipe(&deps.auth.key, sizeof(deps.auth.key));
	secret_wipe(&deps.idempotency_key, sizeof(deps.idempotency_key));
	return intake_listen(app->intake, err);
}

static bool build_channels(struct app *app, struct error *err)
{
	const struct channel_set_params params = {
		.is_warm = true,
		.loop = app->loop,
		.health = app->health,
		.private_ranges = app->settings->security.private_ranges,
		.seed = random_seed(),
		.events = app_channel_events(app),
	};
	struct issues *issues;
	struct channel_plan *plan;
	AUTO(buf) struct buf text = {0};

	app->channels = channel_set_create(&params, err);
	if (app->channels == NULL) {
		return false;
	}
	issues = issues_create();
	plan = app_channels_prepare(app, app->settings, issues);
	if (plan != NULL) {
		channel_set_commit(app->channels, &plan);
	} else {
		issues_print(issues, false, &text);
		(void)fputs(buf_text(&text), stderr);
		error_set(err, ERROR_INVALID, "a channel cannot be made");
	}
	issues_destroy(&issues);
	return text.len == 0;
}

void app_use_settings(struct app *app, struct settings *next)
{
	outbox_use_settings(app->outbox, next);
}

static void build_casework(struct app *app, const struct id *boot)
{
	const struct casework_wake wake = app_casework_wake(app);

	app->casework = casework_create(app->store, app->loop, &wake);
	casework_use_settings(app->casework, app->settings);
	casework_use_boot(app->casework, boot);
	app->tokens = tokens_create(app->store, app->loop);
	app->services = app_services(app);
}

static void build_sending(struct app *app, const struct id *boot)
{
	app->outbox = outbox_create(&(struct outbox_params){
		.store = app->store,
		.loop = app->loop,
		.channels = app->channels,
		.health = app->health,
		.seed = random_seed(),
		.events = app_outbox_events(app),
	});
	app->escalation = escalation_create(&(struct escalation_params){
		.store = app->store,
		.loop = app->loop,
		.casework = app->casework,
		.health = app->health,
		.boot_id = *boot,
	});
	outbox_use_settings(app->outbox, app->settings);
	outbox_start(app->outbox);
}

static void on_first_tokens(void *arg)
{
	app_part_ready(arg, APP_TOKENS_READY);
}

/*
 * Nobody is let in before callers can be known and every list is stored: an alert approved earlier
 * would find nobody.
 */
void app_part_ready(struct app *app, enum app_part part)
{
	struct error err;

	app->ready |= part;
	if (app->ready != APP_ALL_READY || app->is_stopping) {
		return;
	}
	if (!build_intake(app, &err)) {
		(void)fprintf(stderr, "astrad: %s\n", err.text);
		app_end(app, 1);
		return;
	}
	for (size_t i = 0; i < app->settings->listen_count; i++) {
		log_notice("listening", "address=%s port=%u", app->settings->listen[i].address,
			   (unsigned)intake_port(app->intake, i));
	}
	service_ready(app->service, "taking reports");
}

static bool build(struct app *app, struct error *err)
{
	struct id boot = boot_id();

	if (!build_base(app, err) || !build_settings(app, err) || !build_store(app, err) ||
	    !build_channels(app, err)) {
		return false;
	}
	build_casework(app, &boot);
	build_sending(app, &boot);
	app_reload_first(app);
	tokens_when_fresh(app->tokens, on_first_tokens, app);
	return true;
}

/* What the last answers deferred. Bounded: a peer may go on talking. */
static void settle(struct app *app)
{
	for (int i = 0; i < SETTLE_TURNS && loop_turn(app->loop); i++) {
	}
}

/*
 * Rooms still hold the store when it stops: it answers every waiting call, and refuses what a room
 * asks from then on. So it is stopped first and freed after them.
 */
static void finish_work(struct app *app)
{
	take_no_more(app);
	store_stop(app->store);
	settle(app); /* the last answers leave */
	app_reload_finish(app);
	intake_destroy(&app->intake); /* from here on nobody asks */
	settle(app);
}

/* In reverse. Everything may be half built. */
static void tear_down(struct app *app)
{
	for (size_t i = 0; i < ARRAY_LEN(app->signals); i++) {
		loop_signal_destroy(&app->signals[i]);
	}
	if (app->loop != NULL) {
		finish_work(app);
	}
	tokens_destroy(&app->tokens);
	escalation_destroy(&app->escalation);
	outbox_destroy(&app->outbox); /* what is still on the wire is found `sending` again */
	channel_set_destroy(&app->channels);
	casework_destroy(&app->casework);
	keeping_destroy(&app->keeping);
	store_close(&app->store);
	settings_unref(&app->settings);
	plugin_set_destroy(&app->plugins);
	service_destroy(&app->service);
	health_destroy(&app->health);
	if (app->clock_source != NULL) {
		clock_source_detach(app->clock_source);
	}
	loop_destroy(&app->loop);
	clock_source_close(&app->clock_source);
}

int app_run(const char *config_path)
{
	struct app app = {.config_path = config_path};
	struct error err;

	bool is_built;

	harden();
	is_built = build(&app, &err);
	if (is_built) {
		loop_run(app.loop);
	} else {
		(void)fprintf(stderr, "astrad: %s\n", err.text);
		app.status = 1;
	}
	tear_down(&app);
	if (is_built) {
		log_notice("stopped", "status=%d", app.status);
	}
	return app.status;
}
