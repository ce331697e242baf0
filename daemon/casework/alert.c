/*
 * Alerts, drafting and reading: a draft is decoded and checked against the configuration before it
 * is stored; the case decides inside the store whether it may have an alert.
 */
#include "casework/alert.h"

#include <string.h>

#include "casework/alert_private.h"
#include "casework/cases.h"
#include "domain/casefile.h"
#include "store/casefile.h"

/* --- draft --- */

static struct bytes encode(const struct draft *draft, struct arena *arena)
{
	AUTO(buf) struct buf text = {0};

	draft_encode(draft, &text);
	return (struct bytes){arena_memdup(arena, text.data, text.len), text.len};
}

/* Fills in what was left out and collects what the configuration has to say. */
static bool complete(struct casework *casework, struct draft *draft, struct problems *problems)
{
	const struct directory *directory = &casework->settings->directory;

	draft_fill(draft, directory);
	draft_check(draft, directory, clock_utc_ms(casework->clock), problems);
	return problems_are_none(problems);
}

static void fill_create(struct casework *casework, struct store_call *call,
			const struct draft *draft, const struct id *case_id)
{
	struct store_alert_create_in *in = call->in;

	in->alert_id = id_new(casework->clock);
	in->case_id = *case_id;
	in->status = draft->status;
	in->tier = draft->tier;
	in->policy = draft->policy != NULL ? draft->policy : "";
	in->draft = encode(draft, call->arena);
	in->expires_utc_ms = draft->expires_utc_ms;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	in->ref_year = casework_ref_year(casework, in->now_utc_ms);
	call->audit.action = "alert.draft";
	call->audit.alert_id = in->alert_id;
	call->audit.case_id = *case_id;
	call->audit.version = 1;
}

/* A draft on its way: the case is read first, because a draft that names no status has the case's.
 */
struct drafting {
	struct doing doing;
	struct action action;
	struct bytes body;
};

static void on_case(struct store_call *call)
{
	const struct drafting *drafting = call->ctx;
	const struct store_case_get_out *out = call->out;
	struct casework *casework = drafting->doing.casework;
	struct store_call *write;
	struct problems problems;
	struct draft draft;

	if (!call->ok) {
		doing_refuse_action(&drafting->doing, &drafting->action, NULL, &call->err);
		return;
	}
	write = doing_next(&drafting->doing, &drafting->action, &store_alert_create,
			   doing_answer_call);
	problems_init(&problems, write->arena);
	if (draft_decode(drafting->body, write->arena, &draft, &problems)) {
		draft.status = draft.status != 0 ? draft.status : out->status;
		(void)complete(casework, &draft, &problems); /* problems says it */
	}
	if (!problems_are_none(&problems)) {
		doing_discard(&write, &problems, NULL);
		return;
	}
	fill_create(casework, write, &draft, &out->id);
	store_submit(write);
}

void alert_draft(struct casework *casework, const struct action *action, const char *case_name,
		 struct bytes body, action_done *done, void *arg)
{
	struct casework_name named;
	struct store_case_get_in *in;
	struct drafting *drafting;
	struct store_call *call;

	if (!casework_name_or_refuse(casework, case_name, &named, done, arg)) {
		return;
	}
	call = doing_begin(casework, action, &store_case_get, on_case, done, arg);
	drafting = arena_alloc(call->arena, sizeof(*drafting));
	drafting->doing = *(struct doing *)call->ctx;
	drafting->action = *action;
	drafting->action.actor.person = arena_strdup(call->arena, action->actor.person);
	drafting->body.data = arena_memdup(call->arena, body.data, body.len);
	drafting->body.len = body.len;
	in = call->in;
	in->case_id = named.id;
	in->case_ref = arena_strdup(call->arena, named.ref);
	in->now_utc_ms = call->audit.now_utc_ms;
	call->ctx = drafting;
	call->idempotency.use = false;
	store_submit(call);
}

/* --- edit --- */

static void edit_write(struct alert_work **work, const struct draft *draft, bool narrows)
{
	int64_t read_etag = (*work)->load.version_etag;
	struct store_call *call = alert_work_write(work, &store_alert_edit, doing_answer_call);
	struct store_alert_edit_in *in = call->in;

	in->alert_id = call->audit.alert_id;
	in->version = call->audit.version;
	in->if_etag = read_etag; /* the draft was patched as it was read */
	in->tier = draft->tier;
	in->policy = draft->policy != NULL ? draft->policy : "";
	in->expires_utc_ms = draft->expires_utc_ms;
	in->draft = encode(draft, call->arena);
	in->narrows = narrows;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "alert.edit";
	store_submit(call);
}

static void edit_next(struct alert_work *work)
{
	struct casework *casework = work->doing.casework;
	int64_t if_etag = work->if_etag;
	struct problems problems;
	struct draft draft;
	struct error err;

	problems_init(&problems, work->arena);
	if (work->load.open_version == 0 || !version_has_content(work->load.version_kind)) {
		error_set(&err, ERROR_CONFLICT, "the alert has no version that can be edited");
		alert_work_fail(&work, &err);
		return;
	}
	if (if_etag != 0 && if_etag != work->load.version_etag) {
		error_set(&err, ERROR_STALE, "version %d changed since you read it",
			  work->load.version);
		alert_work_fail(&work, &err);
		return;
	}
	if (!draft_patch(work->load.draft, work->body, work->arena, &draft, &problems) ||
	    !complete(casework, &draft, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	edit_write(&work, &draft, false);
}

void alert_edit(struct casework *casework, const struct action *action, const char *name,
		int64_t if_etag, struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	work->if_etag = if_etag;
	alert_work_read(work,
			&(struct alert_read){
				.name = name,
				.with_personal = true,
			},
			edit_next);
}

/* --- read --- */

static void add_cases(struct buf *body, const struct store_alert_load_out *load)
{
	json_name(body, "cases");
	buf_add_text(body, "[");
	for (size_t i = 0; i < load->case_count; i++) {
		json_comma(body);
		buf_add_text(body, "{");
		json_id(body, "id", &load->cases[i].id);
		json_text(body, "ref", load->cases[i].ref);
		json_text(body, "state", case_state_name(load->cases[i].state));
		buf_add_text(body, "}");
	}
	buf_add_text(body, "]");
}

static void add_persons(struct buf *body, const struct store_alert_load_out *load)
{
	static const char *const did[] = {
		[DID_EDIT] = "edited",     [DID_SUBMIT] = "submitted", [DID_APPROVE] = "approved",
		[DID_RETURN] = "returned", [DID_REJECT] = "rejected",  [DID_WITHDRAW] = "withdrew",
		[DID_STOP] = "stopped",
	};

	json_name(body, "persons");
	buf_add_text(body, "[");
	for (size_t i = 0; i < load->person_count; i++) {
		json_comma(body);
		buf_add_text(body, "{");
		json_text(body, "person", load->persons[i].person);
		json_text(body, "did", did[load->persons[i].did]);
		json_time(body, "at", load->persons[i].at_utc_ms);
		buf_add_text(body, "}");
	}
	buf_add_text(body, "]");
}

static void add_version(struct buf *body, const struct store_alert_load_out *load)
{
	json_int(body, "version", load->version);
	json_text(body, "kind", version_kind_name(load->version_kind));
	json_text(body, "version_state", version_state_name(load->version_state));
	json_int(body, "etag", load->version_etag);
	json_text(body, "digest", load->digest);
	json_time(body, "submitted_at", load->submitted_utc_ms);
	json_time(body, "decided_at", load->decided_utc_ms);
	add_persons(body, load);
	json_raw(body, "draft", load->draft);
	json_raw(body, "request",
		 load->version_kind == VERSION_END ? (struct bytes){0} : load->request);
}

static void get_next(struct alert_work *work)
{
	const struct store_alert_load_out *load = &work->load;
	AUTO(buf) struct buf body = {0};

	buf_add_text(&body, "{");
	json_id(&body, "id", &load->id);
	json_text(&body, "ref", load->ref);
	json_text(&body, "status", alert_status_name(load->status));
	json_text(&body, "state", alert_state_name(load->state));
	json_text(&body, "end",
		  load->end_reason == END_NONE ? NULL : end_reason_name(load->end_reason));
	json_text(&body, "tier", tier_name(load->tier));
	json_text(&body, "policy", load->policy);
	json_int(&body, "current_version", load->current_version);
	if (load->open_version != 0) {
		json_int(&body, "open_version", load->open_version);
	}
	json_text(&body, "created_by", load->created_by);
	json_time(&body, "created_at", load->created_utc_ms);
	json_time(&body, "issued_at", load->issued_utc_ms);
	json_time(&body, "expires_at", load->expires_utc_ms);
	json_time(&body, "ended_at", load->ended_utc_ms);
	add_cases(&body, load);
	add_version(&body, load);
	buf_add_text(&body, "}");
	alert_work_body(&work, &body, load->version_etag);
}

void alert_get(struct casework *casework, const struct action *action, const char *name,
	       action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, (struct bytes){0}, done, arg);
	bool sees = casefile_view_of(action->actor.role) == CASEFILE_FULL;

	alert_work_read(work,
			&(struct alert_read){
				.name = name,
				.with_personal = sees,
				.audit = sees ? "alert.read" : NULL,
			},
			get_next);
}

static void preview_next(struct alert_work *work)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf body = {0};
	struct draft draft;
	struct plan plan;
	struct error err;

	if (work->load.draft.len == 0 && work->load.approved_draft.len == 0) {
		error_set(&err, ERROR_GONE, "alert %s has no content any more", work->load.ref);
		alert_work_fail(&work, &err);
		return;
	}
	if (!alert_work_plan(work, arena, &plan, &draft, &err)) {
		alert_work_fail(&work, &err);
		return;
	}
	buf_add(&body, plan.preview.data, plan.preview.len);
	alert_work_body(&work, &body, work->load.version_etag);
}

void alert_preview(struct casework *casework, const struct action *action, const char *name,
		   action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, (struct bytes){0}, done, arg);

	alert_work_read(work,
			&(struct alert_read){
				.name = name,
				.with_personal = true,
				.audit = "alert.preview",
			},
			preview_next);
}

/* --- pages --- */

static void add_row(struct buf *body, const struct store_alert_row *row)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_id(body, "id", &row->id);
	json_text(body, "ref", row->ref);
	json_text(body, "status", alert_status_name(row->status));
	json_text(body, "state", alert_state_name(row->state));
	json_text(body, "end",
		  row->end_reason == END_NONE ? NULL : end_reason_name(row->end_reason));
	json_text(body, "tier", tier_name(row->tier));
	json_text(body, "policy", row->policy);
	json_int(body, "current_version", row->current_version);
	if (row->open_version != 0) {
		json_int(body, "open_version", row->open_version);
		json_text(body, "open_state", version_state_name(row->open_state));
	}
	json_time(body, "created_at", row->created_utc_ms);
	json_time(body, "issued_at", row->issued_utc_ms);
	json_time(body, "expires_at", row->expires_utc_ms);
	json_time(body, "ended_at", row->ended_utc_ms);
	json_text(body, "case_ref", row->case_ref);
	buf_add_text(body, "}");
}

static void on_list(struct store_call *call)
{
	const struct store_alert_list_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	struct id next = {0};

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->count; i++) {
		add_row(&body, &out->rows[i]);
	}
	buf_add_text(&body, "]");
	if (out->has_more) {
		next = out->rows[out->count - 1].id;
	}
	doing_answer_page(call->ctx, &body, &next);
}

void alert_list(struct casework *casework, const struct action *action,
		const struct alert_list *list, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_alert_list, on_list, done, arg);
	struct store_alert_list_in *in = call->in;

	in->states = list->states;
	in->after = list->after;
	in->partner = arena_strdup(call->arena, action->actor.partner);
	in->with_exercise = list->with_exercise;
	in->limit = list->limit;
	store_submit(call);
}
