/*
 * A backup taken before a purge, opened with the master key and key file of today, yields nothing
 * of the purged case and everything of another.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/backup.h"
#include "store/core.h"
#include "store/file.h"
#include "store_rig.h"

/* --- a case: its text under its key --- */

struct case_in {
	struct id id;
	const char *text;
};
struct case_out {
	bool is_there;
	bool is_gone;
	char text[64];
};

static const struct sql_text insert_text = {
	"test_case", "INSERT INTO casefile (id, ref, status, state, category, key_id, etag,"
		     " truth_version, truth_sealed, created_utc_ms, updated_utc_ms)"
		     " VALUES ($1, $2, 2, 1, 1, $3, 1, 1, $4, 0, 0)"};
static const struct sql_text select_text = {
	"test_case_load", "SELECT key_id, truth_sealed FROM casefile WHERE id = $1"};

static bool run_make(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	const struct case_in *asked = in;
	struct bytes plain = {asked->text, strlen(asked->text)}, sealed;
	struct sql_stmt *stmt;
	int64_t key_id;

	(void)out;
	if (!txn_key_assign(txn, &key_id, err) ||
	    !txn_seal(txn, arena, key_id, &asked->id, "truth", 1, plain, &sealed, err)) {
		return false;
	}
	stmt = sql_use(txn, &insert_text);
	sql_bind_id(stmt, 1, &asked->id);
	sql_bind_text(stmt, 2, arena_printf(arena, "ref-%d", asked->id.bytes[0]));
	sql_bind_int(stmt, 3, key_id);
	sql_bind_blob(stmt, 4, sealed.data, sealed.len);
	return sql_run(stmt, err);
}

static bool run_load(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	const struct case_in *asked = in;
	struct case_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &select_text);
	struct bytes plain;
	struct error why = {0};

	sql_bind_id(stmt, 1, &asked->id);
	answer->is_there = sql_step(stmt);
	if (!answer->is_there) {
		return sql_ok(stmt, err);
	}
	if (txn_open(txn, arena, sql_int(stmt, 0), &asked->id, "truth", 1, sql_blob(stmt, 1, arena),
		     &plain, &why)) {
		memcpy(answer->text, plain.data, plain.len);
	}
	answer->is_gone = why.code == ERROR_GONE;
	return true;
}

static bool run_purge(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	const struct case_in *asked = in;
	struct sql_stmt *stmt = sql_use(txn, &select_text);

	(void)arena;
	(void)out;
	sql_bind_id(stmt, 1, &asked->id);
	assert_true(sql_step(stmt));
	return txn_key_purge(txn, sql_int(stmt, 0), err);
}

static const struct store_op op_make = {"make", STORE_OPERATOR, sizeof(struct case_in), 1,
					run_make};
static const struct store_op op_load = {"load", STORE_READ, sizeof(struct case_in),
					sizeof(struct case_out), run_load};
static const struct store_op op_purge = {"purge", STORE_KEEPING, sizeof(struct case_in), 1,
					 run_purge};

static struct store_rig_answer run_case(struct store_rig *rig, const struct store_op *op,
					uint8_t number, const char *text, struct case_out *out)
{
	struct store_call *call = store_rig_call(rig, op);
	struct case_in *in = call->in;

	in->id.bytes[0] = number;
	in->text = text;
	call->audit = (struct store_audit){.action = "test", .person = "ana"};
	return store_rig_run(rig, call, out, out == NULL ? 0 : sizeof(*out));
}

static struct store_rig_answer back_up(struct store_rig *rig, const char *path,
				       struct store_backup_out *out)
{
	struct store_call *call = store_rig_call(rig, &store_backup);
	struct store_backup_in *in = call->in;

	in->path = path;
	in->now_utc_ms = 12345;
	return store_rig_run(rig, call, out, out == NULL ? 0 : sizeof(*out));
}

static void restore(struct store_rig *rig, const char *backup)
{
	char log[112];

	(void)snprintf(log, sizeof(log), "%s-wal", rig->path);
	store_rig_close(rig);
	assert_int_equal(access(log, F_OK), -1);
	assert_int_equal(rename(backup, rig->path), 0);
	store_rig_open(rig);
}

static void test_a_backup_yields_nothing_of_a_purged_case(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct store_backup_out out;
		struct case_out seen;
		char path[112];

		store_rig_init(&rig, is_inline);
		(void)snprintf(path, sizeof(path), "%s/backup.db", rig.dir.path);
		assert_true(run_case(&rig, &op_make, 1, "Ana, plava jakna", NULL).ok);
		assert_true(run_case(&rig, &op_make, 2, "Vuk, crvena kapa", NULL).ok);
		assert_true(back_up(&rig, path, &out).ok);
		assert_true(out.bytes > 0);
		assert_int_equal(out.head.seq, 2);
		assert_true(run_case(&rig, &op_purge, 1, NULL, NULL).ok);
		assert_true(run_case(&rig, &op_make, 3, "later", NULL).ok);
		restore(&rig, path);

		assert_true(run_case(&rig, &op_load, 1, NULL, &seen).ok);
		assert_true(seen.is_there && seen.is_gone);
		assert_string_equal(seen.text, "");
		assert_true(run_case(&rig, &op_load, 2, NULL, &seen).ok);
		assert_string_equal(seen.text, "Vuk, crvena kapa");
		assert_true(run_case(&rig, &op_load, 3, NULL, &seen).ok);
		assert_false(seen.is_there);
		/* the older database gives no key a second time */
		assert_true(run_case(&rig, &op_make, 4, "Mila", NULL).ok);
		assert_true(run_case(&rig, &op_load, 4, NULL, &seen).ok);
		assert_string_equal(seen.text, "Mila");
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_backup_is_whole_or_absent(void **state)
{
	struct store_rig rig;
	char path[112], part[120], missing[120];
	struct error err;
	int64_t value;
	struct db db;
	int fd;

	store_rig_init(&rig, true);
	(void)snprintf(path, sizeof(path), "%s/backup.db", rig.dir.path);
	(void)snprintf(part, sizeof(part), "%s.part", path);
	(void)snprintf(missing, sizeof(missing), "%s/no/backup.db", rig.dir.path);
	fd = file_open(part, O_RDWR | O_CREAT, &err); /* of a backup that was cut short */
	assert_true(file_write_at(fd, "half", 4, 0, &err));
	file_close(&fd);
	assert_true(run_case(&rig, &op_make, 1, "Ana", NULL).ok);
	assert_true(back_up(&rig, path, NULL).ok);
	assert_false(file_exists(part));
	assert_int_equal(back_up(&rig, path, NULL).err.code, ERROR_CONFLICT);
	assert_int_equal(back_up(&rig, missing, NULL).err.code, ERROR_NOT_FOUND);
	assert_true(db_open(&db, path, NULL, DB_READ, &err));
	assert_true(db_query_int(&db, "SELECT value FROM meta WHERE name = 'backup_audit_seq'",
				 &value, &err));
	assert_int_equal(value, 1);
	assert_true(db_query_int(&db, "SELECT quick_check = 'ok' FROM pragma_quick_check(1)",
				 &value, &err));
	assert_int_equal(value, 1);
	db_close(&db);
	store_rig_finish(&rig);
	(void)state;
}

static int64_t newest_key(struct store_rig *rig)
{
	struct error err;
	int64_t key = 0;

	assert_true(
		db_query_int(&rig->store->writer, "SELECT MAX(key_id) FROM casefile", &key, &err));
	return key;
}

/* The keys that the lost cases had are nobody's afterwards. */
static void test_an_older_database_reuses_no_key(void **state)
{
	struct store_rig rig;
	char path[112];
	int64_t lost, given;

	(void)state;
	store_rig_init(&rig, true);
	assert_true(run_case(&rig, &op_make, 1, "one", NULL).ok);
	(void)snprintf(path, sizeof(path), "%s/backup.db", rig.dir.path);
	assert_true(back_up(&rig, path, NULL).ok);
	for (uint8_t number = 2; number < 6; number++) {
		assert_true(run_case(&rig, &op_make, number, "lost", NULL).ok);
	}
	lost = newest_key(&rig);
	restore(&rig, path);
	assert_int_equal(newest_key(&rig), lost - 4);
	assert_true(run_case(&rig, &op_make, 9, "after", NULL).ok);
	given = newest_key(&rig);
	assert_true(given > lost);
	store_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_backup_yields_nothing_of_a_purged_case),
		cmocka_unit_test(test_backup_is_whole_or_absent),
		cmocka_unit_test(test_an_older_database_reuses_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
