/*
 * The ladder's walk: position + facts + time -> what fires, and the next position.
 *
 * Owner: the store keeps the position; nothing here keeps state. Every due time is counted from the
 * one before it as it was scheduled, never from now, so a late wake-up does not make the next one
 * later. A step may be computed again after a crash: from the same position it fires the same
 * rungs.
 *
 * The walk ends because every round ends with a gap of at least LADDER_GAP_MS, and whole rounds
 * that were missed are stepped over by arithmetic.
 */
#include "domain/ladder.h"

#include <stdio.h>

#include "domain/ladder_private.h"

#define RUNG_BIT(rung) (UINT64_C(1) << (rung))

/* What one step is made from. */
struct walk {
	const struct ladder_plan *plan;
	const struct ladder_facts *facts;
	int64_t now;
	uint64_t notified_before;
	struct ladder_step *step;
};

/* Positions -------------------------------------------------------------------------------------
 */

void ladder_position_start(const struct ladder_plan *plan, int64_t now_utc_ms,
			   struct ladder_position *ret_position)
{
	*ret_position = (struct ladder_position){
		.started_utc_ms = now_utc_ms,
		.rung_due_utc_ms = LADDER_NEVER,
		.resort_due_utc_ms = LADDER_NEVER,
	};
	if (plan->rung_count > 0) {
		ret_position->rung_due_utc_ms = now_utc_ms + plan->rungs[0].after_ms;
	} else {
		ret_position->resort_due_utc_ms = now_utc_ms;
	}
}

int64_t ladder_due(const struct ladder_position *position)
{
	return position->rung_due_utc_ms < position->resort_due_utc_ms
		       ? position->rung_due_utc_ms
		       : position->resort_due_utc_ms;
}

static int64_t gap_ms(const struct ladder_plan *plan)
{
	return plan->repeat_every_ms > LADDER_GAP_MS ? plan->repeat_every_ms : LADDER_GAP_MS;
}

static bool may_repeat(const struct ladder_plan *plan, const struct ladder_position *position)
{
	return plan->repeat_every_ms > 0 &&
	       (plan->repeat_times == REPEAT_UNTIL_ACK || position->cycle < plan->repeat_times);
}

static void exhaust_at(struct ladder_position *position, int64_t due_utc_ms)
{
	if (due_utc_ms < position->resort_due_utc_ms && position->resorts == 0) {
		position->resort_due_utc_ms = due_utc_ms;
	}
}

/* The last rung of a round was due at `due`. */
static void end_round(const struct ladder_plan *plan, struct ladder_position *position, int64_t due)
{
	int64_t next_due = due + gap_ms(plan);
	bool is_heard = position->is_heard;

	position->is_heard = false;
	if (!may_repeat(plan, position)) {
		position->next = (int)plan->rung_count;
		position->rung_due_utc_ms = LADDER_NEVER;
		exhaust_at(position, is_heard ? next_due : due);
		return;
	}
	position->next = 0;
	position->cycle++;
	position->rung_due_utc_ms = next_due;
	if (!is_heard) {
		exhaust_at(position, due);
	} else if (plan->repeat_times == REPEAT_UNTIL_ACK) {
		exhaust_at(position, next_due);
	}
}

/* Whole rounds that an outage swallowed: each of their rungs fires once all the same. */
static void skip_rounds(const struct ladder_plan *plan, struct ladder_position *position,
			int64_t now)
{
	int64_t round_ms = gap_ms(plan);

	if (position->next != 0 || position->cycle == 0 || plan->repeat_times != REPEAT_UNTIL_ACK) {
		return;
	}
	for (size_t i = 1; i < plan->rung_count; i++) {
		round_ms += plan->rungs[i].after_ms;
	}
	int64_t missed = (now - position->rung_due_utc_ms) / round_ms - 1;
	if (missed > 0) {
		position->cycle += (int)missed;
		position->rung_due_utc_ms += missed * round_ms;
	}
}

static bool is_told(const struct ladder_rung *rung, const struct words *told,
		    const struct words *dead)
{
	size_t told_count = 0;

	for (size_t i = 0; i < rung->channels.count; i++) {
		const char *channel = rung->channels.items[i];

		if (words_contain(told, channel)) {
			told_count++;
		} else if (!words_contain(dead, channel)) {
			return false;
		}
	}
	return told_count > 0;
}

void ladder_position_pass(const struct ladder_plan *plan, const struct words *told,
			  const struct words *dead, int64_t now_utc_ms,
			  struct ladder_position *position)
{
	while (position->cycle == 0 && position->next < (int)plan->rung_count &&
	       is_told(&plan->rungs[position->next], told, dead)) {
		int rung = position->next;

		position->notified |= RUNG_BIT(rung);
		position->is_heard = true;
		if ((size_t)rung + 1 == plan->rung_count) {
			end_round(plan, position, now_utc_ms);
			return;
		}
		position->next++;
		position->rung_due_utc_ms = now_utc_ms + plan->rungs[rung + 1].after_ms;
	}
}

/* Steps -----------------------------------------------------------------------------------------
 */

static void remember_fire(struct walk *walk, int rung, int64_t due)
{
	struct ladder_step *step = walk->step;
	struct ladder_fire fire = {
		.rung = rung,
		.cycle = step->position.cycle,
		.due_utc_ms = due,
		.is_delayed = walk->now - due > LADDER_LATE_MS,
	};

	step->position.notified |= RUNG_BIT(rung);
	for (size_t i = 0; i < step->fire_count; i++) {
		if (step->fires[i].rung == rung) {
			step->fires[i] = fire;
			return;
		}
	}
	step->fires[step->fire_count++] = fire;
}

/* Runs the rung that is next, and moves on. */
static void run_rung(struct walk *walk, bool is_forced)
{
	struct ladder_position *position = &walk->step->position;
	int index = position->next;
	const struct ladder_rung *rung = &walk->plan->rungs[index];
	int64_t due = position->rung_due_utc_ms;
	bool is_empty = rung->channels.count == 0;
	bool fires = !is_empty && (is_forced || ladder_rung_wants(walk->plan, rung, walk->facts));
	bool is_deaf = is_empty || ladder_all_dead(&rung->channels, walk->facts);

	if (fires) {
		remember_fire(walk, index, due);
		position->is_heard |= !is_deaf;
	} else {
		walk->step->skipped |= RUNG_BIT(index);
	}
	if ((size_t)index + 1 == walk->plan->rung_count) {
		end_round(walk->plan, position, due);
		return;
	}
	position->next++;
	/* A rung whose condition does not hold is no empty one: its delay is waited for. */
	bool at_once = is_empty || (fires && is_deaf);
	position->rung_due_utc_ms = at_once ? due : due + walk->plan->rungs[index + 1].after_ms;
}

/* After an outage those who know already are not told again, but for the furthest rung. */
static void drop_repeated(struct walk *walk)
{
	struct ladder_step *step = walk->step;
	int64_t furthest = 0;
	size_t kept = 0;

	for (size_t i = 0; i < step->fire_count; i++) {
		furthest =
			step->fires[i].due_utc_ms > furthest ? step->fires[i].due_utc_ms : furthest;
	}
	for (size_t i = 0; i < step->fire_count; i++) {
		const struct ladder_fire *fire = &step->fires[i];
		bool is_known = walk->notified_before & RUNG_BIT(fire->rung);

		if (!is_known || !fire->is_delayed || fire->due_utc_ms == furthest) {
			step->fires[kept++] = *fire;
		}
	}
	step->fire_count = kept;
}

static void run_last_resort(struct walk *walk)
{
	struct ladder_step *step = walk->step;
	struct ladder_position *position = &step->position;

	step->fires_last_resort = true;
	step->resort_cycle = LADDER_RESORT_CYCLE + position->resorts;
	step->is_newly_exhausted = position->resorts == 0;
	position->resorts++;
	int64_t late_ms = walk->now - position->resort_due_utc_ms;
	position->resort_due_utc_ms += (late_ms / LADDER_RESORT_MS + 1) * LADDER_RESORT_MS;
}

static struct walk begin(const struct ladder_plan *plan, const struct ladder_position *position,
			 const struct ladder_facts *facts, int64_t now_utc_ms,
			 struct ladder_step *step)
{
	*step = (struct ladder_step){.position = *position};
	return (struct walk){.plan = plan,
			     .facts = facts,
			     .now = now_utc_ms,
			     .notified_before = position->notified,
			     .step = step};
}

static void finish(struct walk *walk)
{
	struct ladder_step *step = walk->step;

	if (ladder_is_stopped(walk->plan, walk->facts)) {
		step->state = LADDER_ACKED;
		step->due_utc_ms = LADDER_NEVER;
		return;
	}
	step->state = step->position.resorts > 0 ? LADDER_EXHAUSTED : LADDER_RUNNING;
	step->due_utc_ms = ladder_due(&step->position);
}

void ladder_advance(const struct ladder_plan *plan, const struct ladder_position *position,
		    const struct ladder_facts *facts, int64_t now_utc_ms,
		    struct ladder_step *ret_step)
{
	struct walk walk = begin(plan, position, facts, now_utc_ms, ret_step);

	if (ladder_is_stopped(plan, facts)) {
		finish(&walk);
		return;
	}
	while (ret_step->position.rung_due_utc_ms <= now_utc_ms) {
		skip_rounds(plan, &ret_step->position, now_utc_ms);
		run_rung(&walk, false);
	}
	drop_repeated(&walk);
	if (ret_step->position.resort_due_utc_ms <= now_utc_ms) {
		run_last_resort(&walk);
	}
	finish(&walk);
}

void ladder_force(const struct ladder_plan *plan, const struct ladder_position *position,
		  const struct ladder_facts *facts, int64_t now_utc_ms,
		  struct ladder_step *ret_step)
{
	struct walk walk = begin(plan, position, facts, now_utc_ms, ret_step);

	if (ret_step->position.rung_due_utc_ms == LADDER_NEVER) {
		ret_step->position.resort_due_utc_ms = now_utc_ms;
		run_last_resort(&walk);
	} else {
		ret_step->position.rung_due_utc_ms = now_utc_ms;
		run_rung(&walk, true);
	}
	finish(&walk);
}

void ladder_leave_resort(int64_t now_utc_ms, struct ladder_step *step)
{
	if (!step->fires_last_resort) {
		return;
	}
	step->fires_last_resort = false;
	step->is_newly_exhausted = false;
	step->position.resorts = 0;
	step->position.resort_due_utc_ms = now_utc_ms;
	step->state = LADDER_RUNNING;
	step->due_utc_ms = now_utc_ms;
}

bool ladder_bring_forward(const struct ladder_plan *plan, const struct ladder_facts *facts,
			  int64_t now_utc_ms, struct ladder_position *position)
{
	int last = position->next > 0 ? position->next - 1 : (int)plan->rung_count - 1;
	bool has_fired = position->notified != 0 && last >= 0;

	if (!has_fired || !ladder_all_dead(&plan->rungs[last].channels, facts)) {
		return false;
	}
	if (position->next > 0 && position->rung_due_utc_ms != LADDER_NEVER) {
		if (position->rung_due_utc_ms <= now_utc_ms) {
			return false;
		}
		position->rung_due_utc_ms = now_utc_ms;
		return true;
	}
	/* Nothing comes after the last rung of a round but the last resort. */
	if (position->resorts > 0 || position->resort_due_utc_ms <= now_utc_ms) {
		return false;
	}
	position->resort_due_utc_ms = now_utc_ms;
	return true;
}

void ladder_reopen(int64_t now_utc_ms, struct ladder_position *position)
{
	if (position->rung_due_utc_ms < now_utc_ms) {
		position->rung_due_utc_ms = now_utc_ms;
	}
	if (position->resort_due_utc_ms < now_utc_ms) {
		position->resort_due_utc_ms = now_utc_ms;
	}
}

/* Texts -----------------------------------------------------------------------------------------
 */

void ladder_position_encode(const struct ladder_position *position, char out[LADDER_POSITION_BYTES])
{
	snprintf(out, LADDER_POSITION_BYTES, "1 %lld %d %d %lld %lld %d %d %llu",
		 (long long)position->started_utc_ms, position->next, position->cycle,
		 (long long)position->rung_due_utc_ms, (long long)position->resort_due_utc_ms,
		 position->resorts, position->is_heard, (unsigned long long)position->notified);
}

bool ladder_position_decode(const char *text, struct ladder_position *ret_position,
			    struct error *err)
{
	long long started, rung_due, resort_due;
	unsigned long long notified;
	int next, cycle, resorts, heard;
	char rest;

	if (!text ||
	    sscanf(text, "1 %lld %d %d %lld %lld %d %d %llu%c", &started, &next, &cycle, &rung_due,
		   &resort_due, &resorts, &heard, &notified, &rest) != 8 ||
	    next < 0 || next > LADDER_RUNGS_MAX || cycle < 0 || resorts < 0) {
		return error_set(err, ERROR_INTERNAL, "a ladder's position cannot be read");
	}
	*ret_position = (struct ladder_position){
		.started_utc_ms = started,
		.next = next,
		.cycle = cycle,
		.rung_due_utc_ms = rung_due,
		.resort_due_utc_ms = resort_due,
		.resorts = resorts,
		.is_heard = heard != 0,
		.notified = notified,
	};
	return true;
}
