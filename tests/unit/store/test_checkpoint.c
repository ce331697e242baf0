/*
 * The write-ahead log is moved into the database outside of the commits, does not grow without
 * bound, and a sync that fails there is as fatal as in a commit. A last test looks at what deleted
 * rows leave behind.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "fault_vfs.h"
#include "store/core.h"
#include "store/file.h"
#include "store_ops.h"
#include "store_rig.h"

#define BULK_ROWS 200 /* of 6,000 bytes: more than a megabyte of log */

static bool run_bulk(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	static const struct sql_text text = {
		"test_bulk",
		"INSERT INTO meta (name, value) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
		"SELECT i + 1 FROM n WHERE i < $2) SELECT $1 || '-' || i, hex(zeroblob(3000)) "
		"FROM n"};
	struct sql_stmt *stmt = sql_use(txn, &text);

	(void)out;
	sql_bind_text(stmt, 1, arena_printf(arena, "%d", *(const int *)in));
	sql_bind_int(stmt, 2, BULK_ROWS);
	return sql_run(stmt, err);
}

static const struct store_op op_bulk = {"test_bulk", STORE_KEEPING, sizeof(int), 1, run_bulk};

static bool bulk(struct store_rig *rig, int number)
{
	struct store_call *call = store_rig_call(rig, &op_bulk);

	*(int *)call->in = number;
	return store_rig_run(rig, call, NULL, 0).ok;
}

static int64_t log_bytes(const struct store_rig *rig)
{
	AUTO(free) char *path = xasprintf("%s-wal", rig->path);
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : 0;
}

static void test_the_log_stays_small(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, true);
	for (int i = 0; i < 40; i++) { /* 50 MiB in all */
		assert_true(bulk(&rig, i));
		assert_true(log_bytes(&rig) < 8 << 20);
	}
	store_rig_close(&rig);
	assert_int_equal(log_bytes(&rig), 0);
	store_rig_finish(&rig);
	(void)state;
}

static void test_the_log_stays_small_in_threads(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, false);
	for (int i = 0; i < 40; i++) {
		assert_true(bulk(&rig, i));
	}
	/* the checkpoint runs beside: behind by some batches, never by all of them */
	assert_true(log_bytes(&rig) < 32 << 20);
	store_rig_finish(&rig);
	(void)state;
}

/* A reader that stays keeps the passive ones from finishing; past 16 MiB the log is forced. */
static void test_a_stuck_reader_is_survived(void **state)
{
	struct store_rig rig;
	sqlite3 *reader;
	int64_t grown;

	store_rig_init(&rig, true);
	(void)sqlite3_busy_timeout(rig.store->checkpoint.handle, 1);
	assert_int_equal(sqlite3_open(rig.path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT COUNT(*) FROM meta", NULL, NULL, NULL),
			 SQLITE_OK);
	for (int i = 0; i < 60; i++) {
		assert_true(bulk(&rig, i));
	}
	assert_true(log_bytes(&rig) > 64 << 20); /* it could not help it */
	assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	grown = log_bytes(&rig);
	for (int i = 60; i < 100; i++) {
		assert_true(bulk(&rig, i));
	}
	/* started over and written over: it does not grow, and all but a little is moved */
	assert_true(log_bytes(&rig) <= grown + (4 << 20));
	assert_true(rig.store->wal_frames < 4096);
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	store_rig_finish(&rig);
	(void)state;
}

static void test_a_sync_that_fails_is_fatal(void **state)
{
	static const struct fault_plan plan = {FAULT_SYNC,         FAULT_DATABASE, 1,
					       SQLITE_IOERR_FSYNC, false,          NULL};

	fault_vfs_register();
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		int i = 0, ok = 0;

		store_rig_prepare(&rig, is_inline);
		rig.config.vfs = FAULT_VFS;
		assert_true(store_init(&rig.config, &(struct error){0}));
		store_rig_open(&rig);
		fault_vfs_arm(&plan);
		for (; i < 40 && rig.fatal_calls == 0; i++) {
			ok += bulk(&rig, i);
		}
		store_rig_wait(&rig, &rig.fatal_calls, 1);
		fault_vfs_disarm();
		assert_true(ok > 0); /* and they are there */
		store_rig_reopen(&rig);
		while (--ok >= 0) {
			struct store_call *call = store_rig_call(&rig, &op_get);
			struct op_get_in *in = call->in;
			struct op_get_out out;

			(void)snprintf(in->name, sizeof(in->name), "%d-200", ok);
			assert_true(store_rig_run(&rig, call, &out, sizeof(out)).ok);
			assert_true(out.found);
		}
		store_rig_finish(&rig);
	}
	(void)state;
}

struct stuck_row {
	const char *name;
	struct fault_plan plan;
};

/* The log cannot be moved: nothing is lost or fatal, it is told, and caught up with later. */
static void test_a_log_that_cannot_be_moved(void **state)
{
	static const struct stuck_row rows[] = {
		{"full", {FAULT_WRITE, FAULT_DATABASE, 1, SQLITE_FULL, true, NULL}},
		{"no writing", {FAULT_WRITE, FAULT_DATABASE, 1, SQLITE_IOERR_WRITE, true, NULL}},
		{"no cutting", {FAULT_TRUNCATE, FAULT_WAL, 1, SQLITE_IOERR_TRUNCATE, true, NULL}},
	};

	(void)state;
	fault_vfs_register();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct store_rig rig;
		struct store_status status;

		store_rig_prepare(&rig, true);
		rig.config.vfs = FAULT_VFS;
		assert_true(store_init(&rig.config, &(struct error){0}));
		store_rig_open(&rig);
		fault_vfs_arm(&rows[i].plan);
		for (int n = 0; n < 8; n++) {
			assert_true(bulk(&rig, n));
		}
		checkpoint_step(rig.store, &rig.store->checkpoint, true);
		store_get_status(rig.store, &status);
		if (fault_vfs_hits() == 0 || status.log_trouble[0] == '\0' || !status.can_write) {
			fail_msg("%s: %s", rows[i].name, status.log_trouble);
		}
		fault_vfs_disarm();
		assert_true(bulk(&rig, 8));
		checkpoint_step(rig.store, &rig.store->checkpoint, true);
		store_get_status(rig.store, &status);
		assert_string_equal(status.log_trouble, "");
		assert_int_equal(log_bytes(&rig), 0);
		assert_int_equal(rig.fatal_calls, 0);
		store_rig_finish(&rig);
	}
}

static void test_idle_truncates(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, true);
	assert_true(bulk(&rig, 1));
	assert_true(log_bytes(&rig) > 0);
	checkpoint_step(rig.store, &rig.store->checkpoint, true);
	assert_int_equal(log_bytes(&rig), 0);
	store_rig_finish(&rig);
	(void)state;
}

static bool file_holds(const char *path, const char *text)
{
	AUTO(free) char *bytes = NULL;
	struct stat status;
	struct error err;
	int fd = file_open(path, O_RDONLY, &err);
	bool found;

	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	bytes = xcalloc((size_t)status.st_size + 1, 1);
	assert_true(file_read_at(fd, bytes, (size_t)status.st_size, 0, &err));
	found = memmem(bytes, (size_t)status.st_size, text, strlen(text)) != NULL;
	file_close(&fd);
	return found;
}

/* secure_delete, and a log that is cut: nothing of a deleted row stays on disk. */
static void test_deleted_rows_leave_nothing(void **state)
{
	struct store_rig rig;
	struct store_call *call;
	struct op_put_in *in;
	AUTO(free) char *log = NULL;

	store_rig_init(&rig, true);
	log = xasprintf("%s-wal", rig.path);
	call = store_rig_call(&rig, &op_put);
	in = call->in;
	(void)snprintf(in->name, sizeof(in->name), "trace");
	(void)snprintf(in->value, sizeof(in->value), "Zivkovic-of-Novi-Sad");
	assert_true(store_rig_run(&rig, call, NULL, 0).ok);
	assert_true(file_holds(log, "Zivkovic-of-Novi-Sad"));
	assert_true(db_exec(&rig.store->writer, "DELETE FROM meta WHERE name = 'trace'",
			    &(struct error){0}));
	checkpoint_step(rig.store, &rig.store->checkpoint, true);
	assert_false(file_holds(log, "Zivkovic-of-Novi-Sad"));
	assert_false(file_holds(rig.path, "Zivkovic-of-Novi-Sad"));
	store_rig_finish(&rig);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_log_stays_small),
		cmocka_unit_test(test_the_log_stays_small_in_threads),
		cmocka_unit_test(test_a_stuck_reader_is_survived),
		cmocka_unit_test(test_a_sync_that_fails_is_fatal),
		cmocka_unit_test(test_a_log_that_cannot_be_moved),
		cmocka_unit_test(test_idle_truncates),
		cmocka_unit_test(test_deleted_rows_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
