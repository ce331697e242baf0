/*
 * What happens when a commit or a sync fails: nothing is retried in place, for after a failed sync
 * the kernel may have dropped what it could not write and the next sync would report success. Every
 * handle is closed, then everybody is answered ERROR_TEMPORARY, then the loop is told to exit.
 *
 * The last close lets SQLite move the committed part of the log into the database and delete the
 * log: the failed commit's frames, which a recovery might take for committed, go with it. If that
 * fails too, or the process dies before, the outcome of that one batch is open: its callers were
 * told to try again, and their idempotency keys make that safe.
 */
#include <stdio.h>
#include <string.h>

#include "store/core.h"

void fatal_mark(struct store *store, const struct error *err)
{
	(void)pthread_mutex_lock(&store->lock);
	if (!store->has_failed) {
		store->has_failed = true;
		store->can_write = false;
		(void)snprintf(store->fatal_why, sizeof(store->fatal_why), "%s", err->text);
		(void)snprintf(store->trouble, sizeof(store->trouble), "%s", err->text);
	}
	(void)pthread_cond_broadcast(&store->write_wake);
	(void)pthread_cond_broadcast(&store->read_wake);
	(void)pthread_cond_broadcast(&store->checkpoint_wake);
	(void)pthread_mutex_unlock(&store->lock);
}

void fatal_release(struct store *store, struct db *db)
{
	struct db gone;

	/* out of fatal_stop's sight first: it interrupts handles under the lock */
	(void)pthread_mutex_lock(&store->lock);
	gone = *db;
	memset(db, 0, sizeof(*db));
	(void)pthread_mutex_unlock(&store->lock);
	db_close(&gone);
	(void)pthread_mutex_lock(&store->lock);
	store->handles_out--;
	(void)pthread_cond_broadcast(&store->released_wake);
	(void)pthread_mutex_unlock(&store->lock);
}

static void close_others(struct store *store)
{
	if (store->is_inline) {
		for (size_t i = 0; i < CORE_READERS; i++) {
			db_close(&store->readers[i]);
		}
		db_close(&store->checkpoint);
		return;
	}
	(void)pthread_mutex_lock(&store->lock);
	for (size_t i = 0; i < CORE_READERS; i++) {
		if (store->readers[i].handle != NULL) {
			sqlite3_interrupt(store->readers[i].handle);
		}
	}
	while (store->handles_out > 0) {
		(void)pthread_cond_wait(&store->released_wake, &store->lock);
	}
	(void)pthread_mutex_unlock(&store->lock);
}

void fatal_stop(struct store *store, const struct error *err)
{
	struct call_list waiting = {0};
	struct error told = {.code = ERROR_TEMPORARY};
	struct db writer;

	fatal_mark(store, err);
	close_others(store);
	(void)pthread_mutex_lock(&store->lock);
	writer = store->writer;
	(void)pthread_mutex_unlock(&store->lock);
	db_close(&writer);
	(void)pthread_mutex_lock(&store->lock);
	memset(&store->writer, 0, sizeof(store->writer));
	for (int c = 0; c < STORE_CLASS_COUNT; c++) {
		call_list_move(&waiting, &store->queue.classes[c]);
	}
	(void)snprintf(told.text, sizeof(told.text), "the store is closed: %.200s",
		       store->fatal_why);
	(void)pthread_mutex_unlock(&store->lock);
	answers_fail(store, &waiting, &told);
}
