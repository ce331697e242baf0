/*
 * What operators and partners read of the outbox: deliveries of an alert, counts per channel, a
 * partner's events. An event of a version that is not current is told without its body (a
 * tombstone), so a replay can never restart a dead alert.
 */
#include "store/sql_registry.h"
#include "store/outbox.h"
#include "store/outbox_row.h"
#include "store/rows.h"

enum {
	DELIVERY_PLACE,
	DELIVERY_BROADCASTS,
	DELIVERIES,
	COUNTS,
	EVENTS,
	EVENTS_CURRENT,
	EVENT_BOUNDS,
	NOTICE_BODY
};

#define EVENT_COLUMNS                                                                              \
	"SELECT e.seq, e.id, e.alert_id, a.ref, a.status, a.state, a.end_reason, e.version,"       \
	" a.current_version, e.message, v.kind, n.type, e.variant_version, e.variant, "            \
	"e.notice_id,"                                                                             \
	" e.created_utc_ms, a.issued_utc_ms, a.ended_utc_ms, a.expires_utc_ms, a.purged_utc_ms"    \
	" FROM "
#define EVENT_JOINS                                                                                \
	" LEFT JOIN version v ON v.alert_id = e.alert_id AND v.version = e.version"                \
	" LEFT JOIN notice n ON n.id = e.notice_id "

const struct sql_text outbox_view_sql[] = {
	[DELIVERY_PLACE] = {"delivery_place", "SELECT broadcast_id, recipient FROM delivery"
					      " WHERE id = $1 AND alert_id = $2"},
	[DELIVERY_BROADCASTS] = {"delivery_broadcasts",
				 "SELECT id FROM broadcast WHERE alert_id = $1 AND id <= $2"
				 " AND ($3 IS NULL OR channel = $3) ORDER BY id DESC"},
	/* along the index that keeps them unique: one of an alert's rows alone would cost every
	   row of every alert another entry */
	[DELIVERIES] =
		{"delivery_list",
		 "SELECT d.id, d.version, b.message, n.type, d.channel, r.name, d.state,"
		 " d.reached, d.attempts, d.reason, (SELECT t.status FROM attempt t"
		 " WHERE t.delivery_id = d.id ORDER BY t.epoch DESC, t.attempt DESC LIMIT 1),"
		 " d.due_utc_ms, d.created_utc_ms, d.updated_utc_ms, b.event_id, b.seq,"
		 " d.post_ack FROM delivery d JOIN broadcast b ON b.id = d.broadcast_id"
		 " LEFT JOIN notice n ON n.id = b.notice_id"
		 " LEFT JOIN recipient r ON r.channel = d.channel AND r.recipient = d.recipient"
		 " WHERE d.broadcast_id = $1 AND d.recipient < $2"
		 " AND ($3 = 0 OR ($3 >> d.state) % 2 = 1) ORDER BY d.recipient DESC LIMIT $4"},
	[COUNTS] = {"delivery_counts",
		    "SELECT b.id, b.channel, b.version, b.message, b.reason, b.state, d.state,"
		    " COUNT(d.id), MIN(d.created_utc_ms), MAX(d.updated_utc_ms) FROM broadcast b"
		    " LEFT JOIN delivery d ON d.broadcast_id = b.id WHERE b.alert_id = $1"
		    " GROUP BY b.id, b.channel, b.version, b.message, b.reason, b.state, d.state"
		    " ORDER BY b.id, d.state"},
	[EVENTS] = {"event_list",
		    EVENT_COLUMNS "event e LEFT JOIN alert a ON a.id = e.alert_id" EVENT_JOINS
				  "WHERE e.partner = $1 AND e.seq > $2"
				  " AND ($4 IS NULL OR e.alert_id = $4)"
				  " ORDER BY e.seq LIMIT $3"},
	/* the newest message of each alert that runs; CROSS: from those alerts */
	[EVENTS_CURRENT] = {"event_list_current", EVENT_COLUMNS
			    "alert a CROSS JOIN event e" EVENT_JOINS
			    "WHERE e.alert_id = a.id AND e.partner = $1 AND e.seq > $2"
			    " AND e.notice_id IS NULL"
			    " AND ($4 IS NULL OR e.alert_id = $4) AND a.state IN (4, 5)"
			    " AND e.version = a.current_version AND e.message = 0"
			    " ORDER BY e.seq LIMIT $3"},
	[EVENT_BOUNDS] = {"event_bounds",
			  "SELECT (SELECT last FROM partner_seq WHERE partner = $1),"
			  " (SELECT MIN(seq) FROM event WHERE partner = $1)"},
	[NOTICE_BODY] = {"event_notice_body", "SELECT body FROM notice WHERE id = $1"},
};
const size_t outbox_view_sql_count = ARRAY_LEN(outbox_view_sql);

static void read_delivery(struct sql_stmt *stmt, struct arena *arena,
			  struct store_delivery_row *row)
{
	*row = (struct store_delivery_row){
		.id = sql_int(stmt, 0),
		.version = (int)sql_int(stmt, 1),
		.message = (enum message)sql_int(stmt, 2),
		.notice_type = sql_text(stmt, 3, arena),
		.channel = sql_text(stmt, 4, arena),
		.recipient = sql_text(stmt, 5, arena),
		.state = (enum delivery_state)sql_int(stmt, 6),
		.reached = (enum reached)sql_int(stmt, 7),
		.attempts = (int)sql_int(stmt, 8),
		.reason = sql_text(stmt, 9, arena),
		.last_status = (int)sql_int(stmt, 10),
		.due_utc_ms = sql_int(stmt, 11),
		.created_utc_ms = sql_int(stmt, 12),
		.updated_utc_ms = sql_int(stmt, 13),
		.event_id = sql_id(stmt, 14),
		.seq = sql_int(stmt, 15),
		.is_post_ack = sql_int(stmt, 16) != 0,
	};
}

/* Where a page begins: from this broadcast down, in it before this recipient. */
struct place {
	int64_t broadcast;
	int64_t recipient;
};

static bool place_find(struct store_txn *txn, const struct store_delivery_list_in *in,
		       struct place *ret, struct error *err)
{
	struct sql_stmt *stmt;

	*ret = (struct place){INT64_MAX, INT64_MAX};
	if (in->before_id == 0) {
		return true;
	}
	stmt = sql_use(txn, &outbox_view_sql[DELIVERY_PLACE]);
	sql_bind_int(stmt, 1, in->before_id);
	sql_bind_id(stmt, 2, &in->alert_id);
	if (sql_step(stmt)) {
		*ret = (struct place){sql_int(stmt, 0), sql_int(stmt, 1)};
		return true;
	}
	return sql_ok(stmt, err) &&
	       error_set(err, ERROR_INVALID, "the cursor is no delivery of this alert");
}

static bool deliveries_of(struct store_txn *txn, struct arena *arena,
			  const struct store_delivery_list_in *in, const struct place *from,
			  struct rows *rows, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_view_sql[DELIVERIES]);

	sql_bind_int(stmt, 1, from->broadcast);
	sql_bind_int(stmt, 2, from->recipient);
	sql_bind_int(stmt, 3, in->states);
	sql_bind_int(stmt, 4, in->limit + 1 - (int)rows->count);
	while (sql_step(stmt)) {
		read_delivery(stmt, arena, rows_add(rows, arena));
	}
	return sql_ok(stmt, err);
}

static bool run_deliveries(struct store_txn *txn, struct arena *arena, const void *in_any,
			   void *out_any, struct error *err)
{
	const struct store_delivery_list_in *in = in_any;
	struct store_delivery_list_out *out = out_any;
	struct rows rows = {.size = sizeof(struct store_delivery_row)};
	struct sql_stmt *stmt;
	struct place first;

	if (!place_find(txn, in, &first, err)) {
		return false;
	}
	stmt = sql_use(txn, &outbox_view_sql[DELIVERY_BROADCASTS]);
	sql_bind_id(stmt, 1, &in->alert_id);
	sql_bind_int(stmt, 2, first.broadcast);
	sql_bind_text(stmt, 3, in->channel);
	while (rows.count <= (size_t)in->limit && sql_step(stmt)) {
		struct place from = {sql_int(stmt, 0), INT64_MAX};

		if (!deliveries_of(txn, arena, in,
				   from.broadcast == first.broadcast ? &first : &from, &rows,
				   err)) {
			return false;
		}
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_delivery_list = {
	.name = "delivery_list",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_delivery_list_in),
	.out_size = sizeof(struct store_delivery_list_out),
	.run = run_deliveries,
};

/* Adds one (broadcast, delivery state) group to the broadcast's row. */
static void count_add(struct sql_stmt *stmt, struct store_delivery_count *row)
{
	int64_t state = sql_int(stmt, 6);
	int64_t first = sql_int(stmt, 8);
	int64_t last = sql_int(stmt, 9);

	if (state <= 0 || (size_t)state >= ARRAY_LEN(row->by_state)) {
		return; /* a broadcast without rows yet */
	}
	row->by_state[state] = sql_int(stmt, 7);
	row->recipients += sql_int(stmt, 7);
	if (row->first_utc_ms == 0 || first < row->first_utc_ms) {
		row->first_utc_ms = first;
	}
	if (last > row->last_utc_ms) {
		row->last_utc_ms = last;
	}
}

static bool run_counts(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_delivery_counts_in *in = in_any;
	struct store_delivery_counts_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_view_sql[COUNTS]);
	struct rows rows = {.size = sizeof(struct store_delivery_count)};
	struct store_delivery_count *row = NULL;
	int64_t broadcast = 0;

	sql_bind_id(stmt, 1, &in->alert_id);
	while (sql_step(stmt)) {
		if (row == NULL || sql_int(stmt, 0) != broadcast) {
			broadcast = sql_int(stmt, 0);
			row = rows_add(&rows, arena);
			row->channel = sql_text(stmt, 1, arena);
			row->version = (int)sql_int(stmt, 2);
			row->message = (enum message)sql_int(stmt, 3);
			row->reason = (enum broadcast_reason)sql_int(stmt, 4);
			row->broadcast_state = (enum broadcast_state)sql_int(stmt, 5);
		}
		count_add(stmt, row);
	}
	out->rows = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_delivery_counts = {
	.name = "delivery_counts",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_delivery_counts_in),
	.out_size = sizeof(struct store_delivery_counts_out),
	.run = run_counts,
};

/* What an event row points to, kept until its statement is done. */
struct pointer {
	struct store_event_row row;
	int variant_version;
	const char *variant;
	struct id notice_id;
	bool is_purged;
};

static void read_event(struct sql_stmt *stmt, struct arena *arena, struct pointer *pointer)
{
	struct store_event_row *row = &pointer->row;

	*row = (struct store_event_row){
		.seq = sql_int(stmt, 0),
		.event_id = sql_id(stmt, 1),
		.alert_id = sql_id(stmt, 2),
		.status = (enum alert_status)sql_int(stmt, 4),
		.alert_state = (enum alert_state)sql_int(stmt, 5),
		.end_reason = (enum end_reason)sql_int(stmt, 6),
		.version = (int)sql_int(stmt, 7),
		.current_version = (int)sql_int(stmt, 8),
		.message = (enum message)sql_int(stmt, 9),
		.kind = (enum version_kind)sql_int(stmt, 10),
		.notice_type = sql_text(stmt, 11, arena),
		.created_utc_ms = sql_int(stmt, 15),
		.issued_utc_ms = sql_int(stmt, 16),
		.ended_utc_ms = sql_int(stmt, 17),
		.expires_utc_ms = sql_int(stmt, 18),
	};
	rows_copy_ref(row->alert_ref, sql_text(stmt, 3, arena));
	pointer->variant_version = (int)sql_int(stmt, 12);
	pointer->variant = sql_text(stmt, 13, arena);
	pointer->notice_id = sql_id(stmt, 14);
	pointer->is_purged = !sql_is_null(stmt, 19);
}

static bool event_body(struct store_txn *txn, struct arena *arena, const struct pointer *pointer,
		       struct store_event_row *row, struct error *err)
{
	struct sql_stmt *stmt;

	if (pointer->is_purged || row->version != row->current_version) {
		return true;
	}
	row->is_current = true;
	if (id_is_none(&pointer->notice_id)) {
		return variant_open(txn, arena, &row->alert_id, pointer->variant_version,
				    pointer->variant, &row->body, err);
	}
	stmt = sql_use(txn, &outbox_view_sql[NOTICE_BODY]);
	sql_bind_id(stmt, 1, &pointer->notice_id);
	if (sql_step(stmt)) {
		row->body = sql_blob(stmt, 0, arena);
	}
	return sql_ok(stmt, err);
}

static bool event_bounds(struct store_txn *txn, const struct store_event_list_in *in,
			 struct store_event_list_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_view_sql[EVENT_BOUNDS]);

	sql_bind_text(stmt, 1, in->partner);
	if (sql_step(stmt)) {
		out->last_seq = sql_int(stmt, 0);
		/* when all of them are past retention, the next one is the oldest */
		out->oldest_seq = sql_is_null(stmt, 1) ? out->last_seq + 1 : sql_int(stmt, 1);
	}
	return sql_ok(stmt, err);
}

static bool events_read(struct store_txn *txn, struct arena *arena,
			const struct store_event_list_in *in, struct rows *pointers,
			struct error *err)
{
	struct sql_stmt *stmt =
		sql_use(txn, &outbox_view_sql[in->only_current ? EVENTS_CURRENT : EVENTS]);

	sql_bind_text(stmt, 1, in->partner);
	sql_bind_int(stmt, 2, in->after_seq);
	sql_bind_int(stmt, 3, in->limit + 1);
	sql_bind_id(stmt, 4, &in->alert_id);
	while (sql_step(stmt)) {
		read_event(stmt, arena, rows_add(pointers, arena));
	}
	return sql_ok(stmt, err);
}

static bool run_events(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_event_list_in *in = in_any;
	struct store_event_list_out *out = out_any;
	struct rows pointers = {.size = sizeof(struct pointer)};
	struct store_event_row *rows;

	if (!events_read(txn, arena, in, &pointers, err) || !event_bounds(txn, in, out, err)) {
		return false;
	}
	out->has_more = pointers.count > (size_t)in->limit;
	out->count = out->has_more ? (size_t)in->limit : pointers.count;
	rows = arena_array(arena, out->count + 1, sizeof(*rows));
	for (size_t i = 0; i < out->count; i++) {
		const struct pointer *pointer = (const struct pointer *)pointers.data + i;

		rows[i] = pointer->row;
		if (!event_body(txn, arena, pointer, &rows[i], err)) {
			return false;
		}
	}
	out->rows = rows;
	return true;
}

const struct store_op store_event_list = {
	.name = "event_list",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_event_list_in),
	.out_size = sizeof(struct store_event_list_out),
	.run = run_events,
};
