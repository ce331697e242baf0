/*
 * The audit trail: rows commit with what they tell of, failed requests leave none, reads of
 * personal data are answered by their row's commit, the chain shows every change. Covers
 * audit_chain.c and reader.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "fault_vfs.h"
#include "store/audit.h"
#include "store/core.h"
#include "store_ops.h"
#include "store_rig.h"

static struct store_audit_head_out head(struct store_rig *rig)
{
	struct store_audit_head_out out = {0};

	assert_true(
		store_rig_run(rig, store_rig_call(rig, &store_audit_head), &out, sizeof(out)).ok);
	return out;
}

/* Verifies the whole chain; the row it breaks at, 0 = it holds. */
static int64_t verify(struct store_rig *rig)
{
	struct store_audit_verify_out out = {0};

	do {
		struct store_call *call = store_rig_call(rig, &store_audit_verify);
		struct store_audit_verify_in *in = call->in;

		in->after = out.last;
		assert_true(store_rig_run(rig, call, &out, sizeof(out)).ok);
	} while (!out.is_done && !out.is_broken);
	return out.is_broken ? out.broken_seq : 0;
}

static struct store_rig_answer put(struct store_rig *rig, const char *name, int fail_with)
{
	struct store_call *call = store_rig_call(rig, &op_put);
	struct op_put_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	in->fail_with = fail_with;
	call->audit = (struct store_audit){.action = "test.put",
					   .person = "ana",
					   .version = 3,
					   .detail = "route=PUT",
					   .now_utc_ms = clock_utc_ms(&rig->clock.clock)};
	return store_rig_run(rig, call, NULL, 0);
}

static struct store_rig_answer read_audited(struct store_rig *rig, const char *name,
					    struct op_get_out *out)
{
	struct store_call *call = store_rig_call(rig, &op_get);
	struct op_get_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	call->audit = (struct store_audit){.action = "test.read", .person = "ana", .now_utc_ms = 5};
	return store_rig_run(rig, call, out, sizeof(*out));
}

static void test_a_row_for_each_success(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct op_get_out out;

		store_rig_init(&rig, is_inline);
		assert_int_equal(head(&rig).seq, 0);
		assert_true(put(&rig, "a", 0).ok);
		assert_false(put(&rig, "b", ERROR_DENIED).ok);
		assert_int_equal(head(&rig).seq, 1);
		assert_true(read_audited(&rig, "a", &out).ok);
		assert_true(out.found);
		assert_int_equal(head(&rig).seq, 2);
		store_rig_reopen(&rig);
		assert_true(put(&rig, "c", 0).ok);
		assert_int_equal(head(&rig).seq, 3);
		assert_int_equal(verify(&rig), 0);
		store_rig_finish(&rig);
	}
	(void)state;
}

/* No row, no answer: and what was read is not handed out. */
static void test_unaudited_read_is_not_answered(void **state)
{
	static const struct fault_plan plan = {FAULT_WRITE,        FAULT_WAL, 1,
					       SQLITE_IOERR_WRITE, true,      NULL};

	fault_vfs_register();
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct store_rig_answer answer;
		struct op_get_out out;

		store_rig_prepare(&rig, is_inline);
		rig.config.vfs = FAULT_VFS;
		assert_true(store_init(&rig.config, &(struct error){0}));
		store_rig_open(&rig);
		assert_true(put(&rig, "a", 0).ok);
		fault_vfs_arm(&plan);
		answer = read_audited(&rig, "a", &out);
		assert_false(answer.ok);
		assert_int_equal(answer.err.code, ERROR_TEMPORARY);
		assert_false(out.found);
		assert_string_equal(out.value, "");
		fault_vfs_disarm();
		store_rig_finish(&rig);
	}
	(void)state;
}

static void change(struct store_rig *rig, const char *sql)
{
	static const char *const unlock[] = {"DROP TRIGGER audit_keep", "DROP TRIGGER audit_fixed",
					     "DROP TRIGGER audit_note"};

	for (size_t i = 0; i < ARRAY_LEN(unlock); i++) {
		(void)sqlite3_exec(rig->store->writer.handle, unlock[i], NULL, NULL, NULL);
	}
	assert_int_equal(sqlite3_exec(rig->store->writer.handle, sql, NULL, NULL, NULL), SQLITE_OK);
}

struct tamper_row {
	const char *sql;
	int64_t broken_seq;
};

static const struct tamper_row tampers[] = {
	{"UPDATE audit SET person = 'eva' WHERE seq = 2", 2},
	{"UPDATE audit SET action = 'test.put2' WHERE seq = 2", 2},
	{"UPDATE audit SET at_utc_ms = at_utc_ms + 1 WHERE seq = 3", 3},
	{"UPDATE audit SET version = 4 WHERE seq = 2", 2},
	{"UPDATE audit SET detail = NULL WHERE seq = 2", 2},
	{"UPDATE audit SET case_id = zeroblob(16) WHERE seq = 1", 0}, /* none, as it was */
	{"UPDATE audit SET case_id = randomblob(16) WHERE seq = 1", 1},
	{"UPDATE audit SET hash = zeroblob(32) WHERE seq = 2", 2},
	{"DELETE FROM audit WHERE seq = 2", 3},
	{"DELETE FROM audit WHERE seq = 1", 2},
	{"UPDATE audit SET seq = 9 WHERE seq = 4", 9},
};

static void test_changes_show(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(tampers); i++) {
		struct store_rig rig;

		store_rig_init(&rig, true);
		assert_true(put(&rig, "a", 0).ok && put(&rig, "b", 0).ok && put(&rig, "c", 0).ok &&
			    put(&rig, "d", 0).ok);
		change(&rig, tampers[i].sql);
		if (verify(&rig) != tampers[i].broken_seq) {
			fail_msg("not found: %s", tampers[i].sql);
		}
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_rows_are_append_only(void **state)
{
	static const char *const forbidden[] = {"DELETE FROM audit",
						"UPDATE audit SET hash = zeroblob(32)",
						"UPDATE audit SET person = 'eva'"};
	struct store_rig rig;

	store_rig_init(&rig, true);
	assert_true(put(&rig, "a", 0).ok);
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		assert_int_not_equal(
			sqlite3_exec(rig.store->writer.handle, forbidden[i], NULL, NULL, NULL),
			SQLITE_OK);
	}
	store_rig_finish(&rig);
	(void)state;
}

static void test_a_broken_head_refuses_the_start(void **state)
{
	struct store_rig rig;
	struct error err = {0};

	store_rig_init(&rig, true);
	assert_true(put(&rig, "a", 0).ok && put(&rig, "b", 0).ok);
	change(&rig, "UPDATE audit SET person = 'eva' WHERE seq = 2");
	store_rig_close(&rig);
	rig.store = store_open(&rig.config, &err);
	assert_null(rig.store);
	assert_int_equal(err.code, ERROR_DENIED);
	assert_non_null(strstr(err.text, "audit trail is broken at row 2"));
	store_rig_finish(&rig);
	(void)state;
}

/* --- notes --- */

struct op_case_out {
	int64_t key_id;
};

static bool run_case(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	static const struct sql_text text = {
		"test_case", "INSERT INTO casefile (id, ref, status, state, category, key_id, etag,"
			     " truth_version, created_utc_ms, updated_utc_ms)"
			     " VALUES ($1, 'r', 2, 1, 1, $2, 1, 1, 0, 0)"};
	struct op_case_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &text);

	(void)arena;
	if (!txn_key_assign(txn, &answer->key_id, err)) {
		return false;
	}
	sql_bind_id(stmt, 1, in);
	sql_bind_int(stmt, 2, answer->key_id);
	return sql_run(stmt, err);
}

static bool run_purge(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	static const struct sql_text text = {"test_drop_notes",
					     "UPDATE audit SET note_sealed = NULL"};
	struct sql_stmt *stmt = sql_use(txn, &text);

	(void)arena;
	(void)out;
	return sql_run(stmt, err) && txn_key_purge(txn, *(const int64_t *)in, err);
}

static const struct store_op op_case = {"test_case", STORE_OPERATOR, sizeof(struct id),
					sizeof(struct op_case_out), run_case};
static const struct store_op op_purge = {"test_purge", STORE_KEEPING, sizeof(int64_t), 1,
					 run_purge};

static void test_the_chain_verifies_after_a_purge(void **state)
{
	static const char *const secret = "zvala je majka";
	struct store_rig rig;
	struct store_call *call;
	struct op_case_out out;
	int64_t plain;

	store_rig_init(&rig, true);
	call = store_rig_call(&rig, &op_case);
	memset(call->in, 9, sizeof(struct id));
	call->audit = (struct store_audit){
		.action = "case.create", .person = "ana", .note = secret, .now_utc_ms = 77};
	memset(&call->audit.case_id, 9, sizeof(struct id));
	assert_true(store_rig_run(&rig, call, &out, sizeof(out)).ok);
	assert_true(put(&rig, "a", 0).ok);
	assert_true(db_query_int(&rig.store->writer,
				 "SELECT COUNT(*) FROM audit WHERE length(note_sealed) = 14 + 28 "
				 "AND instr(note_sealed, CAST('majka' AS BLOB)) = 0",
				 &plain, &(struct error){0}));
	assert_int_equal(plain, 1); /* there, sealed */
	change(&rig, "UPDATE audit SET note_sealed = zeroblob(42) WHERE note_sealed IS NOT NULL");
	assert_int_equal(verify(&rig), 1);
	call = store_rig_call(&rig, &op_purge);
	*(int64_t *)call->in = out.key_id;
	assert_true(store_rig_run(&rig, call, NULL, 0).ok);
	assert_int_equal(verify(&rig), 0);
	store_rig_finish(&rig);
	(void)state;
}

static void test_a_note_needs_its_case(void **state)
{
	struct store_rig rig;
	struct store_call *call;

	store_rig_init(&rig, true);
	call = store_rig_call(&rig, &op_put);
	call->audit = (struct store_audit){.action = "x", .person = "ana", .note = "text"};
	assert_int_equal(store_rig_run(&rig, call, NULL, 0).err.code, ERROR_INTERNAL);
	assert_int_equal(head(&rig).seq, 0);
	store_rig_finish(&rig);
	(void)state;
}

/* Longer than one page of verification. */
static void test_a_long_chain(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, true);
	for (int i = 0; i < LIMIT_STORE_ROWS + 5; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "n%d", i);
		assert_true(put(&rig, name, 0).ok);
	}
	assert_int_equal(verify(&rig), 0);
	change(&rig, "UPDATE audit SET person = 'eva' WHERE seq = 1003");
	assert_int_equal(verify(&rig), 1003);
	store_rig_finish(&rig);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_for_each_success),
		cmocka_unit_test(test_unaudited_read_is_not_answered),
		cmocka_unit_test(test_changes_show),
		cmocka_unit_test(test_rows_are_append_only),
		cmocka_unit_test(test_a_broken_head_refuses_the_start),
		cmocka_unit_test(test_the_chain_verifies_after_a_purge),
		cmocka_unit_test(test_a_note_needs_its_case),
		cmocka_unit_test(test_a_long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
