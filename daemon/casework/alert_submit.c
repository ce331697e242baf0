/*
 * Submit: somebody else is asked to approve. The approval ladder begins with it, and its first rung
 * is told in the same transaction.
 */
#include <string.h>

#include "base/limits.h"
#include "casework/alert_decision.h"
#include "domain/notice.h"

static void notice_of(const struct alert_work *work, const struct alert_decision *decision,
		      const struct ladder_step *step, struct ladder_notice *notice)
{
	const struct ladder_def *def = &decision->policy->approval;
	AUTO(buf) struct buf body = {0};
	struct fanout_target *targets;
	size_t count = 0;
	char id[ID_TEXT_BYTES];

	targets = arena_array(work->arena, LIMIT_CHANNELS, sizeof(*targets));
	for (size_t i = 0; i < step->fire_count; i++) {
		const struct rung *rung = &def->rungs[step->fires[i].rung];

		for (size_t c = 0; c < rung->channel_count && count < LIMIT_CHANNELS; c++) {
			targets[count++] = (struct fanout_target){
				.channel = arena_strdup(work->arena, rung->channels[c]->name),
				.message = MESSAGE_NOTICE,
				.walk = WALK_LIST,
				.reason = BROADCAST_STAFF,
				.class_of = MESSAGE_CLASS_NOTICE,
			};
		}
	}
	if (count == 0) {
		return;
	}
	id_format(&work->load.id, id);
	notice_render(&(struct notice){.type = NOTICE_APPROVAL_WAITING,
				       .status = work->load.status,
				       .alert = id,
				       .ref = work->load.ref,
				       .version = work->load.version,
				       .tier = decision->draft.tier},
		      &work->settings->directory, &body);
	notice->id = id_new(work->doing.casework->clock);
	notice->type = "notice.approval_waiting";
	notice->body.data = arena_memdup(work->arena, body.data, body.len);
	notice->body.len = body.len;
	notice->targets = targets;
	notice->target_count = count;
}

static void submit_next(struct alert_work *work)
{
	struct alert_decision *decision = arena_alloc(work->arena, sizeof(*decision));
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));
	struct store_alert_submit_in fill = {0};
	struct store_call *call;

	if (!alert_decision_make(&work, decision)) {
		return;
	}
	fill.basis = alert_decision_basis(work);
	if (decision->policy->approval.rung_count > 0) {
		alert_decision_ladder(work, decision, LADDER_APPROVAL, &fill.ladder, step);
		notice_of(work, decision, step, &fill.notice);
	}
	fill.alert_id = work->load.id;
	fill.version = work->load.version;
	fill.digest = arena_strdup(work->arena, decision->plan.digest);
	secret_random(fill.seed, sizeof(fill.seed));
	call = alert_work_write(&work, &store_alert_submit, alert_decision_done);
	fill.person = call->audit.person;
	fill.now = casework_now(((struct doing *)call->ctx)->casework);
	memcpy(call->in, &fill, sizeof(fill));
	call->audit.action = "alert.submit";
	call->audit.detail = fill.digest;
	store_submit(call);
}

void alert_submit(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name, .with_personal = true},
			submit_next);
}
