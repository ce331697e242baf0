/*
 * An action on a ladder: read, decide, write with compare-and-set, again when somebody was faster.
 * Nothing is kept between two actions but the list of dead channels. Crash: the one write happened
 * or not; the timer that asked for it is still there to ask again.
 */
#include "casework/ladder_work.h"

#include <string.h>

#include "casework/cases.h"
#include "casework/rung.h"

#define TRIES_MAX 8 /* each lost race means that somebody else got through */

struct ladder_work *ladder_work_begin(struct casework *casework, const struct action *action,
				      action_done *done, void *arg)
{
	struct arena *arena = arena_create();
	struct ladder_work *work = arena_alloc(arena, sizeof(*work));

	casework->under_way++;
	work->doing = (struct doing){.casework = casework, .done = done, .arg = arg};
	work->arena = arena;
	work->settings = settings_ref(casework->settings);
	work->action = *action;
	work->action.actor.person = arena_strdup(arena, action->actor.person);
	work->action.actor.partner = arena_strdup(arena, action->actor.partner);
	work->action.route = arena_strdup(arena, action->route);
	problems_init(&work->problems, arena);
	return work;
}

static void work_end(struct ladder_work **work)
{
	struct arena *arena = (*work)->arena;

	settings_unref(&(*work)->settings);
	arena_destroy(&arena);
	*work = NULL;
}

void ladder_work_answer(struct ladder_work **work, const struct outcome *outcome)
{
	doing_answer(&(*work)->doing, &(struct action_result){.ok = true, .outcome = outcome});
	work_end(work);
}

void ladder_work_fail(struct ladder_work **work, const struct error *err)
{
	if ((*work)->action.idempotency.use) { /* it may have succeeded under this key before */
		doing_refuse_action(&(*work)->doing, &(*work)->action, NULL, err);
	} else {
		doing_answer_error(&(*work)->doing, err);
	}
	work_end(work);
}

void ladder_work_refuse(struct ladder_work **work, enum error_code code, const char *text)
{
	struct error err;

	error_set(&err, code, "%s", text);
	ladder_work_fail(work, &err);
}

void ladder_work_discard(struct ladder_work **work)
{
	doing_refuse_action(&(*work)->doing, &(*work)->action, &(*work)->problems, NULL);
	work_end(work);
}

void ladder_work_refuse_field(struct ladder_work **work, const char *pointer, const char *detail)
{
	problems_add(&(*work)->problems, pointer, "%s", detail);
	ladder_work_discard(work);
}

/* --- reading --- */

static void set_now(struct ladder_work *work)
{
	work->now = casework_now(work->doing.casework);
	work->wall_utc_ms = work->now.utc_ms;
	if (work->timer.due_utc_ms > work->now.utc_ms) {
		/* the boot clock says it is due: the wall clock was set back meanwhile */
		work->now.utc_ms = work->timer.due_utc_ms;
	}
}

static bool read_ladder(struct ladder_work *work, struct error *err)
{
	work->plan = (struct ladder_plan){0};
	if (id_is_none(&work->load.ladder_id)) {
		return true;
	}
	return ladder_read(work->load.snapshot, work->arena, &work->plan, err) &&
	       ladder_position_decode(work->load.position, &work->position, err);
}

static void on_read(struct store_call *call)
{
	struct ladder_work *work = call->ctx;
	struct arena *read;
	struct error err;

	if (!call->ok) {
		ladder_work_fail(&work, &call->err);
		return;
	}
	work->load = *(const struct store_ladder_load_out *)call->out;
	read = store_call_take_arena(call);
	arena_adopt(work->arena, &read);
	set_now(work);
	if (!read_ladder(work, &err)) {
		ladder_work_fail(&work, &err);
		return;
	}
	work->decide(work);
}

static void read_submit(struct ladder_work *work, const struct casework_name *name)
{
	struct store_call *call =
		doing_next(&work->doing, &work->action, &store_ladder_load, on_read);
	struct store_ladder_load_in *in = call->in;

	in->ladder_id = work->which.ladder_id;
	in->ack_id = work->which.ack_id;
	if (work->which.alert != NULL) {
		in->alert_id = name->id;
		in->alert_ref = arena_strdup(call->arena, name->ref);
	}
	in->partner = work->action.actor.partner;
	call->ctx = work;
	call->idempotency.use = false;
	store_submit(call);
}

static void on_bad_name(void *arg)
{
	struct ladder_work *work = arg;

	ladder_work_refuse(&work, ERROR_NOT_FOUND, CASEWORK_NAME_REFUSAL);
}

void ladder_work_read(struct ladder_work *work, void (*decide)(struct ladder_work *work))
{
	struct casework_name name = {0};

	work->decide = decide;
	if (work->which.alert != NULL && !casework_name_parse(work->which.alert, &name)) {
		loop_defer(work->doing.casework->loop, on_bad_name, work);
		return;
	}
	read_submit(work, &name);
}

/* --- writing --- */

static void read_again(struct ladder_work *work)
{
	struct casework_name name = {.id = work->load.alert_id};

	settings_unref(&work->settings);
	work->settings = settings_ref(work->doing.casework->settings);
	read_submit(work, &name);
}

static void wake(const struct casework *casework)
{
	if (casework->wake.broadcasts != NULL) {
		casework->wake.broadcasts(casework->wake.arg);
	}
	if (casework->wake.timers != NULL) {
		casework->wake.timers(casework->wake.arg);
	}
}

static void on_written(struct store_call *call)
{
	struct ladder_work *work = call->ctx;
	const struct outcome *outcome = call->out;

	if (!call->ok && call->err.code == ERROR_STALE && work->stale_is_done) {
		ladder_work_answer(&work, NULL);
		return;
	}
	if (!call->ok && call->err.code == ERROR_STALE && ++work->tries < TRIES_MAX) {
		read_again(work);
		return;
	}
	if (call->ok && !call->replayed) {
		if (work->committed != NULL) {
			work->committed(work, call);
		}
		wake(work->doing.casework);
	}
	doing_answer(&work->doing, &(struct action_result){
					   .ok = call->ok,
					   .replayed = call->replayed,
					   .err = call->err,
					   .outcome = call->ok || call->replayed ? outcome : NULL,
				   });
	work_end(&work);
}

struct store_call *ladder_work_write(struct ladder_work *work, const struct store_op *op)
{
	struct store_call *call = doing_next(&work->doing, &work->action, op, on_written);

	call->ctx = work;
	call->audit.alert_id = work->load.alert_id;
	call->audit.version = ladder_work_version(work);
	return call;
}

/* --- facts --- */

bool ladder_work_counts(const struct ladder_work *work, const struct store_ack_row *row)
{
	return row->state == ACK_HELD && row->version >= work->load.version;
}

static struct ladder_ack *facts_acks(const struct ladder_work *work,
				     const struct ack_change *change, size_t *ret_count)
{
	const struct store_ladder_load_out *load = &work->load;
	struct ladder_ack *acks = arena_array(work->arena, load->ack_count + 1, sizeof(*acks));
	size_t count = 0;

	for (size_t i = 0; i < load->ack_count; i++) {
		const struct store_ack_row *row = &load->acks[i];

		if (ladder_work_counts(work, row) && !id_equal(&row->id, &change->id)) {
			acks[count++] =
				(struct ladder_ack){row->partner, row->role, row->is_operator};
		}
	}
	if (!id_is_none(&change->id) && change->is_held) {
		acks[count++] =
			(struct ladder_ack){change->partner, change->role, change->is_operator};
	}
	*ret_count = count;
	return acks;
}

static const struct store_ladder_channel *find_planned(const struct ladder_work *work,
						       const char *name)
{
	for (size_t i = 0; name != NULL && i < work->load.channel_count; i++) {
		if (strcmp(work->load.channels[i].channel, name) == 0) {
			return &work->load.channels[i];
		}
	}
	return NULL;
}

const struct store_ladder_channel *ladder_work_planned(const struct ladder_work *work,
						       const char *name)
{
	const struct store_ladder_channel *found = find_planned(work, name);
	const struct channel *channel =
		directory_find_known_channel(&work->settings->directory, name);

	return found != NULL || channel == NULL ? found : find_planned(work, channel->was);
}

/* Nobody is reached by it: dead, gone from the files, or the version is not meant for it. */
static bool is_deaf(const struct ladder_work *work, const char *name)
{
	const struct casework *casework = work->doing.casework;
	const struct channel *channel =
		directory_find_known_channel(&work->settings->directory, name);

	if (channel == NULL || channel->mode == CHANNEL_OFF ||
	    words_contain(&casework->dead, channel->name)) {
		return true;
	}
	return work->load.kind == LADDER_ALERT && ladder_work_planned(work, name) == NULL;
}

static struct words facts_dead(const struct ladder_work *work)
{
	const struct ladder_plan *plan = &work->plan;
	struct words dead = {0};
	size_t most = 0;

	for (size_t i = 0; i < plan->rung_count; i++) {
		most += plan->rungs[i].channels.count + plan->rungs[i].of_channels.count;
	}
	dead.items = arena_array(work->arena, most + 1, sizeof(*dead.items));
	for (size_t i = 0; i < plan->rung_count; i++) {
		const struct words *lists[] = {&plan->rungs[i].channels,
					       &plan->rungs[i].of_channels};

		for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
			for (size_t c = 0; c < lists[l]->count; c++) {
				if (is_deaf(work, lists[l]->items[c])) {
					dead.items[dead.count++] = lists[l]->items[c];
				}
			}
		}
	}
	return dead;
}

void ladder_work_facts(const struct ladder_work *work, const struct ack_change *change,
		       struct ladder_facts *ret_facts)
{
	*ret_facts = (struct ladder_facts){
		.status = work->load.status,
		.dead = facts_dead(work),
	};
	if (work->load.kind == LADDER_ALERT) {
		ret_facts->acks = facts_acks(work, change, &ret_facts->ack_count);
	}
}

int ladder_work_version(const struct ladder_work *work)
{
	return work->load.kind == LADDER_APPROVAL ? work->load.version : work->load.current_version;
}

struct outcome ladder_work_outcome(const struct ladder_work *work)
{
	struct outcome outcome = {
		.alert_id = work->load.alert_id,
		.alert_state = work->load.alert_state,
		.end_reason = work->load.end_reason,
		.version = work->load.current_version,
	};

	memcpy(outcome.alert_ref, work->load.alert_ref, sizeof(outcome.alert_ref));
	return outcome;
}
