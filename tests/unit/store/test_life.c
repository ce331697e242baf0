/*
 * One alert's whole life through the store's ops, on a real database: report, draft, submit,
 * approve by another person, pages, results, cancel, the end to exactly those who were reached.
 * Bodies stand for themselves; what they say is the domain's test. Covers address.c,
 * alert_decide.c and alert_effect.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/plan.h"
#include "store/alert.h"
#include "store/casefile.h"
#include "store/list.h"
#include "store/outbox.h"
#include "store/people.h"
#include "store_rig.h"

#define BODY "{\"status\":\"exercise\",\"circumstances\":\"Odvojio se.\",\"child\":{\"age\":7}}"

struct life {
	struct store_rig rig;
	struct id case_id;
	struct id alert_id;
	int64_t truth_version;
	int64_t version_etag;
};

static int64_t now(const struct life *life)
{
	return life->rig.clock.utc_ms;
}

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void must(struct store_rig_answer answer)
{
	if (!answer.ok) {
		fail_msg("%s: %s", error_code_name(answer.err.code), answer.err.text);
	}
}

/* --- steps --- */

static void add_person(struct life *life, const char *id)
{
	struct store_call *call = store_rig_call(&life->rig, &store_person_create);
	struct store_person_create_in *in = call->in;
	struct store_person_create_out out;

	in->id = id;
	in->name = id;
	in->by = "root";
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	assert_string_equal(out.outcome.word, id);
}

static void report(struct life *life)
{
	struct store_call *call = store_rig_call(&life->rig, &store_report_create);
	struct store_report_create_in *in = call->in;
	struct store_report_create_out out;
	struct report *decoded = arena_alloc(call->arena, sizeof(*decoded));
	struct problems problems;

	problems_init(&problems, call->arena);
	assert_true(report_decode(text_bytes(BODY), now(life), call->arena, decoded, &problems));
	in->report_id = id_new(&life->rig.clock.clock);
	in->case_id = id_new(&life->rig.clock.clock);
	in->is_new = true;
	in->report = decoded;
	in->body = text_bytes(BODY);
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	assert_int_equal(out.outcome.case_state, CASE_INTAKE);
	assert_int_equal(out.outcome.http_status, 201);
	life->case_id = out.outcome.case_id;
}

static void add_list(struct life *life, const char *channel, size_t count)
{
	struct store_call *call = store_rig_call(&life->rig, &store_list_begin);
	struct store_list_begin_in *begin = call->in;
	struct store_list_begin_out begun;
	struct store_list_page_in *page;
	struct store_list_page_out paged;
	struct store_list_finish_in *finish;
	struct store_list_finish_out finished;
	struct store_list_item *items;

	begin->channel = channel;
	begin->source_hash[0] = (uint8_t)count;
	must(store_rig_run(&life->rig, call, &begun, sizeof(begun)));
	call = store_rig_call(&life->rig, &store_list_page);
	page = call->in;
	page->channel = channel;
	page->generation = begun.generation;
	items = arena_array(call->arena, count, sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		items[i].name = arena_printf(call->arena, "r%zu", i);
		items[i].address = arena_printf(call->arena, "address-%zu", i);
	}
	page->items = items;
	page->count = count;
	must(store_rig_run(&life->rig, call, &paged, sizeof(paged)));
	assert_int_equal(paged.added, count);
	call = store_rig_call(&life->rig, &store_list_finish);
	finish = call->in;
	finish->channel = channel;
	finish->generation = begun.generation;
	must(store_rig_run(&life->rig, call, &finished, sizeof(finished)));
	assert_false(finished.has_more);
	assert_int_equal(finished.progress.recipients, count);
}

static void draft(struct life *life)
{
	struct store_call *call = store_rig_call(&life->rig, &store_alert_create);
	struct store_alert_create_in *in = call->in;
	struct store_alert_create_out out;

	in->alert_id = id_new(&life->rig.clock.clock);
	in->case_id = life->case_id;
	in->status = STATUS_EXERCISE;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = text_bytes("{\"draft\":1}");
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	assert_int_equal(out.outcome.alert_state, ALERT_DRAFT);
	assert_int_equal(out.outcome.version_state, VERSION_DRAFT);
	assert_int_equal(out.outcome.case_state, CASE_OPEN);
	life->alert_id = out.outcome.alert_id;
}

static void load(struct life *life)
{
	struct store_call *call = store_rig_call(&life->rig, &store_alert_load);
	struct store_alert_load_in *in = call->in;
	struct store_alert_load_out out;

	in->alert_id = life->alert_id;
	in->with_personal = true;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	assert_int_equal(out.case_count, 1);
	assert_true(out.cases[0].truth.len > 0);
	life->truth_version = out.cases[0].truth_version;
	life->version_etag = out.version_etag;
}

static struct store_alert_basis basis(struct life *life)
{
	return (struct store_alert_basis){
		.version_etag = life->version_etag,
		.case_versions = &life->truth_version,
		.case_count = 1,
	};
}

static struct store_rig_answer submit(struct life *life, const char *person)
{
	struct store_call *call = store_rig_call(&life->rig, &store_alert_submit);
	struct store_alert_submit_in *in = call->in;
	struct store_alert_submit_out out;

	load(life);
	in->alert_id = life->alert_id;
	in->version = 1;
	in->digest = "sha256:one";
	in->basis = basis(life);
	in->person = person;
	in->now = (struct timer_now){.utc_ms = now(life)};
	return store_rig_run(&life->rig, call, &out, sizeof(out));
}

static struct store_rig_answer approve(struct life *life, const char *person, const char *digest)
{
	static const struct store_variant variants[] = {
		{"json-1", MEDIUM_JSON, {"body one", 8}},
		{"json-1.resolved", MEDIUM_JSON, {"the end", 7}},
		{PLAN_SHOWN_VARIANT, 0, {"shown", 5}},
	};
	static const struct store_plan_row plan[] = {
		{"log", NULL, MESSAGE_VERSION, "json-1", PLAN_RUNG, 0, 0},
		{"log", NULL, MESSAGE_END_RESOLVED, "json-1.resolved", PLAN_RUNG, 0, 0},
		{"mup", "mup", MESSAGE_VERSION, "json-1", PLAN_RUNG, 0, 0},
		{"mup", "mup", MESSAGE_END_RESOLVED, "json-1.resolved", PLAN_RUNG, 0, 0},
	};
	static const struct fanout_target targets[] = {
		{.channel = "log",
		 .variant_version = 1,
		 .variant = "json-1",
		 .walk = WALK_LIST,
		 .reason = BROADCAST_RUNG,
		 .class_of = MESSAGE_STANDARD},
		{.channel = "mup",
		 .partner = "mup",
		 .variant_version = 1,
		 .variant = "json-1",
		 .walk = WALK_LIST,
		 .reason = BROADCAST_RUNG,
		 .class_of = MESSAGE_STANDARD},
	};
	struct store_call *call = store_rig_call(&life->rig, &store_alert_approve);
	struct store_alert_approve_in *in = call->in;
	struct store_alert_approve_out out;

	in->alert_id = life->alert_id;
	in->version = 1;
	in->digest = digest;
	in->basis = basis(life);
	in->approvals = 2;
	in->effect.variants = variants;
	in->effect.variant_count = ARRAY_LEN(variants);
	in->effect.plan = plan;
	in->effect.plan_count = ARRAY_LEN(plan);
	in->effect.targets = targets;
	in->effect.target_count = ARRAY_LEN(targets);
	in->effect.expires_utc_ms = now(life) + 86400000;
	in->effect.tier = TIER_RESTRICTED;
	in->effect.policy = "restricted";
	in->effect.person = person;
	in->effect.now = (struct timer_now){.utc_ms = now(life)};
	return store_rig_run(&life->rig, call, &out, sizeof(out));
}

/* The open broadcast of a channel; 0 when there is none. */
static int64_t open_broadcast(struct life *life, const char *channel,
			      struct store_broadcast *ret_row)
{
	struct store_call *call = store_rig_call(&life->rig, &store_outbox_open);
	struct store_outbox_open_in *in = call->in;
	struct store_outbox_open_out out;

	in->limit = 100;
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	for (size_t i = 0; i < out.count; i++) {
		if (strcmp(out.rows[i].channel, channel) == 0) {
			*ret_row = out.rows[i];
			return out.rows[i].id;
		}
	}
	return 0;
}

static struct store_outbox_page_out page(struct life *life, int64_t broadcast, int limit)
{
	struct store_call *call = store_rig_call(&life->rig, &store_outbox_page);
	struct store_outbox_page_in *in = call->in;
	struct store_outbox_page_out out;

	in->broadcast_id = broadcast;
	in->limit = limit;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	return out;
}

static void result(struct life *life, int64_t delivery, int64_t broadcast,
		   enum delivery_state state, enum reached reached)
{
	struct store_call *call = store_rig_call(&life->rig, &store_outbox_results);
	struct store_outbox_results_in *in = call->in;
	struct store_outbox_results_out out;
	struct store_result *one = arena_alloc(call->arena, sizeof(*one));

	one->delivery_id = delivery;
	one->broadcast_id = broadcast;
	one->attempt = 1;
	one->outcome = OUTCOME_DELIVERED;
	one->verdict.state = state;
	one->verdict.reached = reached;
	one->due_utc_ms = state == DELIVERY_RETRY ? now(life) + 5000 : 0;
	in->results = one;
	in->count = 1;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
}

static void cancel(struct life *life)
{
	struct store_call *call = store_rig_call(&life->rig, &store_alert_stop);
	struct store_alert_stop_in *in = call->in;
	struct store_alert_stop_out out;

	in->stop.alert_id = life->alert_id;
	in->stop.reason = END_RESOLVED;
	in->stop.note = "nađen";
	in->stop.person = "vera";
	in->stop.seed[0] = 7;
	in->stop.now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	assert_int_equal(out.outcome.alert_state, ALERT_ENDED);
}

static void begin(struct life *life)
{
	memset(life, 0, sizeof(*life));
	store_rig_init(&life->rig, true);
	add_person(life, "vera");
	add_person(life, "marko");
	add_list(life, "log", 5);
	add_list(life, "mup", 1);
	report(life);
	draft(life);
}

static void begin_active(struct life *life)
{
	begin(life);
	must(submit(life, "vera"));
	load(life);
	must(approve(life, "marko", "sha256:one"));
}

/* A notice about the alert, delivered to a channel. */
static void tell_notice(struct life *life, const char *channel)
{
	const struct fanout_target target = {
		.channel = channel,
		.message = MESSAGE_NOTICE,
		.walk = WALK_LIST,
		.reason = BROADCAST_STAFF,
		.class_of = MESSAGE_CLASS_NOTICE,
	};
	struct store_call *call = store_rig_call(&life->rig, &store_alert_submit);
	struct store_alert_submit_in *in = call->in;
	struct store_alert_submit_out out;
	struct store_broadcast row;
	struct store_outbox_page_out claimed;
	int64_t ids[5]; /* the list's */

	load(life);
	in->alert_id = life->alert_id;
	in->version = 1;
	in->digest = "sha256:one";
	in->basis = basis(life);
	in->notice = (struct ladder_notice){
		.id = id_new(&life->rig.clock.clock),
		.type = "notice.approval_waiting",
		.body = {"{}", 2},
		.targets = &target,
		.target_count = 1,
	};
	in->person = "vera";
	in->now = (struct timer_now){.utc_ms = now(life)};
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	claimed = page(life, open_broadcast(life, channel, &row), 10);
	assert_int_equal(claimed.count, ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		ids[i] = claimed.claims[i].delivery_id; /* the claims go with the next run */
	}
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		result(life, ids[i], row.id, DELIVERY_DELIVERED, REACHED_YES);
	}
}

/* --- tests --- */

static void test_two_persons(void **state)
{
	struct life life;
	struct store_rig_answer answer;

	(void)state;
	begin(&life);
	must(submit(&life, "vera"));
	load(&life);
	answer = approve(&life, "vera", "sha256:one");
	assert_false(answer.ok);
	assert_int_equal(answer.err.code, ERROR_DENIED);
	answer = approve(&life, "marko", "sha256:other");
	assert_int_equal(answer.err.code, ERROR_CONFLICT);
	must(approve(&life, "marko", "sha256:one"));
	answer = approve(&life, "marko", "sha256:one");
	assert_int_equal(answer.err.code, ERROR_CONFLICT);
	store_rig_finish(&life.rig);
}

static void test_stale_basis(void **state)
{
	struct life life;
	struct store_rig_answer answer;

	(void)state;
	begin(&life);
	must(submit(&life, "vera"));
	load(&life);
	life.truth_version++;
	answer = approve(&life, "marko", "sha256:one");
	assert_int_equal(answer.err.code, ERROR_CONFLICT);
	store_rig_finish(&life.rig);
}

static void test_end_goes_to_those_reached(void **state)
{
	struct life life;
	struct store_broadcast row;
	struct store_outbox_page_out claimed;
	int64_t id, first;

	(void)state;
	begin_active(&life);
	id = open_broadcast(&life, "log", &row);
	assert_int_not_equal(id, 0);
	claimed = page(&life, id, 3);
	assert_int_equal(claimed.state, PAGE_MORE);
	assert_int_equal(claimed.count, 3);
	assert_string_equal(claimed.claims[0].name, "r0");
	assert_string_equal(claimed.claims[0].address, "address-0");
	first = claimed.claims[0].delivery_id;
	/* r0 has it, r1 not, r2 is on the wire while the stop comes */
	result(&life, first, id, DELIVERY_DELIVERED, REACHED_YES);
	result(&life, first + 1, id, DELIVERY_RETRY, REACHED_NONE);
	cancel(&life);
	assert_int_equal(page(&life, id, 3).state, PAGE_STALE);
	assert_int_equal(open_broadcast(&life, "mup", &row), 1 + id); /* its page will be stale */
	id = open_broadcast(&life, "log", &row);
	assert_int_equal(row.message, MESSAGE_END_RESOLVED);
	assert_int_equal(row.version, 2);
	assert_int_equal(row.variant_version, 1);
	claimed = page(&life, id, 10);
	assert_int_equal(claimed.state, PAGE_END);
	assert_int_equal(claimed.count, 2);
	assert_string_equal(claimed.claims[0].name, "r0");
	assert_false(claimed.claims[0].is_waiting);
	assert_string_equal(claimed.claims[1].name, "r2");
	assert_true(claimed.claims[1].is_waiting);
	store_rig_finish(&life.rig);
}

/* Page through the due op; returns how many were claimed. */
static size_t due(struct life *life, const char *channel)
{
	struct store_call *call = store_rig_call(&life->rig, &store_outbox_due);
	struct store_outbox_due_in *in = call->in;
	struct store_outbox_due_out out;

	in->channel = channel;
	in->limit = 10;
	in->now_utc_ms = now(life);
	must(store_rig_run(&life->rig, call, &out, sizeof(out)));
	return out.count;
}

static void test_waiting_end(void **state)
{
	static const struct {
		enum delivery_state older;
		enum reached reached;
		size_t due;
	} rows[] = {
		{DELIVERY_SUPERSEDED, REACHED_MAYBE, 1},
		{DELIVERY_SUPERSEDED, REACHED_NONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct life life;
		struct store_broadcast row;
		struct store_outbox_page_out claimed;
		int64_t id, first;

		begin_active(&life);
		id = open_broadcast(&life, "mup", &row);
		assert_int_equal(row.seq, 1);
		claimed = page(&life, id, 3);
		assert_int_equal(claimed.state, PAGE_END);
		first = claimed.claims[0].delivery_id;
		cancel(&life);
		claimed = page(&life, open_broadcast(&life, "mup", &row), 3);
		assert_int_equal(row.seq, 2);
		assert_true(claimed.claims[0].is_waiting);
		result(&life, first, id, rows[i].older, rows[i].reached);
		assert_int_equal(due(&life, "mup"), rows[i].due);
		store_rig_finish(&life.rig);
	}
}

static void test_crash_while_sending(void **state)
{
	struct life life;
	struct store_broadcast row;
	struct store_call *call;
	struct store_outbox_recover_out recovered;

	(void)state;
	begin_active(&life);
	assert_int_equal(page(&life, open_broadcast(&life, "mup", &row), 1).count, 1);
	store_rig_reopen(&life.rig);
	call = store_rig_call(&life.rig, &store_outbox_recover);
	((struct store_outbox_recover_in *)call->in)->now_utc_ms = now(&life);
	must(store_rig_run(&life.rig, call, &recovered, sizeof(recovered)));
	assert_int_equal(recovered.rows, 1);
	assert_int_equal(recovered.held, 0);
	assert_int_equal(due(&life, "mup"), 1);
	store_rig_finish(&life.rig);
}

/* A staff notice is not the alert: whoever got only that gets no end. */
static void test_notice_owes_no_end(void **state)
{
	struct life life;
	struct store_broadcast row;

	(void)state;
	begin(&life);
	tell_notice(&life, "log");
	load(&life);
	must(approve(&life, "marko", "sha256:one"));
	cancel(&life);
	(void)page(&life, open_broadcast(&life, "log", &row), 10); /* the version's: stale by now */
	assert_int_equal(row.message, MESSAGE_VERSION);
	assert_int_equal(open_broadcast(&life, "log", &row), 0);
	store_rig_finish(&life.rig);
}

static void test_events_and_tombstones(void **state)
{
	struct life life;
	struct store_call *call;
	struct store_event_list_in *in;
	struct store_event_list_out out;
	struct store_broadcast row;
	struct store_outbox_page_out claimed;

	(void)state;
	begin_active(&life);
	claimed = page(&life, open_broadcast(&life, "mup", &row), 1);
	result(&life, claimed.claims[0].delivery_id, row.id, DELIVERY_DELIVERED, REACHED_YES);
	cancel(&life);
	call = store_rig_call(&life.rig, &store_event_list);
	in = call->in;
	in->partner = "mup";
	in->limit = 10;
	must(store_rig_run(&life.rig, call, &out, sizeof(out)));
	assert_int_equal(out.count, 2);
	assert_int_equal(out.rows[0].seq, 1);
	assert_false(out.rows[0].is_current);
	assert_int_equal(out.rows[0].body.len, 0);
	assert_true(out.rows[1].is_current);
	assert_memory_equal(out.rows[1].body.data, "the end", 7);
	assert_int_equal(out.last_seq, 2);
	store_rig_finish(&life.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_persons),
		cmocka_unit_test(test_stale_basis),
		cmocka_unit_test(test_end_goes_to_those_reached),
		cmocka_unit_test(test_waiting_end),
		cmocka_unit_test(test_crash_while_sending),
		cmocka_unit_test(test_notice_owes_no_end),
		cmocka_unit_test(test_events_and_tombstones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
