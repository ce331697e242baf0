/*
 * Reports and cases, the acts: decode, one store call, answer. What changes a truth is decided
 * inside the store's transaction by the domain. A close is also a stop: its alerts are marked
 * before it is stored, so that from that turn on no byte of them leaves; when storing fails the
 * marks stay.
 */
#include "casework/cases.h"

#include <string.h>

#include "casework/casework_private.h"
#include "domain/casebody.h"
#include "domain/hold.h"
#include "store/casefile.h"

bool casework_name_parse(const char *text, struct casework_name *ret_name)
{
	struct casework_name name = {0};

	if (text == NULL ||
	    (!id_parse(text, strlen(text), &name.id) && !ref_parse(text, strlen(text), name.ref))) {
		return false;
	}
	*ret_name = name;
	return true;
}

bool casework_name_or_refuse(struct casework *casework, const char *text,
			     struct casework_name *ret_name, action_done *done, void *arg)
{
	struct error err;

	if (casework_name_parse(text, ret_name)) {
		return true;
	}
	error_set(&err, ERROR_NOT_FOUND, CASEWORK_NAME_REFUSAL);
	doing_refuse(casework, NULL, &err, done, arg);
	return false;
}

/* --- reports --- */

static void fill_report(struct casework *casework, struct store_call *call,
			const struct report *report, struct bytes body)
{
	struct store_report_create_in *in = call->in;

	in->is_new = id_is_none(&report->case_id) && report->case_ref[0] == '\0';
	in->case_id = in->is_new ? id_new(casework->clock) : report->case_id;
	in->case_ref = arena_strdup(call->arena, report->case_ref);
	in->body.data = arena_memdup(call->arena, body.data, body.len);
	in->body.len = body.len;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	in->ref_year = casework_ref_year(casework, in->now_utc_ms);
	call->audit.action = "report.create";
	call->audit.case_id = in->case_id;
}

void cases_report(struct casework *casework, const struct action *action, struct bytes body,
		  action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_report_create, doing_answer_call, done, arg);
	struct report *report = arena_alloc(call->arena, sizeof(*report));
	struct store_report_create_in *in = call->in;
	struct problems problems;

	problems_init(&problems, call->arena);
	in->report_id = id_new(casework->clock);
	if (!report_decode_new(body, clock_utc_ms(casework->clock), &in->report_id, call->arena,
			       report, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	in->report = report;
	fill_report(casework, call, report, body);
	store_submit(call);
}

/* --- the operator's present truth --- */

static void on_change(struct store_call *call)
{
	const struct store_case_patch_out *out = call->out;

	if (!call->ok && call->err.code == ERROR_INVALID && out->problems.count > 0) {
		doing_answer(call->ctx, &(struct action_result){
						.err = call->err,
						.problems = &out->problems,
					});
		return;
	}
	doing_answer_call(call);
}

void cases_change(struct casework *casework, const struct action *action, const char *name,
		  int64_t if_etag, struct bytes body, action_done *done, void *arg)
{
	struct casework_name named;
	struct store_case_patch_in *in;
	struct store_call *call;

	if (!casework_name_or_refuse(casework, name, &named, done, arg)) {
		return;
	}
	/* the audit entry is the op's own: it knows what changed and why */
	call = doing_begin(casework, action, &store_case_patch, on_change, done, arg);
	in = call->in;
	in->case_id = named.id;
	in->case_ref = arena_strdup(call->arena, named.ref);
	in->if_etag = if_etag;
	in->is_any_etag = if_etag == 0; /* If-Match: * */
	in->body.data = arena_memdup(call->arena, body.data, body.len);
	in->body.len = body.len;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	store_submit(call);
}

/* --- small acts --- */

/* One row an act: how its body is read into the call, and the words of its audit entry. */
struct act_row {
	enum store_case_act act;
	const struct store_op *op;
	const char *action;
	bool (*fill)(struct casework *casework, struct store_call *call, struct bytes body,
		     struct problems *problems);
};

static bool fill_note(struct casework *casework, struct store_call *call, struct bytes body,
		      struct problems *problems)
{
	struct store_case_act_in *in = call->in;
	struct casebody_note note;

	if (!casebody_decode_note(body, call->arena, &note, problems)) {
		return false;
	}
	in->item_id = id_new(casework->clock);
	in->text = note.text;
	in->due_utc_ms = note.due_utc_ms;
	return true;
}

static bool fill_assign(struct casework *casework, struct store_call *call, struct bytes body,
			struct problems *problems)
{
	struct store_case_act_in *in = call->in;
	struct casebody_assign assign;

	(void)casework; /* the same shape for every act */
	if (!casebody_decode_assign(body, call->arena, &assign, problems)) {
		return false;
	}
	in->word = assign.person;
	call->audit.detail = arena_printf(call->arena, "assigned=%s",
					  assign.person != NULL ? assign.person : "nobody");
	return true;
}

static bool fill_close(struct casework *casework, struct store_call *call, struct bytes body,
		       struct problems *problems)
{
	struct store_case_act_in *in = call->in;
	struct casebody_close close;

	(void)casework; /* the same shape for every act */
	if (!casebody_decode_close(body, call->arena, &close, problems)) {
		return false;
	}
	in->state = close.outcome;
	in->end_reason = casebody_end_of(close.outcome);
	in->is_verified = close.is_verified;
	in->text = arena_memdup(call->arena, close.canonical.data, close.canonical.len);
	secret_random(in->seed, sizeof(in->seed));
	call->audit.detail =
		arena_printf(call->arena, "outcome=%s verified=%s", case_state_name(close.outcome),
			     close.is_verified ? "yes" : "no");
	call->audit.note = close.note;
	return true;
}

static bool fill_reopen(struct casework *casework, struct store_call *call, struct bytes body,
			struct problems *problems)
{
	struct casebody_reopen reopen;

	(void)casework; /* the same shape for every act */
	if (!casebody_decode_reopen(body, call->arena, &reopen, problems)) {
		return false;
	}
	call->audit.note = reopen.reason;
	return true;
}

static bool fill_hold(struct casework *casework, struct store_call *call, struct bytes body,
		      struct problems *problems)
{
	struct store_case_act_in *in = call->in;
	struct hold_request hold;

	if (!hold_decode(body, clock_utc_ms(casework->clock), call->arena, &hold, problems)) {
		return false;
	}
	in->field = (int)hold.hold.field;
	in->due_utc_ms = hold.hold.until_utc_ms;
	in->text = arena_memdup(call->arena, hold.why.data, hold.why.len);
	call->audit.detail = arena_printf(call->arena, "field=%s", release_name(hold.hold.field));
	return true;
}

static bool fill_release(struct casework *casework, struct store_call *call, struct bytes body,
			 struct problems *problems)
{
	struct store_case_act_in *in = call->in;
	enum release_field field;

	(void)casework; /* the same shape for every act */
	if (!hold_decode_release(body, &field, problems)) {
		return false;
	}
	in->field = (int)field;
	call->audit.detail = arena_printf(call->arena, "field=%s", release_name(field));
	return true;
}

static const struct act_row act_rows[] = {
	[CASES_NOTE] = {CASE_ACT_NOTE, &store_case_act, "case.note", fill_note},
	[CASES_ASSIGN] = {CASE_ACT_ASSIGN, &store_case_act, "case.assign", fill_assign},
	[CASES_CLOSE] = {CASE_ACT_CLOSE, &store_case_close, "case.close", fill_close},
	[CASES_REOPEN] = {CASE_ACT_REOPEN, &store_case_act, "case.reopen", fill_reopen},
	[CASES_HOLD] = {CASE_ACT_HOLD, &store_case_act, "case.hold", fill_hold},
	[CASES_RELEASE] = {CASE_ACT_RELEASE, &store_case_act, "case.release", fill_release},
};

static void wake_after(struct casework *casework, const struct store_case_act_out *out)
{
	if (out->broadcasts > 0 && casework->wake.broadcasts != NULL) {
		casework->wake.broadcasts(casework->wake.arg);
	}
	if (casework->wake.timers != NULL) {
		casework->wake.timers(casework->wake.arg);
	}
}

static void on_act(struct store_call *call)
{
	struct doing *doing = call->ctx;

	if (call->ok && !call->replayed) {
		wake_after(doing->casework, call->out);
	}
	doing_answer_field(call, "/person"); /* the store asks whether there is who is assigned */
}

/* A close knows its alerts only from a read; `marked` are those it stopped before it was stored. */
struct closing {
	struct doing doing; /* first: the call's ctx is read as one */
	const struct id *marked;
	size_t marked_count;
	struct store_call *write;
};

static void marks_settle(struct casework *casework, const struct closing *closing, bool is_stored)
{
	for (size_t i = 0; i < closing->marked_count; i++) {
		if (casework->wake.stop_settled != NULL) {
			casework->wake.stop_settled(&closing->marked[i], is_stored,
						    casework->wake.arg);
		}
	}
}

static void on_close(struct store_call *call)
{
	struct closing *closing = call->ctx;

	/* refused because of what the case is: nothing was to be stopped, the marks go too */
	marks_settle(closing->doing.casework, closing,
		     call->ok ||
			     (call->err.code != ERROR_TEMPORARY && call->err.code != ERROR_LIMIT &&
			      call->err.code != ERROR_INTERNAL));
	on_act(call);
}

static void on_close_alerts(struct store_call *call)
{
	struct closing *closing = call->ctx;
	const struct store_case_alerts_out *out = call->out;
	struct casework *casework = closing->doing.casework;
	struct store_call *write = closing->write;
	struct closing *kept;

	if (!call->ok) {
		doing_discard(&write, NULL, &call->err);
		return;
	}
	kept = arena_alloc(write->arena, sizeof(*kept));
	*kept = *closing;
	kept->marked = out->count == 0 ? NULL
				       : arena_memdup(write->arena, out->alerts,
						      out->count * sizeof(*out->alerts));
	kept->marked_count = out->count;
	for (size_t i = 0; i < out->count && casework->wake.stop_mark != NULL; i++) {
		casework->wake.stop_mark(&kept->marked[i], casework->wake.arg);
	}
	write->ctx = kept;
	write->done = on_close;
	store_submit(write);
}

/* First which alerts end, to mark them; then the close itself, which decides again inside its
 * transaction. */
static void close_begin(const struct action *action, struct store_call *write)
{
	const struct store_case_act_in *in = write->in;
	struct doing *doing = write->ctx;
	struct store_call *read = doing_next(doing, action, &store_case_alerts, on_close_alerts);
	struct store_case_alerts_in *alerts = read->in;
	struct closing *closing = arena_alloc(read->arena, sizeof(*closing));

	closing->doing = *doing;
	closing->write = write;
	alerts->case_id = in->case_id;
	alerts->case_ref = arena_strdup(read->arena, in->case_ref);
	read->ctx = closing;
	read->idempotency.use = false;
	store_submit(read);
}

void cases_act(struct casework *casework, const struct action *action, enum cases_act act,
	       const char *name, int64_t if_etag, struct bytes body, action_done *done, void *arg)
{
	const struct act_row *row = &act_rows[act];
	struct casework_name named;
	struct problems problems;
	struct store_case_act_in *in;
	struct store_call *call;

	if (!casework_name_or_refuse(casework, name, &named, done, arg)) {
		return;
	}
	call = doing_begin(casework, action, row->op, on_act, done, arg);
	problems_init(&problems, call->arena);
	in = call->in;
	in->act = row->act;
	in->case_id = named.id;
	in->case_ref = arena_strdup(call->arena, named.ref);
	in->if_etag = if_etag;
	in->person = call->audit.person;
	in->now = casework_now(casework);
	call->audit.action = row->action;
	call->audit.case_id = named.id;
	if (!row->fill(casework, call, body, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	if (act == CASES_CLOSE) {
		close_begin(action, call);
		return;
	}
	store_submit(call);
}
