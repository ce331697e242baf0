/*
 * The store's face (store/store.h): calls come in, answers go out, in the loop's thread. What
 * happens between is in queue.c, writer.c, reader.c, answers.c; opening and closing in open.c.
 *
 * A call and everything it points to lives in its arena, which is handed from thread to thread and
 * never shared. Inline mode runs the same code without threads, in one order: writes, reads, audits
 * of the reads.
 */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/core.h"

struct store_call *store_call_create(struct store *store, const struct store_op *op,
				     void (*done)(struct store_call *call), void *ctx)
{
	struct arena *arena = arena_create();
	struct request *request = arena_alloc(arena, sizeof(*request));
	struct store_call *call = &request->call;

	call->store = store;
	call->op = op;
	call->arena = arena;
	call->in = arena_alloc(arena, op->in_size);
	call->out = arena_alloc(arena, op->out_size);
	call->done = done;
	call->ctx = ctx;
	return call;
}

void store_call_discard(struct store_call **call)
{
	struct arena *arena;

	if (*call == NULL) {
		return;
	}
	arena = (*call)->arena; /* the call itself lives in it */
	*call = NULL;
	arena_destroy(&arena);
}

/* Under the lock: takes the call in, or says why not. */
static bool enqueue(struct store *store, struct store_call *call, struct error *err)
{
	enum store_class class_of = call->op->class_of;

	if (store->has_failed || store->stop_writer) {
		return error_set(err, ERROR_TEMPORARY, "the store is closed");
	}
	if (store->is_draining && class_of != STORE_STOP && class_of != STORE_RESULT &&
	    class_of != STORE_READ) {
		return error_set(err, ERROR_TEMPORARY, "the daemon is stopping");
	}
	if (!queue_push(&store->queue, class_of, call)) {
		return error_set(err, ERROR_LIMIT, "too many %s requests wait",
				 queue_class_name(class_of));
	}
	metric_set(store->metrics.waiting[class_of], (int64_t)queue_count(&store->queue, class_of));
	if (class_of == STORE_READ) {
		(void)pthread_cond_signal(&store->read_wake);
	} else {
		(void)pthread_cond_signal(&store->write_wake);
	}
	return true;
}

void store_submit(struct store_call *call)
{
	struct store *store = call->store;
	struct error err;
	bool ok;

	assert(call->op->class_of != STORE_READ || !call->idempotency.use);
	(void)pthread_mutex_lock(&store->lock);
	ok = enqueue(store, call, &err);
	(void)pthread_mutex_unlock(&store->lock);
	if (!ok) {
		struct call_list refused = {0};

		call_list_append(&refused, call);
		answers_fail(store, &refused, &err);
	}
}

/* --- inline mode --- */

static void pump_writes(struct store *store)
{
	struct call_list batch;

	while (!store->has_failed && queue_writes(&store->queue) > 0) {
		queue_take_batch(&store->queue, &batch);
		if (writer_batch(store, &batch)) {
			checkpoint_step(store, &store->checkpoint, false);
		}
		if (store->has_failed && store->writer.handle != NULL) {
			struct error err;

			(void)error_set(&err, ERROR_TEMPORARY, "%s", store->fatal_why);
			fatal_stop(store, &err);
		}
	}
}

static void pump_reads(struct store *store)
{
	struct store_call *call;

	while (!store->has_failed && (call = queue_take_read(&store->queue)) != NULL) {
		reader_run(store, &store->readers[0], call);
	}
}

size_t store_pump(struct store *store)
{
	assert(store->is_inline);
	pump_writes(store);
	pump_reads(store);
	pump_writes(store); /* audit rows of the reads */
	return answers_deliver(store, SIZE_MAX);
}

/* --- odds --- */

void store_derive_key(const struct store *store, const char *label, struct secret_key *ret_key)
{
	secret_derive(keyfile_root(store->keyfile), label, ret_key);
}

void store_drain(struct store *store)
{
	(void)pthread_mutex_lock(&store->lock);
	store->is_draining = true;
	(void)pthread_mutex_unlock(&store->lock);
}

size_t store_queued(const struct store *store)
{
	struct store *shared = (struct store *)store; /* the lock is not part of the state */
	size_t count;

	(void)pthread_mutex_lock(&shared->lock);
	count = queue_writes(&store->queue) + queue_count(&store->queue, STORE_READ) +
		store->running + store->answers.count;
	(void)pthread_mutex_unlock(&shared->lock);
	return count;
}

void store_get_status(struct store *store, struct store_status *ret_status)
{
	struct error copy = {0};

	memset(ret_status, 0, sizeof(*ret_status));
	ret_status->copy_is_behind = keyfile_copy_failed(store->keyfile, &copy);
	(void)snprintf(ret_status->copy_trouble, sizeof(ret_status->copy_trouble), "%s", copy.text);
	(void)pthread_mutex_lock(&store->lock);
	ret_status->can_write = store->can_write && !store->has_failed;
	ret_status->has_failed = store->has_failed;
	ret_status->reserve_is_held = store->reserve_is_held;
	(void)snprintf(ret_status->trouble, sizeof(ret_status->trouble), "%s", store->trouble);
	(void)snprintf(ret_status->log_trouble, sizeof(ret_status->log_trouble), "%s",
		       store->log_trouble);
	(void)pthread_mutex_unlock(&store->lock);
}

int64_t store_newest_utc_ms(const struct store *store)
{
	return store->newest_utc_ms;
}
