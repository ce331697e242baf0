/* The timeline of a case or an alert: who did what and when, in ids and states; notes for roles
 * that see cases whole, and such a read is audited. */
#include "casework/cases.h"

#include <stdio.h>

#include "casework/casework_private.h"
#include "domain/casefile.h"
#include "store/casefile.h"

static void add_row(struct buf *body, const struct store_timeline_row *row)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_int(body, "seq", row->seq);
	json_time(body, "at", row->at_utc_ms);
	json_text(body, "action", row->action);
	json_text(body, "person", row->person);
	if (!id_is_none(&row->case_id)) {
		json_id(body, "case", &row->case_id);
		json_text(body, "case_ref", row->case_ref);
	}
	if (!id_is_none(&row->alert_id)) {
		json_id(body, "alert", &row->alert_id);
		json_text(body, "alert_ref", row->alert_ref);
	}
	if (row->version != 0) {
		json_int(body, "version", row->version);
	}
	json_text(body, "detail", row->detail);
	json_text(body, "note", row->note);
	buf_add_text(body, "}");
}

static void on_timeline(struct store_call *call)
{
	const struct store_case_timeline_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	char next[48];

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->count; i++) {
		add_row(&body, &out->rows[i]);
	}
	buf_add_text(&body, "]");
	if (out->has_more) { /* two numbers of 20 characters at most */
		(void)snprintf(next, sizeof(next), "%lld.%lld",
			       (long long)out->rows[out->count - 1].seq, (long long)out->until_seq);
	}
	doing_answer_page_after(call->ctx, &body, out->has_more ? next : NULL);
}

void cases_get_timeline(struct casework *casework, const struct action *action,
			const struct cases_timeline *timeline, action_done *done, void *arg)
{
	struct store_case_timeline_in *in;
	struct casework_name named;
	struct store_call *call;

	if (!casework_name_or_refuse(casework, timeline->name, &named, done, arg)) {
		return;
	}
	call = doing_begin(casework, action, &store_case_timeline, on_timeline, done, arg);
	in = call->in;
	in->of_alert = timeline->of_alert;
	*(timeline->of_alert ? &in->alert_id : &in->case_id) = named.id;
	in->ref = arena_strdup(call->arena, named.ref);
	in->after_seq = timeline->after_seq;
	in->until_seq = timeline->until_seq;
	in->limit = timeline->limit;
	in->with_notes = casefile_view_of(action->actor.role) == CASEFILE_FULL;
	if (in->with_notes) {
		call->audit.action = timeline->of_alert ? "alert.timeline" : "case.timeline";
		*(timeline->of_alert ? &call->audit.alert_id : &call->audit.case_id) = named.id;
		call->audit.detail = arena_printf(call->arena, "route=%s", action->route);
	}
	store_submit(call);
}
