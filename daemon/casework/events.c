/* Partner events read again: see events.h. One store read, rendering, nothing kept. */
#include "casework/events.h"

#include <stdio.h>
#include <string.h>

#include "casework/casework_private.h"
#include "domain/notice.h"
#include "domain/render.h"
#include "store/outbox.h"

/* One page on its way; lives in the call's arena. */
struct listing {
	struct doing doing; /* first: the call's ctx is read as one */
	int64_t after_seq;
	bool only_current;
	bool is_configured;
	const char *zone;
};

/* Without the status before it, which a tombstone puts there itself. */
static const char *bare_type(const char *notice_type)
{
	const char *bare = strstr(notice_type, "alert.");

	return bare != NULL ? bare : notice_type;
}

static void add_tombstone(struct buf *body, const struct store_event_row *row)
{
	char alert[ID_TEXT_BYTES];

	id_format(&row->alert_id, alert);
	render_tombstone(
		&(struct render_tombstone){
			.status = row->status,
			.type = row->notice_type != NULL
					? bare_type(row->notice_type)
					: render_alert_type(row->kind, row->message),
			.alert = alert,
			.ref = row->alert_ref,
			.version = row->version,
			.seq = row->seq,
			.superseded_by = row->current_version,
			.end_reason = row->alert_state == ALERT_ENDED ? row->end_reason : END_NONE,
		},
		body);
}

static bool add_body(struct buf *body, const struct store_event_row *row, const char *zone,
		     struct error *err)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct rendered rendered;
	bool is_read = row->notice_type != NULL
			       ? notice_pick(row->body, MEDIUM_JSON, arena, &rendered, err)
			       : render_parse(row->body, arena, &rendered, NULL, err);

	if (!is_read) {
		return false;
	}
	render_splice(&rendered,
		      &(struct splice_values){
			      .timestamp_utc_ms = row->created_utc_ms,
			      .issued_utc_ms = row->issued_utc_ms,
			      .expires_utc_ms = row->expires_utc_ms,
			      .end_utc_ms = row->ended_utc_ms,
			      .version = row->version,
			      .seq = row->seq,
			      .zone = zone,
		      },
		      body);
	return true;
}

static bool add_item(struct buf *body, const struct store_event_row *row, const char *zone,
		     struct error *err)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_int(body, "seq", row->seq);
	json_id(body, "id", &row->event_id);
	json_name(body, "event");
	if (!row->is_current) {
		add_tombstone(body, row);
	} else if (!add_body(body, row, zone, err)) {
		return error_prefix(err, "event %lld", (long long)row->seq);
	}
	buf_add_text(body, "}");
	return true;
}

static bool is_too_old(const struct listing *listing, const struct store_event_list_out *out)
{
	return !listing->only_current && listing->after_seq < out->oldest_seq - 1;
}

static void on_listed(struct store_call *call)
{
	const struct store_event_list_out *out = call->out;
	const struct listing *listing = call->ctx;
	AUTO(buf) struct buf body = {0};
	struct error err = call->err;
	bool ok = call->ok;
	char next[24];

	if (ok && is_too_old(listing, out)) {
		ok = error_set(&err, ERROR_GONE,
			       "events before %lld are not kept: begin with "
			       "/v1/alerts?state=active and go on from its seq",
			       (long long)out->oldest_seq);
	}
	if (ok && !listing->is_configured && out->last_seq == 0) { /* one that left has events */
		ok = error_set(&err, ERROR_NOT_FOUND, "no partner of this id is configured");
	}
	buf_add_text(&body, "{\"items\":[");
	for (size_t i = 0; ok && i < out->count; i++) {
		ok = add_item(&body, &out->rows[i], listing->zone, &err);
	}
	if (!ok) {
		doing_answer_error(call->ctx, &err);
		return;
	}
	buf_add_text(&body, "]");
	(void)snprintf(next, sizeof(next), "%lld",
		       out->has_more ? (long long)out->rows[out->count - 1].seq : 0LL); /* fits */
	json_text(&body, "next", out->has_more ? next : NULL);
	json_int(&body, "seq", out->last_seq);
	buf_add_text(&body, "}");
	doing_answer_body(call->ctx, &body, 0);
}

static void list(struct casework *casework, const struct action *action,
		 const struct events_list *asked, bool only_current, struct store_call *call)
{
	const struct directory *directory = &casework->settings->directory;
	const struct partner *partner = directory_find_partner(directory, asked->partner);
	struct store_event_list_in *in = call->in;
	struct listing *listing = arena_alloc(call->arena, sizeof(*listing));

	*listing = (struct listing){
		.doing = *(struct doing *)call->ctx,
		.after_seq = asked->after_seq,
		.only_current = only_current,
		.is_configured = partner != NULL,
		.zone = arena_strdup(call->arena, partner != NULL && partner->timezone != NULL
							  ? partner->timezone
							  : directory->timezone),
	};
	call->ctx = listing;
	in->partner = arena_strdup(call->arena, asked->partner);
	in->after_seq = asked->after_seq;
	in->only_current = only_current;
	in->limit = asked->limit;
	if (action->actor.partner == NULL) {
		call->audit.action = "event.read"; /* staff see what the partner saw */
		call->audit.detail = arena_printf(call->arena, "route=%s partner=%s", action->route,
						  asked->partner);
	}
	store_submit(call);
}

void events_list(struct casework *casework, const struct action *action,
		 const struct events_list *asked, action_done *done, void *arg)
{
	list(casework, action, asked, false,
	     doing_begin(casework, action, &store_event_list, on_listed, done, arg));
}

void events_list_current(struct casework *casework, const struct action *action,
			 const struct events_list *asked, action_done *done, void *arg)
{
	list(casework, action, asked, true,
	     doing_begin(casework, action, &store_event_list, on_listed, done, arg));
}
