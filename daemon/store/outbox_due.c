/*
 * Due rows of a channel: claimed again as `sending`, written, because a stop after a crash must
 * know that bytes of a retry may have left. What may not go any more becomes superseded on the way:
 * a version that is not current, a recipient that was removed or opted out (its end still goes).
 * Unclaiming is the way back for what was not sent after all.
 *
 * By broadcast: ends, then alerts, then notices, and among equals the one whose row is due longest.
 * A suspended alert's rows are never looked at, however many they are.
 */
#include "store/sql_registry.h"
#include "store/outbox.h"
#include "store/outbox_row.h"
#include "store/rows.h"

enum { DUE_BROADCASTS, DUE_PAGE, DUE_CLAIM, DUE_SUPERSEDE, DUE_NEXT, UNCLAIM };

/* may: 0 stale, 1 go, 2 its recipient is removed or opted out (outbox_claim.c: WALK_GET). */
#define DUE_MAY                                                                                    \
	" CASE WHEN b.notice_id IS NOT NULL AND b.reason = 10 AND a.state = 6 THEN 0"              \
	" WHEN b.notice_id IS NULL AND a.current_version <> d.version THEN 0"                      \
	" WHEN b.message NOT BETWEEN 1 AND 4"                                                      \
	" AND (r.removed_generation IS NOT NULL OR r.opted_out_utc_ms IS NOT NULL) THEN 2"         \
	" ELSE 1 END"
/* An unfinished row's broadcast is open (state < 3). Notices go even while their alert is
 * suspended.
 */
#define DUE_OF                                                                                     \
	"(SELECT MIN(d.due_utc_ms) FROM delivery d WHERE d.broadcast_id = b.id"                    \
	" AND d.due_utc_ms IS NOT NULL)"
#define OPEN_OF_CHANNEL                                                                            \
	" FROM broadcast b LEFT JOIN alert a ON a.id = b.alert_id WHERE b.channel = $1"            \
	" AND b.state < 3 AND (a.state IS NULL OR a.state <> 5 OR b.notice_id IS NOT NULL)"

/* Delivery states: 2 sending 5 retry 10 superseded (domain/states.h). */
const struct sql_text outbox_due_sql[] = {
	[DUE_BROADCASTS] =
		{"outbox_due_broadcasts",
		 "SELECT id FROM (SELECT b.id, b.class,"
		 " CASE WHEN b.message BETWEEN 1 AND 4 THEN 0 ELSE 1 END AS rank, " DUE_OF
		 " AS due" OPEN_OF_CHANNEL ") AS open WHERE due <= $2"
		 " ORDER BY rank, class, due, id LIMIT $3"},
	[DUE_PAGE] = {"outbox_due_page",
		      "SELECT d.id, d.broadcast_id, d.recipient, r.name, r.address_sealed,"
		      " d.attempts, d.epoch, d.reached, d.reason," DUE_MAY
		      " FROM delivery d JOIN broadcast b ON b.id = d.broadcast_id"
		      " JOIN recipient r ON r.channel = d.channel AND r.recipient = d.recipient"
		      " LEFT JOIN alert a ON a.id = d.alert_id"
		      " WHERE d.broadcast_id = $1 AND d.due_utc_ms <= $2"
		      " ORDER BY d.due_utc_ms, d.id LIMIT $3"},
	[DUE_CLAIM] = {"outbox_due_claim",
		       "UPDATE delivery SET state = 2, due_utc_ms = NULL, updated_utc_ms = $2"
		       " WHERE id = $1"},
	[DUE_SUPERSEDE] = {"outbox_due_supersede",
			   "UPDATE delivery SET state = 10, due_utc_ms = NULL, reason = $3,"
			   " updated_utc_ms = $2 WHERE id = $1"},
	[DUE_NEXT] = {"outbox_due_next", "SELECT MIN(" DUE_OF ")" OPEN_OF_CHANNEL},
	[UNCLAIM] = {"outbox_unclaim_state",
		     "UPDATE delivery SET state = 5, due_utc_ms = $2, updated_utc_ms = $3"
		     " WHERE id = $1 AND state = 2"},
};
const size_t outbox_due_sql_count = ARRAY_LEN(outbox_due_sql);

/* One due row as read, before it is claimed or superseded. */
struct due_row {
	struct store_claim claim;
	struct bytes sealed;
	int may; /* DUE_MAY */
};

static void due_row_read(struct sql_stmt *stmt, struct arena *arena, struct due_row *row)
{
	row->claim = (struct store_claim){
		.delivery_id = sql_int(stmt, 0),
		.broadcast_id = sql_int(stmt, 1),
		.recipient = sql_int(stmt, 2),
		.name = sql_text(stmt, 3, arena),
		.attempts = (int)sql_int(stmt, 5),
		.epoch = (int)sql_int(stmt, 6),
		.reached = (enum reached)sql_int(stmt, 7),
		.reason = delivery_reason_parse(sql_text(stmt, 8, arena)),
	};
	row->sealed = sql_blob(stmt, 4, arena);
	row->may = (int)sql_int(stmt, 9);
}

static bool due_broadcasts(struct store_txn *txn, struct arena *arena,
			   const struct store_outbox_due_in *in, struct rows *broadcasts,
			   struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[DUE_BROADCASTS]);

	sql_bind_text(stmt, 1, in->channel);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	sql_bind_int(stmt, 3, in->limit); /* each has a row at least */
	while (sql_step(stmt)) {
		*(int64_t *)rows_add(broadcasts, arena) = sql_int(stmt, 0);
	}
	return sql_ok(stmt, err);
}

static bool due_read(struct store_txn *txn, struct arena *arena,
		     const struct store_outbox_due_in *in, struct rows *rows, struct error *err)
{
	struct rows broadcasts = {.size = sizeof(int64_t)};

	if (!due_broadcasts(txn, arena, in, &broadcasts, err)) {
		return false;
	}
	for (size_t i = 0; i < broadcasts.count && rows->count < (size_t)in->limit; i++) {
		struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[DUE_PAGE]);

		sql_bind_int(stmt, 1, ((const int64_t *)broadcasts.data)[i]);
		sql_bind_int(stmt, 2, in->now_utc_ms);
		sql_bind_int(stmt, 3, in->limit - (int64_t)rows->count);
		while (sql_step(stmt)) {
			due_row_read(stmt, arena, rows_add(rows, arena));
		}
		if (!sql_ok(stmt, err)) {
			return false;
		}
	}
	return true;
}

static bool due_supersede(struct store_txn *txn, const struct due_row *row, int64_t now_utc_ms,
			  struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[DUE_SUPERSEDE]);

	sql_bind_int(stmt, 1, row->claim.delivery_id);
	sql_bind_int(stmt, 2, now_utc_ms);
	sql_bind_text(stmt, 3, delivery_reason_name(row->may == 0 ? REASON_NEWER : REASON_REMOVED));
	return sql_run(stmt, err) &&
	       broadcast_finish(txn, row->claim.broadcast_id, now_utc_ms, NULL, err);
}

static bool due_claim(struct store_txn *txn, struct arena *arena,
		      const struct store_outbox_due_in *in, struct due_row *row, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[DUE_CLAIM]);

	sql_bind_int(stmt, 1, row->claim.delivery_id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	return sql_run(stmt, err) && address_open(txn, arena, in->channel, row->claim.recipient,
						  row->sealed, &row->claim.address, err);
}

static bool due_next(struct store_txn *txn, const char *channel, int64_t *ret_due,
		     struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[DUE_NEXT]);

	sql_bind_text(stmt, 1, channel);
	*ret_due = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

static bool run_due(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	const struct store_outbox_due_in *in = in_any;
	struct store_outbox_due_out *out = out_any;
	struct rows read = {.size = sizeof(struct due_row)};
	struct rows claims = {.size = sizeof(struct store_claim)};

	if (!due_read(txn, arena, in, &read, err)) {
		return false;
	}
	for (size_t i = 0; i < read.count; i++) {
		struct due_row *row = (struct due_row *)read.data + i;

		if (row->may != 1) {
			if (!due_supersede(txn, row, in->now_utc_ms, err)) {
				return false;
			}
			out->superseded++;
			continue;
		}
		if (!due_claim(txn, arena, in, row, err)) {
			return false;
		}
		*(struct store_claim *)rows_add(&claims, arena) = row->claim;
	}
	out->claims = claims.data;
	out->count = claims.count;
	return due_next(txn, in->channel, &out->next_due_utc_ms, err);
}

static size_t rows_of(const void *in_any)
{
	const struct store_outbox_due_in *in = in_any;

	return (size_t)in->limit;
}

const struct store_op store_outbox_due = {
	.name = "outbox_due",
	.class_of = STORE_PAGE,
	.in_size = sizeof(struct store_outbox_due_in),
	.out_size = sizeof(struct store_outbox_due_out),
	.rows = rows_of,
	.run = run_due,
};

static bool unclaim_row(struct store_txn *txn, const struct store_outbox_unclaim_in *in, int64_t id,
			int *count, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &outbox_due_sql[UNCLAIM]);

	sql_bind_int(stmt, 1, id);
	sql_bind_int(stmt, 2, in->due_utc_ms != 0 ? in->due_utc_ms : in->now_utc_ms);
	sql_bind_int(stmt, 3, in->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	*count += (int)sql_changes(txn);
	return true;
}

static bool run_unclaim(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_outbox_unclaim_in *in = in_any;
	struct store_outbox_unclaim_out *out = out_any;
	struct rows woken = {.size = sizeof(const char *)};

	for (size_t i = 0; i < in->count; i++) {
		if (!unclaim_row(txn, in, in->delivery_ids[i], &out->count, err) ||
		    !newer_settle(txn, arena, in->delivery_ids[i], in->now_utc_ms, &woken, err)) {
			return false;
		}
	}
	out->woken = woken.data;
	out->woken_count = woken.count;
	return true;
}

const struct store_op store_outbox_unclaim = {
	.name = "outbox_unclaim",
	.class_of = STORE_RESULT,
	.in_size = sizeof(struct store_outbox_unclaim_in),
	.out_size = sizeof(struct store_outbox_unclaim_out),
	.run = run_unclaim,
};
