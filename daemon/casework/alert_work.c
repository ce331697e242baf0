/*
 * An alert action's first half: read the alert on one snapshot, decode its draft, make its plan.
 * The second half is the store call that decides again inside its transaction. The settings
 * snapshot is taken once, so a reload in between can at most make the digest differ.
 */
#include "casework/alert_private.h"
#include "casework/cases.h"

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

		error_set(&err, ERROR_NOT_FOUND, "neither an id nor a ref");
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
			.truth = load->cases[i].truth,
			.held_fields = load->cases[i].held_fields,
		};
	}
	return cases;
}

static struct plan_list *plan_lists(const struct alert_work *work, struct arena *arena)
{
	const struct store_alert_load_out *load = &work->load;
	struct plan_list *lists = arena_array(arena, load->list_count + 1, sizeof(*lists));

	for (size_t i = 0; i < load->list_count; i++) {
		lists[i] = (struct plan_list){
			.channel = load->lists[i].channel,
			.generation = load->lists[i].generation,
			.recipients = load->lists[i].recipients,
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

bool alert_work_plan(struct alert_work *work, struct arena *arena, struct plan *ret_plan,
		     struct draft *ret_draft, struct error *err)
{
	const struct store_alert_load_out *load = &work->load;
	const struct directory *directory = &work->settings->directory;
	struct draft *previous = NULL;
	struct bytes stored = load->draft.len > 0 ? load->draft : load->approved_draft;

	if (!read_draft(stored, arena, ret_draft, err)) {
		return false;
	}
	if (load->approved_draft.len > 0 && load->version != load->current_version) {
		previous = arena_alloc(arena, sizeof(*previous));
		if (!read_draft(load->approved_draft, arena, previous, err)) {
			return false;
		}
	}
	draft_fill(ret_draft, directory);
	return plan_make(
		&(struct plan_input){
			.directory = directory,
			.draft = ret_draft,
			.alert_id = load->id,
			.ref = load->ref,
			.version = load->version,
			.kind = load->version_kind,
			.cases = plan_cases(work, arena),
			.case_count = load->case_count,
			.previous = previous,
			.previous_shown =
				previous != NULL ? load->approved_shown : (struct bytes){0},
			.lists = plan_lists(work, arena),
			.list_count = load->list_count,
			.ledger_channels = {load->ledger_channels, load->ledger_count},
			.has_open_duplicate = load->has_open_duplicate,
			.expires_utc_ms = load->expires_utc_ms,
			.now_utc_ms = clock_utc_ms(work->doing.casework->clock),
		},
		arena, ret_plan, err);
}
