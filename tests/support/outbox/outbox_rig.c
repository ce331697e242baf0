/* See outbox_rig.h. */
#include "outbox_rig.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "outbox_rig_private.h"

#define TURNS_MAX 2000000

void rig_must(bool ok, const struct error *err)
{
	if (!ok) {
		(void)fprintf(stderr, "outbox rig: %s\n", err->text);
		abort();
	}
}

/* --- the sending side --- */

static const struct astrad_channel *find_plugin(const char *dir, const char *name,
						struct error *err, void *arg)
{
	struct outbox_rig *rig = arg;

	(void)dir;
	return plugin_find(rig->plugins, name, err);
}

static struct settings *load_settings(struct outbox_rig *rig)
{
	struct settings_plugins plugins = {.find = find_plugin, .arg = rig};
	struct issues *issues = issues_create();
	AUTO(buf) struct buf text = {0};
	char path[160];
	struct settings *settings;

	(void)snprintf(path, sizeof(path), "%s/astrad.yaml", rig->config);
	settings =
		settings_load(&(struct settings_load){.path = path, .plugins = &plugins}, issues);
	if (settings == NULL) {
		issues_print(issues, false, &text);
		(void)fputs(buf_text(&text), stderr);
		abort();
	}
	issues_destroy(&issues);
	return settings;
}

static void on_changed(const char *name, const struct channel_state *state, void *arg)
{
	struct outbox_rig *rig = arg;

	if (rig->outbox != NULL) {
		outbox_channel_changed(rig->outbox, name, state);
	}
}

static void on_capacity(const char *name, void *arg)
{
	struct outbox_rig *rig = arg;

	if (rig->outbox != NULL) {
		outbox_channel_ready(rig->outbox, name);
	}
}

static void on_ready(void *arg)
{
	((struct outbox_rig *)arg)->ready++;
}

static void on_page(const char *channel, const char *reason, void *arg)
{
	struct outbox_rig *rig = arg;

	(void)channel;
	rig->pages++;
	(void)snprintf(rig->page_reason, sizeof(rig->page_reason), "%s", reason);
}

static void on_denied(const char *channel, void *arg)
{
	(void)channel;
	((struct outbox_rig *)arg)->denials++;
}

static void on_dead(const char *channel, const struct id *alerts, size_t count, void *arg)
{
	struct outbox_rig *rig = arg;

	(void)alerts;
	rig->deads++;
	rig->dead_alerts = count;
	(void)snprintf(rig->dead_channel, sizeof(rig->dead_channel), "%s", channel);
}

static void on_error(const char *channel, const char *why, void *arg)
{
	(void)arg;
	(void)fprintf(stderr, "outbox rig: channel %s: %s\n", channel, why);
}

static void commit_channels(struct outbox_rig *rig)
{
	size_t count = rig->settings->directory.channel_count;
	struct channel_config *configs = xcalloc(count, sizeof(*configs));
	struct channel_plan *plan;

	for (size_t i = 0; i < count; i++) {
		configs[i] = (struct channel_config){rig->settings->channels[i].channel,
						     rig->settings->channels[i].plugin,
						     rig->settings->channels[i].options};
	}
	plan = channel_set_prepare(rig->set, configs, count, NULL, on_error, NULL);
	assert(plan != NULL);
	channel_set_commit(rig->set, &plan);
	free(configs);
}

void outbox_rig_open(struct outbox_rig *rig)
{
	struct error err = {0};

	mock_use(&rig->ledger);
	rig->plugins = plugin_set_create(NULL);
	rig_must(plugin_register(rig->plugins, &mock_plugin, &err) &&
			 plugin_register(rig->plugins, &mock_list_plugin, &err),
		 &err);
	rig->settings = load_settings(rig);
	rig->health = health_create();
	rig->set = channel_set_create(
		&(struct channel_set_params){.loop = rig->store.loop,
					     .health = rig->health,
					     .seed = 1,
					     .events = {on_changed, on_capacity, rig}},
		&err);
	rig_must(rig->set != NULL, &err);
	commit_channels(rig);
	rig->outbox = outbox_create(&(struct outbox_params){
		.store = rig->store.store,
		.loop = rig->store.loop,
		.channels = rig->set,
		.health = rig->health,
		.seed = 1,
		.events = {on_ready, on_page, on_denied, on_dead, rig},
	});
	outbox_use_settings(rig->outbox, rig->settings);
	rig->ready = 0;
	outbox_start(rig->outbox);
}

void outbox_rig_start(struct outbox_rig *rig)
{
	outbox_rig_open(rig);
	outbox_rig_settle(rig);
}

static void tear_down(struct outbox_rig *rig)
{
	struct outbox *outbox = rig->outbox;

	rig->drained = 0;
	rig->outbox = NULL; /* the set's last events come too late */
	outbox_destroy(&outbox);
	channel_set_destroy(&rig->set);
	health_destroy(&rig->health);
	settings_unref(&rig->settings);
	plugin_set_destroy(&rig->plugins);
}

static void on_drained(void *arg)
{
	((struct outbox_rig *)arg)->drained++;
}

void outbox_rig_drain(struct outbox_rig *rig)
{
	rig->drained = 0;
	outbox_drain(rig->outbox, on_drained, rig);
}

void outbox_rig_stop(struct outbox_rig *rig)
{
	if (rig->drained == 0) {
		outbox_rig_drain(rig);
	}
	outbox_rig_settle(rig);
	if (rig->drained == 0) {
		outbox_cut(rig->outbox);
		outbox_rig_pass(rig, 2000);
	}
	assert(rig->drained == 1);
	tear_down(rig);
}

/* --- time and turns --- */

bool outbox_rig_turn(struct outbox_rig *rig)
{
	bool turned = loop_turn(rig->store.loop);

	return store_pump(rig->store.store) > 0 || turned;
}

void outbox_rig_settle(struct outbox_rig *rig)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		if (outbox_rig_turn(rig)) {
			continue;
		}
		/* results are collected for ten milliseconds */
		clock_fake_advance(&rig->store.clock, 10);
		if (!outbox_rig_turn(rig)) {
			return;
		}
	}
	(void)fputs("outbox rig: never settles\n", stderr);
	abort();
}

void outbox_rig_pass(struct outbox_rig *rig, int64_t ms)
{
	int64_t end = rig->store.clock.boot_ms + ms;

	while (rig->store.clock.boot_ms < end) {
		int64_t left = end - rig->store.clock.boot_ms;

		clock_fake_advance(&rig->store.clock, left > 1000 ? 1000 : left);
		outbox_rig_settle(rig);
	}
}

/* --- birth, crash, death --- */

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb");
	FILE *out;
	char bytes[65536];
	size_t n;

	if (in == NULL) {
		(void)remove(to); /* no log yet */
		return;
	}
	out = fopen(to, "wb");
	assert(out != NULL);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
		assert(fwrite(bytes, 1, n, out) == n);
	}
	assert(fclose(in) == 0);
	assert(fclose(out) == 0);
}

static void copy_beside(const struct store_rig *store, const char *path, const char *end, bool back)
{
	char here[160];
	char there[160];

	(void)store;
	(void)snprintf(here, sizeof(here), "%s%s", path, end);
	(void)snprintf(there, sizeof(there), "%s.saved%s", path, end);
	if (back) {
		copy_file(there, here);
	} else {
		copy_file(here, there);
	}
}

static void copy_all(const struct store_rig *store, bool back)
{
	copy_beside(store, store->path, "", back);
	copy_beside(store, store->path, "-wal", back);
	copy_beside(store, store->key_file, "", back);
	copy_beside(store, store->key_copy, "", back);
}

void outbox_rig_crash(struct outbox_rig *rig)
{
	char shm[160];

	copy_all(&rig->store, false);
	mock_crash(&rig->ledger);
	/* the dead one must be torn down all the same, with a ledger of its own */
	struct mock_ledger nobody = {0};

	mock_use(&nobody);
	outbox_drain(rig->outbox, on_drained, rig);
	outbox_cut(rig->outbox);
	outbox_rig_pass(rig, 30000);
	clock_fake_advance(&rig->store.clock, 600000); /* what never completes is ended by then */
	outbox_rig_settle(rig);
	tear_down(rig);
	mock_ledger_finish(&nobody);
	store_rig_close(&rig->store);
	copy_all(&rig->store, true);
	(void)snprintf(shm, sizeof(shm), "%s-shm", rig->store.path);
	(void)remove(shm); /* may not be there */
	store_rig_open(&rig->store);
	outbox_rig_start(rig);
}

void outbox_rig_reload(struct outbox_rig *rig, const char *channel, const char *key)
{
	for (size_t i = 0; i < rig->spec.channel_count; i++) {
		if (strcmp(rig->spec.channels[i].name, channel) == 0) {
			rig_write_channel(rig, &rig->spec.channels[i], key);
		}
	}
	settings_unref(&rig->settings);
	rig->settings = load_settings(rig);
	commit_channels(rig);
	outbox_use_settings(rig->outbox, rig->settings);
	outbox_rig_settle(rig);
}

void outbox_rig_finish(struct outbox_rig *rig)
{
	if (rig->outbox != NULL) {
		outbox_rig_stop(rig);
	}
	mock_ledger_finish(&rig->ledger);
	store_rig_finish(&rig->store);
}

void outbox_rig_prepare(struct outbox_rig *rig, const struct rig_spec *spec)
{
	memset(rig, 0, sizeof(*rig));
	store_rig_init(&rig->store, true);
	rig->spec = *spec;
	(void)snprintf(rig->config, sizeof(rig->config), "%s/config", rig->store.dir.path);
	(void)mkdir(rig->config, 0700);
	rig_write_config(rig);
	rig_add_case(rig);
}

void outbox_rig_init(struct outbox_rig *rig, const struct rig_spec *spec)
{
	outbox_rig_prepare(rig, spec);
	outbox_rig_start(rig);
	assert(rig->ready == 1);
}

/* --- judging --- */

int64_t outbox_rig_sql(struct outbox_rig *rig, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t number;

	assert(sqlite3_open_v2(rig->store.path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		(void)fprintf(stderr, "outbox rig: %s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	assert(sqlite3_step(stmt) == SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return number;
}

void outbox_rig_run_sql(struct outbox_rig *rig, const char *sql)
{
	sqlite3 *db;

	assert(sqlite3_open_v2(rig->store.path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		(void)fprintf(stderr, "outbox rig: %s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	(void)sqlite3_close(db);
}

void outbox_rig_check(struct outbox_rig *rig)
{
	static const struct {
		const char *law;
		const char *sql; /* counts what breaks it */
	} laws[] = {
		{"an unfinished row's broadcast is open",
		 "SELECT COUNT(*) FROM delivery d JOIN broadcast b ON b.id = d.broadcast_id"
		 " WHERE d.state IN (1, 2, 5, 6, 7, 8) AND b.state >= 3"},
		{"a row that goes on has a due time, another has none",
		 "SELECT COUNT(*) FROM delivery WHERE (state IN (1, 5, 6)) <> (due_utc_ms IS NOT "
		 "NULL)"},
		{"one attempt row each attempt, at most",
		 "SELECT COUNT(*) FROM delivery d WHERE d.epoch = 0 AND d.attempts <"
		 " (SELECT COUNT(*) FROM attempt a WHERE a.delivery_id = d.id AND a.epoch = 0)"},
		{"delivered means reached",
		 "SELECT COUNT(*) FROM delivery WHERE state IN (3, 4) AND reached <> 2"},
		{"a walked broadcast without unfinished rows is done",
		 "SELECT COUNT(*) FROM broadcast b WHERE b.state = 2 AND NOT EXISTS (SELECT 1"
		 " FROM delivery d WHERE d.broadcast_id = b.id AND d.state IN (1, 2, 5, 6, 7, 8))"},
	};

	for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
		int64_t broken = outbox_rig_sql(rig, laws[i].sql);

		if (broken != 0) {
			(void)fprintf(stderr, "outbox rig: broken %lld times: %s\n",
				      (long long)broken, laws[i].law);
			abort();
		}
	}
}
