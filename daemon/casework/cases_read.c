/*
 * Reading reports and cases: what each role may see of them, as finished JSON. A read that opens
 * personal data carries an audit entry {person, case, route} that is committed before the answer
 * leaves; a role that sees no personal data opens none.
 */
#include <string.h>

#include "base/limits.h"
#include "casework/cases.h"
#include "casework/casework_private.h"
#include "domain/casebody.h"
#include "store/casefile.h"

/* --- one report --- */

static void on_report(struct store_call *call)
{
	const struct store_report_get_out *out = call->out;
	AUTO(buf) struct buf body = {0};

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "{");
	json_id(&body, "id", &out->id);
	json_name(&body, "case");
	buf_add_text(&body, "{");
	json_id(&body, "id", &out->case_id);
	json_text(&body, "ref", out->case_ref);
	buf_add_text(&body, "}");
	json_text(&body, "person", out->person);
	json_time(&body, "received_at", out->received_utc_ms);
	json_raw(&body, "report", out->body);
	buf_add_text(&body, "}");
	doing_answer_body(call->ctx, &body, 0);
}

static void audit_read(struct store_call *call, const struct action *action, const char *what)
{
	call->audit.action = what;
	call->audit.detail = arena_printf(call->arena, "route=%s", action->route);
	call->idempotency.use = false;
}

void cases_get_report(struct casework *casework, const struct action *action, const char *name,
		      action_done *done, void *arg)
{
	struct store_report_get_in *in;
	struct store_call *call;
	struct error err;
	struct id id;

	if (!id_parse(name, strlen(name), &id)) {
		error_set(&err, ERROR_NOT_FOUND, "a report is named by its id");
		doing_refuse(casework, NULL, &err, done, arg);
		return;
	}
	call = doing_begin(casework, action, &store_report_get, on_report, done, arg);
	in = call->in;
	in->report_id = id;
	audit_read(call, action, "report.read");
	store_submit(call);
}

/* --- one case --- */

static void add_holds(struct buf *body, const struct store_case_get_out *out)
{
	json_name(body, "holds");
	buf_add_text(body, "[");
	for (size_t i = 0; i < out->hold_count; i++) {
		const struct store_case_hold *hold = &out->holds[i];

		json_comma(body);
		buf_add_text(body, "{");
		json_text(body, "field", release_name((enum release_field)hold->field));
		json_text(body, "person", hold->person);
		json_time(body, "since", hold->created_utc_ms);
		json_time(body, "until", hold->until_utc_ms);
		json_raw(body, "why", hold->why);
		buf_add_text(body, "}");
	}
	buf_add_text(body, "]");
}

static void add_alerts(struct buf *body, const struct store_case_get_out *out)
{
	json_name(body, "alerts");
	buf_add_text(body, "[");
	for (size_t i = 0; i < out->alert_count; i++) {
		const struct store_case_alert *alert = &out->alerts[i];

		json_comma(body);
		buf_add_text(body, "{");
		json_id(body, "id", &alert->id);
		json_text(body, "ref", alert->ref);
		json_text(body, "state", alert_state_name(alert->state));
		json_text(body, "tier", tier_name(alert->tier));
		json_text(body, "end",
			  alert->end_reason == END_NONE ? NULL
							: end_reason_name(alert->end_reason));
		buf_add_text(body, "}");
	}
	buf_add_text(body, "]");
}

static void add_reports(struct buf *body, const struct store_case_get_out *out)
{
	json_name(body, "reports");
	buf_add_text(body, "[");
	for (size_t i = 0; i < out->report_count; i++) {
		const struct store_case_report *report = &out->reports[i];

		json_comma(body);
		buf_add_text(body, "{");
		json_id(body, "id", &report->id);
		json_text(body, "person", report->person);
		json_text(body, "source", report_source_name((enum report_source)report->source));
		json_time(body, "received_at", report->received_utc_ms);
		buf_add_text(body, "}");
	}
	buf_add_text(body, "]");
}

/* What every role that sees cases may see: ids, states, times, never a word of the caller's. */
static void add_case_head(struct buf *body, const struct store_case_row *row)
{
	json_id(body, "id", &row->id);
	json_text(body, "ref", row->ref);
	json_text(body, "status", alert_status_name(row->status));
	json_text(body, "state", case_state_name(row->state));
	json_text(body, "category", report_category_name(row->category));
	json_text(body, "assigned_to", row->assigned_to);
	json_time(body, "created_at", row->created_utc_ms);
	json_time(body, "updated_at", row->updated_utc_ms);
	json_int(body, "etag", row->etag);
}

static struct store_case_row head_of(const struct store_case_get_out *out)
{
	struct store_case_row row = {
		.id = out->id,
		.status = out->status,
		.state = out->state,
		.category = out->category,
		.assigned_to = out->assigned_to,
		.etag = out->etag,
		.created_utc_ms = out->created_utc_ms,
		.updated_utc_ms = out->updated_utc_ms,
	};

	memcpy(row.ref, out->ref, sizeof(row.ref));
	return row;
}

/* The truth as the role sees it; a purged case has none any more. */
static bool add_truth(struct buf *body, const struct store_case_get_out *out,
		      enum casefile_view view, struct error *err)
{
	json_name(body, "truth");
	if (out->truth.len == 0) {
		buf_add_text(body, "null");
		return true;
	}
	return casefile_render(out->truth, view, body, err);
}

/* A read of a case: its role decides the view. */
struct reading {
	struct doing doing; /* first: the call's ctx is read as one */
	enum casefile_view view;
};

static void on_get(struct store_call *call)
{
	const struct reading *reading = call->ctx;
	const struct store_case_get_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	struct store_case_row head;
	struct error err;

	if (!call->ok) {
		doing_answer_error(&reading->doing, &call->err);
		return;
	}
	head = head_of(out);
	buf_add_text(&body, "{");
	add_case_head(&body, &head);
	json_time(&body, "closed_at", out->closed_utc_ms);
	json_bool(&body, "verified", out->is_verified);
	json_time(&body, "purged_at", out->purged_utc_ms);
	if (!add_truth(&body, out, reading->view, &err)) {
		doing_answer_error(&reading->doing, &err);
		return;
	}
	add_holds(&body, out);
	add_alerts(&body, out);
	add_reports(&body, out);
	buf_add_text(&body, "}");
	doing_answer_body(&reading->doing, &body, out->etag);
}

void cases_get(struct casework *casework, const struct action *action, const char *name,
	       action_done *done, void *arg)
{
	struct casework_name named;
	struct store_case_get_in *in;
	struct store_call *call;
	struct reading *reading;

	if (!casework_name_or_refuse(casework, name, &named, done, arg)) {
		return;
	}
	call = doing_begin(casework, action, &store_case_get, on_get, done, arg);
	reading = arena_alloc(call->arena, sizeof(*reading));
	reading->doing = *(struct doing *)call->ctx;
	reading->view = casefile_view_of(action->actor.role);
	call->ctx = reading;
	in = call->in;
	in->case_id = named.id;
	in->case_ref = arena_strdup(call->arena, named.ref);
	in->with_truth = reading->view >= CASEFILE_REDACTED;
	in->now_utc_ms = call->audit.now_utc_ms;
	if (in->with_truth) {
		audit_read(call, action, "case.read");
		call->audit.case_id = named.id;
	}
	store_submit(call);
}

/* --- pages --- */

static void on_list(struct store_call *call)
{
	const struct store_case_list_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	struct id next = {0};

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->count; i++) {
		json_comma(&body);
		buf_add_text(&body, "{");
		add_case_head(&body, &out->rows[i]);
		buf_add_text(&body, "}");
	}
	buf_add_text(&body, "]");
	if (out->has_more) {
		next = out->rows[out->count - 1].id;
	}
	doing_answer_page(call->ctx, &body, &next);
}

void cases_list(struct casework *casework, const struct action *action,
		const struct cases_list *list, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_case_list, on_list, done, arg);
	struct store_case_list_in *in = call->in;

	in->states = list->states;
	in->with_exercise = list->with_exercise;
	in->after = list->after;
	in->limit = list->limit;
	store_submit(call);
}

/* --- search --- */

/* A search over several calls: what was found so far, and the query they share. */
struct searching {
	struct doing doing;
	struct action action;
	struct arena *arena; /* owns this, the query and the words of the action */
	struct fold_query query;
	unsigned statuses;
	int found;
	struct buf body;
};

static void search_step(struct searching *searching, const struct id *after);

static void search_finish(struct searching *searching, const struct error *err)
{
	struct doing doing = searching->doing;
	struct buf body = searching->body;
	struct arena *arena = searching->arena;
	struct id none = {0};

	buf_add_text(&body, "]");
	if (err != NULL) {
		doing_answer_error(&doing, err);
	} else {
		doing_answer_page(&doing, &body, &none);
	}
	buf_finish(&body);
	arena_destroy(&arena);
}

static void add_found(struct searching *searching, const struct store_case_found *found)
{
	searching->found++;
	json_comma(&searching->body);
	buf_add_text(&searching->body, "{");
	add_case_head(&searching->body, &found->row);
	json_text(&searching->body, "title", found->title);
	buf_add_text(&searching->body, "}");
}

static void on_search(struct store_call *call)
{
	struct searching *searching = call->ctx;
	const struct store_case_search_out *out = call->out;

	if (!call->ok) {
		search_finish(searching, &call->err);
		return;
	}
	for (size_t i = 0; i < out->count; i++) {
		add_found(searching, &out->rows[i]);
	}
	if (id_is_none(&out->next) || searching->found >= LIMIT_PAGE_ITEMS) {
		search_finish(searching, NULL);
		return;
	}
	search_step(searching, &out->next);
}

static void search_step(struct searching *searching, const struct id *after)
{
	struct store_call *call =
		doing_next(&searching->doing, &searching->action, &store_case_search, on_search);
	struct store_case_search_in *in = call->in;

	in->query = &searching->query;
	in->after = *after;
	in->statuses = searching->statuses;
	in->limit = LIMIT_PAGE_ITEMS - searching->found;
	call->ctx = searching;
	audit_read(call, &searching->action, "case.search");
	in->person = call->audit.person;
	in->detail = call->audit.detail;
	in->now_utc_ms = call->audit.now_utc_ms;
	store_submit(call);
}

void cases_search(struct casework *casework, const struct action *action, struct bytes body,
		  action_done *done, void *arg)
{
	struct arena *arena = arena_create();
	struct searching *searching = arena_alloc(arena, sizeof(*searching));
	struct casebody_search search;
	struct problems problems;
	struct id none = {0};

	problems_init(&problems, arena);
	if (!casebody_decode_search(body, arena, &search, &problems)) {
		doing_refuse(casework, &problems, NULL, done, arg);
		arena_destroy(&arena);
		return;
	}
	casework->under_way++;
	searching->doing = (struct doing){.casework = casework, .done = done, .arg = arg};
	searching->arena = arena;
	searching->action = *action;
	searching->action.actor.person = arena_strdup(arena, action->actor.person);
	searching->action.route = arena_strdup(arena, action->route);
	searching->statuses = search.statuses;
	fold_query_init(&searching->query, (struct bytes){search.query, strlen(search.query)});
	buf_add_text(&searching->body, "[");
	search_step(searching, &none);
}

/* --- worklist --- */

static const char *work_kind_name(enum store_work_kind kind)
{
	static const char *const names[] = {
		[WORK_CASE_INTAKE] = "case_new",
		[WORK_APPROVAL] = "approval_waiting",
		[WORK_RETURNED] = "version_returned",
		[WORK_NO_ACK] = "no_acknowledgement",
		[WORK_EXHAUSTED] = "escalation_exhausted",
		[WORK_HELD] = "deliveries_held",
		[WORK_NOTE_DUE] = "note_due",
		[WORK_UNVERIFIED] = "close_unverified",
		[WORK_EXPIRING] = "alert_expiring",
	};

	return names[kind];
}

static void add_work(struct buf *body, const struct store_work_row *row)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_text(body, "kind", work_kind_name(row->kind));
	json_text(body, "ref", row->ref);
	json_id(body, "case", &row->case_id);
	json_id(body, "alert", &row->alert_id);
	if (row->version != 0) {
		json_int(body, "version", row->version);
	}
	if (row->kind == WORK_HELD) {
		json_text(body, "channel", row->word);
		json_int(body, "count", row->count);
	} else if (row->word != NULL) {
		json_text(body, "person", row->word);
	}
	json_time(body, "since", row->since_utc_ms);
	json_time(body, "due_at", row->due_utc_ms);
	buf_add_text(body, "}");
}

static void on_worklist(struct store_call *call)
{
	const struct store_worklist_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	struct id none = {0}; /* the most urgent are told; the rest shows when these are done */

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->count; i++) {
		add_work(&body, &out->rows[i]);
	}
	buf_add_text(&body, "]");
	doing_answer_page(call->ctx, &body, &none);
}

void cases_worklist(struct casework *casework, const struct action *action, bool with_exercise,
		    int limit, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_worklist, on_worklist, done, arg);
	struct store_worklist_in *in = call->in;

	in->with_exercise = with_exercise;
	in->now_utc_ms = call->audit.now_utc_ms;
	in->limit = limit;
	store_submit(call);
}
