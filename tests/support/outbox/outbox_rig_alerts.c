/* Alerts of an outbox rig, made with the store's own ops: see outbox_rig.h. */
#include <assert.h>
#include <string.h>

#include "domain/plan.h"
#include "domain/problem.h"
#include "domain/render.h"
#include "domain/report.h"
#include "outbox_rig_private.h"
#include "store/casefile.h"
#include "store/people.h"

static int64_t now(const struct outbox_rig *rig)
{
	return rig->store.clock.utc_ms;
}

/* The rig's own calls run among the outbox's: turns go on until the answer is there. */
static void run(struct outbox_rig *rig, struct store_call *call, void *out, size_t out_size)
{
	struct store_rig_answer answer = store_rig_run(&rig->store, call, out, out_size);

	rig_must(answer.ok, &answer.err);
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

static void take_report(struct outbox_rig *rig)
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

static void fill_approve(struct outbox_rig *rig, struct store_call *call)
{
	struct store_alert_approve_in *in = call->in;
	size_t channels = rig->spec.channel_count;
	struct store_variant *variants = arena_array(call->arena, 6, sizeof(*variants));
	struct store_plan_row *plan = arena_array(call->arena, channels * 5, sizeof(*plan));
	struct fanout_target *targets = arena_array(call->arena, channels, sizeof(*targets));

	variants[0] =
		variant(call->arena, "text", arena_printf(call->arena, "version %d", in->version));
	for (int i = 1; i <= 4; i++) {
		variants[i] = variant(call->arena, arena_printf(call->arena, "text.%d", i),
				      end_words[i - 1]);
	}
	variants[5] = (struct store_variant){PLAN_SHOWN_VARIANT, 0, {"shown", 5}};
	for (size_t i = 0; i < channels; i++) {
		const struct rig_channel *channel = &rig->spec.channels[i];
		bool is_fallback = false;

		for (size_t k = 0; k < channels; k++) {
			const char *name = rig->spec.channels[k].fallback;

			is_fallback =
				is_fallback || (name != NULL && strcmp(name, channel->name) == 0);
		}
		for (int m = 0; m <= 4; m++) {
			plan[in->effect.plan_count++] =
				(struct store_plan_row){channel->name,
							channel->partner,
							(enum message)m,
							variants[m].id,
							is_fallback ? PLAN_FALLBACK : PLAN_RUNG,
							0,
							0};
		}
		if (!is_fallback && in->version == 1) {
			targets[in->effect.target_count++] = (struct fanout_target){
				.channel = channel->name,
				.partner = channel->partner,
				.variant_version = in->version,
				.variant = "text",
				.walk = WALK_LIST,
				.reason = BROADCAST_RUNG,
				.class_of = MESSAGE_CRITICAL,
			};
		}
	}
	in->effect.variants = variants;
	in->effect.variant_count = 6;
	in->effect.plan = plan;
	in->effect.targets = targets;
}

static void approve(struct outbox_rig *rig, const struct id *alert, int version, bool has_content)
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
	if (has_content) {
		fill_approve(rig, call);
	}
	in->effect.expires_utc_ms = now(rig) + 86400000;
	in->effect.tier = TIER_RESTRICTED;
	in->effect.policy = "restricted";
	in->effect.person = "marko";
	in->effect.seed[0] = (uint8_t)version;
	memcpy(in->effect.seed + 1, alert->bytes, 15);
	in->effect.now = (struct timer_now){.utc_ms = now(rig)};
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
	approve(rig, &out.outcome.alert_id, 1, true);
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
	approve(rig, alert, version, true);
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
	approve(rig, alert, version, false);
	outbox_wake_resumed(rig->outbox);
}

void rig_add_case(struct outbox_rig *rig)
{
	add_person(rig, "vera");
	add_person(rig, "marko");
	take_report(rig);
}
