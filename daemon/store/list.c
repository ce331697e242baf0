/*
 * Recipient lists: a new file becomes a new generation, page by page, so that a million lines never
 * make one transaction. A recipient keeps its number over generations; whoever a newer file lacks
 * is removed when the load finishes. A crash in the middle leaves an incomplete generation that
 * nobody pins; the next load takes the next number.
 */
#include "store/sql_registry.h"
#include "store/list.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "store/outbox_row.h"
#include "store/txn.h"

enum {
	LIST_LAST,
	LIST_INSERT,
	RECIPIENT_LAST,
	RECIPIENT_FIND,
	RECIPIENT_INSERT,
	RECIPIENT_AGAIN,
	FINISH_PAGE,
	RECIPIENT_REMOVE,
	FINISH_COUNT,
	LIST_COMPLETE,
};

const struct sql_text list_sql[] = {
	[LIST_LAST] = {"list_last",
		       "SELECT generation, is_complete, source_hash, recipients FROM list"
		       " WHERE channel = $1 ORDER BY generation DESC LIMIT 1"},
	[LIST_INSERT] =
		{"list_insert",
		 "INSERT INTO list (channel, generation, recipients, last_recipient,"
		 " source_hash, is_complete, created_utc_ms) VALUES ($1, $2, 0, 0, $3, 0, $4)"},
	[RECIPIENT_LAST] = {"list_recipient_last",
			    "SELECT MAX(recipient) FROM recipient WHERE channel = $1"},
	[RECIPIENT_FIND] = {"list_recipient_find",
			    "SELECT recipient, removed_generation, added_generation,"
			    " seen_generation FROM recipient WHERE channel = $1 AND name = $2"},
	[RECIPIENT_INSERT] = {"list_recipient_insert",
			      "INSERT INTO recipient (channel, recipient, name, address_sealed,"
			      " address_hash, added_generation, seen_generation)"
			      " VALUES ($1, $2, $3, $4, $5, $6, $6)"},
	[RECIPIENT_AGAIN] = {"list_recipient_again",
			     "UPDATE recipient SET address_sealed = $3, address_hash = $4,"
			     " added_generation = $5, seen_generation = $6,"
			     " removed_generation = NULL WHERE channel = $1 AND recipient = $2"},
	[FINISH_PAGE] = {"list_finish_page",
			 "SELECT COUNT(*), MAX(recipient) FROM (SELECT recipient FROM recipient"
			 " WHERE channel = $1 AND recipient > $2 ORDER BY recipient LIMIT $3)"
			 " AS page"},
	[RECIPIENT_REMOVE] = {"list_recipient_remove",
			      "UPDATE recipient SET removed_generation = $2 WHERE channel = $1"
			      " AND recipient > $3 AND recipient <= $4"
			      " AND seen_generation < $2 AND removed_generation IS NULL"},
	[FINISH_COUNT] = {"list_finish_count",
			  "SELECT COUNT(*), MAX(recipient) FROM recipient WHERE channel = $1"
			  " AND recipient > $2 AND recipient <= $3"
			  " AND removed_generation IS NULL"},
	[LIST_COMPLETE] = {"list_complete",
			   "UPDATE list SET is_complete = 1, recipients = $3, last_recipient = $4"
			   " WHERE channel = $1 AND generation = $2"},
};
const size_t list_sql_count = ARRAY_LEN(list_sql);

static bool run_begin(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		      struct error *err)
{
	const struct store_list_begin_in *in = in_any;
	struct store_list_begin_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &list_sql[LIST_LAST]);

	sql_bind_text(stmt, 1, in->channel);
	if (sql_step(stmt)) {
		struct bytes hash = sql_blob(stmt, 2, arena);

		out->generation = sql_int(stmt, 0);
		out->recipients = sql_int(stmt, 3);
		out->is_same = sql_int(stmt, 1) == 1 && hash.len == sizeof(in->source_hash) &&
			       memcmp(hash.data, in->source_hash, hash.len) == 0;
	}
	if (!sql_ok(stmt, err) || out->is_same) {
		return out->is_same;
	}
	out->generation++;
	stmt = sql_use(txn, &list_sql[LIST_INSERT]);
	sql_bind_text(stmt, 1, in->channel);
	sql_bind_int(stmt, 2, out->generation);
	sql_bind_blob(stmt, 3, in->source_hash, sizeof(in->source_hash));
	sql_bind_int(stmt, 4, in->now_utc_ms);
	return sql_run(stmt, err);
}

const struct store_op store_list_begin = {
	.name = "list_begin",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_list_begin_in),
	.out_size = sizeof(struct store_list_begin_out),
	.run = run_begin,
};

/* One item on its way into the table. */
struct item {
	int64_t recipient; /* 0 = new */
	bool was_removed;
	int64_t added_generation;
	int64_t seen_generation;
	struct bytes sealed;
	uint8_t hash[SECRET_HASH_BYTES];
};

static bool item_find(struct store_txn *txn, const char *channel, const char *name,
		      struct item *item, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &list_sql[RECIPIENT_FIND]);

	sql_bind_text(stmt, 1, channel);
	sql_bind_text(stmt, 2, name);
	if (sql_step(stmt)) {
		item->recipient = sql_int(stmt, 0);
		item->was_removed = !sql_is_null(stmt, 1);
		item->added_generation = sql_int(stmt, 2);
		item->seen_generation = sql_int(stmt, 3);
	}
	return sql_ok(stmt, err);
}

static bool item_write(struct store_txn *txn, const struct store_list_page_in *in,
		       const struct item *item, const char *name, bool is_new, struct error *err)
{
	struct sql_stmt *stmt =
		sql_use(txn, &list_sql[is_new ? RECIPIENT_INSERT : RECIPIENT_AGAIN]);

	sql_bind_text(stmt, 1, in->channel);
	sql_bind_int(stmt, 2, item->recipient);
	if (is_new) {
		sql_bind_text(stmt, 3, name);
		sql_bind_blob(stmt, 4, item->sealed.data, item->sealed.len);
		sql_bind_blob(stmt, 5, item->hash, sizeof(item->hash));
		sql_bind_int(stmt, 6, in->generation);
	} else {
		sql_bind_blob(stmt, 3, item->sealed.data, item->sealed.len);
		sql_bind_blob(stmt, 4, item->hash, sizeof(item->hash));
		sql_bind_int(stmt, 5, item->was_removed ? in->generation : item->added_generation);
		sql_bind_int(stmt, 6, in->generation);
	}
	return sql_run(stmt, err);
}

static bool item_take(struct store_txn *txn, const struct store_list_page_in *in,
		      const struct store_list_item *given, int64_t *last, struct error *err)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct item item = {0};
	bool is_new;

	if (!item_find(txn, in->channel, given->name, &item, err)) {
		return false;
	}
	if (item.recipient != 0 && item.seen_generation == in->generation) {
		return error_set(err, ERROR_INVALID, "its id stands in the list twice");
	}
	is_new = item.recipient == 0;
	if (is_new) {
		item.recipient = ++*last;
	}
	txn_hash(txn, "address", (struct bytes){given->address, strlen(given->address)}, item.hash);
	return address_seal(txn, arena, in->channel, item.recipient, given->address, &item.sealed,
			    err) &&
	       item_write(txn, in, &item, given->name, is_new, err);
}

static bool run_page(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_list_page_in *in = in_any;
	struct store_list_page_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &list_sql[RECIPIENT_LAST]);
	int64_t last, before;

	(void)arena; /* nothing outlives the run */
	sql_bind_text(stmt, 1, in->channel);
	last = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	if (!sql_ok(stmt, err)) {
		return false;
	}
	before = last;
	assert(in->count <= LIMIT_STORE_ROWS);
	for (size_t i = 0; i < in->count; i++) {
		if (!item_take(txn, in, &in->items[i], &last, err)) {
			return error_prefix(err, "recipient %zu of the page", i + 1);
		}
	}
	out->added = (int)(last - before);
	return true;
}

const struct store_op store_list_page = {
	.name = "list_page",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_list_page_in),
	.out_size = sizeof(struct store_list_page_out),
	.run = run_page,
};

/* Two numbers about recipients from $2 on, to or as many as $3. */
static bool two_of(struct store_txn *txn, int sql, const char *channel, int64_t after,
		   int64_t bound, int64_t ret[2], struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &list_sql[sql]);

	sql_bind_text(stmt, 1, channel);
	sql_bind_int(stmt, 2, after);
	sql_bind_int(stmt, 3, bound);
	if (sql_step(stmt)) {
		ret[0] = sql_int(stmt, 0);
		ret[1] = sql_int(stmt, 1);
	}
	return sql_ok(stmt, err);
}

static bool remove_unseen(struct store_txn *txn, const struct store_list_finish_in *in,
			  int64_t last, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &list_sql[RECIPIENT_REMOVE]);

	sql_bind_text(stmt, 1, in->channel);
	sql_bind_int(stmt, 2, in->generation);
	sql_bind_int(stmt, 3, in->progress.after);
	sql_bind_int(stmt, 4, last);
	return sql_run(stmt, err);
}

static bool list_complete(struct store_txn *txn, const struct store_list_finish_in *in,
			  const struct store_list_progress *progress, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &list_sql[LIST_COMPLETE]);

	sql_bind_text(stmt, 1, in->channel);
	sql_bind_int(stmt, 2, in->generation);
	sql_bind_int(stmt, 3, progress->recipients);
	sql_bind_int(stmt, 4, progress->last);
	return sql_run(stmt, err);
}

static bool run_finish(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_list_finish_in *in = in_any;
	struct store_list_finish_out *out = out_any;
	int64_t page[2] = {0, 0}, left[2] = {0, 0};

	(void)arena; /* nothing outlives the run */
	out->progress = in->progress;
	if (!two_of(txn, FINISH_PAGE, in->channel, in->progress.after, LIMIT_STORE_ROWS, page,
		    err)) {
		return false;
	}
	if (page[0] > 0) {
		if (!remove_unseen(txn, in, page[1], err) ||
		    !two_of(txn, FINISH_COUNT, in->channel, in->progress.after, page[1], left,
			    err)) {
			return false;
		}
		out->progress.after = page[1];
		out->progress.recipients += left[0];
		out->progress.last = left[0] > 0 ? left[1] : in->progress.last;
	}
	out->has_more = page[0] == LIMIT_STORE_ROWS;
	return out->has_more || list_complete(txn, in, &out->progress, err);
}

const struct store_op store_list_finish = {
	.name = "list_finish",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_list_finish_in),
	.out_size = sizeof(struct store_list_finish_out),
	.run = run_finish,
};
