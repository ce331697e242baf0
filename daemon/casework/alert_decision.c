/*
 * What submit and approve share. The plan is made again from what the store holds now; if its
 * digest is not the one that was sent, something changed since it was read (a reload included) and
 * nothing happens. The store then compares everything once more inside the transaction that takes
 * effect.
 */
#include "casework/alert_decision.h"

#include <string.h>

#include "base/log.h"
#include "domain/notice.h"
#include "domain/release.h"

static bool decision_check(const struct alert_work *work, const struct alert_decision *decision,
			   struct error *err)
{
	const struct store_alert_load_out *load = &work->load;

	if (load->open_version == 0 || decision->asked.version != load->open_version) {
		return error_set(err, ERROR_CONFLICT, "version %d is not waiting for a decision",
				 decision->asked.version);
	}
	if (strcmp(decision->plan.digest, decision->asked.digest) != 0) {
		return error_set(err, ERROR_CONFLICT,
				 "the preview changed since you read it: read it again");
	}
	return true;
}

bool alert_decision_holds(const struct alert_work *work, const struct draft *draft,
			  struct error *err)
{
	for (size_t i = 0; i < work->load.case_count; i++) {
		const struct store_alert_case *one = &work->load.cases[i];
		uint64_t held = one->held_fields & draft->fields;
		AUTO(buf) struct buf names = {0};

		if (held != 0) {
			release_render_names(held, &names);
			return error_set(err, ERROR_CONFLICT, "case %s: held back are %s", one->ref,
					 buf_text(&names));
		}
	}
	return true;
}

/* Reads the body, makes the plan, compares. On false the work was answered and is gone. */
bool alert_decision_make(struct alert_work **work, struct alert_decision *decision)
{
	struct alert_work *w = *work;
	struct problems problems;
	struct error err;

	problems_init(&problems, w->arena);
	if (!alertbody_decode_decision(w->body, w->arena, &decision->asked, &problems)) {
		alert_work_problems(work, &problems);
		return false;
	}
	if (w->load.open_version == 0) {
		error_set(&err, ERROR_CONFLICT, "no version is waiting for a decision");
		alert_work_fail(work, &err);
		return false;
	}
	if (!alert_work_plan(w, w->arena, &decision->plan, &decision->draft, &err)) {
		alert_work_fail(work, &err);
		return false;
	}
	if (!decision_check(w, decision, &err) ||
	    !alert_decision_holds(w, &decision->draft, &err)) {
		alert_work_fail(work, &err);
		return false;
	}
	if (!problems_are_none(&decision->plan.errors)) {
		alert_work_problems(work, &decision->plan.errors);
		return false;
	}
	if (w->act.kind != 0 && !decision->plan.widens) {
		error_set(&err, ERROR_CONFLICT,
			  "nobody gets the alert newly by version %d: withdraw it, ask again if "
			  "need be",
			  w->load.version);
		alert_work_fail(work, &err);
		return false;
	}
	decision->policy = directory_find_policy(&w->settings->directory, decision->draft.policy);
	if (decision->policy == NULL) {
		error_set(&err, ERROR_CONFLICT, "the policy of the draft is not configured");
		alert_work_fail(work, &err);
		return false;
	}
	return true;
}

struct store_alert_basis alert_decision_basis(const struct alert_work *work)
{
	const struct store_alert_load_out *load = &work->load;
	int64_t *versions = arena_array(work->arena, load->case_count + 1, sizeof(*versions));
	uint64_t held = 0;

	for (size_t i = 0; i < load->case_count; i++) {
		versions[i] = load->cases[i].truth_version;
		held |= load->cases[i].held_fields;
	}
	return (struct store_alert_basis){
		.version_etag = load->version_etag,
		.case_versions = versions,
		.case_count = load->case_count,
		.held_fields = held,
	};
}

static bool is_deaf(const struct alert_work *work, const struct plan *plan,
		    const struct channel *channel)
{
	if (channel->mode == CHANNEL_OFF ||
	    words_contain(&work->doing.casework->dead, channel->name)) {
		return true;
	}
	for (size_t i = 0; plan != NULL && i < plan->channel_count; i++) {
		const struct plan_channel *planned = &plan->channels[i];

		if (planned->channel == channel) {
			return planned->variant == SIZE_MAX && !planned->is_approved;
		}
	}
	return plan != NULL;
}

/* Channels of the ladder that reach nobody: a rung of such only is passed at once. plan: NULL for
 * an approval ladder. */
static struct words deaf_of(const struct alert_work *work, const struct ladder_def *def,
			    const struct plan *plan)
{
	struct words deaf = {0};
	size_t most = 0;

	for (size_t r = 0; r < def->rung_count; r++) {
		most += def->rungs[r].channel_count;
	}
	deaf.items = arena_array(work->arena, most + 1, sizeof(*deaf.items));
	for (size_t r = 0; r < def->rung_count; r++) {
		for (size_t c = 0; c < def->rungs[r].channel_count; c++) {
			const struct channel *channel = def->rungs[r].channels[c];

			if (is_deaf(work, plan, channel)) {
				deaf.items[deaf.count++] = channel->name;
			}
		}
	}
	return deaf;
}

/* Channels that were sent the version that runs. */
static struct words told_of(const struct alert_work *work)
{
	struct words told = {0};

	told.items = arena_array(work->arena, work->load.planned_count + 1, sizeof(*told.items));
	for (size_t i = 0; i < work->load.planned_count; i++) {
		if (work->load.planned[i].is_walked) {
			told.items[told.count++] = work->load.planned[i].channel;
		}
	}
	return told;
}

/*
 * From now on. Another policy for a running alert goes on where people stand: nobody is told again
 * by the change, and whoever acknowledged has acknowledged.
 */
static void begin_ladder(const struct alert_work *work, const struct ladder_plan *plan,
			 struct ladder_facts *facts, struct ladder_step *step)
{
	int64_t now = clock_utc_ms(work->doing.casework->clock);
	struct ladder_position position;

	ladder_position_start(plan, now, &position);
	if (plan->kind == LADDER_ALERT && work->act.kind == VERSION_REPOLICY) {
		struct words told = told_of(work);

		facts->acks = work->load.acks;
		facts->ack_count = work->load.ack_count;
		ladder_position_pass(plan, &told, &facts->dead, now, &position);
	}
	ladder_advance(plan, &position, facts, now, step);
	ladder_leave_resort(now, step);
}

void alert_decision_ladder(const struct alert_work *work, const struct alert_decision *decision,
			   enum ladder_kind kind, struct ladder_start *start,
			   struct ladder_step *step)
{
	const struct policy *policy = decision->policy;
	bool is_alert = kind == LADDER_ALERT;
	struct ladder_facts facts = {
		.status = work->load.status,
		.dead = deaf_of(work, is_alert ? &policy->alert : &policy->approval,
				is_alert ? &decision->plan : NULL),
	};
	AUTO(buf) struct buf snapshot = {0};
	struct ladder_plan plan;
	struct error err;
	char *text = arena_alloc(work->arena, LADDER_POSITION_BYTES);

	ladder_snapshot(&work->settings->directory, policy, kind, &snapshot);
	start->id = id_new(work->doing.casework->clock);
	start->kind = kind;
	start->snapshot = arena_strdup(work->arena, buf_text(&snapshot));
	if (!ladder_read(start->snapshot, work->arena, &plan, &err)) {
		log_error("ladder snapshot cannot be read", "alert=%s", work->load.ref);
		start->id = (struct id){0};
		return;
	}
	begin_ladder(work, &plan, &facts, step);
	ladder_position_encode(&step->position, text);
	start->position = text;
	start->state = step->state;
	start->due_utc_ms = step->due_utc_ms == LADDER_NEVER ? 0 : step->due_utc_ms;
}

void alert_decision_done(struct store_call *call)
{
	const struct doing *doing = call->ctx;
	const struct casework_wake *wake = &doing->casework->wake;
	const struct outcome *outcome = call->out;

	if (call->ok && !call->replayed) {
		alert_wake(doing);
		if (outcome->version_kind == VERSION_RESUME &&
		    outcome->version_state == VERSION_APPROVED && wake->resumed != NULL) {
			wake->resumed(wake->arg);
		}
	}
	doing_answer_call(call);
}
