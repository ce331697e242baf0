/*
 * An alert action's first half: read the alert on one snapshot, decode its draft, make its plan.
 * The second half is the store call that decides again inside its transaction. The settings
 * snapshot is taken once, so a reload in between can at most make the digest differ.
 */
#include "casework/alert_private.h"

#include <string.h>

#include "casework/cases.h"
#include "domain/alertbody.h"

struct alert_work *alert_work_begin(struct casework *casework, const struct action *action,
				    struct bytes body, action_done *done, void *arg)
{
	struct arena *arena = arena_create();
	struct alert_work *work = arena_alloc(arena, sizeof(*work));

	casework->under_way++;
	work->doing = (struct doing){.casework = casework, .done = done, .arg = arg};
	work->arena = arena;
	work->settings = settings_ref(casework->settings);
	work->action = *action;
	work->action.actor.person = arena_strdup(arena, action->actor.person);
	work->action.actor.partner = arena_strdup(arena, action->actor.partner);
	work->action.route = arena_strdup(arena, action->route);
	if (body.len > 0) {
		work->body = (struct bytes){arena_memdup(arena, body.data, body.len), body.len};
	}
	return work;
}

static void work_end(struct alert_work **work)
{
	struct arena *arena = (*work)->arena;

	settings_unref(&(*work)->settings);
	arena_destroy(&arena);
	*work = NULL;
}

void alert_work_fail(struct alert_work **work, const struct error *err)
{
	doing_refuse_action(&(*work)->doing, &(*work)->action, NULL, err);
	work_end(work);
}

void alert_work_problems(struct alert_work **work, const struct problems *problems)
{
	doing_refuse_action(&(*work)->doing, &(*work)->action, problems, NULL);
	work_end(work);
}

void alert_work_body(struct alert_work **work, const struct buf *body, int64_t etag)
{
	doing_answer_body(&(*work)->doing, body, etag);
	work_end(work);
}

struct store_call *alert_work_write(struct alert_work **work, const struct store_op *op,
				    void (*on_done)(struct store_call *call))
{
	struct store_call *call = doing_next(&(*work)->doing, &(*work)->action, op, on_done);
	struct arena *arena;

	call->audit.alert_id = (*work)->load.id;
	call->audit.version = (*work)->load.version;
	/* what the call borrows from the work lives on in the call's arena */
	arena = (*work)->arena;
	settings_unref(&(*work)->settings);
	arena_adopt(call->arena, &arena);
	*work = NULL;
	return call;
}

static void on_read(struct store_call *call)
{
	struct alert_work *work = call->ctx;
	struct arena *read;

	if (!call->ok) {
		alert_work_fail(&work, &call->err);
		return;
	}
	work->load = *(const struct store_alert_load_out *)call->out;
	read = store_call_take_arena(call); /* what was read lives as long as the work */
	arena_adopt(work->arena, &read);
	work->next(work);
}

void alert_work_read(struct alert_work *work, const struct alert_read *read,
		     void (*next)(struct alert_work *work))
{
	struct casework_name named;
	struct store_alert_load_in *in;
	struct store_call *call;

	if (!casework_name_parse(read->name, &named)) {
		struct error err;

		error_set(&err, ERROR_NOT_FOUND, CASEWORK_NAME_REFUSAL);
		alert_work_fail(&work, &err);
		return;
	}
	call = doing_next(&work->doing, &work->action, &store_alert_load, on_read);
	in = call->in;
	in->alert_id = named.id;
	in->alert_ref = arena_strdup(call->arena, named.ref);
	in->version = read->version;
	in->with_personal = read->with_personal;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->ctx = work;
	call->idempotency.use = false;
	if (read->audit != NULL) {
		call->audit.action = read->audit;
		call->audit.alert_id = named.id;
		call->audit.detail = arena_printf(call->arena, "route=%s", work->action.route);
	}
	work->next = next;
	store_submit(call);
}

void alert_wake(const struct doing *doing)
{
	const struct casework_wake *wake = &doing->casework->wake;

	if (wake->broadcasts != NULL) {
		wake->broadcasts(wake->arg);
	}
	if (wake->timers != NULL) {
		wake->timers(wake->arg);
	}
}

static struct plan_case *plan_cases(const struct alert_work *work, struct arena *arena)
{
	const struct store_alert_load_out *load = &work->load;
	struct plan_case *cases = arena_array(arena, load->case_count + 1, sizeof(*cases));

	for (size_t i = 0; i < load->case_count; i++) {
		cases[i] = (struct plan_case){
			.ref = load->cases[i].ref,
			.state = load->cases[i].state,
			.status = load->cases[i].status,
			.is_unverified = load->cases[i].is_unverified,
			.truth = load->cases[i].truth,
			.held_fields = load->cases[i].held_fields,
		};
	}
	return cases;
}

const struct store_alert_planned *alert_work_planned(const struct alert_work *work,
						     const char *channel)
{
	for (size_t i = 0; i < work->load.planned_count; i++) {
		if (strcmp(work->load.planned[i].channel, channel) == 0) {
			return &work->load.planned[i];
		}
	}
	return NULL;
}

/* A /send to a channel that has the alert brings it to those who came to its list since. */
static int64_t recipients_of(const struct alert_work *work, const struct store_list_size *list)
{
	const struct store_alert_planned *planned = NULL;

	if (work->act.channel != NULL && strcmp(work->act.channel, list->channel) == 0) {
		planned = alert_work_planned(work, list->channel);
	}
	return planned != NULL ? planned->fresh : list->recipients;
}

static struct plan_list *plan_lists(const struct alert_work *work, struct arena *arena)
{
	const struct store_alert_load_out *load = &work->load;
	struct plan_list *lists = arena_array(arena, load->list_count + 1, sizeof(*lists));

	for (size_t i = 0; i < load->list_count; i++) {
		lists[i] = (struct plan_list){
			.channel = load->lists[i].channel,
			.generation = load->lists[i].generation,
			.recipients = recipients_of(work, &load->lists[i]),
		};
	}
	return lists;
}

/* Stored drafts are ours: one that cannot be read is a fault of the store, not of the caller. */
static bool read_draft(struct bytes stored, struct arena *arena, struct draft *ret_draft,
		       struct error *err)
{
	struct problems problems;

	problems_init(&problems, arena);
	if (draft_decode(stored, arena, ret_draft, &problems)) {
		return true;
	}
	return error_set(err, ERROR_INTERNAL, "a stored draft cannot be read");
}

static bool read_approved(const struct alert_work *work, struct arena *arena,
			  struct draft *ret_draft, struct error *err)
{
	if (!read_draft(work->load.approved_draft, arena, ret_draft, err)) {
		return false;
	}
	ret_draft->policy = arena_strdup(arena, work->load.policy);
	return true;
}

bool alert_work_standing(const struct alert_work *work, struct bytes *ret_draft, struct error *err)
{
	AUTO(buf) struct buf text = {0};
	struct draft draft;

	if (!read_approved(work, work->arena, &draft, err)) {
		return false;
	}
	draft_encode(&draft, &text);
	*ret_draft = (struct bytes){arena_memdup(work->arena, text.data, text.len), text.len};
	return true;
}

/* The draft that is planned: an open version's own, else the one that stands. */
static bool read_planned(const struct alert_work *work, struct arena *arena,
			 struct draft *ret_draft, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;
	bool is_open = load->version != load->current_version && load->draft.len > 0 &&
		       version_has_content(load->version_kind);

	if (is_open && work->act.kind == 0) {
		return read_draft(load->draft, arena, ret_draft, err);
	}
	if (!read_approved(work, arena, ret_draft, err)) {
		return false;
	}
	if (work->act_policy != NULL) {
		ret_draft->policy = work->act_policy;
	}
	return true;
}

/* An open version that only acts says what it asks in its request. */
static bool read_act(struct alert_work *work, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;
	struct alertbody_word asked = {0};
	struct problems problems;
	bool is_read = true;

	problems_init(&problems, work->arena);
	if (work->act.kind != 0) {
		work->act.version = load->last_version + 1;
	} else if (load->version_kind == VERSION_SEND) {
		is_read = alertbody_decode_send(load->request, work->arena, &asked, &problems);
		work->act.channel = asked.word;
	} else if (load->version_kind == VERSION_REPOLICY) {
		is_read = alertbody_decode_repolicy(load->request, work->arena, &asked, &problems);
		work->act_policy = asked.word;
	} else {
		return true;
	}
	if (work->act.kind == 0) {
		work->act.kind = load->version_kind;
		work->act.version = load->version;
	}
	return is_read ||
	       error_set(err, ERROR_INTERNAL, "what version %d asks cannot be read", load->version);
}

static struct words approved_channels(const struct alert_work *work)
{
	const struct store_alert_load_out *load = &work->load;
	const char **names = arena_array(work->arena, load->planned_count + 1, sizeof(*names));

	for (size_t i = 0; i < load->planned_count; i++) {
		names[i] = load->planned[i].channel;
	}
	return (struct words){names, load->planned_count};
}

static void fill_act(struct alert_work *work)
{
	const struct policy *policy =
		directory_find_policy(&work->settings->directory, work->load.policy);

	work->act.shown = work->load.approved_shown;
	work->act.least_approvals = policy != NULL ? policy->approvals : 2;
}

/* What the version is compared with. An act sends the current version, so that is compared with
 * the one before it, as it was when it was approved. */
static bool plan_previous(const struct alert_work *work, struct arena *arena,
			  struct plan_input *input, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;
	bool is_act = work->act.kind != 0;
	struct draft *previous = arena_alloc(arena, sizeof(*previous));

	if (is_act && load->before_draft.len > 0) {
		input->previous_shown = load->before_shown;
		input->previous = previous;
		return read_draft(load->before_draft, arena, previous, err);
	}
	if (!is_act && load->approved_draft.len > 0 && load->version != load->current_version) {
		input->previous_shown = load->approved_shown;
		input->previous = previous;
		return read_approved(work, arena, previous, err);
	}
	return true;
}

bool alert_work_plan(struct alert_work *work, struct arena *arena, struct plan *ret_plan,
		     struct draft *ret_draft, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;
	const struct directory *directory = &work->settings->directory;
	struct plan_input input = {
		.directory = directory,
		.draft = ret_draft,
		.alert_id = load->id,
		.ref = load->ref,
		.version = load->version,
		.kind = load->version_kind,
		.case_count = load->case_count,
		.list_count = load->list_count,
		.ledger_channels = {load->ledger_channels, load->ledger_count},
		.extra_channels = {load->sent_channels, load->sent_count},
		.has_open_duplicate = load->has_open_duplicate,
		.expires_utc_ms = load->expires_utc_ms,
		.now_utc_ms = clock_utc_ms(work->doing.casework->clock),
	};

	if (!read_act(work, err) || !read_planned(work, arena, ret_draft, err) ||
	    !plan_previous(work, arena, &input, err)) {
		return false;
	}
	if (work->act.kind != 0) {
		fill_act(work);
		input.act = &work->act;
		input.version = load->current_version;
		input.kind = load->approved_kind;
	}
	input.approved_channels = approved_channels(work);
	input.cases = plan_cases(work, arena);
	input.lists = plan_lists(work, arena);
	draft_fill(ret_draft, directory);
	return plan_make(&input, arena, ret_plan, err);
}
