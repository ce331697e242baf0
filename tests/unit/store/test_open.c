/*
 * Refusals to start: each names the file and what to do, and changes nothing. Covers open.c,
 * init.c, migrate.c, meta.c and file.c.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault_vfs.h"
#include "store/core.h"
#include "store/file.h"
#include "store/migrate.h"
#include "store_ops.h"
#include "store_rig.h"

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void write_text(const char *path, const char *text, int64_t at)
{
	struct error err;
	int fd = file_open(path, O_RDWR | O_CREAT, &err);

	assert_true(fd >= 0 && file_write_at(fd, text, strlen(text), at, &err));
	file_close(&fd);
}

/* What is done to a good store before it is opened. */
static void break_no_database(struct store_rig *rig)
{
	assert_int_equal(unlink(rig->path), 0);
}
static void break_no_key_file(struct store_rig *rig)
{
	assert_int_equal(unlink(rig->key_file), 0);
}
static void break_environment(struct store_rig *rig)
{
	rig->config.environment = "production";
}
static void break_master_key(struct store_rig *rig)
{
	rig->config.master_key.bytes[5] ^= 1;
}
static void break_newer(struct store_rig *rig)
{
	run_sql(rig->path, "PRAGMA user_version = 99");
}
static void break_foreign(struct store_rig *rig)
{
	assert_int_equal(unlink(rig->path), 0);
	run_sql(rig->path, "CREATE TABLE wine (name TEXT); INSERT INTO wine VALUES ('Prokupac')");
}
static void break_text(struct store_rig *rig)
{
	assert_int_equal(unlink(rig->path), 0);
	write_text(rig->path,
		   "Dear diary, today nobody was lost. Dear diary, today nobody was lost."
		   "Dear diary, today nobody was lost. Dear diary, today nobody was lost.",
		   0);
}
static void break_empty(struct store_rig *rig)
{
	assert_int_equal(truncate(rig->path, 0), 0);
}
static void break_cut(struct store_rig *rig)
{
	assert_int_equal(truncate(rig->path, 3 * DB_PAGE_BYTES), 0);
}
static void break_page(struct store_rig *rig)
{
	write_text(rig->path, "this page was a b-tree once", 5 * DB_PAGE_BYTES);
}
static void break_other_key_file(struct store_rig *rig)
{
	struct keyfile_config keys = {rig->key_file, rig->key_copy, &rig->config.master_key};

	assert_int_equal(unlink(rig->key_file), 0);
	assert_int_equal(unlink(rig->key_copy), 0);
	assert_true(keyfile_create(&keys, &(struct error){0}));
}
static void break_old_key_file(struct store_rig *rig)
{
	run_sql(rig->path, "INSERT INTO meta (name, value) VALUES ('key_high', '999999')");
}

struct refusal_row {
	const char *name;
	void (*break_it)(struct store_rig *rig);
	enum error_code code;
	const char *says;
};

static const struct refusal_row refusals[] = {
	{"no database", break_no_database, ERROR_NOT_FOUND, "astrad --init"},
	{"no key file", break_no_key_file, ERROR_NOT_FOUND, "cases.key is missing"},
	{"another environment", break_environment, ERROR_DENIED, "environment training"},
	{"another master key", break_master_key, ERROR_DENIED, "another master key"},
	{"newer schema", break_newer, ERROR_DENIED, "newer astrad (schema 99"},
	{"foreign database", break_foreign, ERROR_DENIED, "not astrad's database"},
	{"no database at all", break_text, ERROR_TEMPORARY, "not a database"},
	{"an empty file", break_empty, ERROR_DENIED, "not astrad's database"},
	{"a file cut short", break_cut, ERROR_TEMPORARY, "damaged"},
	{"an overwritten page", break_page, ERROR_DENIED, "damaged"},
	{"another key file", break_other_key_file, ERROR_DENIED, "of another database"},
	{"an old key file", break_old_key_file, ERROR_DENIED, "older than the database"},
};

static int64_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

static void test_refusals(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct store_rig rig;
		struct error err = {0};
		int64_t before;

		store_rig_init(&rig, true);
		store_rig_close(&rig);
		refusals[i].break_it(&rig);
		before = size_of(rig.path);
		rig.store = store_open(&rig.config, &err);
		if (rig.store != NULL || err.code != refusals[i].code ||
		    strstr(err.text, refusals[i].says) == NULL) {
			fail_msg("%s: %s: %s", refusals[i].name, error_code_name(err.code),
				 err.text);
		}
		assert_non_null(strstr(err.text, rig.dir.path)); /* names the file */
		assert_int_equal(size_of(rig.path), before);
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_a_foreign_file_is_not_touched(void **state)
{
	struct store_rig rig;
	struct error err;
	char bytes[20];
	int fd;

	store_rig_init(&rig, true);
	store_rig_close(&rig);
	break_foreign(&rig);
	assert_null(store_open(&rig.config, &err));
	fd = file_open(rig.path, O_RDONLY, &err);
	assert_true(file_read_at(fd, bytes, sizeof(bytes), 0, &err));
	file_close(&fd);
	assert_int_equal(bytes[18], 1); /* still not in WAL mode */
	store_rig_finish(&rig);
	(void)state;
}

static void test_one_daemon_at_a_time(void **state)
{
	struct store_rig rig;
	struct error err = {0};

	store_rig_init(&rig, true);
	assert_null(store_open(&rig.config, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_non_null(strstr(err.text, "another astrad is using it"));
	assert_false(store_init(&rig.config, &err));
	store_rig_reopen(&rig);
	store_rig_finish(&rig);
	(void)state;
}

static void test_init_refuses_what_exists(void **state)
{
	struct store_rig rig;
	struct error err = {0};

	store_rig_init(&rig, true);
	store_rig_close(&rig);
	assert_false(store_init(&rig.config, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(unlink(rig.path), 0); /* a key file alone must not be overwritten either */
	assert_false(store_init(&rig.config, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(access(rig.path, F_OK), -1);
	store_rig_finish(&rig);
	(void)state;
}

static void test_files_are_private(void **state)
{
	struct store_rig rig;
	struct stat status;
	const char *paths[3];

	store_rig_init(&rig, true);
	paths[0] = rig.path;
	paths[1] = rig.key_file;
	paths[2] = rig.key_copy;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		assert_int_equal(stat(paths[i], &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
	store_rig_finish(&rig);
	(void)state;
}

struct pragma_row {
	const char *sql;
	int64_t value;
};

static void test_the_handle_is_strict(void **state)
{
	static const struct pragma_row rows[] = {
		{"PRAGMA synchronous", 2},
		{"PRAGMA foreign_keys", 1},
		{"PRAGMA secure_delete", 1},
		{"PRAGMA temp_store", 2},
		{"PRAGMA wal_autocheckpoint", 0},
		{"PRAGMA application_id", DB_APPLICATION_ID},
		{"PRAGMA page_size", 4096},
		{"PRAGMA trusted_schema", 0},
		{"PRAGMA cell_size_check", 1},
		{"SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", 1},
		/* every table is STRICT */
		{"SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
		 "AND strict = 0 AND name NOT LIKE 'sqlite_%'",
		 0},
	};
	struct store_rig rig;

	store_rig_init(&rig, true);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t value = -1;

		assert_true(
			db_query_int(&rig.store->writer, rows[i].sql, &value, &(struct error){0}));
		if (value != rows[i].value) {
			fail_msg("%s is %lld", rows[i].sql, (long long)value);
		}
	}
	assert_int_not_equal(sqlite3_exec(rig.store->readers[0].handle,
					  "INSERT INTO meta (name, value) VALUES ('a', 'b')", NULL,
					  NULL, NULL),
			     SQLITE_OK);
	store_rig_finish(&rig);
	(void)state;
}

/* An older file gets what is missing, and a migration that fails leaves it as it was. */
static void test_migrations(void **state)
{
	struct store_rig rig;
	struct db db;
	struct error err = {0};
	int64_t value;
	int fd;

	store_rig_prepare(&rig, true);
	fd = file_open(rig.path, O_RDWR | O_CREAT, &err);
	file_close(&fd);
	assert_true(db_open(&db, rig.path, NULL, DB_CREATE, &err));
	assert_true(db_exec(&db, "CREATE TABLE audit (x)", &err)); /* in the way */
	assert_false(migrate_run(&db, &err));
	assert_non_null(strstr(err.text, "000_core.sql"));
	assert_true(db_query_int(&db, "SELECT COUNT(*) FROM sqlite_schema", &value, &err));
	assert_int_equal(value, 1);
	assert_true(db_exec(&db, "DROP TABLE audit", &err));
	assert_true(migrate_run(&db, &err));
	assert_true(migrate_run(&db, &err)); /* nothing more to do */
	assert_true(db_query_int(&db, "PRAGMA user_version", &value, &err));
	assert_int_equal(value, migration_count);
	db_close(&db);
	store_rig_finish(&rig);
	(void)state;
}

static void test_newest_time(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, true);
	clock_fake_advance(&rig.clock, 5000);
	store_rig_reopen(&rig);
	clock_fake_init(&rig.clock, 1000); /* the battery of the clock was empty */
	store_rig_reopen(&rig);
	assert_true(store_newest_utc_ms(rig.store) > clock_utc_ms(&rig.clock.clock));
	store_rig_reopen(&rig);
	assert_true(store_newest_utc_ms(rig.store) > clock_utc_ms(&rig.clock.clock));
	store_rig_finish(&rig);
	(void)state;
}

struct disk_row {
	const char *name;
	struct fault_plan plan;
	const char *says;
};

static const struct disk_row disks[] = {
	{"read-only", {FAULT_WRITE, FAULT_WAL, 1, SQLITE_READONLY, true, NULL}, "read-only"},
	{"no writing", {FAULT_WRITE, FAULT_WAL, 1, SQLITE_IOERR_WRITE, true, NULL}, "disk failed"},
	{"no reading",
	 {FAULT_READ, FAULT_DATABASE, 1, SQLITE_IOERR_READ, true, NULL},
	 "disk failed"},
	{"no syncing", {FAULT_SYNC, FAULT_WAL, 1, SQLITE_IOERR_FSYNC, true, NULL}, "sync"},
	{"no opening", {FAULT_OPEN, FAULT_DATABASE, 1, SQLITE_CANTOPEN, true, NULL}, "opened"},
	{"no locking",
	 {FAULT_LOCK, FAULT_DATABASE, 1, SQLITE_IOERR_LOCK, true, NULL},
	 "disk failed"},
};

static void test_bad_disks_are_refused(void **state)
{
	fault_vfs_register();
	for (size_t i = 0; i < ARRAY_LEN(disks); i++) {
		struct store_rig rig;
		struct error err = {0};

		store_rig_init(&rig, true);
		store_rig_close(&rig);
		rig.config.vfs = FAULT_VFS;
		fault_vfs_arm(&disks[i].plan);
		rig.store = store_open(&rig.config, &err);
		fault_vfs_disarm();
		if (rig.store != NULL || err.code != ERROR_TEMPORARY ||
		    strstr(err.text, disks[i].says) == NULL) {
			fail_msg("%s: %s: %s", disks[i].name, error_code_name(err.code), err.text);
		}
		store_rig_open(&rig); /* with a good disk all is as before */
		store_rig_finish(&rig);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_foreign_file_is_not_touched),
		cmocka_unit_test(test_one_daemon_at_a_time),
		cmocka_unit_test(test_init_refuses_what_exists),
		cmocka_unit_test(test_files_are_private),
		cmocka_unit_test(test_the_handle_is_strict),
		cmocka_unit_test(test_migrations),
		cmocka_unit_test(test_newest_time),
		cmocka_unit_test(test_bad_disks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
