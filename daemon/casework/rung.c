/* Firing rungs: see rung.h for the law, turn.h for how a step is stored. */
#include "casework/rung.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "casework/announce.h"
#include "casework/ladder_work.h"
#include "casework/turn.h"

static const struct action system_action = {.actor = {.person = "system"}};

/* --- what every firing shares --- */

static bool says_anything(const struct ladder_work *work, const struct ladder_step *step)
{
	return step->fire_count > 0 || step->fires_last_resort || step->state != work->load.state;
}

static void write_step(struct ladder_work *work, const struct ladder_step *step, const char *action)
{
	struct store_call *call = ladder_work_write(work, &store_ladder_turn);
	struct store_ladder_turn_in *in = call->in;

	turn_of_step(work, step, &in->turn);
	if (says_anything(work, step) || work->reason != NULL) {
		call->audit.action = action;
		call->audit.detail = turn_detail(work, step);
		call->audit.note = work->reason;
	}
	turn_log(work, step);
	store_submit(call);
}

/* --- a timer --- */

static void fire_decide(struct ladder_work *work)
{
	struct ladder_step *step;
	struct ladder_facts facts;

	if (id_is_none(&work->load.ladder_id) || work->load.state == LADDER_PAUSED) {
		ladder_work_answer(&work, NULL); /* ended meanwhile, or its alert is suspended */
		return;
	}
	step = arena_alloc(work->arena, sizeof(*step));
	ladder_work_facts(work, &(struct ack_change){0}, &facts);
	ladder_advance(&work->plan, &work->position, &facts, work->now.utc_ms, step);
	write_step(work, step, "ladder.fire");
}

void rung_fire(struct casework *casework, const struct timer_row *timer, action_done *done,
	       void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, &system_action, done, arg);

	work->timer = *timer;
	work->which.ladder_id = timer->owner_id;
	ladder_work_read(work, fire_decide);
}

/* --- a person --- */

static void escalate_decide(struct ladder_work *work)
{
	struct ladder_step *step;
	struct ladder_facts facts;

	if (id_is_none(&work->load.ladder_id) || work->load.alert_state == ALERT_SUSPENDED) {
		ladder_work_refuse(&work, ERROR_CONFLICT,
				   "nothing escalates: the alert is neither active nor waiting for "
				   "approval");
		return;
	}
	step = arena_alloc(work->arena, sizeof(*step));
	ladder_work_facts(work, &(struct ack_change){0}, &facts);
	ladder_force(&work->plan, &work->position, &facts, work->now.utc_ms, step);
	write_step(work, step, "alert.escalate");
}

void rung_escalate(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, action, done, arg);
	struct alertbody_reason reason;

	if (!alertbody_decode_reason(body, false, work->arena, &reason, &work->problems)) {
		ladder_work_discard(&work);
		return;
	}
	work->reason = reason.reason;
	work->which.alert = arena_strdup(work->arena, name);
	ladder_work_read(work, escalate_decide);
}

/* --- a dead channel --- */

static void forward_decide(struct ladder_work *work)
{
	struct ladder_position position = work->position;
	struct ladder_step *step;
	struct ladder_facts facts;
	bool runs = work->load.state == LADDER_RUNNING || work->load.state == LADDER_EXHAUSTED;

	if (id_is_none(&work->load.ladder_id) || !runs) {
		ladder_work_answer(&work, NULL);
		return;
	}
	ladder_work_facts(work, &(struct ack_change){0}, &facts);
	if (ladder_is_stopped(&work->plan, &facts) ||
	    !ladder_bring_forward(&work->plan, &facts, work->now.utc_ms, &position)) {
		ladder_work_answer(&work, NULL);
		return;
	}
	step = arena_alloc(work->arena, sizeof(*step));
	ladder_advance(&work->plan, &position, &facts, work->now.utc_ms, step);
	write_step(work, step, "ladder.forward");
}

void rung_bring_forward(struct casework *casework, const struct id *ladder, action_done *done,
			void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, &system_action, done, arg);

	work->which.ladder_id = *ladder;
	ladder_work_read(work, forward_decide);
}

size_t rung_set_dead(struct casework *casework, const char *channel, bool is_dead)
{
	struct words *dead = &casework->dead;
	size_t at = 0;

	while (at < dead->count && strcmp(dead->items[at], channel) != 0) {
		at++;
	}
	if (is_dead == (at < dead->count)) {
		return dead->count;
	}
	if (is_dead) {
		dead->items = xrealloc(dead->items, dead->count + 1, sizeof(*dead->items));
		dead->items[dead->count++] = xstrdup(channel);
		return dead->count;
	}
	free((char *)dead->items[at]);
	dead->items[at] = dead->items[--dead->count];
	return dead->count;
}

/* --- staff hear of a channel --- */

static void page_next(struct ladder_work *work)
{
	const struct directory *directory = &work->settings->directory;
	struct words names = {.items = arena_array(work->arena, directory->channel_count + 1,
						   sizeof(*names.items))};
	struct notice notice = {
		.type = NOTICE_CHANNEL_DEAD,
		.status = STATUS_ACTUAL,
		.channel = work->channel,
		.reason = work->reason,
	};
	struct store_notice_create_in *in;
	struct store_call *call;

	for (size_t i = 0; i < directory->channel_count; i++) {
		if (strcmp(directory->channels[i].name, work->channel) != 0) {
			names.items[names.count++] = directory->channels[i].name;
		}
	}
	call = ladder_work_write(work, &store_notice_create);
	in = call->in;
	in->notice = announce_staff(work, &notice, &names);
	in->now_utc_ms = clock_utc_ms(work->doing.casework->clock);
	secret_random(in->seed, sizeof(in->seed));
	if (in->notice.type == NULL) {
		log_warning("no other internal channel can tell of a dead one", "channel=%s",
			    work->channel);
	}
	store_submit(call);
}

void rung_page(struct casework *casework, const char *channel, const char *reason,
	       action_done *done, void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, &system_action, done, arg);

	work->channel = arena_strdup(work->arena, channel);
	work->reason = arena_strdup(work->arena, reason);
	page_next(work);
}
