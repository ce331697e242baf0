/*
 * Readers: each with its own read-only handle, one call at a time, in a read transaction, so that a
 * call sees one snapshot. A read that opened personal data is not answered yet: its audit rows join
 * the writer's next batch, and only their commit answers it.
 */
#include <stdlib.h>
#include <string.h>

#include "store/audit_chain.h"
#include "store/core.h"

static bool read_snapshot(struct store_txn *txn, struct store_call *call, struct error *err)
{
	struct error recorded = {0};
	bool ok;

	if (!db_exec(txn->db, "BEGIN", err)) {
		return false;
	}
	ok = call->op->run(txn, call->arena, call->in, call->out, err) &&
	     (call->audit.action == NULL || audit_chain_note_call(txn, &call->audit, err));
	if (!txn_end(txn, &recorded) && (ok || txn->failure.code != ERROR_NONE)) {
		*err = recorded;
		ok = false;
	}
	db_rollback(txn->db); /* it has written nothing */
	return ok;
}

static void await_audit(struct store *store, struct store_call *call)
{
	core_request(call)->is_audit = true;
	(void)pthread_mutex_lock(&store->lock);
	/* beyond the class's bound: it was let in as a read, within that bound */
	call_list_append(&store->queue.classes[STORE_OPERATOR], call);
	(void)pthread_cond_signal(&store->write_wake);
	(void)pthread_mutex_unlock(&store->lock);
}

void reader_run(struct store *store, struct db *db, struct store_call *call)
{
	struct store_txn txn;
	struct call_list one = {0};
	struct error err = {0};

	txn_start(&txn, store, db, false);
	txn_next(&txn, call->arena);
	call->ok = read_snapshot(&txn, call, &err);
	if (call->ok && txn.rows != NULL) {
		core_request(call)->rows = txn.rows;
		await_audit(store, call);
		return;
	}
	call_list_append(&one, call);
	if (call->ok) {
		answers_add(store, &one);
		return;
	}
	if (err.code == ERROR_NONE) {
		(void)error_set(&err, ERROR_INTERNAL, "%s failed without a reason", call->op->name);
	}
	answers_fail(store, &one, &err);
}

void *reader_main(void *arg)
{
	struct reader_arg given = *(struct reader_arg *)arg;
	struct store *store = given.store;

	free(arg);
	(void)pthread_mutex_lock(&store->lock);
	for (;;) {
		struct store_call *call = NULL;

		while (!store->has_failed && !store->stop_readers &&
		       queue_count(&store->queue, STORE_READ) == 0) {
			(void)pthread_cond_wait(&store->read_wake, &store->lock);
		}
		if (!store->has_failed) {
			call = queue_take_read(&store->queue);
		}
		if (call == NULL) {
			break;
		}
		store->running++;
		(void)pthread_mutex_unlock(&store->lock);
		reader_run(store, given.db, call);
		(void)pthread_mutex_lock(&store->lock);
		store->running--;
	}
	(void)pthread_mutex_unlock(&store->lock);
	fatal_release(store, given.db);
	return NULL;
}
