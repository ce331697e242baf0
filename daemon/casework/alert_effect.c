/*
 * What an approval brings about, for the store: the rendered variants, the plan of who gets which,
 * and who is sent to now.
 */
#include "casework/alert_effect.h"

#include <string.h>

static void add_variant(const struct alert_work *work, const struct plan_variant *from,
			struct store_variant *to)
{
	AUTO(buf) struct buf blob = {0};

	render_serialise(&from->rendered, &blob);
	to->id = from->id;
	to->medium = (int)from->medium;
	to->body = (struct bytes){arena_memdup(work->arena, blob.data, blob.len), blob.len};
}

/* Every variant, and what the version shows of the cases: the next version is compared with it. */
static void fill_variants(const struct alert_work *work, const struct plan *plan,
			  struct alert_effect *fill)
{
	struct store_variant *variants =
		arena_array(work->arena, plan->variant_count + 1, sizeof(*variants));

	for (size_t i = 0; i < plan->variant_count; i++) {
		add_variant(work, &plan->variants[i], &variants[i]);
	}
	fill->variants = variants;
	fill->variant_count = plan->variant_count;
	if (work->act.kind == 0) { /* an act shows what was shown */
		variants[fill->variant_count++] = (struct store_variant){
			.id = PLAN_SHOWN_VARIANT,
			.body = plan->shown,
		};
	}
}

/* Names are the snapshot's, which may go before the store call does: the call gets its own. */
static const char *name_of(const struct alert_work *work, const struct plan_channel *channel)
{
	return arena_strdup(work->arena, channel->name);
}

static const char *partner_of(const struct alert_work *work, const struct channel *channel)
{
	return channel->partner != NULL ? arena_strdup(work->arena, channel->partner->id) : NULL;
}

/* One row a channel and message, for those that get the version. */
static void fill_plan(const struct alert_work *work, const struct plan *plan,
		      struct alert_effect *fill)
{
	struct store_plan_row *rows =
		arena_array(work->arena, plan->channel_count * PLAN_MESSAGES + 1, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *channel = &plan->channels[i];

		if (work->act.kind != 0 && alert_work_planned(work, channel->name) != NULL) {
			continue; /* keeps its row */
		}
		for (int m = 0; m < PLAN_MESSAGES; m++) {
			const struct plan_variant *variant =
				plan_find_variant(plan, channel, (enum message)m);

			if (variant == NULL) {
				continue;
			}
			rows[count++] = (struct store_plan_row){
				.channel = name_of(work, channel),
				.partner = partner_of(work, channel->channel),
				.message = (enum message)m,
				.variant = variant->id,
				.use = channel->use,
				.rung = channel->rung,
				.list_generation = channel->list_generation,
			};
		}
	}
	fill->plan = rows;
	fill->plan_count = count;
}

static bool is_fired(const struct ladder_step *step, int rung)
{
	for (size_t i = 0; i < step->fire_count; i++) {
		if (step->fires[i].rung == rung) {
			return true;
		}
	}
	return false;
}

static enum message_class class_of(const struct alert_work *work)
{
	return work->load.status == STATUS_ACTUAL ? MESSAGE_CRITICAL : MESSAGE_STANDARD;
}

/* Who is newly sent to: the lists of the channels whose rungs fire at once. Those who were being
 * sent an earlier version, and those no longer routed, the store finds by itself. */
static void fill_targets(const struct alert_work *work, const struct plan *plan,
			 const struct ladder_step *step, struct alert_effect *fill)
{
	struct fanout_target *targets =
		arena_array(work->arena, plan->channel_count + 1, sizeof(*targets));
	size_t count = 0;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *channel = &plan->channels[i];
		const struct plan_variant *variant =
			plan_find_variant(plan, channel, MESSAGE_VERSION);

		/* without a variant it is not routed any more: the store sends its end */
		if (variant == NULL || channel->use != PLAN_RUNG ||
		    !is_fired(step, channel->rung)) {
			continue;
		}
		targets[count++] = (struct fanout_target){
			.channel = name_of(work, channel),
			.partner = partner_of(work, channel->channel),
			.variant_version = work->load.version,
			.variant = variant->id,
			.list_generation = channel->list_generation,
			.class_of = class_of(work),
			.walk = WALK_LIST,
			.reason = BROADCAST_RUNG,
		};
	}
	fill->targets = targets;
	fill->target_count = count;
}

void alert_effect_fill(const struct alert_work *work, const struct plan *plan,
		       const struct ladder_step *step, struct alert_effect *effect)
{
	fill_variants(work, plan, effect);
	fill_plan(work, plan, effect);
	fill_targets(work, plan, step, effect);
}

/* --- acts --- */

/* To a channel as the act renders it, or as it stands in the approved plan. False: nobody is sent
 * to. */
static bool act_target(const struct alert_work *work, const struct plan *plan,
		       const struct plan_channel *channel, struct fanout_target *target)
{
	const struct plan_variant *variant = plan_find_variant(plan, channel, MESSAGE_VERSION);
	const struct store_alert_planned *planned = alert_work_planned(work, channel->name);

	*target = (struct fanout_target){
		.channel = name_of(work, channel),
		.partner = partner_of(work, channel->channel),
		.variant_version = work->load.current_version,
		.walk = WALK_LIST,
		.reason = BROADCAST_RUNG,
		.class_of = class_of(work),
	};
	if (variant != NULL && (planned == NULL || channel->recipients > 0)) {
		target->variant = variant->id;
		target->list_generation = channel->list_generation;
		return true;
	}
	if (planned == NULL || planned->is_walked) {
		return false;
	}
	target->variant = planned->variant;
	target->list_generation = planned->list_generation;
	return true;
}

static bool is_meant(const struct alert_work *work, const struct plan_channel *channel,
		     const struct ladder_step *step)
{
	if (work->act.kind == VERSION_SEND) {
		return strcmp(work->act.channel, channel->channel->name) == 0;
	}
	return channel->use == PLAN_RUNG && is_fired(step, channel->rung);
}

void alert_effect_fill_act(const struct alert_work *work, const struct plan *plan,
			   const struct ladder_step *step, struct alert_effect *effect)
{
	struct fanout_target *targets =
		arena_array(work->arena, plan->channel_count + 1, sizeof(*targets));

	fill_variants(work, plan, effect);
	fill_plan(work, plan, effect);
	effect->targets = targets;
	for (size_t i = 0; i < plan->channel_count; i++) {
		struct fanout_target *target = &targets[effect->target_count];

		if (!is_meant(work, &plan->channels[i], step) ||
		    !act_target(work, plan, &plan->channels[i], target)) {
			continue;
		}
		if (work->act.kind == VERSION_SEND) {
			target->reason = BROADCAST_SEND;
			target->cycle = FANOUT_CYCLE_NEXT;
		}
		effect->target_count++;
	}
}
