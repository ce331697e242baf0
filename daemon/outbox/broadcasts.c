/*
 * The table of broadcasts in memory: those that walk, and those whose rows are in hand. Bodies are
 * opened and decoded once per alert, version and variant, when first needed, and wiped with their
 * last broadcast.
 *
 * Owner: the outbox. States of an entry: row being read -> known -> walking | idle; a body: loading
 * -> ready | failed (tried again later). Idle entries are kept a while, least used first out, so
 * that retries need no second read. After a crash everything is read again.
 */
#include "outbox/broadcasts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "domain/notice.h"
#include "outbox/channels.h"
#include "outbox/flight.h"
#include "outbox/lane.h"
#include "settings/settings.h"

#define OPEN_PAGE     500 /* broadcasts read at once */
#define IDLE_MAX      4096
#define BODY_RETRY_MS 2000

/* --- the table --- */

static size_t place_of(const struct outbox *outbox, int64_t id)
{
	size_t low = 0, high = outbox->broadcast_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (outbox->broadcasts[middle]->row.id < id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static struct broadcast *find(struct outbox *outbox, int64_t id)
{
	size_t place = place_of(outbox, id);

	return place < outbox->broadcast_count && outbox->broadcasts[place]->row.id == id
		       ? outbox->broadcasts[place]
		       : NULL;
}

static struct broadcast *add(struct outbox *outbox, int64_t id)
{
	size_t place = place_of(outbox, id);
	struct broadcast *broadcast = xcalloc(1, sizeof(*broadcast));
	struct broadcast **table = outbox->broadcasts;

	if ((outbox->broadcast_count & (outbox->broadcast_count - 1)) == 0) {
		size_t room = outbox->broadcast_count > 0 ? outbox->broadcast_count * 2 : 1;

		table = xrealloc(table, room, sizeof(struct broadcast *));
		outbox->broadcasts = table;
	}
	memmove(&table[place + 1], &table[place],
		(outbox->broadcast_count - place) * sizeof(struct broadcast *));
	table[place] = broadcast;
	outbox->broadcast_count++;
	broadcast->outbox = outbox;
	broadcast->row.id = id;
	list_init(&broadcast->walk_link);
	list_init(&broadcast->idle_link);
	list_init(&broadcast->waiting);
	metric_set(outbox->metrics.broadcasts, (int64_t)outbox->broadcast_count);
	return broadcast;
}

static void body_release(struct body *body)
{
	if (--body->uses > 0) {
		return;
	}
	list_remove(&body->link);
	arena_destroy(&body->arena);
	free(body->variant);
	free(body);
}

static void drop(struct broadcast *broadcast)
{
	struct outbox *outbox = broadcast->outbox;
	size_t place = place_of(outbox, broadcast->row.id);

	memmove(&outbox->broadcasts[place], &outbox->broadcasts[place + 1],
		(outbox->broadcast_count - place - 1) * sizeof(struct broadcast *));
	outbox->broadcast_count--;
	metric_set(outbox->metrics.broadcasts, (int64_t)outbox->broadcast_count);
	list_remove(&broadcast->walk_link);
	list_remove(&broadcast->idle_link);
	if (broadcast->body != NULL) {
		body_release(broadcast->body);
	}
	free(broadcast->variant);
	free(broadcast);
}

static void leave_idle(struct broadcast *broadcast)
{
	if (!list_is_empty(&broadcast->idle_link)) {
		list_remove(&broadcast->idle_link);
		broadcast->outbox->idle_count--;
	}
}

/* Nobody uses it: keep it for a retry, within bounds. */
static void rest(struct broadcast *broadcast)
{
	struct outbox *outbox = broadcast->outbox;

	if (broadcast->uses > 0 || broadcast->is_walking) {
		return;
	}
	if (!broadcast->is_loaded || outbox->is_draining) {
		leave_idle(broadcast);
		drop(broadcast);
		return;
	}
	leave_idle(broadcast);
	list_append(&outbox->idle, &broadcast->idle_link);
	outbox->idle_count++;
	if (outbox->idle_count > IDLE_MAX) {
		struct broadcast *oldest =
			LIST_ENTRY(outbox->idle.next, struct broadcast, idle_link);

		leave_idle(oldest);
		drop(oldest);
	}
}

void broadcast_hold(struct broadcast *broadcast)
{
	leave_idle(broadcast);
	broadcast->uses++;
}

void broadcast_release(struct broadcast *broadcast)
{
	broadcast->uses--;
	rest(broadcast);
}

/* --- rows --- */

bool broadcast_is_end(const struct broadcast *broadcast)
{
	return broadcast->row.message >= MESSAGE_END_RESOLVED &&
	       broadcast->row.message <= MESSAGE_END_ISSUED_IN_ERROR;
}

static int rank(const struct broadcast *broadcast)
{
	return broadcast_is_end(broadcast) ? 0 : (int)broadcast->row.class_of;
}

/* Behind its equals. */
static void walk_insert(struct broadcast *broadcast)
{
	struct list *before = &broadcast->lane->walking;

	while (before->prev != &broadcast->lane->walking &&
	       rank(LIST_ENTRY(before->prev, struct broadcast, walk_link)) > rank(broadcast)) {
		before = before->prev;
	}
	list_append(before, &broadcast->walk_link);
}

void broadcast_rotate(struct broadcast *broadcast)
{
	list_remove(&broadcast->walk_link);
	walk_insert(broadcast);
}

void broadcast_end_walk(struct broadcast *broadcast)
{
	if (!broadcast->is_walking) {
		return;
	}
	list_remove(&broadcast->walk_link);
	broadcast->is_walking = false;
	broadcast->lane->walking_count--;
	rest(broadcast);
}

static void know(struct broadcast *broadcast, const struct store_broadcast *row)
{
	broadcast->lane = lane_get(broadcast->outbox, row->channel);
	broadcast->row = *row;
	broadcast->row.channel = broadcast->lane->name;
	broadcast->row.partner = NULL; /* the directory knows */
	broadcast->variant = row->variant != NULL ? xstrdup(row->variant) : NULL;
	broadcast->row.variant = broadcast->variant;
	broadcast->is_loaded = true;
}

static void open_one(struct outbox *outbox, const struct store_broadcast *row)
{
	struct broadcast *broadcast = find(outbox, row->id);

	if (broadcast == NULL) {
		broadcast = add(outbox, row->id);
	}
	if (!broadcast->is_loaded) {
		know(broadcast, row);
	}
	if (!broadcast->is_walking) {
		leave_idle(broadcast);
		broadcast->is_walking = true;
		broadcast->lane->walking_count++;
		walk_insert(broadcast);
	}
	lane_touch(broadcast->lane);
	lane_arm(broadcast->lane);
	channels_arrived(broadcast->lane);
}

static void on_open(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_outbox_open_out *out = call->out;

	outbox_called(outbox);
	outbox->is_opening = false;
	if (!call->ok) {
		outbox->open_again = true;
		outbox->open_all = true; /* it may have been the reading of all */
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, BODY_RETRY_MS);
		return;
	}
	for (size_t i = 0; i < out->count; i++) {
		outbox->last_broadcast = out->rows[i].id;
		open_one(outbox, &out->rows[i]);
	}
	if (out->has_more || outbox->open_again) {
		broadcasts_open(outbox);
	}
}

void broadcasts_open(struct outbox *outbox)
{
	struct store_call *call;
	struct store_outbox_open_in *in;

	if (outbox->is_opening || outbox->is_draining) {
		outbox->open_again = true;
		return;
	}
	outbox->is_opening = true;
	outbox->open_again = false;
	if (outbox->open_all) {
		outbox->last_broadcast = 0;
		outbox->open_all = false;
	}
	call = outbox_call(outbox, &store_outbox_open, on_open, outbox);
	in = call->in;
	in->after_id = outbox->last_broadcast;
	in->limit = OPEN_PAGE;
	store_submit(call);
}

static void on_date(struct store_call *call)
{
	struct outbox *outbox = call->ctx;
	const struct store_outbox_channels_out *out = call->out;

	outbox_called(outbox);
	outbox->is_dating = false;
	if (!call->ok) {
		outbox->date_again = true;
		runq_schedule_in(loop_runq(outbox->loop), &outbox->again, BODY_RETRY_MS);
		return;
	}
	for (size_t i = 0; i < out->count; i++) {
		lane_note_due(lane_get(outbox, out->rows[i].channel), out->rows[i].due_utc_ms);
	}
	if (outbox->date_again) {
		broadcasts_date(outbox);
	}
}

void broadcasts_date(struct outbox *outbox)
{
	if (outbox->is_dating || outbox->is_draining) {
		outbox->date_again = true;
		return;
	}
	outbox->is_dating = true;
	outbox->date_again = false;
	store_submit(outbox_call(outbox, &store_outbox_channels, on_date, outbox));
}

/* The flights that waited go on, or back. */
static void wake_flights(struct broadcast *broadcast, bool ok)
{
	struct list *node;

	broadcast_hold(broadcast); /* giving the last one back would free it */
	while ((node = list_take_first(&broadcast->waiting)) != NULL) {
		struct flight *flight = LIST_ENTRY(node, struct flight, link);

		if (ok) {
			flight_ready(flight);
		} else {
			flight_back(flight);
		}
	}
	broadcast_release(broadcast);
}

struct row_load {
	struct outbox *outbox;
	int64_t id;
};

static void on_row(struct store_call *call)
{
	struct row_load *load = call->ctx;
	struct outbox *outbox = load->outbox;
	const struct store_outbox_broadcast_out *out = call->out;
	struct broadcast *broadcast = find(outbox, load->id);

	outbox_called(outbox);
	free(load);
	if (broadcast == NULL || list_is_empty(&broadcast->waiting)) {
		return;
	}
	if (call->ok && !broadcast->is_loaded) {
		know(broadcast, &out->broadcast);
	}
	if (!broadcast->is_loaded) {
		wake_flights(broadcast, false);
	} else if (broadcast_prepare(broadcast)) {
		wake_flights(broadcast, true);
	} /* else its body is on its way */
}

struct broadcast *broadcast_get(struct outbox *outbox, int64_t id)
{
	struct broadcast *broadcast = find(outbox, id);
	struct store_call *call;
	struct row_load *load;

	if (broadcast != NULL) {
		broadcast_hold(broadcast);
		return broadcast;
	}
	broadcast = add(outbox, id);
	broadcast_hold(broadcast);
	load = xcalloc(1, sizeof(*load));
	load->outbox = outbox;
	load->id = id;
	call = outbox_call(outbox, &store_outbox_broadcast, on_row, load);
	((struct store_outbox_broadcast_in *)call->in)->id = id;
	store_submit(call);
	return broadcast;
}

/* --- bodies --- */

static bool is_body_of(const struct body *body, const struct store_broadcast *row,
		       const struct id *owner, enum medium medium)
{
	return id_equal(&body->owner, owner) && body->medium == medium &&
	       body->version == (row->variant != NULL ? row->variant_version : 0) &&
	       (row->variant != NULL
			? body->variant != NULL && strcmp(body->variant, row->variant) == 0
			: body->variant == NULL);
}

static struct body *body_get(struct broadcast *broadcast)
{
	struct outbox *outbox = broadcast->outbox;
	const struct store_broadcast *row = &broadcast->row;
	const struct id *owner = row->variant != NULL ? &row->alert_id : &row->notice_id;
	const struct channel *channel = lane_channel(broadcast->lane);
	/* a variant was rendered for its medium; a notice holds the message for every one */
	enum medium medium = row->variant == NULL && channel != NULL ? channel->medium : 0;
	struct body *body;

	LIST_FOR_EACH (node, &outbox->bodies) {
		body = LIST_ENTRY(node, struct body, link);
		if (is_body_of(body, row, owner, medium)) {
			return body;
		}
	}
	body = xcalloc(1, sizeof(*body));
	body->outbox = outbox;
	body->owner = *owner;
	body->version = row->variant != NULL ? row->variant_version : 0;
	body->variant = row->variant != NULL ? xstrdup(row->variant) : NULL;
	body->medium = medium;
	list_append(&outbox->bodies, &body->link);
	return body;
}

static bool body_decode(struct body *body, const struct store_outbox_body_out *out,
			struct error *err)
{
	return body->variant != NULL
		       ? render_parse(out->body, body->arena, &body->rendered, NULL, err)
		       : notice_pick(out->body, body->medium, body->arena, &body->rendered, err);
}

static void body_failed(struct body *body, const struct error *err)
{
	struct outbox *outbox = body->outbox;

	body->state = BODY_FAILED;
	body->retry_boot_ms = outbox_boot_ms(outbox) + BODY_RETRY_MS;
	arena_destroy(&body->arena);
	log_error("a message cannot be read, its rows wait, tried again soon", "variant=%s err=%s",
		  body->variant != NULL ? body->variant : "-", log_quote(err->text));
	runq_schedule_in(loop_runq(outbox->loop), &outbox->again, BODY_RETRY_MS);
}

static void on_body(struct store_call *call)
{
	struct body *body = call->ctx;
	struct outbox *outbox = body->outbox;
	struct error err = call->err;

	outbox_called(outbox);
	body->state = BODY_READY;
	if (call->ok) {
		const struct store_outbox_body_out out =
			*(const struct store_outbox_body_out *)call->out;

		body->arena = store_call_take_arena(call); /* the decoded body borrows from it */
		if (!body_decode(body, &out, &err)) {
			body_failed(body, &err);
		}
	} else {
		body_failed(body, &err);
	}
	for (size_t i = outbox->broadcast_count; i > 0; i--) {
		struct broadcast *broadcast = outbox->broadcasts[i - 1];

		if (broadcast->body == body) {
			lane_touch(broadcast->lane);
			wake_flights(broadcast, body->state == BODY_READY);
		}
	}
	body_release(body);
}

static void body_load(struct broadcast *broadcast, struct body *body)
{
	const struct store_broadcast *row = &broadcast->row;
	struct store_call *call = outbox_call(broadcast->outbox, &store_outbox_body, on_body, body);
	struct store_outbox_body_in *in = call->in;

	body->state = BODY_LOADING;
	body->uses++; /* until it has come */
	if (row->variant != NULL) {
		in->alert_id = row->alert_id;
		in->version = row->variant_version;
		in->variant = arena_strdup(call->arena, row->variant);
	} else {
		in->notice_id = row->notice_id;
	}
	store_submit(call);
}

bool broadcast_prepare(struct broadcast *broadcast)
{
	struct body *body = broadcast->body;

	if (!broadcast->is_loaded) {
		return false;
	}
	if (body == NULL) {
		body = body_get(broadcast);
		body->uses++;
		broadcast->body = body;
	}
	if (body->state == BODY_ABSENT ||
	    (body->state == BODY_FAILED && body->retry_boot_ms <= outbox_boot_ms(body->outbox))) {
		body_load(broadcast, body);
	}
	return body->state == BODY_READY;
}

void broadcast_splice(const struct broadcast *broadcast, struct buf *out)
{
	const struct store_broadcast *row = &broadcast->row;
	const struct directory *directory = &broadcast->outbox->settings->directory;
	const struct channel *channel = lane_channel(broadcast->lane);
	struct splice_values values = {
		.timestamp_utc_ms = row->event_utc_ms,
		.issued_utc_ms = row->issued_utc_ms,
		.expires_utc_ms = row->expires_utc_ms,
		.end_utc_ms = row->ended_utc_ms,
		.version = row->version,
		.seq = row->seq,
		.zone = directory->timezone,
	};

	if (channel != NULL && channel->partner != NULL && channel->partner->timezone != NULL) {
		values.zone = channel->partner->timezone;
	}
	render_splice(&broadcast->body->rendered, &values, out);
}

/* --- the end --- */

void broadcasts_forget(struct outbox *outbox, const struct id *alert)
{
	LIST_FOR_EACH (node, &outbox->idle) {
		struct broadcast *broadcast = LIST_ENTRY(node, struct broadcast, idle_link);

		if (id_equal(&broadcast->row.alert_id, alert)) {
			leave_idle(broadcast);
			drop(broadcast);
		}
	}
}

void broadcasts_finish(struct outbox *outbox)
{
	while (outbox->broadcast_count > 0) {
		drop(outbox->broadcasts[outbox->broadcast_count - 1]);
	}
	free(outbox->broadcasts);
	outbox->broadcasts = NULL;
}
