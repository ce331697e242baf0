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

#include "domain/problem.h"
#include "domain/render.h"
#include "domain/report.h"
#include "store/casefile.h"
#include "store/list.h"
#include "store/people.h"

#define TURNS_MAX 2000000

static void must(bool ok, const struct error *err)
{
	if (!ok) {
		(void)fprintf(stderr, "outbox rig: %s\n", err->text);
		abort();
	}
}

/* --- files --- */

static FILE *file_create(const struct outbox_rig *rig, const char *folder, const char *name,
			 const char *end)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", rig->config, folder);
	(void)mkdir(path, 0700); /* may be there */
	(void)snprintf(path, sizeof(path), "%s/%s/%s%s", rig->config, folder, name, end);
	file = fopen(path, "w");
	assert(file != NULL);
	return file;
}

static void file_end(FILE *file)
{
	assert(fclose(file) == 0);
}

static void write_channel(const struct outbox_rig *rig, const struct rig_channel *channel,
			  const char *key)
{
	FILE *file = file_create(rig, "channels.d", channel->name, ".yaml");

	(void)fprintf(file, "name: %s\nplugin: %s\ntier: restricted\nstatuses: [exercise]\n",
		      channel->name, channel->recipients > 0 ? "mocklist" : "mock");
	if (channel->partner != NULL) {
		(void)fprintf(file, "partner: %s\n", channel->partner);
	}
	if (channel->fallback != NULL) {
		(void)fprintf(file, "fallback: %s\n", channel->fallback);
	}
	if (channel->recipients > 0) {
		(void)fprintf(file, "recipients: {csv: lists/%s.csv}\n", channel->name);
	}
	(void)fprintf(file, "limits: {in_flight: %d}\noptions: {tag: %s, key: %s}\n",
		      channel->in_flight > 0 ? channel->in_flight : 8, channel->name, key);
	file_end(file);
}

static void write_list(const struct outbox_rig *rig, const struct rig_channel *channel)
{
	FILE *file = file_create(rig, "lists", channel->name, ".csv");

	for (size_t i = 0; i < channel->recipients; i++) {
		(void)fprintf(file, "r%zu,address-%zu\n", i, i);
	}
	file_end(file);
}

static void write_partner(const struct outbox_rig *rig, const char *id)
{
	FILE *file = file_create(rig, "partners.d", id, ".yaml");

	(void)fprintf(file,
		      "id: %s\nname: %s\nrole: police\ncountry: RS\nmax_tier: national\n"
		      "languages: [en]\ntimezone: Europe/Belgrade\n",
		      id, id);
	file_end(file);
}

static void set_private(const struct outbox_rig *rig, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", rig->config, name);
	assert(chmod(path, 0600) == 0);
}

static void write_config(struct outbox_rig *rig)
{
	FILE *file = file_create(rig, ".", "astrad", ".yaml");

	(void)fprintf(file,
		      "environment: training\n"
		      "hotline: {name: ASTRA, country: RS, cap_sender: astra.rs}\n"
		      "public_url: https://alerts.example.org\ntimezone: Europe/Belgrade\n"
		      "languages: [en]\ncontacts: {hotline: {phone: \"116000\"}}\n"
		      "listen: [{address: 127.0.0.1, port: 0}]\ncontrol: {socket: control.sock}\n"
		      "store: {path: a.db, key_file: a.key}\n"
		      "security: {master_key: {file: master}}\nlimits: {in_flight: %d}\n",
		      rig->spec.in_flight > 0 ? rig->spec.in_flight : 256);
	file_end(file);
	file = file_create(rig, ".", "master", "");
	(void)fputs("KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=\n", file);
	file_end(file);
	set_private(rig, "master");
	for (size_t i = 0; i < rig->spec.channel_count; i++) {
		const struct rig_channel *channel = &rig->spec.channels[i];

		write_channel(rig, channel, "one");
		if (channel->recipients > 0) {
			write_list(rig, channel);
		}
		if (channel->partner != NULL) {
			write_partner(rig, channel->partner);
		}
	}
	file = file_create(rig, "policies.d", "restricted", ".yaml");
	(void)fprintf(file,
		      "id: restricted\ntiers: [restricted]\napprovals: 2\n"
		      "expires: {default: 24h, max: 48h}\n"
		      "ack: {roles: [police], operator: true, lease: 30m}\n"
		      "alert:\n  rungs: [{name: first, after: 0s, channels: [%s]}]\n"
		      "  last_resort: [%s]\n",
		      rig->spec.channels[0].name, rig->spec.channels[0].name);
	file_end(file);
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

void outbox_rig_start(struct outbox_rig *rig)
{
	struct error err = {0};

	mock_use(&rig->ledger);
	rig->plugins = plugin_set_create(NULL);
	must(plugin_register(rig->plugins, &mock_plugin, &err) &&
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
	must(rig->set != NULL, &err);
	commit_channels(rig);
	rig->outbox = outbox_create(&(struct outbox_params){
		.store = rig->store.store,
		.loop = rig->store.loop,
		.channels = rig->set,
		.health = rig->health,
		.seed = 1,
		.events = {on_ready, on_page, on_dead, rig},
	});
	outbox_use_settings(rig->outbox, rig->settings);
	rig->ready = 0;
	outbox_start(rig->outbox);
	outbox_rig_settle(rig);
}

static void tear_down(struct outbox_rig *rig)
{
	struct outbox *outbox = rig->outbox;

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

void outbox_rig_stop(struct outbox_rig *rig)
{
	rig->drained = 0;
	outbox_drain(rig->outbox, on_drained, rig);
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
	file_end(in);
	file_end(out);
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
			write_channel(rig, &rig->spec.channels[i], key);
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

/* --- alerts --- */

static int64_t now(const struct outbox_rig *rig)
{
	return rig->store.clock.utc_ms;
}

/* The rig's own calls run among the outbox's: turns go on until the answer is there. */
static void run(struct outbox_rig *rig, struct store_call *call, void *out, size_t out_size)
{
	struct store_rig_answer answer = store_rig_run(&rig->store, call, out, out_size);

	must(answer.ok, &answer.err);
}

static void add_person(struct outbox_rig *rig, const char *id)
{
	struct store_call *call = store_rig_call(&rig->store, &store_person_create);
	struct store_person_create_in *in = call->in;

	in->id = id;
	in->name = id;
	in->by = "root";
	in->now_utc_ms = now(rig);
	run(rig, call, NULL, 0);
}

static void add_case(struct outbox_rig *rig)
{
	static const char body[] = "{\"status\":\"exercise\",\"circumstances\":\"Odvojio se.\"}";
	struct store_call *call = store_rig_call(&rig->store, &store_report_create);
	struct store_report_create_in *in = call->in;
	struct store_report_create_out out;
	struct report *report = arena_alloc(call->arena, sizeof(*report));
	struct problems problems;

	problems_init(&problems, call->arena);
	in->body = (struct bytes){body, sizeof(body) - 1};
	assert(report_decode(in->body, now(rig), call->arena, report, &problems));
	in->report_id = id_new(&rig->store.clock.clock);
	in->case_id = id_new(&rig->store.clock.clock);
	in->is_new = true;
	in->report = report;
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(rig);
	run(rig, call, &out, sizeof(out));
	rig->case_id = out.outcome.case_id;
}

void outbox_rig_prepare(struct outbox_rig *rig, const struct rig_spec *spec)
{
	memset(rig, 0, sizeof(*rig));
	store_rig_init(&rig->store, true);
	rig->spec = *spec;
	(void)snprintf(rig->config, sizeof(rig->config), "%s/config", rig->store.dir.path);
	(void)mkdir(rig->config, 0700);
	write_config(rig);
	add_person(rig, "vera");
	add_person(rig, "marko");
	add_case(rig);
}

void outbox_rig_init(struct outbox_rig *rig, const struct rig_spec *spec)
{
	outbox_rig_prepare(rig, spec);
	outbox_rig_start(rig);
	assert(rig->ready == 1);
}

static struct store_alert_basis basis(struct outbox_rig *rig, const struct id *alert)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_load);
	struct store_alert_load_in *in = call->in;
	struct store_alert_load_out out;

	in->alert_id = *alert;
	in->with_personal = true;
	in->now_utc_ms = now(rig);
	run(rig, call, &out, sizeof(out));
	rig->truth_version = out.cases[0].truth_version;
	return (struct store_alert_basis){
		.version_etag = out.version_etag,
		.case_versions = &rig->truth_version,
		.case_count = 1,
	};
}

static void submit(struct outbox_rig *rig, const struct id *alert, int version)
{
	struct store_alert_basis on = basis(rig, alert);
	struct store_call *call = store_rig_call(&rig->store, &store_alert_submit);
	struct store_alert_submit_in *in = call->in;

	in->alert_id = *alert;
	in->version = version;
	in->digest = "sha256:one";
	in->basis = on;
	in->person = "vera";
	in->now = (struct timer_now){.utc_ms = now(rig)};
	run(rig, call, NULL, 0);
}

static struct store_variant variant(struct arena *arena, const char *id, const char *text)
{
	struct rendered rendered = {.bytes = {text, strlen(text)}};
	AUTO(buf) struct buf blob = {0};

	render_serialise(&rendered, &blob);
	return (struct store_variant){
		arena_strdup(arena, id), MEDIUM_TEXT,
		(struct bytes){arena_memdup(arena, blob.data, blob.len), blob.len}};
}

static const char *const end_words[] = {"end resolved", "end expired", "end withdrawn",
					"end issued in error"};

static void fill_approve(struct outbox_rig *rig, struct store_call *call, enum walk walk)
{
	struct store_alert_approve_in *in = call->in;
	size_t channels = rig->spec.channel_count;
	struct store_variant *variants = arena_array(call->arena, 5, sizeof(*variants));
	struct store_plan_row *plan = arena_array(call->arena, channels * 5, sizeof(*plan));
	struct fanout_target *targets = arena_array(call->arena, channels, sizeof(*targets));

	variants[0] =
		variant(call->arena, "text", arena_printf(call->arena, "version %d", in->version));
	for (int i = 1; i <= 4; i++) {
		variants[i] = variant(call->arena, arena_printf(call->arena, "text.%d", i),
				      end_words[i - 1]);
	}
	for (size_t i = 0; i < channels; i++) {
		const struct rig_channel *channel = &rig->spec.channels[i];
		bool is_fallback = false;

		for (size_t k = 0; k < channels; k++) {
			const char *name = rig->spec.channels[k].fallback;

			is_fallback =
				is_fallback || (name != NULL && strcmp(name, channel->name) == 0);
		}
		for (int m = 0; m <= 4; m++) {
			plan[in->plan_count++] =
				(struct store_plan_row){channel->name,
							channel->partner,
							(enum message)m,
							variants[m].id,
							is_fallback ? PLAN_FALLBACK : PLAN_RUNG,
							0,
							0};
		}
		if (!is_fallback) {
			targets[in->target_count++] = (struct fanout_target){
				.channel = channel->name,
				.partner = channel->partner,
				.variant_version = in->version,
				.variant = "text",
				.walk = walk,
				.reason = walk == WALK_LIST ? BROADCAST_RUNG : BROADCAST_UPDATE,
				.class_of = MESSAGE_CRITICAL,
			};
		}
	}
	in->variants = variants;
	in->variant_count = 5;
	in->plan = plan;
	in->targets = targets;
}

static void approve(struct outbox_rig *rig, const struct id *alert, int version, enum walk walk)
{
	struct store_alert_basis on = basis(rig, alert);
	struct store_call *call = store_rig_call(&rig->store, &store_alert_approve);
	struct store_alert_approve_in *in = call->in;
	struct store_alert_approve_out out;

	in->alert_id = *alert;
	in->version = version;
	in->digest = "sha256:one";
	in->basis = on;
	in->approvals = 2;
	if (walk != 0) {
		fill_approve(rig, call, walk);
	}
	in->expires_utc_ms = now(rig) + 86400000;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->person = "marko";
	in->seed[0] = (uint8_t)version;
	memcpy(in->seed + 1, alert->bytes, 15);
	in->now = (struct timer_now){.utc_ms = now(rig)};
	run(rig, call, &out, sizeof(out));
	assert(out.is_approved);
}

struct id outbox_rig_alert(struct outbox_rig *rig)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_create);
	struct store_alert_create_in *in = call->in;
	struct store_alert_create_out out;

	in->alert_id = id_new(&rig->store.clock.clock);
	in->case_id = rig->case_id;
	in->status = STATUS_EXERCISE;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = (struct bytes){"{\"draft\":1}", 11};
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(rig);
	run(rig, call, &out, sizeof(out));
	submit(rig, &out.outcome.alert_id, 1);
	approve(rig, &out.outcome.alert_id, 1, WALK_LIST);
	if (rig->outbox != NULL) {
		outbox_wake(rig->outbox);
	}
	return out.outcome.alert_id;
}

static void next_version(struct outbox_rig *rig, const struct id *alert, int version,
			 enum version_kind kind)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_update);
	struct store_alert_update_in *in = call->in;

	in->alert_id = *alert;
	in->if_current_version = version - 1;
	in->kind = kind;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = (struct bytes){"{\"draft\":2}", 11};
	in->request = (struct bytes){"{}", 2};
	in->person = "vera";
	in->now_utc_ms = now(rig);
	run(rig, call, NULL, 0);
	submit(rig, alert, version);
}

void outbox_rig_update(struct outbox_rig *rig, const struct id *alert, int version)
{
	next_version(rig, alert, version, VERSION_UPDATE);
	approve(rig, alert, version, WALK_LEDGER);
	outbox_wake(rig->outbox);
}

void outbox_rig_store_cancel(struct outbox_rig *rig, const struct id *alert)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_stop);
	struct store_alert_stop_in *in = call->in;

	in->stop = (struct alert_stop){
		.alert_id = *alert,
		.reason = END_RESOLVED,
		.person = "vera",
		.seed = {7},
		.now_utc_ms = now(rig),
	};
	memcpy(in->stop.seed + 1, alert->bytes, 15);
	run(rig, call, NULL, 0);
}

void outbox_rig_cancel(struct outbox_rig *rig, const struct id *alert)
{
	outbox_stop_mark(rig->outbox, alert);
	outbox_rig_store_cancel(rig, alert);
	outbox_stop_settled(rig->outbox, alert, true);
}

void outbox_rig_suspend(struct outbox_rig *rig, const struct id *alert)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_suspend);
	struct store_alert_suspend_in *in = call->in;

	outbox_stop_mark(rig->outbox, alert);
	in->alert_id = *alert;
	in->person = "vera";
	in->now_utc_ms = now(rig);
	run(rig, call, NULL, 0);
	outbox_stop_settled(rig->outbox, alert, true);
}

static int current_version(struct outbox_rig *rig, const struct id *alert)
{
	struct store_call *call = store_rig_call(&rig->store, &store_alert_load);
	struct store_alert_load_in *in = call->in;
	struct store_alert_load_out out;

	in->alert_id = *alert;
	in->now_utc_ms = now(rig);
	run(rig, call, &out, sizeof(out));
	return out.last_version;
}

void outbox_rig_resume(struct outbox_rig *rig, const struct id *alert)
{
	int version = current_version(rig, alert) + 1;

	next_version(rig, alert, version, VERSION_RESUME);
	approve(rig, alert, version, (enum walk)0);
	outbox_wake(rig->outbox);
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
