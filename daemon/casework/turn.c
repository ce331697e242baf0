/*
 * A step of the domain as a turn of the store: which channels get the version, again or for the
 * first time, and what staff are told. The snapshot says which channels; whose variant they get is
 * the plan of the version that is current now. Pure but for chance (ids, seed).
 */
#include "casework/turn.h"

#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "casework/announce.h"

/* Targets and notices as they grow; bounded by the plan and the rungs. */
struct making {
	struct ladder_work *work;
	struct fanout_target *targets;
	size_t target_count;
	struct ladder_turn *turn;
};

static void turn_begin(struct ladder_work *work, struct ladder_turn *turn)
{
	*turn = (struct ladder_turn){
		.alert_id = work->load.alert_id,
		.ladder_id = work->load.ladder_id,
		.if_epoch = work->load.epoch,
		.if_version = work->load.current_version,
		.if_alert_state = work->load.alert_state,
		.state = work->load.state,
		.now = work->now,
		.wall_utc_ms = work->wall_utc_ms,
	};
	secret_random(turn->seed, sizeof(turn->seed));
}

void turn_add_notice(struct ladder_work *work, struct ladder_turn *turn,
		     const struct ladder_notice *notice)
{
	struct ladder_notice *notices;

	if (notice->type == NULL) {
		return;
	}
	notices = arena_array(work->arena, turn->notice_count + 1, sizeof(*notices));
	if (turn->notice_count > 0) {
		memcpy(notices, turn->notices, turn->notice_count * sizeof(*notices));
	}
	notices[turn->notice_count] = *notice;
	turn->notices = notices;
	turn->notice_count++;
}

/* --- targets --- */

static bool is_target(const struct making *making, const char *channel)
{
	for (size_t i = 0; i < making->target_count; i++) {
		if (strcmp(making->targets[i].channel, channel) == 0) {
			return true;
		}
	}
	return false;
}

/* A channel whose list was walked for this version gets it again, whichever rung that was. */
static void add_targets(struct making *making, const struct words *channels,
			enum broadcast_reason reason)
{
	for (size_t i = 0; i < channels->count; i++) {
		const struct store_ladder_channel *channel =
			ladder_work_planned(making->work, channels->items[i]);
		bool is_again;

		if (channel == NULL || is_target(making, channel->channel)) {
			continue;
		}
		is_again = channel->last_cycle >= 0;
		making->targets[making->target_count++] = (struct fanout_target){
			.channel = channel->channel,
			.partner = channel->partner,
			.message = MESSAGE_VERSION,
			.variant_version = making->work->load.current_version,
			.variant = channel->variant,
			.walk = is_again ? WALK_AGAIN : WALK_LIST,
			.list_generation = channel->list_generation,
			.reason = is_again && reason == BROADCAST_RUNG ? BROADCAST_REPEAT : reason,
			.class_of = making->work->load.status == STATUS_ACTUAL ? MESSAGE_CRITICAL
									       : MESSAGE_STANDARD,
			.cycle = channel->last_cycle + 1,
		};
	}
}

static void add_notice(struct making *making, enum notice_type type, const char *reason,
		       bool is_delayed, const struct words *names)
{
	struct notice notice = announce_of(making->work, type, reason);
	struct ladder_notice made;

	notice.is_delayed = is_delayed;
	made = announce_staff(making->work, &notice, names);
	turn_add_notice(making->work, making->turn, &made);
}

static void fire(struct making *making, const struct ladder_fire *fired)
{
	const struct ladder_rung *rung = &making->work->plan.rungs[fired->rung];

	if (making->work->load.kind == LADDER_APPROVAL) {
		add_notice(making, NOTICE_APPROVAL_WAITING, rung->name, fired->is_delayed,
			   &rung->channels);
		return;
	}
	add_targets(making, &rung->channels, BROADCAST_RUNG);
	add_notice(making, NOTICE_ESCALATION, rung->name, fired->is_delayed, NULL);
}

/* Everybody inside hears that nobody reacts; an alert goes to its last resort as well. */
static void fire_last_resort(struct making *making)
{
	if (making->work->load.kind == LADDER_ALERT) {
		add_targets(making, &making->work->plan.last_resort, BROADCAST_LAST_RESORT);
	}
	add_notice(making, NOTICE_EXHAUSTED,
		   making->work->load.kind == LADDER_ALERT ? "no_ack" : "no_approval", false, NULL);
}

/* --- turns --- */

static void set_position(struct ladder_work *work, const struct ladder_step *step,
			 struct ladder_turn *turn)
{
	char *text = arena_alloc(work->arena, LADDER_POSITION_BYTES);
	bool is_paused = work->load.alert_state == ALERT_SUSPENDED &&
			 work->load.kind == LADDER_ALERT && step->state != LADDER_ACKED;

	ladder_position_encode(&step->position, text);
	turn->position = text;
	turn->state = is_paused ? LADDER_PAUSED : step->state;
	turn->due_utc_ms = step->due_utc_ms == LADDER_NEVER ? 0 : step->due_utc_ms;
}

void turn_of_step(struct ladder_work *work, const struct ladder_step *step,
		  struct ladder_turn *ret_turn)
{
	struct making making = {.work = work, .turn = ret_turn};

	turn_begin(work, ret_turn);
	making.targets =
		arena_array(work->arena, work->load.channel_count + 1, sizeof(*making.targets));
	for (size_t i = 0; i < step->fire_count; i++) {
		fire(&making, &step->fires[i]);
	}
	if (step->fires_last_resort) {
		fire_last_resort(&making);
	}
	ret_turn->targets = making.targets;
	ret_turn->target_count = making.target_count;
	set_position(work, step, ret_turn);
}

/* Runs again: what fell due while it was acknowledged is due now. */
static void reopen(struct ladder_work *work, const struct ladder_facts *facts,
		   struct ladder_step *step)
{
	struct ladder_position position = work->position;

	ladder_reopen(work->now.utc_ms, &position);
	if (work->load.alert_state == ALERT_SUSPENDED) {
		*step = (struct ladder_step){.position = position,
					     .state = LADDER_RUNNING,
					     .due_utc_ms = ladder_due(&position)};
		return;
	}
	ladder_advance(&work->plan, &position, facts, work->now.utc_ms, step);
}

void turn_of_acks(struct ladder_work *work, const struct ladder_facts *facts,
		  struct ladder_step *ret_step, struct ladder_turn *ret_turn)
{
	bool was_stopped = work->load.state == LADDER_ACKED;

	*ret_step = (struct ladder_step){.position = work->position,
					 .state = work->load.state,
					 .due_utc_ms = ladder_due(&work->position)};
	if (id_is_none(&work->load.ladder_id)) {
		turn_begin(work, ret_turn);
		return;
	}
	if (ladder_is_stopped(&work->plan, facts)) {
		ret_step->state = LADDER_ACKED;
		ret_step->due_utc_ms = LADDER_NEVER;
	} else if (was_stopped) {
		reopen(work, facts, ret_step);
	}
	turn_of_step(work, ret_step, ret_turn);
}

/* --- telling --- */

const char *turn_detail(const struct ladder_work *work, const struct ladder_step *step)
{
	AUTO(buf) struct buf text = {0};
	bool is_delayed = false;

	buf_printf(&text, "ladder=%s", work->load.kind == LADDER_APPROVAL ? "approval" : "alert");
	for (size_t i = 0; i < step->fire_count; i++) {
		buf_printf(&text, "%s%s", i == 0 ? " rungs=" : ",",
			   work->plan.rungs[step->fires[i].rung].name);
		is_delayed |= step->fires[i].is_delayed;
	}
	if (step->fire_count > 0) {
		buf_printf(&text, " cycle=%d", step->fires[step->fire_count - 1].cycle);
	}
	if (is_delayed) {
		buf_add_text(&text, " delayed=yes");
	}
	if (step->fires_last_resort) {
		buf_printf(&text, " last_resort=%d", step->position.resorts);
	}
	buf_printf(&text, " state=%s", ladder_state_name(step->state));
	return arena_strdup(work->arena, buf_text(&text));
}

void turn_log(const struct ladder_work *work, const struct ladder_step *step)
{
	static struct metric *rungs, *exhausted;

	if (rungs == NULL) {
		rungs = metric_counter("astrad_escalation_rungs_total", NULL, "Rungs that fired.");
		exhausted = metric_counter("astrad_escalation_exhausted_total", NULL,
					   "Times a ladder came to its last resort.");
	}
	metric_add(rungs, (int64_t)step->fire_count);
	if (step->fire_count > 0) {
		log_notice("ladder fired", "ref=%s %s", work->load.alert_ref,
			   turn_detail(work, step));
	}
	if (step->fires_last_resort) {
		metric_add(exhausted, 1);
		log_error("ladder exhausted: nobody reacted, the last resort is told again hourly",
			  "ref=%s %s", work->load.alert_ref, turn_detail(work, step));
	}
	if (step->skipped != 0) {
		log_info("rungs passed over", "ref=%s rungs=0x%llx", work->load.alert_ref,
			 (unsigned long long)step->skipped);
	}
}
