/*
 * Approve: the version that was read takes effect. What it brings about is in alert_effect.c; here
 * is who may and from when until when.
 */
#include <string.h>

#include "casework/alert_effect.h"

static int64_t expiry_of(const struct alert_work *work, const struct alert_decision *decision)
{
	int64_t now = clock_utc_ms(work->doing.casework->clock);

	if (decision->draft.expires_utc_ms != 0) {
		return decision->draft.expires_utc_ms;
	}
	if (work->load.current_version > 0 && work->load.expires_utc_ms != 0) {
		return work->load.expires_utc_ms; /* a further version does not lengthen an alert by
						     itself */
	}
	return now + decision->policy->expires_default_ms;
}

/* A raise (wider tier or area) and another policy start a ladder; any other further version keeps
 * the one that runs. */
static bool ladder_starts(const struct alert_work *work, const struct alert_decision *decision)
{
	struct problems problems;
	struct draft old;

	if (work->load.current_version == 0 || work->act.kind == VERSION_REPOLICY) {
		return true;
	}
	if (work->act.kind == VERSION_SEND) {
		return false;
	}
	problems_init(&problems, work->arena);
	if (!draft_decode(work->load.approved_draft, work->arena, &old, &problems)) {
		return true; /* cannot be told: wake people rather than not */
	}
	return decision->draft.tier > old.tier ||
	       strcmp(decision->policy->id, work->load.policy) != 0 ||
	       !areas_are_within(&work->settings->directory, &decision->draft.areas, &old.areas);
}

static void fill_effect(struct alert_work *work, const struct alert_decision *decision,
			struct alert_effect *effect)
{
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));

	if (ladder_starts(work, decision)) {
		alert_decision_ladder(work, decision, LADDER_ALERT, &effect->ladder, step);
	}
	if (work->act.kind != 0) {
		alert_effect_fill_act(work, &decision->plan, step, effect);
	} else {
		alert_effect_fill(work, &decision->plan, step, effect);
	}
}

static void approve_next(struct alert_work *work)
{
	struct alert_decision *decision = arena_alloc(work->arena, sizeof(*decision));
	struct store_alert_approve_in fill = {0};
	struct store_call *call;
	struct error err;

	if (!alert_decision_make(&work, decision)) {
		return;
	}
	fill.alert_id = work->load.id;
	fill.version = work->load.version;
	fill.digest = arena_strdup(work->arena, decision->plan.digest);
	fill.basis = alert_decision_basis(work);
	fill.approvals = decision->plan.approvals;
	fill.may_be_author = decision->plan.approvals <= 1 || decision->plan.narrows;
	if (!fill.may_be_author && work->action.actor.role != ROLE_APPROVER) {
		error_set(&err, ERROR_DENIED, "version %d needs an approver's token",
			  work->load.version);
		alert_work_fail(&work, &err);
		return;
	}
	fill.effect.tier = decision->draft.tier;
	fill.effect.policy = arena_strdup(work->arena, decision->policy->id);
	fill.effect.expires_utc_ms = expiry_of(work, decision);
	secret_random(fill.effect.seed, sizeof(fill.effect.seed));
	if (version_has_content(work->load.version_kind) || work->act.kind != 0) {
		fill_effect(work, decision, &fill.effect);
	}
	call = alert_work_write(&work, &store_alert_approve, alert_decision_done);
	fill.effect.person = call->audit.person;
	fill.effect.now = casework_now(((struct doing *)call->ctx)->casework);
	memcpy(call->in, &fill, sizeof(fill));
	call->audit.action = "alert.approve";
	call->audit.detail = fill.digest;
	store_submit(call);
}

void alert_approve(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name, .with_personal = true},
			approve_next);
}
