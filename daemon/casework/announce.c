/*
 * Notices of escalation: which channels, rendered once, as the store takes them. Pure but for ids;
 * the turn's transaction stores them with what they tell of.
 */
#include "casework/announce.h"

#include <string.h>

#include "base/limits.h"

struct notice announce_of(const struct ladder_work *work, enum notice_type type, const char *reason)
{
	const struct store_ladder_load_out *load = &work->load;
	char *alert = arena_alloc(work->arena, ID_TEXT_BYTES);
	int64_t waited_ms = work->now.utc_ms - work->position.started_utc_ms;

	id_format(&load->alert_id, alert);
	return (struct notice){
		.type = type,
		.status = load->status,
		.alert = alert,
		.ref = load->alert_ref,
		.version = ladder_work_version(work),
		.tier = load->tier,
		.minutes_waiting = work->position.started_utc_ms == 0 || waited_ms < 0
					   ? 0
					   : (int)(waited_ms / 60000),
		.reason = reason,
	};
}

/* --- who --- */

/* What is about no alert has no status: everybody inside may hear it. */
static bool is_staff(const struct channel *channel, const struct notice *notice)
{
	return channel->tier == TIER_INTERNAL && channel->mode == CHANNEL_LIVE &&
	       (notice->alert == NULL || (channel->statuses & STATUS_BIT(notice->status)) != 0);
}

static bool def_names(const struct ladder_def *def, const struct channel *channel)
{
	for (size_t i = 0; i < def->last_resort_count; i++) {
		if (def->last_resort[i] == channel) {
			return true;
		}
	}
	for (size_t r = 0; r < def->rung_count; r++) {
		for (size_t c = 0; c < def->rungs[r].channel_count; c++) {
			if (def->rungs[r].channels[c] == channel) {
				return true;
			}
		}
	}
	return false;
}

/* A policy that is gone says nothing: then everybody inside hears. */
static bool is_wanted(const struct channel *channel, const struct policy *policy,
		      const struct words *names)
{
	if (names != NULL) {
		return words_contain(names, channel->name);
	}
	return policy == NULL || def_names(&policy->approval, channel) ||
	       def_names(&policy->alert, channel);
}

static struct fanout_target target_of(struct ladder_work *work, const struct channel *channel,
				      enum broadcast_reason reason)
{
	return (struct fanout_target){
		.channel = arena_strdup(work->arena, channel->name),
		.partner = channel->partner != NULL
				   ? arena_strdup(work->arena, channel->partner->id)
				   : NULL,
		.message = MESSAGE_NOTICE,
		.walk = WALK_LIST,
		.reason = reason,
		.class_of = reason == BROADCAST_STAFF ? MESSAGE_CLASS_NOTICE : MESSAGE_STANDARD,
	};
}

/* --- the notice --- */

static struct ladder_notice notice_make(struct ladder_work *work, const struct notice *notice,
					const struct fanout_target *targets, size_t count)
{
	AUTO(buf) struct buf body = {0};
	char name[RENDER_TYPE_BYTES];

	if (count == 0) {
		return (struct ladder_notice){0};
	}
	notice_render(notice, &work->settings->directory, &body);
	notice_type_name(notice->type, notice->status, name);
	return (struct ladder_notice){
		.id = id_new(work->doing.casework->clock),
		.type = arena_strdup(work->arena, name),
		.body = {arena_memdup(work->arena, body.data, body.len), body.len},
		.targets = targets,
		.target_count = count,
	};
}

struct ladder_notice announce_staff(struct ladder_work *work, const struct notice *notice,
				    const struct words *names)
{
	const struct directory *directory = &work->settings->directory;
	const struct policy *policy = work->plan.policy != NULL
					      ? directory_find_policy(directory, work->plan.policy)
					      : NULL;
	struct fanout_target *targets =
		arena_array(work->arena, directory->channel_count + 1, sizeof(*targets));
	size_t count = 0;

	for (size_t i = 0; i < directory->channel_count; i++) {
		const struct channel *channel = &directory->channels[i];

		if (is_staff(channel, notice) && is_wanted(channel, policy, names)) {
			targets[count++] = target_of(work, channel, BROADCAST_STAFF);
		}
	}
	return notice_make(work, notice, targets, count);
}

static struct ladder_notice to_told(struct ladder_work *work, const struct notice *notice,
				    const char *partner, bool is_all_but)
{
	const struct store_ladder_load_out *load = &work->load;
	struct fanout_target *targets =
		arena_array(work->arena, load->told_count + 1, sizeof(*targets));
	size_t count = 0;

	for (size_t i = 0; i < load->told_count; i++) {
		const struct store_ladder_told *told = &load->told[i];
		const struct channel *channel =
			directory_find_channel(&work->settings->directory, told->channel);
		bool is_it = partner != NULL && strcmp(told->partner, partner) == 0;

		if (channel == NULL || channel->mode == CHANNEL_OFF || is_it == is_all_but) {
			continue;
		}
		targets[count] = target_of(work, channel, BROADCAST_ACKNOWLEDGED);
		targets[count++].partner = told->partner; /* the event is theirs who have it */
	}
	return notice_make(work, notice, targets, count);
}

struct ladder_notice announce_acknowledged(struct ladder_work *work, const struct notice *notice,
					   const char *but)
{
	return to_told(work, notice, but, true);
}

struct ladder_notice announce_to(struct ladder_work *work, const struct notice *notice,
				 const char *partner)
{
	return to_told(work, notice, partner, false);
}
