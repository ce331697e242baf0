/* Deliveries and the summary of an alert: reads, as JSON. See deliveries.h. */
#include "casework/deliveries.h"

#include <string.h>

#include "casework/alert_private.h"
#include "domain/emptybody.h"
#include "store/escalate.h"
#include "store/outbox.h"

static const char *message_word(enum message message, const char *notice_type)
{
	static const char *const ends[] = {
		[END_RESOLVED] = "end.resolved",
		[END_EXPIRED] = "end.expired",
		[END_WITHDRAWN] = "end.withdrawn",
		[END_ISSUED_IN_ERROR] = "end.issued_in_error",
	};

	if (message == MESSAGE_NOTICE) {
		return notice_type != NULL ? notice_type : "notice";
	}
	return message == MESSAGE_VERSION ? "version" : ends[message];
}

/* --- deliveries --- */

struct listing {
	struct doing doing; /* first: the call's ctx is read as one */
	char ref[REF_TEXT_BYTES];
};

static void add_delivery(struct buf *body, const struct store_delivery_row *row, const char *ref)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_int(body, "id", row->id);
	json_text(body, "ref", ref);
	json_int(body, "version", row->version);
	json_text(body, "message", message_word(row->message, row->notice_type));
	json_text(body, "channel", row->channel);
	json_text(body, "recipient", row->recipient);
	json_text(body, "state", delivery_state_name(row->state));
	json_text(body, "reached", reached_name(row->reached));
	json_int(body, "attempts", row->attempts);
	json_text(body, "reason", row->reason);
	if (row->last_status != 0) {
		json_int(body, "status", row->last_status);
	}
	json_time(body, "due_at", row->due_utc_ms);
	json_time(body, "created_at", row->created_utc_ms);
	json_time(body, "updated_at", row->updated_utc_ms);
	json_id(body, "event", &row->event_id);
	if (row->seq != 0) {
		json_int(body, "seq", row->seq);
	}
	json_bool(body, "post_ack", row->is_post_ack);
	buf_add_text(body, "}");
}

static void on_deliveries(struct store_call *call)
{
	const struct store_delivery_list_out *out = call->out;
	const struct listing *listing = call->ctx;
	AUTO(buf) struct buf body = {0};

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->count; i++) {
		add_delivery(&body, &out->rows[i], listing->ref);
	}
	buf_add_text(&body, "]");
	doing_answer_page_at(call->ctx, &body, out->has_more ? out->rows[out->count - 1].id : 0);
}

static void deliveries_next(struct alert_work *work)
{
	const struct deliveries_list *asked = work->asked;
	struct store_delivery_list_in fill = {
		.alert_id = work->load.id,
		.before_id = asked->before_id,
		.channel = asked->channel,
		.states = asked->states,
		.limit = asked->limit,
	};
	struct listing listing = {0};
	struct store_call *call;

	memcpy(listing.ref, work->load.ref, sizeof(listing.ref));
	call = alert_work_write(&work, &store_delivery_list, on_deliveries);
	listing.doing = *(struct doing *)call->ctx;
	call->ctx = arena_memdup(call->arena, &listing, sizeof(listing));
	*(struct store_delivery_list_in *)call->in = fill;
	store_submit(call);
}

void deliveries_list(struct casework *casework, const struct action *action,
		     const struct deliveries_list *list, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, (struct bytes){0}, done, arg);
	struct deliveries_list *kept = arena_memdup(work->arena, list, sizeof(*list));

	kept->channel = arena_strdup(work->arena, list->channel);
	work->asked = kept;
	alert_work_read(work, &(struct alert_read){.name = list->name}, deliveries_next);
}

/* --- summary --- */

static void add_count(struct buf *body, const struct store_delivery_count *row)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_text(body, "channel", row->channel);
	json_int(body, "version", row->version);
	json_text(body, "message", message_word(row->message, NULL));
	json_text(body, "reason", broadcast_reason_name(row->reason));
	json_text(body, "state", broadcast_state_name(row->broadcast_state));
	json_int(body, "recipients", row->recipients);
	json_name(body, "deliveries");
	buf_add_text(body, "{");
	for (int i = DELIVERY_WAITING; i <= DELIVERY_DEAD; i++) {
		if (row->by_state[i] != 0) {
			json_int(body, delivery_state_name((enum delivery_state)i),
				 row->by_state[i]);
		}
	}
	buf_add_text(body, "}");
	json_time(body, "first_at", row->first_utc_ms);
	json_time(body, "last_at", row->last_utc_ms);
	buf_add_text(body, "}");
}

static void add_ack(struct buf *body, const struct store_ack_row *row)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_id(body, "id", &row->id);
	json_text(body, "partner", row->partner);
	json_text(body, "person", row->person);
	json_bool(body, "by_operator", row->is_operator);
	json_int(body, "version", row->version);
	json_text(body, "state", ack_state_name(row->state));
	json_time(body, "lease_until", row->state == ACK_HELD ? row->lease_until_utc_ms : 0);
	json_time(body, "at", row->created_utc_ms);
	buf_add_text(body, "}");
}

static void add_ladder(struct buf *body, const struct store_ladder_load_out *out)
{
	if (id_is_none(&out->ladder_id)) {
		json_text(body, "ladder", NULL);
		return;
	}
	json_name(body, "ladder");
	buf_add_text(body, "{");
	json_text(body, "kind", out->kind == LADDER_APPROVAL ? "approval" : "alert");
	json_text(body, "state", ladder_state_name(out->state));
	buf_add_text(body, "}");
}

/* The second half: the ladder and its acknowledgements beside the counts. */
struct summary {
	struct doing doing; /* first: the call's ctx is read as one */
	struct buf body;
};

static void on_ladder(struct store_call *call)
{
	const struct store_ladder_load_out *out = call->out;
	struct summary *summary = call->ctx;
	struct buf *body = &summary->body;

	if (!call->ok) {
		doing_answer_error(&summary->doing, &call->err);
		buf_finish(body);
		return;
	}
	json_id(body, "id", &out->alert_id);
	json_text(body, "ref", out->alert_ref);
	json_text(body, "state", alert_state_name(out->alert_state));
	json_int(body, "current_version", out->current_version);
	add_ladder(body, out);
	json_name(body, "acks");
	buf_add_text(body, "[");
	for (size_t i = 0; i < out->ack_count; i++) {
		add_ack(body, &out->acks[i]);
	}
	buf_add_text(body, "]}");
	doing_answer_body(&summary->doing, body, 0);
	buf_finish(body);
}

static void on_counts(struct store_call *call)
{
	const struct store_delivery_counts_out *out = call->out;
	const struct store_delivery_counts_in *in = call->in;
	struct doing *doing = call->ctx;
	struct store_ladder_load_in *ladder;
	struct store_call *next;
	struct summary *summary;

	if (!call->ok) {
		doing_answer_error(doing, &call->err);
		return;
	}
	next = doing_next(doing, &(struct action){0}, &store_ladder_load, on_ladder);
	summary = arena_alloc(next->arena, sizeof(*summary));
	summary->doing = *doing;
	buf_add_text(&summary->body, "{\"broadcasts\":[");
	for (size_t i = 0; i < out->count; i++) {
		add_count(&summary->body, &out->rows[i]);
	}
	buf_add_text(&summary->body, "]");
	ladder = next->in;
	ladder->alert_id = in->alert_id;
	next->ctx = summary;
	store_submit(next);
}

static void summary_next(struct alert_work *work)
{
	struct store_call *call = alert_work_write(&work, &store_delivery_counts, on_counts);
	struct store_delivery_counts_in *in = call->in;

	in->alert_id = call->audit.alert_id;
	store_submit(call);
}

void deliveries_summary(struct casework *casework, const struct action *action, const char *name,
			action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, (struct bytes){0}, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name}, summary_next);
}

/* --- redrive --- */

static void on_redriven(struct store_call *call)
{
	const struct doing *doing = call->ctx;
	const struct casework_wake *wake = &doing->casework->wake;

	if (call->ok && wake->broadcasts != NULL) {
		wake->broadcasts(wake->arg);
	}
	doing_answer_call(call);
}

void deliveries_redrive(struct casework *casework, const struct action *action, int64_t delivery,
			struct bytes body, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_outbox_redrive, on_redriven, done, arg);
	struct store_outbox_redrive_in *in = call->in;
	struct problems problems;

	problems_init(&problems, call->arena);
	if (!emptybody_check(body, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	in->delivery_id = delivery;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "delivery.redrive";
	call->audit.detail = arena_printf(call->arena, "delivery=%lld", (long long)delivery);
	store_submit(call);
}
