/*
 * The plan of a version, put together: lint, who gets it, what changed, the bytes, the preview.
 *
 * Owner: the caller's arena. Nothing of time or chance gets into what the digest covers: `now` is
 * used for errors and warnings only. The order is fixed: channels before variants, because a
 * variant exists because a channel needs it.
 */
#include "domain/plan.h"

#include <assert.h>

#include "domain/plan_private.h"

static bool is_trusted(const struct plan_channel *planned)
{
	const struct channel *channel = planned->channel;

	if (!channel->partner) {
		return channel->tier == TIER_INTERNAL;
	}
	return channel->partner->role == PARTNER_POLICE ||
	       channel->partner->role == PARTNER_HOTLINE;
}

/* Regional and national: two, in code. Restricted: two, or one where the policy says so and every
 * partner is police or a hotline. What resumes an alert or brings it further takes two. */
static int count_approvals(const struct plan_work *work)
{
	const struct plan_act *act = work->input->act;

	if (!work->policy) {
		return 0;
	}
	if (act && act->least_approvals > work->policy->approvals) {
		return act->least_approvals > 2 ? act->least_approvals : 2;
	}
	if (work->policy->approvals >= 2) {
		return work->policy->approvals;
	}
	if (act || work->input->kind == VERSION_RESUME) {
		return 2;
	}
	bool may_be_one = work->draft.tier == TIER_RESTRICTED && work->policy->approvals == 1;
	for (size_t i = 0; i < work->plan->channel_count && may_be_one; i++) {
		const struct plan_channel *planned = &work->plan->channels[i];
		may_be_one = planned->excluded_because || is_trusted(planned);
	}
	return may_be_one ? 1 : 2;
}

static bool is_wider(const struct plan_work *work)
{
	const struct plan_act *act = work->input->act;

	if (!act) {
		return false;
	}
	for (size_t i = 0; i < work->plan->channel_count; i++) {
		const struct plan_channel *planned = &work->plan->channels[i];
		bool is_known = words_contain(&work->input->approved_channels, planned->name);

		if (!planned->excluded_because && (!is_known || planned->recipients > 0)) {
			return true;
		}
	}
	return work->policy && work->policy->approvals < act->least_approvals;
}

static void begin(struct plan_work *work, const struct plan_input *input, struct arena *arena,
		  struct plan *plan)
{
	*plan = (struct plan){0};
	problems_init(&plan->errors, arena);
	problems_init(&plan->warnings, arena);
	*work = (struct plan_work){
		.input = input,
		.draft = *input->draft,
		.policy = directory_find_policy(input->directory, input->draft->policy),
		.arena = arena,
		.plan = plan,
	};
	if (work->draft.expires_utc_ms == 0) {
		work->draft.expires_utc_ms = input->expires_utc_ms;
	}
	id_format(&input->alert_id, work->alert);
}

bool plan_make(const struct plan_input *input, struct arena *arena, struct plan *ret_plan,
	       struct error *err)
{
	struct plan_work work;
	struct plan plan;

	begin(&work, input, arena, &plan);
	plan_collect_channels(&work);
	plan.widens = is_wider(&work);
	if (!plan_read_told(&work, err) || !plan_lint(&work, err) || !plan_compare(&work, err) ||
	    !plan_render_variants(&work, err)) {
		return false;
	}
	plan.approvals = count_approvals(&work);
	plan_render_preview(&work);
	*ret_plan = plan;
	return true;
}

const struct plan_variant *
plan_find_variant(const struct plan *plan, const struct plan_channel *channel, enum message message)
{
	assert(message >= MESSAGE_VERSION && message <= MESSAGE_END_ISSUED_IN_ERROR);
	if (channel->excluded_because) {
		return NULL;
	}
	return &plan->variants[channel->variant + (size_t)message];
}
