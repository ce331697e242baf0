/*
 * Versions that only act: resume, repolicy, send. They have no content of their own. A resume lets
 * a suspended alert go on. A repolicy replaces the ladder, a send brings the current version to a
 * channel outside it; when by that somebody newly gets the alert, or fewer persons would decide
 * about it from then on, it becomes an unapproved version that /approve executes, else it is done
 * at once.
 */
#include <string.h>

#include "casework/alert_effect.h"

static void on_drafted(struct store_call *call)
{
	doing_answer_call(call);
}

/* What is asked, in the audit trail's words and in an operator's. */
struct asked {
	const char *action;
	const char *detail;
	const char *reason;
};

static void draft_version(struct alert_work **work, const struct asked *asked,
			  const struct store_alert_update_in *fill)
{
	struct store_call *call = alert_work_write(work, &store_alert_update, on_drafted);
	struct store_alert_update_in *in = call->in;

	*in = *fill;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = asked->action;
	call->audit.detail = asked->detail;
	call->audit.note = asked->reason;
	call->audit.version = 0; /* the store numbers it */
	store_submit(call);
}

static struct store_alert_update_in version_of(const struct alert_work *work,
					       enum version_kind kind, struct bytes draft)
{
	return (struct store_alert_update_in){
		.alert_id = work->load.id,
		.if_current_version = work->load.current_version,
		.kind = kind,
		.tier = work->load.tier,
		.policy = arena_strdup(work->arena, work->load.policy),
		.expires_utc_ms = work->load.expires_utc_ms,
		.draft = draft,
		.request = work->body,
	};
}

/* --- resume --- */

static void resume_next(struct alert_work *work)
{
	struct asked asked = {.action = "alert.update",
			      .detail = version_kind_name(VERSION_RESUME)};
	struct store_alert_update_in fill;
	struct alertbody_reason reason;
	struct problems problems;
	struct bytes draft;
	struct error err;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_reason(work->body, false, work->arena, &reason, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	if (work->load.state != ALERT_SUSPENDED) {
		error_set(&err, ERROR_CONFLICT, "alert %s is %s, not suspended", work->load.ref,
			  alert_state_name(work->load.state));
		alert_work_fail(&work, &err);
		return;
	}
	if (!alert_work_standing(work, &draft, &err)) {
		alert_work_fail(&work, &err);
		return;
	}
	asked.reason = reason.reason;
	fill = version_of(work, VERSION_RESUME, draft);
	draft_version(&work, &asked, &fill);
}

void alert_resume(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name, .with_personal = true},
			resume_next);
}

/* --- what repolicy and send share --- */

/* Lives in the work's arena. */
struct acting {
	struct alert_decision decision; /* policy, plan, draft */
	struct asked asked;
};

static bool is_active(const struct alert_work *work, struct error *err)
{
	return work->load.state == ALERT_ACTIVE ||
	       error_set(err, ERROR_CONFLICT, "alert %s is %s: only an active one is sent further",
			 work->load.ref, alert_state_name(work->load.state));
}

/* On false the work was answered and is gone. */
static bool acting_plan(struct alert_work **work, struct acting *acting)
{
	struct alert_work *w = *work;
	struct alert_decision *decision = &acting->decision;
	struct error err;

	if (!is_active(w, &err) ||
	    !alert_work_plan(w, w->arena, &decision->plan, &decision->draft, &err) ||
	    !alert_decision_holds(w, &decision->draft, &err)) {
		alert_work_fail(work, &err);
		return false;
	}
	decision->policy = directory_find_policy(&w->settings->directory, decision->draft.policy);
	return true;
}

static bool plan_allows(struct alert_work **work, const struct acting *acting)
{
	if (problems_are_none(&acting->decision.plan.errors)) {
		return true;
	}
	alert_work_problems(work, &acting->decision.plan.errors);
	return false;
}

static uint64_t held_fields(const struct alert_work *work)
{
	return alert_decision_basis(work).held_fields;
}

/* Nobody gets the alert whom the approved plan does not name. */
static void act_at_once(struct alert_work **work, struct acting *acting)
{
	struct alert_work *w = *work;
	struct ladder_step *step = arena_alloc(w->arena, sizeof(*step));
	struct store_alert_act_in fill = {
		.alert_id = w->load.id,
		.if_current_version = w->load.current_version,
		.kind = w->act.kind,
		.held_fields = held_fields(w),
	};
	struct store_call *call;

	if (fill.kind == VERSION_REPOLICY) {
		fill.effect.policy = arena_strdup(w->arena, acting->decision.policy->id);
		alert_decision_ladder(w, &acting->decision, LADDER_ALERT, &fill.effect.ladder,
				      step);
	}
	alert_effect_fill_act(w, &acting->decision.plan, step, &fill.effect);
	secret_random(fill.effect.seed, sizeof(fill.effect.seed));
	call = alert_work_write(work, &store_alert_act, alert_decision_done);
	fill.effect.person = call->audit.person;
	fill.effect.now = casework_now(((struct doing *)call->ctx)->casework);
	memcpy(call->in, &fill, sizeof(fill));
	call->audit.action = acting->asked.action;
	call->audit.detail = acting->asked.detail;
	call->audit.note = acting->asked.reason;
	call->audit.version = fill.if_current_version;
	store_submit(call);
}

static void act_by_version(struct alert_work **work, struct acting *acting)
{
	struct alert_work *w = *work;
	AUTO(buf) struct buf text = {0};
	struct store_alert_update_in fill;

	draft_encode(&acting->decision.draft, &text);
	fill = version_of(w, w->act.kind,
			  (struct bytes){arena_memdup(w->arena, text.data, text.len), text.len});
	draft_version(work, &acting->asked, &fill);
}

static void act(struct alert_work **work, struct acting *acting)
{
	bool widens = acting->decision.plan.widens;

	acting->asked.detail = arena_printf((*work)->arena, "%s widens=%s", acting->asked.detail,
					    widens ? "yes" : "no");
	if (widens) {
		act_by_version(work, acting);
	} else {
		act_at_once(work, acting);
	}
}

/* --- repolicy --- */

static void repolicy_next(struct alert_work *work)
{
	struct acting *acting = arena_alloc(work->arena, sizeof(*acting));
	struct alertbody_word asked;
	struct problems problems;
	struct error err;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_repolicy(work->body, work->arena, &asked, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	work->act.kind = VERSION_REPOLICY;
	work->act_policy = asked.word;
	acting->asked = (struct asked){
		.action = "alert.repolicy",
		.detail = arena_printf(work->arena, "policy=%s", asked.word),
		.reason = asked.reason,
	};
	if (work->load.open_version != 0) {
		error_set(&err, ERROR_CONFLICT, "version %d of alert %s is not decided yet",
			  work->load.open_version, work->load.ref);
		alert_work_fail(&work, &err);
		return;
	}
	if (acting_plan(&work, acting) && plan_allows(&work, acting)) {
		act(&work, acting);
	}
}

void alert_repolicy(struct casework *casework, const struct action *action, const char *name,
		    struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name, .with_personal = true},
			repolicy_next);
}

/* --- send --- */

static void refuse_channel(struct alert_work **work, const char *detail)
{
	struct problems problems;

	problems_init(&problems, (*work)->arena);
	problems_add(&problems, "/channel", "%s", detail);
	alert_work_problems(work, &problems);
}

/* On false the work was answered and is gone. */
static bool may_send(struct alert_work **work, const struct acting *acting)
{
	struct alert_work *w = *work;
	const struct plan *plan = &acting->decision.plan;
	const struct store_alert_planned *planned = alert_work_planned(w, w->act.channel);
	struct error err;

	if (plan->channel_count == 0) {
		refuse_channel(work, "is no configured channel");
		return false;
	}
	if (plan->channels[0].excluded_because != NULL) {
		refuse_channel(work, plan->channels[0].excluded_because);
		return false;
	}
	if (planned == NULL || !planned->is_walked || plan->channels[0].recipients > 0) {
		return plan_allows(work, acting);
	}
	error_set(&err, ERROR_CONFLICT, "everybody on channel %s was sent version %d",
		  w->act.channel, w->load.current_version);
	alert_work_fail(work, &err);
	return false;
}

static void send_next(struct alert_work *work)
{
	struct acting *acting = arena_alloc(work->arena, sizeof(*acting));
	struct alertbody_word asked;
	struct problems problems;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_send(work->body, work->arena, &asked, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	work->act.kind = VERSION_SEND;
	work->act.channel = asked.word;
	acting->asked = (struct asked){
		.action = "alert.send",
		.detail = arena_printf(work->arena, "channel=%s", asked.word),
		.reason = asked.reason,
	};
	if (acting_plan(&work, acting) && may_send(&work, acting)) {
		act(&work, acting);
	}
}

void alert_send(struct casework *casework, const struct action *action, const char *name,
		struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name, .with_personal = true}, send_next);
}
