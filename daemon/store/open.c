/*
 * Opening and closing the store.
 *
 * Opening goes from what cannot hurt to what can: the owner's lock, the key file, a read-only look
 * at the database (a foreign file is never touched), migrations, the audit head, then threads.
 * Every refusal names the file and what to do. Closing is the reverse; readers end before the
 * writer, because an audited read is answered by a commit.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/core.h"
#include "store/file.h"
#include "store/meta.h"
#include "store/migrate.h"

#define QUICK_CHECK_PAGES  16384 /* up to 64 MiB a start looks at every page */
#define CHECKPOINT_BUSY_MS 200   /* a forced one holds the writer no longer than this for readers */

/* --- the database file --- */

static bool check_kind(struct db *db, struct error *err)
{
	int64_t application, pages, damaged;

	if (!db_query_int(db, "PRAGMA application_id", &application, err) ||
	    !db_query_int(db, "PRAGMA page_count", &pages, err)) {
		return false;
	}
	if (application != DB_APPLICATION_ID) {
		return error_set(err, ERROR_DENIED,
				 "it is not astrad's database: choose another store.path");
	}
	if (pages > QUICK_CHECK_PAGES) {
		return true;
	}
	if (!db_query_int(db, "SELECT quick_check <> 'ok' FROM pragma_quick_check(1)", &damaged,
			  err)) {
		return false;
	}
	return !damaged || error_set(err, ERROR_DENIED, "the file is damaged: restore a backup");
}

static bool check_meta(struct store_txn *txn, const struct store_config *config, struct error *err)
{
	char expected[KEYFILE_ID_TEXT_BYTES];
	char *environment, *key_file;
	int64_t key_high;

	if (!meta_load(txn, META_ENVIRONMENT, &environment, err) ||
	    !meta_load(txn, META_KEY_FILE, &key_file, err) ||
	    !meta_load_int(txn, META_KEY_HIGH, &key_high, err)) {
		return false;
	}
	if (environment == NULL || strcmp(environment, config->environment) != 0) {
		return error_set(err, ERROR_DENIED,
				 "it was made in environment %s and this is %s: never mix them",
				 environment == NULL ? "(none)" : environment, config->environment);
	}
	keyfile_format_id(txn->store->keyfile, expected);
	if (key_file == NULL || strcmp(key_file, expected) != 0) {
		return error_set(err, ERROR_DENIED, "%s is the key file of another database",
				 config->key_file);
	}
	if (key_high >= keyfile_high(txn->store->keyfile)) {
		return error_set(err, ERROR_DENIED,
				 "%s is older than the database: restore it from its copy",
				 config->key_file);
	}
	return true;
}

/* Looks before anything is written: pragmas of a writer would turn a foreign file into WAL. */
static bool look(struct store *store, const struct store_config *config, struct error *err)
{
	struct arena *arena = arena_create();
	struct db db;
	struct store_txn txn;
	struct error recorded;
	int64_t version;
	bool ok;

	if (!file_exists(config->path)) {
		arena_destroy(&arena);
		return error_set(err, ERROR_NOT_FOUND, "there is no such file: run astrad --init");
	}
	if (!db_open(&db, config->path, config->vfs, DB_READ, err)) {
		arena_destroy(&arena);
		return false;
	}
	ok = check_kind(&db, err) && db_query_int(&db, "PRAGMA user_version", &version, err) &&
	     migrate_check(version, err) && db_exec(&db, "BEGIN", err);
	if (ok) {
		txn_start(&txn, store, &db, false);
		txn_next(&txn, arena);
		ok = check_meta(&txn, config, err);
		if (!txn_end(&txn, &recorded) && ok) {
			*err = recorded;
			ok = false;
		}
		db_rollback(&db);
	}
	db_close(&db);
	arena_destroy(&arena);
	return ok;
}

/* The first write proves that the disk takes one. A full one is no refusal: stops must go on. */
static bool prove_writable(struct store *store, struct error *err)
{
	int64_t now = clock_utc_ms(store->clock);
	struct arena *arena = arena_create();
	struct store_txn txn;
	struct error recorded = {0};
	int64_t opened = 0, starts = 0;
	bool ok = db_exec(&store->writer, "BEGIN IMMEDIATE", err);
	int rc;

	if (!ok) {
		arena_destroy(&arena);
		return false;
	}
	txn_start(&txn, store, &store->writer, true);
	txn_next(&txn, arena);
	ok = audit_chain_load(&txn, &store->head, err) &&
	     meta_load_int(&txn, META_OPENED, &opened, err) &&
	     meta_load_int(&txn, META_KEY_HIGH, &store->key_high, err) &&
	     meta_load_int(&txn, META_STARTS, &starts, err) &&
	     meta_save_int(&txn, META_STARTS, starts + 1, err) &&
	     meta_save_int(&txn, META_OPENED, now > opened ? now : opened, err);
	if (!txn_end(&txn, &recorded) && ok) {
		*err = recorded;
		ok = false;
	}
	store->newest_utc_ms = store->head.at_utc_ms > opened ? store->head.at_utc_ms : opened;
	if (ok) {
		rc = sqlite3_exec(store->writer.handle, "COMMIT", NULL, NULL, NULL);
		ok = rc == SQLITE_OK || db_is_full(&store->writer, rc) ||
		     db_fail(&store->writer, rc, "first write", err);
	}
	db_rollback(&store->writer);
	arena_destroy(&arena);
	return ok;
}

static bool open_handles(struct store *store, struct error *err)
{
	int64_t is_wal;

	if (!db_open(&store->writer, store->path, store->vfs, DB_WRITE, err)) {
		return false;
	}
	if (sqlite3_db_readonly(store->writer.handle, "main") != 0) {
		return error_set(err, ERROR_DENIED,
				 "it can only be read: check the file's owner, "
				 "its mode and the mount");
	}
	if (!db_query_int(&store->writer, "SELECT journal_mode = 'wal' FROM pragma_journal_mode",
			  &is_wal, err)) {
		return false;
	}
	if (!is_wal) {
		return error_set(err, ERROR_DENIED,
				 "its file system takes no write-ahead log: use a local one");
	}
	if (!migrate_run(&store->writer, err) || !prove_writable(store, err) ||
	    !db_open(&store->checkpoint, store->path, store->vfs, DB_WRITE, err)) {
		return false;
	}
	(void)sqlite3_busy_timeout(store->checkpoint.handle, CHECKPOINT_BUSY_MS);
	for (size_t i = 0; i < CORE_READERS; i++) {
		if (!db_open(&store->readers[i], store->path, store->vfs, DB_READ, err)) {
			return false;
		}
	}
	checkpoint_watch(store);
	return true;
}

/* --- threads --- */

static void on_wake(int fd, int what, void *arg)
{
	(void)fd;
	(void)what;
	(void)answers_deliver(arg, LIMIT_STORE_BATCH);
}

static bool start_thread(struct store *store, void *(*run)(void *arg), void *arg, struct error *err)
{
	int rc = pthread_create(&store->threads[store->thread_count], NULL, run, arg);

	if (rc != 0) {
		return error_set(err, ERROR_TEMPORARY, "cannot start a thread: %s", strerror(rc));
	}
	store->thread_count++;
	return true;
}

/* In the order of store->threads. */
static bool start_threads(struct store *store, struct error *err)
{
	sigset_t all, before;
	bool ok = true;

	store->handles_out = CORE_READERS + 1;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
	for (size_t i = 0; ok && i < CORE_READERS; i++) {
		struct reader_arg *arg = xcalloc(1, sizeof(*arg));

		*arg = (struct reader_arg){store, &store->readers[i]};
		ok = start_thread(store, reader_main, arg, err);
		if (!ok) {
			free(arg);
		}
	}
	ok = ok && start_thread(store, checkpoint_main, store, err) &&
	     start_thread(store, writer_main, store, err);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

static bool start(struct store *store, struct loop *loop, struct error *err)
{
	if (store->is_inline) {
		return true;
	}
	store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->wake_fd < 0) {
		return error_set(err, ERROR_TEMPORARY, "eventfd: %s", strerror(errno));
	}
	store->watch = loop_fd_create(loop, store->wake_fd, LOOP_READ, on_wake, store);
	return start_threads(store, err);
}

/* Raises the flag and waits for the threads [first, end) that were started. */
static void stop_threads(struct store *store, bool *flag, size_t first, size_t end)
{
	(void)pthread_mutex_lock(&store->lock);
	*flag = true;
	(void)pthread_cond_broadcast(&store->read_wake);
	(void)pthread_cond_broadcast(&store->write_wake);
	(void)pthread_cond_broadcast(&store->checkpoint_wake);
	(void)pthread_mutex_unlock(&store->lock);
	for (size_t i = first; i < end && i < store->thread_count; i++) {
		(void)pthread_join(store->threads[i], NULL);
	}
}

/* --- opening --- */

static void init_shared(struct store *store)
{
	pthread_condattr_t monotonic;

	(void)pthread_mutex_init(&store->lock, NULL);
	(void)pthread_cond_init(&store->write_wake, NULL);
	(void)pthread_cond_init(&store->read_wake, NULL);
	(void)pthread_cond_init(&store->released_wake, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&store->checkpoint_wake, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

static struct store *make(const struct store_config *config)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->path = xstrdup(config->path);
	store->vfs = config->vfs == NULL ? NULL : xstrdup(config->vfs);
	store->clock = config->clock;
	store->is_inline = config->is_inline;
	store->on_fatal = config->on_fatal;
	store->on_fatal_arg = config->on_fatal_arg;
	store->owner_fd = -1;
	store->wake_fd = -1;
	store->can_write = true;
	core_metrics_init(&store->metrics);
	init_shared(store);
	reserve_init(&store->reserve, config->path);
	return store;
}

static bool open_keys(struct store *store, const struct store_config *config, struct error *err)
{
	struct keyfile_config keys = {config->key_file, config->key_copy, &config->master_key};

	store->keyfile = keyfile_open(&keys, err);
	if (store->keyfile == NULL) {
		return false;
	}
	store_derive_key(store, "astrad audit chain", &store->audit_key);
	store_derive_key(store, "astrad lookup hashes", &store->hash_key);
	secret_derive(&store->hash_key, "address key", &store->address_key);
	return true;
}

static void close_handles(struct store *store)
{
	for (size_t i = 0; i < CORE_READERS; i++) {
		db_close(&store->readers[i]);
	}
	db_close(&store->checkpoint);
	db_close(&store->writer); /* the last one moves the log into the database */
}

/*
 * A full disk has no room even for the log's index, which is made anew at each start. The reserve
 * is what it is kept for: stops must go on, also after a crash.
 */
static bool open_database(struct store *store, const struct store_config *config, struct error *err)
{
	if (look(store, config, err) && open_handles(store, err)) {
		return true;
	}
	close_handles(store);
	if (err->code != ERROR_TEMPORARY || !file_exists(store->reserve.path)) {
		return false;
	}
	reserve_release(&store->reserve);
	return look(store, config, err) && open_handles(store, err);
}

static void hold_reserve(struct store *store)
{
	store->reserve_is_held = reserve_hold(&store->reserve);
	metric_set(store->metrics.reserve_held, store->reserve_is_held);
}

struct store *store_open(const struct store_config *config, struct error *err)
{
	struct store *store = make(config);

	if (!file_lock_beside(config->path, &store->owner_fd, err) ||
	    !open_keys(store, config, err)) {
		store_close(&store);
		return NULL;
	}
	if (!open_database(store, config, err)) {
		(void)error_prefix(err, "%s", config->path);
		store_close(&store);
		return NULL;
	}
	hold_reserve(store);
	if (!start(store, config->loop, err)) {
		store_close(&store);
		return NULL;
	}
	return store;
}

/* --- closing --- */

/* What waits is done first; what callbacks submit now is refused. */
static void finish_work(struct store *store)
{
	if (store->is_inline) {
		store->stop_writer = true;
		while (store->writer.handle != NULL && store_pump(store) > 0) {
		}
		return;
	}
	stop_threads(store, &store->stop_readers, 0, CORE_READERS);
	stop_threads(store, &store->stop_writer, CORE_READERS + 1, CORE_THREADS);
	stop_threads(store, &store->stop_checkpoint, CORE_READERS, CORE_READERS + 1);
}

static void destroy(struct store *store)
{
	loop_fd_destroy(&store->watch);
	file_close(&store->wake_fd);
	keyfile_close(&store->keyfile);
	reserve_finish(&store->reserve);
	file_close(&store->owner_fd);
	(void)pthread_cond_destroy(&store->write_wake);
	(void)pthread_cond_destroy(&store->read_wake);
	(void)pthread_cond_destroy(&store->checkpoint_wake);
	(void)pthread_cond_destroy(&store->released_wake);
	(void)pthread_mutex_destroy(&store->lock);
	free(store->path);
	free(store->vfs);
	secret_wipe(store, sizeof(*store));
	free(store);
}

static void deliver_all(struct store *store)
{
	while (answers_deliver(store, SIZE_MAX) > 0) {
	}
}

void store_stop(struct store *store)
{
	if (store == NULL || store->is_stopped) {
		return;
	}
	store->is_stopped = true;
	finish_work(store);
	close_handles(store);
	deliver_all(store);
}

void store_close(struct store **store)
{
	if (*store == NULL) {
		return;
	}
	store_stop(*store);
	deliver_all(*store); /* what was refused since */
	destroy(*store);
	*store = NULL;
}
