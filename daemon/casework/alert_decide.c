/*
 * Submit, approve, refuse. The plan is made again from what the store holds now; if its digest is
 * not the one that was sent, something changed since it was read (a reload included) and nothing
 * happens. The store then compares everything once more inside the transaction that takes effect.
 */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "casework/alert_private.h"
#include "domain/ladder.h"
#include "domain/notice.h"
#include "domain/release.h"

/* --- what submit and approve share --- */

/* A decision with its plan; lives in the work's arena. */
struct decision {
	struct alertbody_decision asked;
	struct plan plan;
	struct draft draft;
	const struct policy *policy;
};

static bool decision_check(const struct alert_work *work, const struct decision *decision,
			   struct error *err)
{
	const struct store_alert_load_out *load = &work->load;

	if (load->open_version == 0 || decision->asked.version != load->open_version) {
		return error_set(err, ERROR_CONFLICT, "version %d is not waiting for a decision",
				 decision->asked.version);
	}
	if (strcmp(decision->plan.digest, decision->asked.digest) != 0) {
		return error_set(err, ERROR_CONFLICT,
				 "the preview changed since you read it: read it again");
	}
	return true;
}

/* An unapproved version with a held field waits: the state of the case does not allow it. */
static bool holds_allow(const struct alert_work *work, const struct decision *decision,
			struct error *err)
{
	for (size_t i = 0; i < work->load.case_count; i++) {
		const struct store_alert_case *one = &work->load.cases[i];
		uint64_t held = one->held_fields & decision->draft.fields;
		AUTO(buf) struct buf names = {0};

		if (held != 0) {
			release_render_names(held, &names);
			return error_set(err, ERROR_CONFLICT, "case %s: held back are %s", one->ref,
					 buf_text(&names));
		}
	}
	return true;
}

/* Reads the body, makes the plan, compares. On false the work was answered and is gone. */
static bool decision_make(struct alert_work **work, struct decision *decision)
{
	struct alert_work *w = *work;
	struct problems problems;
	struct error err;

	problems_init(&problems, w->arena);
	if (!alertbody_decode_decision(w->body, w->arena, &decision->asked, &problems)) {
		alert_work_problems(work, &problems);
		return false;
	}
	if (w->load.open_version == 0) {
		error_set(&err, ERROR_CONFLICT, "no version is waiting for a decision");
		alert_work_fail(work, &err);
		return false;
	}
	if (!alert_work_plan(w, w->arena, &decision->plan, &decision->draft, &err)) {
		alert_work_fail(work, &err);
		return false;
	}
	if (!decision_check(w, decision, &err) || !holds_allow(w, decision, &err)) {
		alert_work_fail(work, &err);
		return false;
	}
	if (!problems_are_none(&decision->plan.errors)) {
		alert_work_problems(work, &decision->plan.errors);
		return false;
	}
	decision->policy = directory_find_policy(&w->settings->directory, decision->draft.policy);
	if (decision->policy == NULL) {
		error_set(&err, ERROR_CONFLICT, "the policy of the draft is not configured");
		alert_work_fail(work, &err);
		return false;
	}
	return true;
}

static struct store_alert_basis basis_of(const struct alert_work *work)
{
	const struct store_alert_load_out *load = &work->load;
	int64_t *versions = arena_array(work->arena, load->case_count + 1, sizeof(*versions));
	uint64_t held = 0;

	for (size_t i = 0; i < load->case_count; i++) {
		versions[i] = load->cases[i].truth_version;
		held |= load->cases[i].held_fields;
	}
	return (struct store_alert_basis){
		.version_etag = load->version_etag,
		.case_versions = versions,
		.case_count = load->case_count,
		.held_fields = held,
	};
}

static bool is_deaf(const struct alert_work *work, const struct plan *plan,
		    const struct channel *channel)
{
	if (channel->mode == CHANNEL_OFF ||
	    words_contain(&work->doing.casework->dead, channel->name)) {
		return true;
	}
	for (size_t i = 0; plan != NULL && i < plan->channel_count; i++) {
		if (plan->channels[i].channel == channel) {
			return plan->channels[i].variant == SIZE_MAX;
		}
	}
	return plan != NULL;
}

/* Channels of the ladder that reach nobody: a rung of such only is passed at once. plan: NULL for
 * an approval ladder. */
static struct words deaf_of(const struct alert_work *work, const struct ladder_def *def,
			    const struct plan *plan)
{
	struct words deaf = {0};
	size_t most = 0;

	for (size_t r = 0; r < def->rung_count; r++) {
		most += def->rungs[r].channel_count;
	}
	deaf.items = arena_array(work->arena, most + 1, sizeof(*deaf.items));
	for (size_t r = 0; r < def->rung_count; r++) {
		for (size_t c = 0; c < def->rungs[r].channel_count; c++) {
			const struct channel *channel = def->rungs[r].channels[c];

			if (is_deaf(work, plan, channel)) {
				deaf.items[deaf.count++] = channel->name;
			}
		}
	}
	return deaf;
}

/* A ladder that begins now; `fired` is a bit set of the rungs that fire at once. */
static void ladder_of(const struct alert_work *work, const struct decision *decision,
		      enum ladder_kind kind, struct ladder_start *start, struct ladder_step *step)
{
	const struct policy *policy = decision->policy;
	bool is_alert = kind == LADDER_ALERT;
	struct ladder_facts facts = {
		.status = work->load.status,
		.dead = deaf_of(work, is_alert ? &policy->alert : &policy->approval,
				is_alert ? &decision->plan : NULL),
	};
	struct casework *casework = work->doing.casework;
	int64_t now = clock_utc_ms(casework->clock);
	AUTO(buf) struct buf snapshot = {0};
	struct ladder_position position;
	struct ladder_plan plan;
	struct error err;
	char *text = arena_alloc(work->arena, LADDER_POSITION_BYTES);

	ladder_snapshot(&work->settings->directory, policy, kind, &snapshot);
	start->id = id_new(casework->clock);
	start->kind = kind;
	start->snapshot = arena_strdup(work->arena, buf_text(&snapshot));
	if (!ladder_read(start->snapshot, work->arena, &plan, &err)) {
		log_error("ladder snapshot cannot be read", "alert=%s", work->load.ref);
		start->id = (struct id){0};
		return;
	}
	ladder_position_start(&plan, now, &position);
	ladder_advance(&plan, &position, &facts, now, step);
	ladder_position_encode(&step->position, text);
	start->position = text;
	start->due_utc_ms = step->due_utc_ms == LADDER_NEVER ? 0 : step->due_utc_ms;
}

/* --- submit --- */

static void notice_of(const struct alert_work *work, const struct decision *decision,
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

static void on_decided(struct store_call *call)
{
	if (call->ok && !call->replayed) {
		alert_wake(call->ctx);
	}
	doing_answer_call(call);
}

static void submit_next(struct alert_work *work)
{
	struct decision *decision = arena_alloc(work->arena, sizeof(*decision));
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));
	struct store_alert_submit_in fill = {0};
	struct store_call *call;

	if (!decision_make(&work, decision)) {
		return;
	}
	fill.basis = basis_of(work);
	if (decision->policy->approval.rung_count > 0) {
		ladder_of(work, decision, LADDER_APPROVAL, &fill.ladder, step);
		notice_of(work, decision, step, &fill.notice);
	}
	fill.alert_id = work->load.id;
	fill.version = work->load.version;
	fill.digest = arena_strdup(work->arena, decision->plan.digest);
	secret_random(fill.seed, sizeof(fill.seed));
	call = alert_work_write(&work, &store_alert_submit, on_decided);
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

/* --- approve --- */

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
			  struct store_alert_approve_in *fill)
{
	struct store_variant *variants =
		arena_array(work->arena, plan->variant_count + 1, sizeof(*variants));

	for (size_t i = 0; i < plan->variant_count; i++) {
		add_variant(work, &plan->variants[i], &variants[i]);
	}
	variants[plan->variant_count] = (struct store_variant){
		.id = PLAN_SHOWN_VARIANT,
		.body = plan->shown,
	};
	fill->variants = variants;
	fill->variant_count = plan->variant_count + 1;
}

/* Names are the snapshot's, which may go before the store call does: the call gets its own. */
static const char *name_of(const struct alert_work *work, const struct channel *channel)
{
	return arena_strdup(work->arena, channel->name);
}

static const char *partner_of(const struct alert_work *work, const struct channel *channel)
{
	return channel->partner != NULL ? arena_strdup(work->arena, channel->partner->id) : NULL;
}

/* One row a channel and message, for those that get the version. */
static void fill_plan(const struct alert_work *work, const struct plan *plan,
		      struct store_alert_approve_in *fill)
{
	struct store_plan_row *rows =
		arena_array(work->arena, plan->channel_count * PLAN_MESSAGES + 1, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *channel = &plan->channels[i];

		for (int m = 0; m < PLAN_MESSAGES; m++) {
			const struct plan_variant *variant =
				plan_find_variant(plan, channel, (enum message)m);

			if (variant == NULL) {
				continue;
			}
			rows[count++] = (struct store_plan_row){
				.channel = name_of(work, channel->channel),
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

/*
 * Who is sent to now: the channels of the rungs that fire at once by their lists; for a further
 * version everybody who has or may have an earlier one by the ledger, and those no longer routed
 * their end.
 */
static void fill_targets(const struct alert_work *work, const struct plan *plan,
			 const struct ladder_step *step, struct store_alert_approve_in *fill)
{
	bool is_further = work->load.current_version > 0;
	struct fanout_target *targets =
		arena_array(work->arena, plan->channel_count * 2 + 1, sizeof(*targets));
	size_t count = 0;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *channel = &plan->channels[i];
		const struct plan_variant *variant =
			plan_find_variant(plan, channel, MESSAGE_VERSION);
		struct fanout_target target = {
			.channel = name_of(work, channel->channel),
			.partner = partner_of(work, channel->channel),
			.variant_version = work->load.version,
			.variant = variant != NULL ? variant->id : NULL,
			.list_generation = channel->list_generation,
			.class_of = class_of(work),
		};

		if (variant == NULL) {
			continue; /* in the ledger but not routed any more: the store sends its end
				   */
		}
		if (is_further && channel->is_in_ledger) {
			target.walk = WALK_LEDGER;
			target.reason = BROADCAST_UPDATE;
			targets[count++] = target;
		}
		if (channel->use == PLAN_RUNG && is_fired(step, channel->rung)) {
			target.walk = WALK_LIST;
			target.reason = BROADCAST_RUNG;
			targets[count++] = target;
		}
	}
	fill->targets = targets;
	fill->target_count = count;
}

static int64_t expiry_of(const struct alert_work *work, const struct decision *decision)
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

/* A raise (wider tier or area) starts the ladder again; any other further version keeps the one
 * that runs. */
static bool ladder_starts(const struct alert_work *work, const struct decision *decision)
{
	struct problems problems;
	struct draft old;

	if (work->load.current_version == 0) {
		return true;
	}
	if (!version_has_content(work->load.version_kind)) {
		return false;
	}
	problems_init(&problems, work->arena);
	if (!draft_decode(work->load.approved_draft, work->arena, &old, &problems)) {
		return true; /* cannot be told: wake people rather than not */
	}
	return decision->draft.tier > old.tier ||
	       !areas_are_within(&work->settings->directory, &decision->draft.areas, &old.areas);
}

static void fill_content(struct alert_work *work, const struct decision *decision,
			 struct store_alert_approve_in *fill)
{
	struct ladder_step *step = arena_alloc(work->arena, sizeof(*step));

	if (ladder_starts(work, decision)) {
		ladder_of(work, decision, LADDER_ALERT, &fill->ladder, step);
	}
	fill_variants(work, &decision->plan, fill);
	fill_plan(work, &decision->plan, fill);
	fill_targets(work, &decision->plan, step, fill);
}

static void approve_next(struct alert_work *work)
{
	struct decision *decision = arena_alloc(work->arena, sizeof(*decision));
	struct store_alert_approve_in fill = {0};
	struct store_call *call;
	struct error err;

	if (!decision_make(&work, decision)) {
		return;
	}
	fill.alert_id = work->load.id;
	fill.version = work->load.version;
	fill.digest = arena_strdup(work->arena, decision->plan.digest);
	fill.basis = basis_of(work);
	fill.approvals = decision->plan.approvals;
	fill.may_be_author = decision->plan.approvals <= 1 || decision->plan.narrows;
	if (!fill.may_be_author && work->action.actor.role != ROLE_APPROVER) {
		error_set(&err, ERROR_DENIED, "version %d needs an approver's token",
			  work->load.version);
		alert_work_fail(&work, &err);
		return;
	}
	fill.tier = decision->draft.tier;
	fill.policy = decision->policy->id;
	fill.expires_utc_ms = expiry_of(work, decision);
	secret_random(fill.seed, sizeof(fill.seed));
	if (version_has_content(work->load.version_kind)) {
		fill_content(work, decision, &fill);
	}
	fill.policy = arena_strdup(work->arena, fill.policy);
	call = alert_work_write(&work, &store_alert_approve, on_decided);
	fill.person = call->audit.person;
	fill.now = casework_now(((struct doing *)call->ctx)->casework);
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

/* --- return, reject, withdraw --- */

static const struct {
	enum version_did did;
	const char *action;
	bool needs_reason;
} refusals[] = {
	[ALERT_RETURN] = {DID_RETURN, "alert.return", true},
	[ALERT_REJECT] = {DID_REJECT, "alert.reject", true},
	[ALERT_WITHDRAW] = {DID_WITHDRAW, "alert.withdraw", false},
};

static void refuse_next(struct alert_work *work)
{
	int kind = work->kind;
	struct alertbody_reason reason;
	struct store_alert_decline_in *in;
	struct store_call *call;
	struct problems problems;
	struct error err;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_reason(work->body, refusals[kind].needs_reason, work->arena, &reason,
				     &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	if (work->load.open_version == 0) {
		error_set(&err, ERROR_CONFLICT, "no version is waiting for a decision");
		alert_work_fail(&work, &err);
		return;
	}
	call = alert_work_write(&work, &store_alert_decline, on_decided);
	in = call->in;
	in->alert_id = call->audit.alert_id;
	in->version = call->audit.version;
	in->did = refusals[kind].did;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = refusals[kind].action;
	call->audit.note = reason.reason;
	store_submit(call);
}

void alert_refuse(struct casework *casework, const struct action *action,
		  enum alert_refusal refusal, const char *name, struct bytes body,
		  action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	work->kind = (int)refusal;
	alert_work_read(work, &(struct alert_read){.name = name}, refuse_next);
}
