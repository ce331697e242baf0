/*
 * Acknowledgements: who may, whose it is, what it does to the ladder. See ack.h. Each is one read
 * and one compare-and-set write; what the partners are told goes with it. What was said is sealed,
 * the log and the audit trail tell ids only.
 */
#include "casework/ack.h"

#include <string.h>

#include "base/log.h"
#include "casework/announce.h"
#include "casework/ladder_work.h"
#include "casework/turn.h"

#define LEASE_DEFAULT_MS (INT64_C(30) * 60 * 1000)

static const struct action system_action = {.actor = {.person = "system"}};

/* --- whose --- */

/* Whose acknowledgement it is: a partner's, or an operator's own. */
struct whose {
	const char *partner;
	const char *person;
	enum partner_role role;
	bool is_operator;
};

static const struct store_ack_row *find_ack(const struct ladder_work *work,
					    const struct whose *whose)
{
	for (size_t i = 0; i < work->load.ack_count; i++) {
		const struct store_ack_row *row = &work->load.acks[i];
		const char *theirs = whose->partner != NULL ? row->partner : row->person;
		const char *ours = whose->partner != NULL ? whose->partner : whose->person;

		if (theirs != NULL && strcmp(theirs, ours) == 0) {
			return row;
		}
	}
	return NULL;
}

static const struct store_ack_row *find_ack_id(const struct ladder_work *work, const struct id *id)
{
	for (size_t i = 0; i < work->load.ack_count; i++) {
		if (id_equal(&work->load.acks[i].id, id)) {
			return &work->load.acks[i];
		}
	}
	return NULL;
}

/* False: the work was answered. */
static bool whose_is_it(struct ladder_work **work, struct whose *whose)
{
	const struct actor *actor = &(*work)->action.actor;
	const char *on_behalf_of = (*work)->ack.on_behalf_of;
	const struct partner *partner;

	*whose = (struct whose){
		.partner = actor->partner != NULL ? actor->partner : on_behalf_of,
		.is_operator = actor->partner == NULL,
	};
	if (whose->partner == NULL) {
		whose->person = actor->person;
		return true;
	}
	if (actor->partner != NULL && on_behalf_of != NULL) {
		ladder_work_refuse_field(work, "/on_behalf_of", "only an operator may say this");
		return false;
	}
	partner = directory_find_partner(&(*work)->settings->directory, whose->partner);
	if (partner == NULL && on_behalf_of != NULL) {
		ladder_work_refuse_field(work, "/on_behalf_of", "no such partner is configured");
		return false;
	}
	if (partner == NULL) {
		ladder_work_refuse(work, ERROR_DENIED, "the partner is not configured any more");
		return false;
	}
	whose->role = partner->role;
	return true;
}

/* A partner acts on alerts it was sent; nobody acts on one that is over. False: answered. */
static bool may_act(struct ladder_work **work)
{
	const struct store_ladder_load_out *load = &(*work)->load;

	if ((*work)->action.actor.partner != NULL && !load->partner_has_it) {
		ladder_work_refuse(work, ERROR_NOT_FOUND, "no such alert");
		return false;
	}
	if (load->alert_state == ALERT_ENDED || load->alert_state == ALERT_REJECTED) {
		ladder_work_refuse(work, ERROR_CONFLICT,
				   arena_printf((*work)->arena, "alert %s is over: %s",
						load->alert_ref,
						load->alert_state == ALERT_ENDED
							? end_reason_name(load->end_reason)
							: alert_state_name(load->alert_state)));
		return false;
	}
	if (load->current_version == 0) {
		ladder_work_refuse(
			work, ERROR_CONFLICT,
			"the alert is not approved yet: there is nothing to acknowledge");
		return false;
	}
	return true;
}

/* --- taking it --- */

static void log_ack(struct ladder_work *work, const struct store_call *call)
{
	const struct outcome *outcome = call->out;
	char ack[ID_TEXT_BYTES];

	id_format(&outcome->item_id, ack);
	log_notice(work->reason, "ref=%s ack=%s by=%s", work->load.alert_ref, ack, outcome->word);
}

static void log_put(struct ladder_work *work, const struct store_call *call)
{
	const struct store_ack_put_out *out = call->out;

	log_ack(work, call);
	if (out->on_wire > 0) {
		/* they are not called back: whoever has an alert must also get its end */
		log_info("sends under way finish after the acknowledgement", "ref=%s post_ack=%lld",
			 work->load.alert_ref, (long long)out->on_wire);
	}
}

static int64_t lease_ms(const struct ladder_work *work)
{
	if (work->ack.lease_ms > 0) {
		return work->ack.lease_ms;
	}
	return work->plan.ack_lease_ms > 0 ? work->plan.ack_lease_ms : LEASE_DEFAULT_MS;
}

static void put_lease(const struct ladder_work *work, struct store_ack_put_in *in)
{
	int64_t lease = lease_ms(work);

	in->lease_until_utc_ms = work->wall_utc_ms + lease;
	if (lease > LADDER_LEASE_WARN_MS) {
		in->warn_utc_ms = in->lease_until_utc_ms - LADDER_LEASE_WARN_MS;
	}
}

/* The other partners hear once, when it is taken, not at each renewal. */
static void tell_others(struct ladder_work *work, const struct whose *whose,
			struct store_ack_put_in *in)
{
	struct notice notice = announce_of(work, NOTICE_ACKNOWLEDGED, NULL);
	struct ladder_notice made;
	char id[ID_TEXT_BYTES];

	id_format(&in->ack_id, id);
	notice.ack = id;
	notice.partner = whose->partner;
	notice.lease_utc_ms = in->lease_until_utc_ms;
	made = announce_acknowledged(work, &notice, whose->partner);
	turn_add_notice(work, &in->turn, &made);
}

static void put_row(struct ladder_work *work, const struct whose *whose,
		    struct store_ack_put_in *in)
{
	const struct store_ack_row *row = find_ack(work, whose);
	bool is_held = work->ack.declined == NULL;

	in->is_new = row == NULL;
	in->ack_id = row != NULL ? row->id : id_new(work->doing.casework->clock);
	in->keeps_said = is_held && row != NULL && ladder_work_counts(work, row);
	in->partner = whose->partner;
	in->person = whose->person;
	in->role = in->keeps_said ? row->role : whose->role;
	in->is_operator = in->keeps_said ? row->is_operator : whose->is_operator;
	in->state = is_held ? ACK_HELD : ACK_DECLINED;
	in->said = work->ack.canonical;
	if (is_held) {
		put_lease(work, in);
	}
}

static void write_ack(struct ladder_work *work, const struct whose *whose)
{
	struct store_call *call = ladder_work_write(work, &store_ack_put);
	struct store_ack_put_in *in = call->in;
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));
	struct ladder_facts facts;

	put_row(work, whose, in);
	ladder_work_facts(work,
			  &(struct ack_change){.id = in->ack_id,
					       .is_held = in->state == ACK_HELD,
					       .partner = in->partner,
					       .role = in->role,
					       .is_operator = in->is_operator},
			  &facts);
	turn_of_acks(work, &facts, step, &in->turn);
	turn_log(work, step);
	if (in->state == ACK_HELD && !in->keeps_said) {
		tell_others(work, whose, in);
	}
	work->reason = in->state == ACK_DECLINED ? "alert declined"
		       : in->keeps_said          ? "acknowledgement renewed"
						 : "alert acknowledged";
	work->committed = log_put;
	call->audit.action = in->state == ACK_DECLINED ? "ack.decline"
			     : in->keeps_said          ? "ack.renew"
						       : "ack.create";
	call->audit.detail = arena_printf(work->arena, "%s by=%s", turn_detail(work, step),
					  whose->partner != NULL ? whose->partner : whose->person);
	call->audit.note = work->ack.declined != NULL ? work->ack.declined : work->ack.note;
	store_submit(call);
}

static void create_decide(struct ladder_work *work)
{
	struct whose whose;

	if (may_act(&work) && whose_is_it(&work, &whose)) {
		write_ack(work, &whose);
	}
}

void ack_create(struct casework *casework, const struct action *action, const char *name,
		struct bytes body, action_done *done, void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, action, done, arg);

	if (!alertbody_decode_ack(body, work->arena, &work->ack, &work->problems)) {
		ladder_work_discard(&work);
		return;
	}
	work->which.alert = arena_strdup(work->arena, name);
	ladder_work_read(work, create_decide);
}

/* --- its end --- */

static void end_ack(struct ladder_work *work, const struct store_ack_row *row, enum ack_state state)
{
	struct store_call *call = ladder_work_write(work, &store_ack_end);
	struct store_ack_end_in *in = call->in;
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));
	struct ladder_facts facts;

	in->ack_id = row->id;
	in->state = state;
	in->timer = work->timer;
	ladder_work_facts(work, &(struct ack_change){.id = row->id}, &facts);
	turn_of_acks(work, &facts, step, &in->turn);
	turn_log(work, step);
	if (work->load.state == LADDER_ACKED && step->state != LADDER_ACKED) {
		struct notice notice =
			announce_of(work, NOTICE_ESCALATION,
				    state == ACK_EXPIRED ? "ack_expired" : "ack_released");
		struct ladder_notice made = announce_staff(work, &notice, NULL);

		turn_add_notice(work, &in->turn, &made);
	}
	work->reason = state == ACK_EXPIRED ? "acknowledgement lapsed: the ladder goes on"
					    : "acknowledgement given back";
	work->committed = log_ack;
	call->audit.action = state == ACK_EXPIRED ? "ack.expire" : "ack.release";
	call->audit.detail = turn_detail(work, step);
	store_submit(call);
}

static void release_decide(struct ladder_work *work)
{
	const struct store_ack_row *row = find_ack_id(work, &work->ack_id);
	const char *partner = work->action.actor.partner;
	struct outcome outcome;

	if (!may_act(&work)) {
		return;
	}
	if (row == NULL ||
	    (partner != NULL && (row->partner == NULL || strcmp(row->partner, partner) != 0))) {
		ladder_work_refuse(&work, ERROR_NOT_FOUND, "no such acknowledgement of this alert");
		return;
	}
	if (row->state == ACK_HELD) {
		end_ack(work, row, ACK_RELEASED);
		return;
	}
	outcome = ladder_work_outcome(work);
	outcome.item_id = row->id;
	outcome.at_utc_ms = row->updated_utc_ms;
	ladder_work_answer(&work, &outcome);
}

void ack_release(struct casework *casework, const struct action *action, const char *name,
		 const char *ack, action_done *done, void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, action, done, arg);

	if (!id_parse(ack, strlen(ack), &work->ack_id)) {
		work->ack_id =
			(struct id){0}; /* no row has it: answered as one that is not there */
	}
	work->which.alert = arena_strdup(work->arena, name);
	ladder_work_read(work, release_decide);
}

/* --- timers --- */

/* A timer without its reason: it only goes. */
static void drop_timer(struct ladder_work *work)
{
	struct store_call *call = ladder_work_write(work, &store_timer_done);
	struct store_timer_done_in *in = call->in;

	in->timer = work->timer;
	in->now = work->now;
	work->stale_is_done = true;
	store_submit(call);
}

static void expire_decide(struct ladder_work *work)
{
	const struct store_ack_row *row = find_ack_id(work, &work->timer.owner_id);
	bool is_over = work->load.alert_state == ALERT_ENDED;

	if (row == NULL || row->state != ACK_HELD || is_over) {
		drop_timer(work);
		return;
	}
	if (row->lease_until_utc_ms != work->timer.due_utc_ms) {
		ladder_work_answer(&work, NULL); /* renewed meanwhile: another timer has it */
		return;
	}
	end_ack(work, row, ACK_EXPIRED);
}

void ack_expire(struct casework *casework, const struct timer_row *timer, action_done *done,
		void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, &system_action, done, arg);

	work->timer = *timer;
	work->which.ack_id = timer->owner_id;
	ladder_work_read(work, expire_decide);
}

/* The acker hears it where the alert came; an operator by the internal channels. */
static struct ladder_notice warning(struct ladder_work *work, const struct store_ack_row *row)
{
	struct notice notice = announce_of(work, NOTICE_ACK_EXPIRING, NULL);
	struct ladder_notice made = {0};
	char id[ID_TEXT_BYTES];

	id_format(&row->id, id);
	notice.ack = id;
	notice.partner = row->partner;
	notice.lease_utc_ms = row->lease_until_utc_ms;
	if (row->partner != NULL) {
		made = announce_to(work, &notice, row->partner);
	}
	if (made.type == NULL) {
		notice = announce_of(work, NOTICE_ESCALATION, "ack_expiring");
		made = announce_staff(work, &notice, NULL);
	}
	return made;
}

static void warn_decide(struct ladder_work *work)
{
	const struct store_ack_row *row = find_ack_id(work, &work->timer.owner_id);
	struct store_timer_done_in *in;
	struct store_call *call;

	if (row == NULL || row->state != ACK_HELD || work->load.alert_state == ALERT_ENDED) {
		drop_timer(work);
		return;
	}
	call = ladder_work_write(work, &store_timer_done);
	in = call->in;
	in->timer = work->timer;
	in->notice = warning(work, row);
	in->version = work->load.current_version;
	in->now = work->now;
	in->now.utc_ms = work->wall_utc_ms;
	secret_random(in->seed, sizeof(in->seed));
	call->audit.action = "ack.warn";
	work->stale_is_done = true;
	store_submit(call);
}

void ack_warn(struct casework *casework, const struct timer_row *timer, action_done *done,
	      void *arg)
{
	struct ladder_work *work = ladder_work_begin(casework, &system_action, done, arg);

	work->timer = *timer;
	work->which.ack_id = timer->owner_id;
	ladder_work_read(work, warn_decide);
}
