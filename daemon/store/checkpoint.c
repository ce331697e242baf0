/*
 * Moves the write-ahead log into the database, outside of the commit path: SQLite's own checkpoint
 * is the p99 of a commit (FIGURES), so the writer never does one.
 *
 * PASSIVE, every CHECKPOINT_FRAMES of log, waits for nobody. Once all is moved the next commit
 * starts the log over, so it stays small.
 *
 * TRUNCATE, when nothing was written for IDLE_MS, takes old content of deleted rows off the disk.
 *
 * RESTART is forced when the log has grown past FORCE_FRAMES: a writer that never rests, or a
 * reader that stays, keeps the passive ones from moving all of it. The writer waits while the rest
 * is moved, so a passive one goes before and leaves little. The file keeps its size: writing over
 * old blocks syncs faster than growing.
 *
 * The same thread makes case keys ahead of need. A failed sync here is as fatal as in a commit; any
 * other failure leaves the log as it is, is told (store_status) and tried again after more of it.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/hook.h"
#include "store/core.h"

#define CHECKPOINT_FRAMES 1024 /* 4 MiB */
#define FORCE_FRAMES      4096 /* 16 MiB */
#define IDLE_MS           2000
#define WAL_HEADER_BYTES  32
#define WAL_FRAME_BYTES   (DB_PAGE_BYTES + 24)

static bool is_due(const struct store *store)
{
	return store->wal_frames - store->wal_moved >= CHECKPOINT_FRAMES ||
	       (!store->fill_failed && keyfile_wants_fill(store->keyfile));
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int frames)
{
	struct store *store = arg;

	(void)handle;
	(void)name;
	(void)pthread_mutex_lock(&store->lock);
	if (frames < store->wal_moved) {
		store->wal_moved = 0; /* the log was started over */
	}
	store->wal_frames = frames;
	store->has_written = true;
	store->fill_failed = false;
	metric_set(store->metrics.wal_bytes, WAL_HEADER_BYTES + (int64_t)frames * WAL_FRAME_BYTES);
	if (is_due(store)) {
		(void)pthread_cond_signal(&store->checkpoint_wake);
	}
	(void)pthread_mutex_unlock(&store->lock);
	return SQLITE_OK;
}

void checkpoint_watch(struct store *store)
{
	(void)sqlite3_wal_hook(store->writer.handle, on_commit, store);
}

/* The log for ourselves: the writer waits on a condition instead of sleeping for SQLITE_BUSY. False
 * when the store has failed meanwhile. */
static bool claim_log(struct store *store)
{
	bool ok;

	(void)pthread_mutex_lock(&store->lock);
	store->log_claimed = true;
	while (store->is_writing && !store->has_failed) {
		(void)pthread_cond_wait(&store->checkpoint_wake, &store->lock);
	}
	ok = !store->has_failed;
	(void)pthread_mutex_unlock(&store->lock);
	return ok;
}

static void release_log(struct store *store)
{
	(void)pthread_mutex_lock(&store->lock);
	store->log_claimed = false;
	(void)pthread_cond_broadcast(&store->write_wake);
	(void)pthread_mutex_unlock(&store->lock);
}

static void note_result(struct store *store, struct db *db, int mode, int rc, int moved)
{
	struct error err = {0};

	if (rc != SQLITE_OK && rc != SQLITE_BUSY) { /* busy: a reader stays, it will go */
		(void)db_fail(db, rc, "moving the log", &err);
	}
	(void)pthread_mutex_lock(&store->lock);
	if (rc == SQLITE_OK && mode != SQLITE_CHECKPOINT_PASSIVE) {
		store->wal_frames = 0; /* cut, or the next commit starts it over */
		store->wal_moved = 0;
		metric_set(store->metrics.wal_bytes, 0);
	} else {
		/* also when it failed: try again after as much log, not at once */
		store->wal_moved = rc == SQLITE_OK && moved >= 0 ? moved : store->wal_frames;
	}
	(void)snprintf(store->log_trouble, sizeof(store->log_trouble), "%s", err.text);
	(void)pthread_mutex_unlock(&store->lock);
}

static void run(struct store *store, struct db *db, int mode)
{
	int64_t started_us = core_stopwatch_us();
	struct error err;
	int frames = 0, moved = 0;
	int rc;

	HOOK("store.before_checkpoint");
	rc = sqlite3_wal_checkpoint_v2(db->handle, "main", mode, &frames, &moved);
	HOOK("store.after_checkpoint");
	metric_add(store->metrics.checkpoints, 1);
	metric_observe_us(store->metrics.checkpoint_seconds, core_stopwatch_us() - started_us);
	if (db_is_sync_failure(rc)) {
		(void)db_fail(db, rc, "checkpoint", &err);
		fatal_mark(store, &err);
		return;
	}
	note_result(store, db, mode, rc, moved);
}

static void run_claimed(struct store *store, struct db *db, int mode)
{
	if (claim_log(store)) {
		run(store, db, mode);
	}
	release_log(store);
}

static void fill_keys(struct store *store)
{
	struct error unused;

	if (keyfile_wants_fill(store->keyfile) && !keyfile_fill(store->keyfile, &unused)) {
		/* an assignment that finds the pool empty tries again and tells */
		(void)pthread_mutex_lock(&store->lock);
		store->fill_failed = true;
		(void)pthread_mutex_unlock(&store->lock);
	}
}

void checkpoint_step(struct store *store, struct db *db, bool is_idle)
{
	int64_t frames, waiting;

	(void)pthread_mutex_lock(&store->lock);
	frames = store->wal_frames;
	waiting = store->wal_frames - store->wal_moved;
	(void)pthread_mutex_unlock(&store->lock);
	if (waiting >= CHECKPOINT_FRAMES) {
		run(store, db, SQLITE_CHECKPOINT_PASSIVE);
	}
	if (is_idle && frames > 0) {
		run_claimed(store, db, SQLITE_CHECKPOINT_TRUNCATE);
	} else if (frames >= FORCE_FRAMES && waiting >= CHECKPOINT_FRAMES) {
		run_claimed(store, db, SQLITE_CHECKPOINT_RESTART);
	}
	fill_keys(store);
}

/* Under the lock. Sleeps until something is due or nothing was written for IDLE_MS. */
static bool wait_until_due(struct store *store)
{
	while (!store->stop_checkpoint && !store->has_failed && !is_due(store)) {
		struct timespec until;

		if (!store->has_written && store->wal_frames == 0) {
			(void)pthread_cond_wait(&store->checkpoint_wake, &store->lock);
			continue;
		}
		store->has_written = false;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += IDLE_MS / 1000;
		if (pthread_cond_timedwait(&store->checkpoint_wake, &store->lock, &until) ==
			    ETIMEDOUT &&
		    !store->has_written) {
			return true;
		}
	}
	return false;
}

void *checkpoint_main(void *arg)
{
	struct store *store = arg;

	(void)pthread_mutex_lock(&store->lock);
	for (;;) {
		bool is_idle = wait_until_due(store);

		if (store->stop_checkpoint || store->has_failed) {
			break;
		}
		(void)pthread_mutex_unlock(&store->lock);
		checkpoint_step(store, &store->checkpoint, is_idle);
		(void)pthread_mutex_lock(&store->lock);
	}
	(void)pthread_mutex_unlock(&store->lock);
	fatal_release(store, &store->checkpoint);
	return NULL;
}
