/*
 * Claiming a page of a broadcast: its recipients' rows are made as `sending`, in one transaction
 * with the question whether they may: the version is still current, the alert not suspended. The
 * bytes leave only after the commit, so at a crash every row that may be on the wire is found
 * `sending`, and nothing of a dead version is ever claimed. (Due rows: outbox_due.c.)
 *
 * A recipient with an older row on the wire gets its new row as `waiting`; older rows that only
 * wait are superseded here, so that nobody is sent an older version after a newer one.
 */
#include <string.h>

#include "base/limits.h"
#include "store/sql_registry.h"
#include "store/outbox.h"
#include "store/outbox_row.h"
#include "store/rows.h"

/* A waiting row goes when the older one's result is in; this is longer than any send, so that it
 * never hangs. */
#define WAIT_AT_MOST_MS 90000

enum {
	WALK_GET,
	WALK_LIST_PAGE,
	WALK_LEDGER_PAGE,
	WALK_AGAIN_PAGE,
	WALK_MOVE,
	WALK_SUPERSEDE,
	ROW_NEXT,
	ROW_INSERT,
	ROW_REARM,
	OLDER_ON_WIRE,
	OLDER_SUPERSEDE,
	LIST_NEWEST,
	LIST_PIN,
};

#define RECIPIENT_JOIN " JOIN recipient r ON r.channel = d.channel AND r.recipient = d.recipient"

/* Delivery states: 1 waiting 2 sending 5 retry 6 uncertain 7 unconfirmed 8 held 10 superseded
 * (domain/states.h). */
const struct sql_text outbox_claim_sql[] = {
	/* may: 0 stale, 1 go, 2 paused. A notice has no version to be stale of, but who
	   acknowledged (reason 10) is not told after the end (state 6). */
	[WALK_GET] = {"outbox_walk_get",
		      "SELECT b.alert_id, b.version, b.channel, b.walk, b.list_generation,"
		      " b.last_recipient, b.cursor, b.state,"
		      " CASE WHEN b.notice_id IS NOT NULL AND b.reason = 10 AND a.state = 6 THEN 0"
		      " WHEN b.notice_id IS NOT NULL THEN 1"
		      " WHEN a.current_version <> b.version THEN 0"
		      " WHEN a.state = 5 THEN 2 ELSE 1 END"
		      " FROM broadcast b LEFT JOIN alert a ON a.id = b.alert_id WHERE b.id = $1"},
	[WALK_LIST_PAGE] = {"outbox_walk_list",
			    "SELECT recipient, name, address_sealed FROM recipient"
			    " WHERE channel = $1 AND recipient > $2 AND recipient <= $3"
			    " AND added_generation <= $4 AND removed_generation IS NULL"
			    " AND opted_out_utc_ms IS NULL ORDER BY recipient LIMIT $5"},
	[WALK_LEDGER_PAGE] =
		{"outbox_walk_ledger",
		 "SELECT d.recipient, r.name, r.address_sealed, d.id FROM delivery d" RECIPIENT_JOIN
		 " WHERE d.alert_id = $1 AND d.channel = $2 AND d.id > $3"
		 " AND d.version > 0 AND d.version < $4 AND (d.reached > 0 OR d.state = 2)"
		 " ORDER BY d.id LIMIT $5"},
	[WALK_AGAIN_PAGE] =
		{"outbox_walk_again",
		 "SELECT d.recipient, r.name, r.address_sealed, d.id, d.epoch"
		 " FROM delivery d" RECIPIENT_JOIN
		 " WHERE d.alert_id = $1 AND d.channel = $2 AND d.id > $3"
		 " AND d.version = $4 AND (d.reached > 0 OR d.state = 2) AND d.state IN (3, 4)"
		 " AND r.removed_generation IS NULL ORDER BY d.id LIMIT $5"},
	[WALK_MOVE] = {"outbox_walk_move",
		       "UPDATE broadcast SET cursor = $2, state = $3 WHERE id = $1"},
	/* with rows that are not settled yet it is only walked: the sweep settles them */
	[WALK_SUPERSEDE] = {"outbox_walk_supersede",
			    "UPDATE broadcast SET state = CASE WHEN EXISTS (SELECT 1 FROM delivery"
			    " WHERE broadcast_id = broadcast.id AND state IN (1, 2, 5, 6, 7, 8))"
			    " THEN 2 ELSE 4 END, done_utc_ms = $2 WHERE id = $1 AND state < 3"},
	/* given here, for a RETURNING costs as much as the insert itself */
	[ROW_NEXT] = {"outbox_row_next", "SELECT COALESCE(MAX(id), 0) + 1 FROM delivery"},
	[ROW_INSERT] = {"outbox_row_insert",
			"INSERT INTO delivery (broadcast_id, alert_id, version, channel, recipient,"
			" state, reason, due_utc_ms, created_utc_ms, updated_utc_ms, id)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $8, $8, $10)"
			" ON CONFLICT DO NOTHING"},
	/* it belongs to the repeat from now on: an unfinished row's broadcast is never done */
	[ROW_REARM] = {"outbox_row_rearm",
		       "UPDATE delivery SET state = 2, epoch = epoch + 1, attempts = 0,"
		       " updated_utc_ms = $2, broadcast_id = $3 WHERE id = $1"},
	[OLDER_ON_WIRE] = {"outbox_older_on_wire",
			   "SELECT 1 FROM delivery WHERE alert_id = $1 AND channel = $2"
			   " AND recipient = $3 AND version > 0 AND version < $4 AND state = 2"},
	[OLDER_SUPERSEDE] = {"outbox_older_supersede",
			     "UPDATE delivery SET state = 10, due_utc_ms = NULL, reason = $6,"
			     " updated_utc_ms = $5 WHERE alert_id = $1 AND channel = $2"
			     " AND recipient = $3 AND version > 0 AND version < $4"
			     " AND state IN (1, 5, 6, 7, 8)"},
	[LIST_NEWEST] = {"outbox_list_newest",
			 "SELECT generation, last_recipient FROM list WHERE channel = $1"
			 " AND is_complete = 1 ORDER BY generation DESC LIMIT 1"},
	[LIST_PIN] = {"outbox_list_pin",
		      "UPDATE broadcast SET list_generation = $2, last_recipient = $3"
		      " WHERE id = $1"},
};
const size_t outbox_claim_sql_count = ARRAY_LEN(outbox_claim_sql);

/* One page under way. */
struct page {
	struct store_txn *txn;
	struct arena *arena;
	const struct store_outbox_page_in *in;
	struct id alert_id;
	int version;
	const char *channel;
	enum walk walk;
	int64_t list_generation; /* 0 = the channel had no complete list yet */
	int64_t last_recipient, cursor;
	int may; /* 0 stale, 1 go, 2 paused */
	int state;
	int64_t next_id; /* of the next new row */
	struct rows claims;
	bool is_end; /* the walk gave no more than was asked for */
};

/* What a walk found: one recipient, and where the cursor stands after it. */
struct step {
	int64_t recipient;
	int64_t cursor;
	int64_t delivery_id; /* WALK_AGAIN: the row that is re-armed */
	int epoch;
	const char *name;
	struct bytes sealed;
};

static bool page_get(struct page *page, struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[WALK_GET]);

	sql_bind_int(stmt, 1, page->in->broadcast_id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such broadcast")
					 : false;
	}
	page->alert_id = sql_id(stmt, 0);
	page->version = (int)sql_int(stmt, 1);
	page->channel = sql_text(stmt, 2, page->arena);
	page->walk = (enum walk)sql_int(stmt, 3);
	page->list_generation = sql_int(stmt, 4);
	page->last_recipient = sql_int(stmt, 5);
	page->cursor = sql_int(stmt, 6);
	page->state = (int)sql_int(stmt, 7);
	page->may = (int)sql_int(stmt, 8);
	return true;
}

/* A list that was not loaded when the broadcast was made is pinned now: nobody is left out
 * silently. */
static bool page_pin(struct page *page, struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[LIST_NEWEST]);

	sql_bind_text(stmt, 1, page->channel);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err);
	}
	page->list_generation = sql_int(stmt, 0);
	page->last_recipient = sql_int(stmt, 1);
	stmt = sql_use(page->txn, &outbox_claim_sql[LIST_PIN]);
	sql_bind_int(stmt, 1, page->in->broadcast_id);
	sql_bind_int(stmt, 2, page->list_generation);
	sql_bind_int(stmt, 3, page->last_recipient);
	return sql_run(stmt, err);
}

static struct sql_stmt *walk_use(const struct page *page)
{
	struct sql_stmt *stmt;

	if (page->walk == WALK_LIST) {
		stmt = sql_use(page->txn, &outbox_claim_sql[WALK_LIST_PAGE]);
		sql_bind_text(stmt, 1, page->channel);
		sql_bind_int(stmt, 2, page->cursor);
		sql_bind_int(stmt, 3, page->last_recipient);
		sql_bind_int(stmt, 4, page->list_generation);
	} else {
		stmt = sql_use(page->txn, page->walk == WALK_LEDGER
						  ? &outbox_claim_sql[WALK_LEDGER_PAGE]
						  : &outbox_claim_sql[WALK_AGAIN_PAGE]);
		sql_bind_id(stmt, 1, &page->alert_id);
		sql_bind_text(stmt, 2, page->channel);
		sql_bind_int(stmt, 3, page->cursor);
		sql_bind_int(stmt, 4, page->version);
	}
	sql_bind_int(stmt, 5, page->in->limit + 1); /* one more tells whether it is the end */
	return stmt;
}

static void walk_read(const struct page *page, struct sql_stmt *stmt, struct step *step)
{
	*step = (struct step){
		.recipient = sql_int(stmt, 0),
		.name = sql_text(stmt, 1, page->arena),
		.sealed = sql_blob(stmt, 2, page->arena),
	};
	step->cursor = page->walk == WALK_LIST ? step->recipient : sql_int(stmt, 3);
	if (page->walk == WALK_AGAIN) {
		step->delivery_id = step->cursor;
		step->epoch = (int)sql_int(stmt, 4) + 1;
	}
}

/* Steps first, rows second: a statement that reads a table is not left open while rows are put into
 * it. */
static bool walk_steps(struct page *page, struct rows *steps, struct error *err)
{
	struct sql_stmt *stmt = walk_use(page);

	page->is_end = true;
	while (sql_step(stmt)) {
		if (steps->count == (size_t)page->in->limit) {
			page->is_end = false;
			break;
		}
		walk_read(page, stmt, rows_add(steps, page->arena));
	}
	return sql_ok(stmt, err);
}

/* Older rows of the recipient: on the wire, the new one waits; else they are superseded. */
static bool older_settle(struct page *page, const struct step *step, bool *ret_waits,
			 struct error *err)
{
	struct sql_stmt *stmt;

	*ret_waits = false;
	if (page->version <= 1) {
		return true; /* nothing is older than the first version; notices have version 0 */
	}
	stmt = sql_use(page->txn, &outbox_claim_sql[OLDER_ON_WIRE]);
	sql_bind_id(stmt, 1, &page->alert_id);
	sql_bind_text(stmt, 2, page->channel);
	sql_bind_int(stmt, 3, step->recipient);
	sql_bind_int(stmt, 4, page->version);
	*ret_waits = sql_step(stmt);
	if (!sql_ok(stmt, err)) {
		return false;
	}
	stmt = sql_use(page->txn, &outbox_claim_sql[OLDER_SUPERSEDE]);
	sql_bind_id(stmt, 1, &page->alert_id);
	sql_bind_text(stmt, 2, page->channel);
	sql_bind_int(stmt, 3, step->recipient);
	sql_bind_int(stmt, 4, page->version);
	sql_bind_int(stmt, 5, page->in->now_utc_ms);
	sql_bind_text(stmt, 6, delivery_reason_name(REASON_NEWER));
	return sql_run(stmt, err);
}

/* The row of one step; ret_id 0 when this version reached the recipient's list by another broadcast
 * before. */
static bool row_insert(struct page *page, const struct step *step, bool waits, int64_t *ret_id,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[ROW_INSERT]);

	sql_bind_int(stmt, 1, page->in->broadcast_id);
	sql_bind_id(stmt, 2, &page->alert_id);
	sql_bind_int(stmt, 3, page->version);
	sql_bind_text(stmt, 4, page->channel);
	sql_bind_int(stmt, 5, step->recipient);
	sql_bind_int(stmt, 6, waits ? DELIVERY_WAITING : DELIVERY_SENDING);
	sql_bind_text(stmt, 7, waits ? delivery_reason_name(REASON_ORDER) : NULL);
	sql_bind_int(stmt, 8, page->in->now_utc_ms);
	if (waits) {
		sql_bind_int(stmt, 9, page->in->now_utc_ms + WAIT_AT_MOST_MS);
	}
	sql_bind_int(stmt, 10, page->next_id);
	if (!sql_run(stmt, err)) {
		return false;
	}
	*ret_id = sql_changes(page->txn) > 0 ? page->next_id++ : 0;
	return true;
}

static bool next_id_get(struct page *page, struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[ROW_NEXT]);

	if (sql_step(stmt)) {
		page->next_id = sql_int(stmt, 0);
	}
	return sql_ok(stmt, err);
}

static bool row_rearm(struct page *page, const struct step *step, struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[ROW_REARM]);

	sql_bind_int(stmt, 1, step->delivery_id);
	sql_bind_int(stmt, 2, page->in->now_utc_ms);
	sql_bind_int(stmt, 3, page->in->broadcast_id);
	return sql_run(stmt, err);
}

static bool step_claim(struct page *page, const struct step *step, struct error *err)
{
	struct store_claim *claim;
	int64_t id = step->delivery_id;
	bool waits = false;
	const char *address;

	if (page->walk == WALK_AGAIN) {
		if (!row_rearm(page, step, err)) {
			return false;
		}
	} else if (!older_settle(page, step, &waits, err) ||
		   !row_insert(page, step, waits, &id, err)) {
		return false;
	}
	if (id == 0) {
		return true;
	}
	if (!address_open(page->txn, page->arena, page->channel, step->recipient, step->sealed,
			  &address, err)) {
		return false;
	}
	claim = rows_add(&page->claims, page->arena);
	*claim = (struct store_claim){
		.delivery_id = id,
		.broadcast_id = page->in->broadcast_id,
		.recipient = step->recipient,
		.name = step->name,
		.address = address,
		.epoch = step->epoch,
		.is_waiting = waits,
	};
	return true;
}

static bool page_claim(struct page *page, struct error *err)
{
	struct rows steps = {.size = sizeof(struct step)};
	struct sql_stmt *stmt;

	if (!walk_steps(page, &steps, err) || !next_id_get(page, err)) {
		return false;
	}
	for (size_t i = 0; i < steps.count; i++) {
		const struct step *step = (const struct step *)steps.data + i;

		if (!step_claim(page, step, err)) {
			return false;
		}
		page->cursor = step->cursor;
	}
	stmt = sql_use(page->txn, &outbox_claim_sql[WALK_MOVE]);
	sql_bind_int(stmt, 1, page->in->broadcast_id);
	sql_bind_int(stmt, 2, page->cursor);
	sql_bind_int(stmt, 3, page->is_end ? BROADCAST_WALKED : BROADCAST_WALKING);
	if (!sql_run(stmt, err)) {
		return false;
	}
	/* what was just claimed is not finished */
	return !page->is_end || page->claims.count > 0 ||
	       broadcast_finish(page->txn, page->in->broadcast_id, page->in->now_utc_ms, NULL, err);
}

static bool page_supersede(struct page *page, struct error *err)
{
	struct sql_stmt *stmt = sql_use(page->txn, &outbox_claim_sql[WALK_SUPERSEDE]);

	sql_bind_int(stmt, 1, page->in->broadcast_id);
	sql_bind_int(stmt, 2, page->in->now_utc_ms);
	return sql_run(stmt, err);
}

static bool run_page(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	struct store_outbox_page_out *out = out_any;
	struct page page = {
		.txn = txn,
		.arena = arena,
		.in = in_any,
		.claims = {.size = sizeof(struct store_claim)},
	};

	if (!page_get(&page, err)) {
		return false;
	}
	if (page.may == 0) {
		out->state = PAGE_STALE;
		return page_supersede(&page, err);
	}
	if (page.may == 2) {
		out->state = PAGE_PAUSED;
		return true;
	}
	if (page.state != BROADCAST_WALKING) {
		out->state = PAGE_END;
		return true;
	}
	if (page.walk == WALK_LIST && page.list_generation == 0) {
		if (!page_pin(&page, err)) {
			return false;
		}
		if (page.list_generation == 0) {
			out->state = PAGE_UNLISTED;
			return true;
		}
	}
	if (!page_claim(&page, err)) {
		return false;
	}
	out->state = page.is_end ? PAGE_END : PAGE_MORE;
	out->claims = page.claims.data;
	out->count = page.claims.count;
	return true;
}

static size_t rows_of(const void *in_any)
{
	const struct store_outbox_page_in *in = in_any;

	return (size_t)in->limit;
}

const struct store_op store_outbox_page = {
	.name = "outbox_page",
	.class_of = STORE_PAGE,
	.in_size = sizeof(struct store_outbox_page_in),
	.out_size = sizeof(struct store_outbox_page_out),
	.rows = rows_of,
	.run = run_page,
};
