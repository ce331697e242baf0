/*
 * The writer: one batch of calls, one transaction, one sync (ARCHITECTURE section 4).
 *
 * An attempt is BEGIN IMMEDIATE, the calls, the audit rows, COMMIT. It ends
 * - done: every call has its own answer, all of it is on disk;
 * - mixed: a call failed after it had written, and what it wrote cannot be told from the others'.
 *   Nothing happened; all are attempted again, each in a savepoint. Only then, for a savepoint
 *   copies every page that its call touches, and refusals come before the first write;
 * - lost: SQLite rolled everything back, or we did after a storage error. Nothing happened; each
 *   call is attempted alone;
 * - refused: the transaction could not begin. Nothing happened, all are told so;
 * - fatal: COMMIT or its sync failed (fatal.c).
 *
 * The one COMMIT error that is not fatal is a full disk: the write fails before the commit frame
 * and before any sync, and SQLite has rolled back. A stop that still cannot be stored alone then
 * gets the reserve; while that is given up nothing but stops and audited reads is let in.
 *
 * Answers are posted after the commit only, so a crash before it has promised nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hook.h"
#include "domain/outcome.h"
#include "store/audit_chain.h"
#include "store/core.h"
#include "store/idempotency.h"
#include "store/meta.h"
#include "store/sql_registry.h"

#define RESERVE_RETRY_MS 1000

enum { SQL_BEGIN, SQL_SAVEPOINT, SQL_RELEASE, SQL_ROLLBACK_TO, SQL_COMMIT };

const struct sql_text writer_sql[] = {
	[SQL_BEGIN] = {"begin", "BEGIN IMMEDIATE"},
	[SQL_SAVEPOINT] = {"savepoint", "SAVEPOINT request"},
	[SQL_RELEASE] = {"release", "RELEASE request"},
	[SQL_ROLLBACK_TO] = {"rollback_to", "ROLLBACK TO request"},
	[SQL_COMMIT] = {"commit", "COMMIT"},
};
const size_t writer_sql_count = ARRAY_LEN(writer_sql);

enum attempt { ATTEMPT_DONE, ATTEMPT_MIXED, ATTEMPT_LOST, ATTEMPT_REFUSED, ATTEMPT_FATAL };

/* --- one call --- */

static void forget_last_run(struct store_call *call)
{
	struct request *request = core_request(call);

	call->ok = false;
	call->replayed = false;
	memset(&call->err, 0, sizeof(call->err));
	if (!request->is_audit) {
		memset(call->out, 0, call->op->out_size);
		request->rows = NULL;
	}
}

static bool run_call(struct store_txn *txn, struct store_call *call, struct error *err)
{
	if (call->idempotency.use) {
		bool found;

		assert(call->op->out_size >= sizeof(struct outcome));
		if (!idempotency_find(txn, call, &found, err)) {
			return false;
		}
		if (found) {
			return true;
		}
	}
	if (!call->op->run(txn, call->arena, call->in, call->out, err)) {
		return false;
	}
	if (call->idempotency.use && !idempotency_keep(txn, call, NULL, err)) {
		return false;
	}
	return call->audit.action == NULL || audit_chain_note_call(txn, &call->audit, err);
}

/* Runs the call between txn_next and txn_end and settles its answer. */
static void judge_call(struct store_txn *txn, struct store_call *call)
{
	struct request *request = core_request(call);
	struct error recorded = {0};

	if (request->is_audit) {
		call->ok = true;
		return;
	}
	txn_next(txn, call->arena);
	call->ok = run_call(txn, call, &call->err);
	if (!txn_end(txn, &recorded) && (call->ok || txn->failure.code != ERROR_NONE)) {
		call->ok = false;
		call->err = recorded;
	}
	if (call->ok) {
		request->rows = txn->rows;
	} else if (call->err.code == ERROR_NONE) {
		(void)error_set(&call->err, ERROR_INTERNAL, "%s failed without a reason",
				call->op->name);
	}
}

/* A refused action is remembered too: the same key gets the same 409. */
static bool keep_conflict(struct store_txn *txn, struct store_call *call)
{
	struct error unused;
	bool ok;

	if (!call->idempotency.use || call->replayed || call->err.code != ERROR_CONFLICT) {
		return true;
	}
	txn_next(txn, call->arena);
	ok = idempotency_keep(txn, call, &call->err, &unused);
	return txn_end(txn, &unused) && ok;
}

/* Takes back what a failed call wrote. */
static enum attempt undo(struct db *db, bool has_savepoint, int64_t changes)
{
	if (has_savepoint) {
		return db_run(db, &writer_sql[SQL_ROLLBACK_TO]) == SQLITE_OK ? ATTEMPT_DONE
									     : ATTEMPT_LOST;
	}
	return sqlite3_total_changes64(db->handle) == changes ? ATTEMPT_DONE : ATTEMPT_MIXED;
}

/* Lost: the transaction is gone, or an error of the storage means it has to go. */
static enum attempt attempt_call(struct store *store, struct store_txn *txn,
				 struct store_call *call, bool has_savepoint)
{
	struct db *db = &store->writer;
	int64_t changes = sqlite3_total_changes64(db->handle);
	enum attempt end = ATTEMPT_DONE;

	forget_last_run(call);
	if (has_savepoint && db_run(db, &writer_sql[SQL_SAVEPOINT]) != SQLITE_OK) {
		return ATTEMPT_LOST;
	}
	judge_call(txn, call);
	if (!db_in_transaction(db) || txn->failure.code == ERROR_TEMPORARY) {
		return ATTEMPT_LOST;
	}
	if (!call->ok) {
		end = undo(db, has_savepoint, changes);
		if (end == ATTEMPT_DONE && !keep_conflict(txn, call)) {
			end = ATTEMPT_LOST;
		}
	}
	if (end == ATTEMPT_DONE && has_savepoint &&
	    db_run(db, &writer_sql[SQL_RELEASE]) != SQLITE_OK) {
		end = ATTEMPT_LOST;
	}
	return end == ATTEMPT_DONE && !db_in_transaction(db) ? ATTEMPT_LOST : end;
}

/* --- one transaction --- */

/* What comes after the last call: the audit rows of those that succeeded, the key mark. */
static bool close_batch(struct store *store, struct store_txn *txn, const struct call_list *batch,
			struct audit_head *head, struct error *err)
{
	struct error recorded;
	bool ok = true;

	txn_next(txn, NULL);
	for (struct store_call *call = batch->first; ok && call != NULL; call = call->next) {
		if (call->ok) {
			ok = audit_chain_append(txn, core_request(call)->rows, head, err);
		}
	}
	if (ok && txn->key_high > store->key_high) {
		ok = meta_save_int(txn, META_KEY_HIGH, txn->key_high, err);
	}
	if (!txn_end(txn, &recorded)) {
		*err = recorded;
		return false;
	}
	return ok;
}

static enum attempt commit(struct store *store, struct store_txn *txn, struct error *err)
{
	int64_t started_us = core_stopwatch_us();
	int rc;

	HOOK("store.before_commit");
	rc = db_run(&store->writer, &writer_sql[SQL_COMMIT]);
	if (rc != SQLITE_OK) {
		(void)db_fail(&store->writer, rc, "commit", err);
		if (db_is_full(&store->writer, rc) && !db_in_transaction(&store->writer)) {
			txn->is_full = true;
			return ATTEMPT_LOST;
		}
		return ATTEMPT_FATAL;
	}
	HOOK("store.after_commit");
	metric_observe_us(store->metrics.commit_seconds, core_stopwatch_us() - started_us);
	metric_add(store->metrics.commits, 1);
	return ATTEMPT_DONE;
}

/* Nothing happened: the end stays what it is. */
static enum attempt abandon(struct store *store, enum attempt end)
{
	db_rollback(&store->writer);
	return end;
}

static enum attempt attempt_once(struct store *store, const struct call_list *batch,
				 bool has_savepoints, bool *ret_is_full, struct error *err)
{
	struct store_txn txn;
	struct audit_head head = store->head;
	enum attempt end = ATTEMPT_DONE;
	int rc = db_run(&store->writer, &writer_sql[SQL_BEGIN]);

	*ret_is_full = false;
	store->changes = sqlite3_total_changes64(store->writer.handle);
	if (rc != SQLITE_OK) {
		(void)db_fail(&store->writer, rc, "begin", err);
		db_rollback(&store->writer);
		return ATTEMPT_REFUSED;
	}
	txn_start(&txn, store, &store->writer, true);
	for (struct store_call *call = batch->first; call != NULL; call = call->next) {
		end = attempt_call(store, &txn, call, has_savepoints);
		if (end != ATTEMPT_DONE) {
			*err = call->err;
			*ret_is_full = txn.is_full;
			return abandon(store, end);
		}
	}
	if (!close_batch(store, &txn, batch, &head, err)) {
		*ret_is_full = txn.is_full;
		return abandon(store, ATTEMPT_LOST);
	}
	end = commit(store, &txn, err);
	*ret_is_full = txn.is_full;
	if (end == ATTEMPT_DONE) {
		store->head = head;
		store->key_high = txn.key_high > store->key_high ? txn.key_high : store->key_high;
	}
	return end;
}

static enum attempt attempt(struct store *store, const struct call_list *batch, bool *ret_is_full,
			    struct error *err)
{
	enum attempt end = attempt_once(store, batch, false, ret_is_full, err);

	if (end == ATTEMPT_MIXED) {
		memset(err, 0, sizeof(*err));
		end = attempt_once(store, batch, true, ret_is_full, err);
	}
	return end;
}

/* --- a batch --- */

static void note_trouble(struct store *store, const struct error *err)
{
	(void)pthread_mutex_lock(&store->lock);
	store->can_write = err == NULL;
	store->reserve_is_held = store->reserve.is_held;
	(void)snprintf(store->trouble, sizeof(store->trouble), "%s", err == NULL ? "" : err->text);
	(void)pthread_mutex_unlock(&store->lock);
}

static bool is_privileged(struct store_call *call)
{
	return call->op->class_of == STORE_STOP || core_request(call)->is_audit;
}

/* While the reserve is given up, everything but stops and audited reads is refused here. */
static void admit(struct store *store, struct call_list *batch)
{
	struct error full = {
		.code = ERROR_TEMPORARY,
		.text = "the disk is full: only stops and acknowledgements are stored"};
	int64_t now = clock_boot_ms(store->clock);
	struct call_list admitted = {0};
	struct call_list refused = {0};
	struct store_call *call;

	if (!store->reserve.is_held && now >= store->next_reserve_boot_ms) {
		store->next_reserve_boot_ms = now + RESERVE_RETRY_MS;
		(void)reserve_hold(&store->reserve);
		metric_set(store->metrics.reserve_held, store->reserve.is_held);
	}
	if (store->reserve.is_held) {
		return;
	}
	while ((call = call_list_take(batch)) != NULL) {
		call_list_append(is_privileged(call) ? &admitted : &refused, call);
	}
	*batch = admitted;
	if (refused.count > 0) {
		note_trouble(store, &full);
		answers_fail(store, &refused, &full);
	}
}

static enum attempt attempt_alone(struct store *store, struct call_list *one, struct error *err)
{
	bool is_full;
	enum attempt end = attempt(store, one, &is_full, err);

	if (end == ATTEMPT_LOST && is_full && store->reserve.is_held && is_privileged(one->first)) {
		reserve_release(&store->reserve);
		metric_set(store->metrics.reserve_held, 0);
		store->next_reserve_boot_ms = clock_boot_ms(store->clock) + RESERVE_RETRY_MS;
		end = attempt(store, one, &is_full, err);
	}
	return end;
}

/* Answers what an attempt decided. False: the store has failed. */
static bool settle(struct store *store, struct call_list *batch, enum attempt end,
		   const struct error *err)
{
	struct error told = *err;

	switch (end) {
	case ATTEMPT_DONE:
		/* a commit that changed nothing proves nothing about the disk */
		if (sqlite3_total_changes64(store->writer.handle) != store->changes) {
			note_trouble(store, NULL);
		}
		answers_add(store, batch);
		return true;
	case ATTEMPT_MIXED: /* cannot be: savepoints undo */
	case ATTEMPT_LOST:
	case ATTEMPT_REFUSED:
		if (told.code == ERROR_NONE) {
			(void)error_set(&told, ERROR_TEMPORARY, "the transaction was rolled back");
		}
		if (told.code == ERROR_TEMPORARY) {
			note_trouble(store, &told);
		}
		answers_fail(store, batch, &told);
		return true;
	case ATTEMPT_FATAL:
		break;
	}
	fatal_stop(store, &told);
	answers_fail(store, batch, &told);
	return false;
}

static bool run_alone(struct store *store, struct call_list *batch)
{
	struct store_call *call;
	bool ok = true;

	while ((call = call_list_take(batch)) != NULL) {
		struct error err = {0};
		struct call_list one = {0};

		call_list_append(&one, call);
		if (!ok) {
			(void)error_set(&err, ERROR_TEMPORARY, "the store is closed");
			answers_fail(store, &one, &err);
			continue;
		}
		admit(store, &one); /* a stop before it may have taken the reserve */
		if (one.count == 0) {
			continue;
		}
		metric_add(store->metrics.rerun, 1);
		ok = settle(store, &one, attempt_alone(store, &one, &err), &err);
	}
	return ok;
}

bool writer_batch(struct store *store, struct call_list *batch)
{
	struct error err = {0};
	enum attempt end;
	bool is_full;

	admit(store, batch);
	if (batch->count == 0) {
		return true;
	}
	metric_set(store->metrics.batch, (int64_t)batch->count);
	if (batch->count == 1) {
		return settle(store, batch, attempt_alone(store, batch, &err), &err);
	}
	end = attempt(store, batch, &is_full, &err);
	if (end == ATTEMPT_LOST) {
		return run_alone(store, batch);
	}
	return settle(store, batch, end, &err);
}

/* --- the thread --- */

/* Under the lock. False: there is nothing more to do. */
static bool wait_for_batch(struct store *store, struct call_list *ret_batch)
{
	while (!store->has_failed &&
	       (store->log_claimed || (queue_writes(&store->queue) == 0 && !store->stop_writer))) {
		(void)pthread_cond_wait(&store->write_wake, &store->lock);
	}
	if (store->has_failed || queue_writes(&store->queue) == 0) {
		return false;
	}
	queue_take_batch(&store->queue, ret_batch);
	for (unsigned c = 0; c < STORE_READ; c++) {
		metric_set(store->metrics.waiting[c], (int64_t)queue_count(&store->queue, c));
	}
	return true;
}

void *writer_main(void *arg)
{
	struct store *store = arg;
	struct call_list batch;
	bool ok = true;

	(void)pthread_mutex_lock(&store->lock);
	while (ok && wait_for_batch(store, &batch)) {
		size_t count = batch.count;

		store->running += count;
		store->is_writing = true;
		(void)pthread_mutex_unlock(&store->lock);
		ok = writer_batch(store, &batch);
		(void)pthread_mutex_lock(&store->lock);
		store->running -= count;
		store->is_writing = false;
		if (store->log_claimed) {
			(void)pthread_cond_signal(&store->checkpoint_wake);
		}
	}
	if (ok && store->has_failed) {
		struct error err;

		/* the checkpoint found a disk that does not sync */
		(void)error_set(&err, ERROR_TEMPORARY, "%s", store->fatal_why);
		(void)pthread_mutex_unlock(&store->lock);
		fatal_stop(store, &err);
		(void)pthread_mutex_lock(&store->lock);
	}
	answers_wake(store); /* the loop tells of a failure when nothing runs any more */
	(void)pthread_mutex_unlock(&store->lock);
	return NULL;
}
