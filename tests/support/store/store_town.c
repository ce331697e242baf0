/* See store_town.h. Bodies stand for themselves; what they say is the domain's test. */
#include "store_town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/plan.h"
#include "store/core.h"
#include "store/list.h"
#include "store/people.h"

#define BODY "{\"status\":\"exercise\",\"circumstances\":\"Odvojio se.\",\"child\":{\"age\":7}}"

int64_t store_town_now(const struct store_town *town)
{
	return town->rig.clock.utc_ms;
}

struct timer_now store_town_clock(const struct store_town *town)
{
	return (struct timer_now){.utc_ms = store_town_now(town)};
}

struct id store_town_id(struct store_town *town)
{
	return id_new(&town->rig.clock.clock);
}

struct bytes store_town_bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

void store_town_must(struct store_rig_answer answer)
{
	if (!answer.ok) {
		fail_msg("%s: %s", error_code_name(answer.err.code), answer.err.text);
	}
}

/* --- cases --- */

void store_town_person(struct store_town *town, const char *id)
{
	struct store_call *call = store_rig_call(&town->rig, &store_person_create);
	struct store_person_create_in *in = call->in;

	*in = (struct store_person_create_in){id, id, "root", store_town_now(town)};
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
}

struct outcome store_town_report(struct store_town *town, const char *body)
{
	struct store_call *call = store_rig_call(&town->rig, &store_report_create);
	struct store_report_create_in *in = call->in;
	struct store_report_create_out out;
	struct report *decoded = arena_alloc(call->arena, sizeof(*decoded));
	struct problems problems;

	in->body = store_town_bytes(body != NULL ? body : BODY);
	problems_init(&problems, call->arena);
	assert_true(report_decode(in->body, store_town_now(town), call->arena, decoded, &problems));
	in->report_id = store_town_id(town);
	in->case_id = store_town_id(town);
	in->is_new = true;
	in->report = decoded;
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = store_town_now(town);
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out.outcome;
}

struct store_case_act_in *store_town_act(struct store_town *town, struct store_call **ret_call,
					 enum store_case_act act, const struct id *case_id)
{
	struct store_case_act_in *in;

	*ret_call = store_rig_call(&town->rig,
				   act == CASE_ACT_CLOSE ? &store_case_close : &store_case_act);
	in = (*ret_call)->in;
	in->act = act;
	in->case_id = *case_id;
	in->item_id = store_town_id(town);
	in->person = "vera";
	in->seed[0] = (uint8_t)++town->made;
	in->now = store_town_clock(town);
	return in;
}

/* --- lists --- */

int64_t store_town_list(struct store_town *town, const char *channel, size_t count)
{
	struct store_call *call = store_rig_call(&town->rig, &store_list_begin);
	struct store_list_begin_in *begin = call->in;
	struct store_list_begin_out begun;
	struct store_list_page_in *page;
	struct store_list_finish_in *finish;
	struct store_list_item *items;

	begin->channel = channel;
	begin->source_hash[0] = (uint8_t)++town->made;
	begin->now_utc_ms = store_town_now(town);
	store_town_must(store_rig_run(&town->rig, call, &begun, sizeof(begun)));
	call = store_rig_call(&town->rig, &store_list_page);
	page = call->in;
	items = arena_array(call->arena, count, sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		items[i].name = arena_printf(call->arena, "r%zu", i);
		items[i].address = arena_printf(call->arena, "address-%zu", i);
	}
	*page = (struct store_list_page_in){channel, begun.generation, items, count};
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
	call = store_rig_call(&town->rig, &store_list_finish);
	finish = call->in;
	finish->channel = channel;
	finish->generation = begun.generation;
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
	return begun.generation;
}

/* --- alerts --- */

struct outcome store_town_draft(struct store_town *town, const struct id *case_id)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_create);
	struct store_alert_create_in *in = call->in;
	struct store_alert_create_out out;

	in->alert_id = store_town_id(town);
	in->case_id = *case_id;
	in->status = STATUS_EXERCISE;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = store_town_bytes("{\"draft\":1}");
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = store_town_now(town);
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out.outcome;
}

struct store_rig_answer store_town_load(struct store_town *town, const struct id *alert,
					struct store_alert_load_out *out)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_load);
	struct store_alert_load_in *in = call->in;

	in->alert_id = *alert;
	in->with_personal = true;
	in->now_utc_ms = store_town_now(town);
	return store_rig_run(&town->rig, call, out, sizeof(*out));
}

/* The basis that a person who read the alert just now has. */
static int basis_now(struct store_town *town, const struct id *alert, struct store_call *call,
		     struct store_alert_basis *basis)
{
	struct store_alert_load_out loaded;
	int64_t *versions;

	store_town_must(store_town_load(town, alert, &loaded));
	versions = arena_array(call->arena, loaded.case_count + 1, sizeof(*versions));
	for (size_t i = 0; i < loaded.case_count; i++) {
		versions[i] = loaded.cases[i].truth_version;
		basis->held_fields |= loaded.cases[i].held_fields;
	}
	basis->version_etag = loaded.version_etag;
	basis->case_versions = versions;
	basis->case_count = loaded.case_count;
	return loaded.version;
}

struct store_rig_answer store_town_submit(struct store_town *town, const struct id *alert,
					  struct outcome *ret)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_submit);
	struct store_alert_submit_in *in = call->in;

	in->alert_id = *alert;
	in->version = basis_now(town, alert, call, &in->basis);
	in->digest = "sha256:one";
	in->seed[0] = (uint8_t)++town->made;
	in->person = "vera";
	in->now = store_town_clock(town);
	return store_rig_run(&town->rig, call, ret, ret == NULL ? 0 : sizeof(*ret));
}

struct store_rig_answer store_town_approve(struct store_town *town, const struct id *alert,
					   const char *person, struct outcome *ret)
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
	struct store_call *call = store_rig_call(&town->rig, &store_alert_approve);
	struct store_alert_approve_in *in = call->in;
	struct fanout_target *targets = arena_array(call->arena, 2, sizeof(*targets));

	in->alert_id = *alert;
	in->version = basis_now(town, alert, call, &in->basis);
	for (int i = 0; i < 2; i++) {
		targets[i] = (struct fanout_target){
			.channel = plan[2 * i].channel,
			.partner = plan[2 * i].partner,
			.variant_version = in->version,
			.variant = "json-1",
			.walk = WALK_LIST,
			.reason = BROADCAST_RUNG,
			.class_of = MESSAGE_STANDARD,
		};
	}
	in->digest = "sha256:one";
	in->approvals = 2;
	in->effect.variants = variants;
	in->effect.variant_count = ARRAY_LEN(variants);
	in->effect.plan = plan;
	in->effect.plan_count = ARRAY_LEN(plan);
	in->effect.targets = targets;
	in->effect.target_count = 2;
	in->effect.expires_utc_ms = store_town_now(town) + STORE_TOWN_DAY_MS;
	in->effect.tier = TIER_RESTRICTED;
	in->effect.policy = "restricted";
	in->effect.seed[0] = (uint8_t)++town->made;
	in->effect.person = person;
	in->effect.now = store_town_clock(town);
	return store_rig_run(&town->rig, call, ret, ret == NULL ? 0 : sizeof(*ret));
}

struct id store_town_active(struct store_town *town)
{
	struct outcome made = store_town_report(town, NULL);

	(void)store_town_list(town, "log", 5);
	(void)store_town_list(town, "mup", 1);
	made = store_town_draft(town, &made.case_id);
	store_town_must(store_town_submit(town, &made.alert_id, NULL));
	store_town_must(store_town_approve(town, &made.alert_id, "marko", NULL));
	return made.alert_id;
}

struct store_rig_answer store_town_stop(struct store_town *town, const struct id *alert,
					struct outcome *ret)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_stop);
	struct store_alert_stop_in *in = call->in;

	in->stop = (struct alert_stop){.alert_id = *alert,
				       .reason = END_RESOLVED,
				       .note = "nađen",
				       .person = "vera",
				       .now_utc_ms = store_town_now(town)};
	in->stop.seed[0] = (uint8_t)++town->made;
	return store_rig_run(&town->rig, call, ret, ret == NULL ? 0 : sizeof(*ret));
}

/* --- sending --- */

struct store_broadcast store_town_broadcast(struct store_town *town, const struct id *alert,
					    const char *channel)
{
	struct store_call *call = store_rig_call(&town->rig, &store_outbox_open);
	struct store_outbox_open_out out;
	struct store_broadcast found = {0};

	((struct store_outbox_open_in *)call->in)->limit = 100;
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	for (size_t i = 0; i < out.count; i++) {
		if (strcmp(out.rows[i].channel, channel) == 0 &&
		    id_equal(&out.rows[i].alert_id, alert)) {
			found = out.rows[i];
		}
	}
	return found;
}

struct store_outbox_page_out store_town_page(struct store_town *town, int64_t broadcast, int limit)
{
	struct store_call *call = store_rig_call(&town->rig, &store_outbox_page);
	struct store_outbox_page_in *in = call->in;
	struct store_outbox_page_out out;

	*in = (struct store_outbox_page_in){broadcast, limit, store_town_now(town)};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

void store_town_result(struct store_town *town, int64_t delivery, int64_t broadcast,
		       enum delivery_state state, enum reached reached)
{
	struct store_call *call = store_rig_call(&town->rig, &store_outbox_results);
	struct store_outbox_results_in *in = call->in;
	struct store_result *one = arena_alloc(call->arena, sizeof(*one));

	*one = (struct store_result){.delivery_id = delivery,
				     .broadcast_id = broadcast,
				     .attempt = 1,
				     .outcome = OUTCOME_DELIVERED,
				     .verdict = {.state = state, .reached = reached}};
	one->due_utc_ms = state == DELIVERY_RETRY ? store_town_now(town) + 5000 : 0;
	*in = (struct store_outbox_results_in){one, 1, store_town_now(town)};
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
}

/* --- life --- */

void store_town_begin(struct store_town *town)
{
	memset(town, 0, sizeof(*town));
	store_rig_init(&town->rig, true);
	store_town_person(town, "vera");
	store_town_person(town, "marko");
}

void store_town_end(struct store_town *town)
{
	store_rig_finish(&town->rig);
}

int64_t store_town_count(struct store_town *town, const char *sql)
{
	struct error err;
	int64_t count;

	if (!db_query_int(&town->rig.store->writer, sql, &count, &err)) {
		fail_msg("%s", err.text);
	}
	return count;
}
