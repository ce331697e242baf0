/*
 * What the outbox reads: open broadcasts, one broadcast, bodies, channels with due or held rows.
 * Runs on reader threads; nothing here opens a case: a body is what leaves the house anyway, opened
 * for sending and audited as such by its approval.
 */
#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/outbox.h"
#include "store/outbox_row.h"
#include "store/rows.h"

enum { OPEN_PAGE, ONE, BODY_VARIANT, BODY_NOTICE, CHANNELS_DUE, HELD };

#define BROADCAST_COLUMNS                                                                          \
	"SELECT b.id, b.alert_id, b.notice_id, a.ref, a.status, b.version, b.channel, b.partner,"  \
	" b.message, b.variant_version, b.variant, b.walk, b.reason, b.class, b.event_id, b.seq,"  \
	" b.not_before_utc_ms, (SELECT MIN(e.created_utc_ms) FROM event e WHERE e.id = "           \
	"b.event_id),"                                                                             \
	" a.issued_utc_ms, a.ended_utc_ms, a.expires_utc_ms, b.created_utc_ms"                     \
	" FROM broadcast b LEFT JOIN alert a ON a.id = b.alert_id "

const struct sql_text outbox_read_sql[] = {
	[OPEN_PAGE] = {"outbox_open_page",
		       BROADCAST_COLUMNS "WHERE b.state = 1 AND b.state < 3 AND b.id > $1"
					 " AND (b.notice_id IS NOT NULL OR a.state <> 5)"
					 " ORDER BY b.id LIMIT $2"},
	[ONE] = {"outbox_broadcast_one", BROADCAST_COLUMNS "WHERE b.id = $1"},
	[BODY_VARIANT] = {"outbox_body_variant",
			  "SELECT v.body_sealed FROM variant v"
			  " WHERE v.alert_id = $1 AND v.version = $2 AND v.variant = $3"},
	[BODY_NOTICE] = {"outbox_body_notice", "SELECT body, type FROM notice WHERE id = $1"},
	/* a suspended alert's rows wait for a person, not for us: they are not looked at */
	[CHANNELS_DUE] = {"outbox_channels_due",
			  "SELECT channel, MIN(due) FROM (SELECT b.channel,"
			  " (SELECT MIN(d.due_utc_ms) FROM delivery d WHERE d.broadcast_id = b.id"
			  " AND d.due_utc_ms IS NOT NULL) AS due FROM broadcast b"
			  " LEFT JOIN alert a ON a.id = b.alert_id WHERE b.state < 3"
			  " AND (a.state IS NULL OR a.state <> 5 OR b.notice_id IS NOT NULL))"
			  " AS open WHERE due IS NOT NULL GROUP BY channel ORDER BY channel"},
	[HELD] = {"outbox_held", "SELECT b.channel, COUNT(*) FROM broadcast b"
				 " JOIN delivery d ON d.broadcast_id = b.id"
				 " AND d.state IN (1, 2, 5, 6, 7, 8) AND d.state = 8"
				 " WHERE b.state < 3 GROUP BY b.channel ORDER BY b.channel"},
};
const size_t outbox_read_sql_count = ARRAY_LEN(outbox_read_sql);

static void read_broadcast(struct sql_stmt *stmt, struct arena *arena, struct store_broadcast *row)
{
	*row = (struct store_broadcast){
		.id = sql_int(stmt, 0),
		.alert_id = sql_id(stmt, 1),
		.notice_id = sql_id(stmt, 2),
		.status = (enum alert_status)sql_int(stmt, 4),
		.version = (int)sql_int(stmt, 5),
		.channel = sql_text(stmt, 6, arena),
		.partner = sql_text(stmt, 7, arena),
		.message = (enum message)sql_int(stmt, 8),
		.variant_version = (int)sql_int(stmt, 9),
		.variant = sql_text(stmt, 10, arena),
		.walk = (enum walk)sql_int(stmt, 11),
		.reason = (enum broadcast_reason)sql_int(stmt, 12),
		.class_of = (enum message_class)sql_int(stmt, 13),
		.event_id = sql_id(stmt, 14),
		.seq = sql_int(stmt, 15),
		.not_before_utc_ms = sql_int(stmt, 16),
		.event_utc_ms = sql_int(stmt, 17),
		.issued_utc_ms = sql_int(stmt, 18),
		.ended_utc_ms = sql_int(stmt, 19),
		.expires_utc_ms = sql_int(stmt, 20),
		.created_utc_ms = sql_int(stmt, 21),
	};
	rows_copy_ref(row->alert_ref, sql_text(stmt, 3, arena));
	if (row->event_utc_ms == 0) {
		row->event_utc_ms = row->created_utc_ms;
	}
}

static bool run_open(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_outbox_open_in *in = in_any;
	struct store_outbox_open_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_read_sql[OPEN_PAGE]);
	struct rows rows = {.size = sizeof(struct store_broadcast)};

	sql_bind_int(stmt, 1, in->after_id);
	sql_bind_int(stmt, 2, in->limit + 1);
	while (sql_step(stmt)) {
		read_broadcast(stmt, arena, rows_add(&rows, arena));
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_outbox_open = {
	.name = "outbox_open",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_outbox_open_in),
	.out_size = sizeof(struct store_outbox_open_out),
	.run = run_open,
};

static bool run_broadcast(struct store_txn *txn, struct arena *arena, const void *in_any,
			  void *out_any, struct error *err)
{
	const struct store_outbox_broadcast_in *in = in_any;
	struct store_outbox_broadcast_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_read_sql[ONE]);

	sql_bind_int(stmt, 1, in->id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such broadcast")
					 : false;
	}
	read_broadcast(stmt, arena, &out->broadcast);
	return true;
}

const struct store_op store_outbox_broadcast = {
	.name = "outbox_broadcast",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_outbox_broadcast_in),
	.out_size = sizeof(struct store_outbox_broadcast_out),
	.run = run_broadcast,
};

bool variant_open(struct store_txn *txn, struct arena *arena, const struct id *alert, int version,
		  const char *variant, struct bytes *ret_body, struct error *err)
{
	struct sql_stmt *stmt;
	struct alert_row row;
	struct bytes sealed;

	if (!alert_row_get(txn, arena, alert, NULL, &row, err)) {
		return false;
	}
	stmt = sql_use(txn, &outbox_read_sql[BODY_VARIANT]);
	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, version);
	sql_bind_text(stmt, 3, variant);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_INTERNAL,
						     "alert %s version %d has no variant %s",
						     row.ref, version, variant)
					 : false;
	}
	sealed = sql_blob(stmt, 0, arena);
	return alert_row_open(txn, arena, &row, arena_printf(arena, "variant %s", variant), version,
			      sealed, ret_body, err);
}

static bool run_body(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_outbox_body_in *in = in_any;
	struct store_outbox_body_out *out = out_any;
	struct sql_stmt *stmt;

	if (id_is_none(&in->notice_id)) {
		return variant_open(txn, arena, &in->alert_id, in->version, in->variant, &out->body,
				    err);
	}
	stmt = sql_use(txn, &outbox_read_sql[BODY_NOTICE]);
	sql_bind_id(stmt, 1, &in->notice_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_INTERNAL, "no such notice") : false;
	}
	out->body = sql_blob(stmt, 0, arena);
	out->notice_type = sql_text(stmt, 1, arena);
	return true;
}

const struct store_op store_outbox_body = {
	.name = "outbox_body",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_outbox_body_in),
	.out_size = sizeof(struct store_outbox_body_out),
	.run = run_body,
};

static bool run_channels(struct store_txn *txn, struct arena *arena, const void *in_any,
			 void *out_any, struct error *err)
{
	struct store_outbox_channels_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_read_sql[CHANNELS_DUE]);
	struct rows rows = {.size = sizeof(struct store_channel_due)};

	(void)in_any; /* every channel is asked for */
	while (sql_step(stmt)) {
		struct store_channel_due *row = rows_add(&rows, arena);

		row->channel = sql_text(stmt, 0, arena);
		row->due_utc_ms = sql_int(stmt, 1);
	}
	out->rows = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_outbox_channels = {
	.name = "outbox_channels",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_outbox_channels_in),
	.out_size = sizeof(struct store_outbox_channels_out),
	.run = run_channels,
};

static bool run_held(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	struct store_outbox_held_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &outbox_read_sql[HELD]);
	struct rows rows = {.size = sizeof(struct store_channel_held)};

	(void)in_any; /* every channel is counted */
	while (sql_step(stmt)) {
		struct store_channel_held *row = rows_add(&rows, arena);

		row->channel = sql_text(stmt, 0, arena);
		row->rows = sql_int(stmt, 1);
	}
	out->rows = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_outbox_held = {
	.name = "outbox_held",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_outbox_held_in),
	.out_size = sizeof(struct store_outbox_held_out),
	.run = run_held,
};
