/* See replay.h. The outbox is replaced by one that claims every page and has every send delivered
 * in the turn it is made. */
#include "replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "casework/ack.h"
#include "casework/alert.h"
#include "casework/cases.h"
#include "casework/people.h"
#include "domain/message.h"
#include "domain/problem.h"
#include "store/escalate.h"
#include "store/list.h"
#include "store/outbox.h"

#define SETTLE_TURNS 10000

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){text, text != NULL ? strlen(text) : 0};
}

static void run(struct replay *r, struct store_call *call, void *out, size_t out_size)
{
	struct store_rig_answer answer = store_rig_run(&r->rig, call, out, out_size);

	if (!answer.ok) {
		fail_msg("%s: %s", error_code_name(answer.err.code), answer.err.text);
	}
}

/* --- the list of what was sent --- */

static bool has_text(struct bytes body, const char *text)
{
	return memmem(body.data, body.len, text, strlen(text)) != NULL;
}

static const char *word_of(struct replay *r, const struct store_broadcast *broadcast)
{
	static char word[64];
	struct store_outbox_body_out body;
	struct store_call *call;
	struct store_outbox_body_in *in;

	if (broadcast->message != MESSAGE_NOTICE) {
		(void)snprintf(word, sizeof(word), "%s",
			       broadcast->message == MESSAGE_VERSION
				       ? "version"
				       : end_reason_name((enum end_reason)broadcast->message));
		return word;
	}
	call = store_rig_call(&r->rig, &store_outbox_body);
	in = call->in;
	in->notice_id = broadcast->notice_id;
	run(r, call, &body, sizeof(body));
	(void)snprintf(word, sizeof(word), "%s%s", body.notice_type,
		       has_text(body.body, "\"delayed\":true") ? " delayed" : "");
	return word;
}

static void remember(struct replay *r, const struct store_broadcast *broadcast)
{
	int64_t since = r->rig.clock.utc_ms - r->zero_utc_ms;
	char *line = r->sent[r->sent_count];

	assert_true(r->sent_count < REPLAY_SENT_MAX);
	(void)snprintf(line, sizeof(r->sent[0]), "%02lld:%02lld %s %s", (long long)(since / MINUTE),
		       (long long)(since % MINUTE / SECOND), broadcast->channel,
		       word_of(r, broadcast));
	if (broadcast->message != MESSAGE_NOTICE) {
		(void)snprintf(line + strlen(line), sizeof(r->sent[0]) - strlen(line), " %d",
			       broadcast->version);
	}
	r->sent_count++;
}

static void deliver(struct replay *r, int64_t broadcast, const struct store_claim *claims,
		    size_t count)
{
	struct store_call *call = store_rig_call(&r->rig, &store_outbox_results);
	struct store_outbox_results_in *in = call->in;
	struct store_outbox_results_out out;
	struct store_result *results = arena_array(call->arena, count + 1, sizeof(*results));

	for (size_t i = 0; i < count; i++) {
		results[i] = (struct store_result){
			.delivery_id = claims[i].delivery_id,
			.broadcast_id = broadcast,
			.attempt = claims[i].attempts + 1,
			.epoch = claims[i].epoch,
			.outcome = OUTCOME_DELIVERED,
			.status = 204,
			.started_utc_ms = r->rig.clock.utc_ms,
			.ended_utc_ms = r->rig.clock.utc_ms,
			.verdict = {.state = DELIVERY_DELIVERED,
				    .reached = REACHED_YES,
				    .delay_ms = DELIVERY_NEVER},
		};
	}
	in->results = results;
	in->count = count;
	in->now_utc_ms = r->rig.clock.utc_ms;
	run(r, call, &out, sizeof(out));
}

/* Pages of one broadcast. A line is written when somebody gets something. */
static void walk(struct replay *r, const struct store_broadcast *broadcast)
{
	struct store_outbox_page_out page = {.state = PAGE_MORE};
	bool is_told = false;

	while (page.state == PAGE_MORE) {
		struct store_call *call = store_rig_call(&r->rig, &store_outbox_page);
		struct store_outbox_page_in *in = call->in;
		struct store_claim claims[16];
		size_t count;

		in->broadcast_id = broadcast->id;
		in->limit = 16;
		in->now_utc_ms = r->rig.clock.utc_ms;
		run(r, call, &page, sizeof(page));
		count = page.count;
		if (count > 0) {
			memcpy(claims, page.claims, count * sizeof(claims[0]));
		}
		if (count > 0 && !is_told) {
			is_told = true;
			remember(r, broadcast);
		}
		if (count > 0 && (r->slow == NULL || strcmp(r->slow, broadcast->channel) != 0)) {
			deliver(r, broadcast->id, claims, count);
		}
	}
}

static void send_open(struct replay *r)
{
	struct store_call *call = store_rig_call(&r->rig, &store_outbox_open);
	struct store_outbox_open_in *in = call->in;
	struct store_outbox_open_out out;
	struct store_broadcast *rows;
	AUTO(arena) struct arena *kept = arena_create();

	in->limit = 100;
	run(r, call, &out, sizeof(out));
	rows = arena_memdup(kept, out.rows, out.count * sizeof(*rows));
	for (size_t i = 0; i < out.count; i++) {
		rows[i].channel = arena_strdup(kept, rows[i].channel);
	}
	for (size_t i = 0; i < out.count; i++) {
		if (r->mute == NULL || strcmp(r->mute, rows[i].channel) != 0) {
			walk(r, &rows[i]);
		}
	}
}

/* --- time --- */

static bool has_asked;

static void on_broadcasts(void *arg)
{
	(void)arg;
	has_asked = true;
}

static void on_timers(void *arg)
{
	struct replay *r = arg;

	if (r->escalation != NULL) {
		escalation_wake(r->escalation);
	}
}

static void on_mark(const struct id *alert, void *arg)
{
	(void)alert;
	((struct replay *)arg)->marks++;
}

static void on_settled(const struct id *alert, bool is_stored, void *arg)
{
	(void)alert;
	assert_true(is_stored);
	((struct replay *)arg)->marks--;
}

void replay_settle(struct replay *r)
{
	bool is_busy = true;

	for (int turns = 0; is_busy; turns++) {
		assert_true(turns < SETTLE_TURNS);
		is_busy = store_pump(r->rig.store) > 0;
		is_busy |= loop_turn(r->rig.loop);
		if (!is_busy && has_asked) {
			has_asked = false;
			send_open(r);
			is_busy = true;
		}
	}
}

void replay_pass(struct replay *r, int64_t ms)
{
	while (ms > 0) {
		int64_t step = ms < SECOND ? ms : SECOND;

		clock_fake_advance(&r->rig.clock, step);
		ms -= step;
		replay_settle(r);
	}
}

/* --- the hotline --- */

static void add_list(struct replay *r, const char *channel)
{
	struct store_call *call = store_rig_call(&r->rig, &store_list_begin);
	struct store_list_begin_in *begin = call->in;
	struct store_list_begin_out begun;
	struct store_list_page_in *page;
	struct store_list_page_out paged;
	struct store_list_finish_in *finish;
	struct store_list_finish_out finished;
	static const struct store_list_item item = {.name = "one", .address = "address"};

	begin->channel = channel;
	run(r, call, &begun, sizeof(begun));
	call = store_rig_call(&r->rig, &store_list_page);
	page = call->in;
	page->channel = channel;
	page->generation = begun.generation;
	page->items = &item;
	page->count = 1;
	run(r, call, &paged, sizeof(paged));
	call = store_rig_call(&r->rig, &store_list_finish);
	finish = call->in;
	finish->channel = channel;
	finish->generation = begun.generation;
	run(r, call, &finished, sizeof(finished));
}

static void open_rooms(struct replay *r)
{
	r->settings = rig_load_good(&r->files);
	r->health = health_create();
	r->casework = casework_create(r->rig.store, r->rig.loop,
				      &(struct casework_wake){.broadcasts = on_broadcasts,
							      .timers = on_timers,
							      .stop_mark = on_mark,
							      .stop_settled = on_settled,
							      .arg = r});
	casework_use_settings(r->casework, r->settings);
	casework_use_boot(r->casework, &r->boot_id);
	r->escalation = escalation_create(&(struct escalation_params){
		.store = r->rig.store,
		.loop = r->rig.loop,
		.casework = r->casework,
		.health = r->health,
		.boot_id = r->boot_id,
	});
	escalation_start(r->escalation);
	has_asked = true;
}

static void close_rooms(struct replay *r)
{
	/* as a killed process: what waits in the queue is answered by nobody who cares */
	store_rig_close(&r->rig);
	while (loop_turn(r->rig.loop)) {
	}
	escalation_destroy(&r->escalation);
	casework_destroy(&r->casework);
	health_destroy(&r->health);
	settings_unref(&r->settings);
}

void replay_prepare(struct replay *r, enum alert_status status)
{
	memset(r, 0, sizeof(*r));
	r->status = status;
	rig_create(&r->files);
	store_rig_prepare(&r->rig, true);
	r->boot_id = id_new(&r->rig.clock.clock);
	if (status == STATUS_ACTUAL) {
		rig_change(&r->files, "astrad.yaml", "environment: training",
			   "environment: production");
		r->rig.config.environment = "production";
	}
}

void replay_open(struct replay *r)
{
	struct error err = {0};

	if (!store_init(&r->rig.config, &err)) {
		fail_msg("%s", err.text);
	}
	store_rig_open(&r->rig);
	open_rooms(r);
	for (size_t i = 0; i < r->settings->directory.channel_count; i++) {
		add_list(r, r->settings->directory.channels[i].name);
	}
	replay_settle(r);
}

void replay_begin(struct replay *r, enum alert_status status)
{
	replay_prepare(r, status);
	replay_open(r);
}

void replay_end(struct replay *r)
{
	close_rooms(r);
	store_rig_finish(&r->rig);
	rig_destroy(&r->files);
}

void replay_restart(struct replay *r, int64_t down_ms, bool is_new_boot)
{
	struct error err = {0};

	close_rooms(r);
	loop_destroy(&r->rig.loop);
	r->rig.clock.utc_ms += down_ms;
	r->rig.clock.boot_ms = is_new_boot ? 30 * SECOND : r->rig.clock.boot_ms + down_ms;
	if (is_new_boot) {
		r->boot_id = id_new(&r->rig.clock.clock);
	}
	r->rig.loop = loop_create(&r->rig.clock.clock, &err);
	assert_non_null(r->rig.loop);
	r->rig.config.loop = r->rig.loop;
	store_rig_open(&r->rig);
	open_rooms(r);
	replay_settle(r);
}

struct replay *replay_share(void)
{
	void *shared = mmap(NULL, sizeof(struct replay), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(shared != MAP_FAILED);
	return shared;
}

void replay_unshare(struct replay *r)
{
	assert_int_equal(munmap(r, sizeof(*r)), 0);
}

void replay_kill_after(struct replay *r, void (*act)(struct replay *r, int arg), int arg)
{
	struct error err = {0};
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		act(r, arg);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* what the process had in memory is gone with it */
	r->rig.kept = NULL;
	r->rig.loop = loop_create(&r->rig.clock.clock, &err);
	assert_non_null(r->rig.loop);
	r->rig.config.loop = r->rig.loop;
	store_rig_open(&r->rig);
	open_rooms(r);
	replay_settle(r);
}

void replay_unmute(struct replay *r)
{
	r->mute = NULL;
	has_asked = true;
	replay_settle(r);
}

void replay_reload(struct replay *r)
{
	settings_unref(&r->settings);
	r->settings = rig_load_good(&r->files);
	casework_use_settings(r->casework, r->settings);
}

/* --- people --- */

void replay_on_answer(const struct action_result *result, void *arg)
{
	struct replay *r = arg;
	struct replay_answer *answer = &r->answer;
	int count = answer->count;

	*answer = (struct replay_answer){
		.count = count + 1,
		.ok = result->ok,
		.replayed = result->replayed,
		.err = result->err,
		.is_page = result->is_page,
	};
	if (result->outcome != NULL) {
		answer->outcome = *result->outcome;
		answer->has_outcome = true;
	}
	if (result->body.len > 0) {
		assert_true(result->body.len < sizeof(answer->body));
		memcpy(answer->body, result->body.data, result->body.len);
	}
	if (result->problems != NULL && result->problems->count > 0) {
		(void)snprintf(answer->pointer, sizeof(answer->pointer), "%s",
			       result->problems->items[0].pointer);
	}
}

static struct action action_of(const char *person, const char *partner)
{
	return (struct action){
		.actor = {.person = person,
			  .partner = partner,
			  .role = partner != NULL                                ? ROLE_PARTNER
				  : person != NULL && strcmp(person, "ana") == 0 ? ROLE_APPROVER
										 : ROLE_OPERATOR},
		.route = "test",
	};
}

static struct replay_answer *must(struct replay *r)
{
	replay_settle(r);
	if (!r->answer.ok) {
		fail_msg("%s: %s %s", error_code_name(r->answer.err.code), r->answer.err.text,
			 r->answer.pointer);
	}
	return &r->answer;
}

struct replay_answer *replay_act_as(struct replay *r, const char *person, const char *partner,
				    replay_act *act, const char *body)
{
	struct action action = action_of(person, partner);
	int before = r->answer.count;

	act(r->casework, &action, r->alert, text_bytes(body), replay_on_answer, r);
	assert_int_equal(r->answer.count, before); /* never from within the call */
	replay_settle(r);
	assert_int_equal(r->answer.count, before + 1);
	return &r->answer;
}

struct replay_answer *replay_ack(struct replay *r, const char *partner)
{
	return replay_act_as(r, NULL, partner, ack_create, "{\"by\":\"Dezurni\"}");
}

struct replay_answer *replay_operator_ack(struct replay *r, const char *person, const char *body)
{
	return replay_act_as(r, person, NULL, ack_create, body);
}

struct replay_answer *replay_release(struct replay *r, const char *partner, const struct id *ack)
{
	struct action action = action_of(partner == NULL ? "vera" : NULL, partner);
	char text[ID_TEXT_BYTES];

	id_format(ack, text);
	ack_release(r->casework, &action, r->alert, text, replay_on_answer, r);
	replay_settle(r);
	return &r->answer;
}

static void report(struct replay *r)
{
	struct action action = action_of("vera", NULL);
	char body[512];

	(void)snprintf(body, sizeof(body),
		       "{\"status\":\"%s\",\"category\":\"lost\",\"source\":\"call\","
		       "\"child\":{\"names\":[{\"script\":\"Latn\",\"given\":\"Đorđe\","
		       "\"family\":\"Živković\"}],\"age\":7,\"sex\":\"male\"},"
		       "\"circumstances\":\"Odvojio se od razreda na izletu.\"}",
		       alert_status_name(r->status));
	cases_report(r->casework, &action, text_bytes(body), replay_on_answer, r);
	r->case_id = must(r)->outcome.case_id;
}

static void draft(struct replay *r)
{
	struct action action = action_of("vera", NULL);
	char name[ID_TEXT_BYTES];
	char body[512];

	id_format(&r->case_id, name);
	(void)snprintf(body, sizeof(body),
		       "{\"status\":\"%s\",\"tier\":\"restricted\",\"areas\":[\"RS-06\"],"
		       "\"policy\":\"restricted\",\"contact\":\"police\","
		       "\"message\":{\"sr-Latn\":\"Plava jakna, crvena kapa.\"},"
		       "\"fields\":[\"child.given\",\"child.age\",\"child.sex\"]}",
		       alert_status_name(r->status));
	alert_draft(r->casework, &action, name, text_bytes(body), replay_on_answer, r);
	(void)must(r);
	id_format(&r->answer.outcome.alert_id, r->alert);
	memcpy(r->ref, r->answer.outcome.alert_ref, sizeof(r->ref));
}

/* What a person reads and sends back. */
static void decision(struct replay *r, const char *person, char out[160])
{
	struct action action = action_of(person, NULL);
	const char *digest;
	const char *version;

	alert_preview(r->casework, &action, r->alert, replay_on_answer, r);
	digest = strstr(must(r)->body, "\"sha256:");
	version = strstr(r->answer.body, "\"version\":");
	assert_non_null(digest);
	assert_non_null(version);
	(void)snprintf(out, 160, "{\"version\":%d,\"digest\":%.73s}",
		       (int)strtol(version + strlen("\"version\":"), NULL, 10), digest);
}

void replay_decide(struct replay *r, const char *person, replay_act *act)
{
	char body[160];

	decision(r, person, body);
	(void)replay_act_as(r, person, NULL, act, body);
	(void)must(r);
}

void replay_submit(struct replay *r)
{
	report(r);
	draft(r);
	r->zero_utc_ms = r->rig.clock.utc_ms;
	replay_decide(r, "vera", alert_submit);
}

void replay_accept(struct replay *r)
{
	r->zero_utc_ms = r->rig.clock.utc_ms;
	replay_decide(r, "ana", alert_approve);
}

void replay_approve(struct replay *r)
{
	replay_submit(r);
	r->told = r->sent_count;
	replay_accept(r);
}

/* --- what happened --- */

void replay_expect(struct replay *r, ...)
{
	const char *line;
	va_list lines;

	va_start(lines, r);
	while ((line = va_arg(lines, const char *)) != NULL) {
		if (r->told >= r->sent_count) {
			va_end(lines);
			fail_msg("nothing more was sent, not \"%s\"", line);
		}
		assert_string_equal(r->sent[r->told], line);
		r->told++;
	}
	va_end(lines);
	if (r->told < r->sent_count) {
		fail_msg("not expected: \"%s\"", r->sent[r->told]);
	}
}

int replay_count(struct replay *r, const char *end)
{
	int count = 0;

	for (; r->told < r->sent_count; r->told++) {
		size_t len = strlen(r->sent[r->told]);

		count += len >= strlen(end) &&
			 strcmp(r->sent[r->told] + len - strlen(end), end) == 0;
	}
	return count;
}

static struct store_ladder_load_out load(struct replay *r)
{
	struct store_call *call = store_rig_call(&r->rig, &store_ladder_load);
	struct store_ladder_load_in *in = call->in;
	struct store_ladder_load_out out;

	assert_true(id_parse(r->alert, strlen(r->alert), &in->alert_id));
	run(r, call, &out, sizeof(out));
	return out;
}

enum ladder_state replay_ladder(struct replay *r)
{
	struct store_ladder_load_out out = load(r);

	return id_is_none(&out.ladder_id) ? LADDER_ENDED : out.state;
}

enum alert_state replay_alert(struct replay *r)
{
	return load(r).alert_state;
}
