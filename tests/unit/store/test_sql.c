/* The typed layer: parameters by number whatever their order in the text, copies of columns, errors
 * that stay. Covers sql.c, db.c and meta.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/core.h"
#include "store/meta.h"
#include "store_rig.h"

static struct store_rig rig;
static struct arena *arena;
static struct store_txn txn;
static struct error err;

static int set_up(void **state)
{
	(void)state;
	store_rig_init(&rig, true);
	arena = arena_create();
	assert_true(db_exec(&rig.store->writer, "BEGIN IMMEDIATE", &err));
	txn_start(&txn, rig.store, &rig.store->writer, true);
	txn_next(&txn, arena);
	return 0;
}

static int tear_down(void **state)
{
	struct error unused;
	bool ok = txn_end(&txn, &unused);

	(void)state;
	(void)ok; /* some tests end with an error on purpose */
	db_rollback(&rig.store->writer);
	arena_destroy(&arena);
	store_rig_finish(&rig);
	return 0;
}

static void test_parameters_go_by_number(void **state)
{
	static const struct sql_text text = {"test", "SELECT $3, $1, $2, $1"};
	struct sql_stmt *stmt = sql_use(&txn, &text);

	sql_bind_int(stmt, 1, 11);
	sql_bind_int(stmt, 2, 22);
	sql_bind_int(stmt, 3, 33);
	assert_true(sql_step(stmt));
	assert_int_equal(sql_int(stmt, 0), 33);
	assert_int_equal(sql_int(stmt, 1), 11);
	assert_int_equal(sql_int(stmt, 2), 22);
	assert_int_equal(sql_int(stmt, 3), 11);
	(void)state;
}

static void test_every_type(void **state)
{
	static const struct sql_text text = {"test", "SELECT $1, $2, $3, $4, $5, $6"};
	struct id id = {{1, 2, 3}}, none = {{0}}, back;
	struct sql_stmt *stmt = sql_use(&txn, &text);
	struct bytes blob;
	char *word;

	sql_bind_int(stmt, 1, INT64_MIN);
	sql_bind_text(stmt, 2, "Đorđe");
	sql_bind_blob(stmt, 3, "\0\1\2", 3);
	sql_bind_id(stmt, 4, &id);
	sql_bind_id(stmt, 5, &none);
	sql_bind_text(stmt, 6, NULL);
	assert_true(sql_step(stmt));
	assert_int_equal(sql_int(stmt, 0), INT64_MIN);
	word = sql_text(stmt, 1, arena);
	blob = sql_blob(stmt, 2, arena);
	back = sql_id(stmt, 3);
	assert_true(sql_is_null(stmt, 4) && sql_is_null(stmt, 5));
	assert_null(sql_text(stmt, 5, arena));
	assert_null(sql_blob(stmt, 5, arena).data);
	back = sql_id(stmt, 3);
	assert_false(sql_step(stmt));
	assert_true(sql_ok(stmt, &err));
	assert_string_equal(word, "Đorđe"); /* copies outlive the row */
	assert_int_equal(blob.len, 3);
	assert_memory_equal(blob.data, "\0\1\2", 3);
	assert_true(id_equal(&id, &back));
	/* used again nothing is bound */
	stmt = sql_use(&txn, &text);
	assert_true(sql_step(stmt));
	assert_true(sql_is_null(stmt, 0) && sql_is_null(stmt, 3));
	(void)state;
}

struct constraint_row {
	const char *sql;
	enum error_code code;
};

static const struct constraint_row constraints[] = {
	{"INSERT INTO meta (name, value) VALUES ('environment', 'x')", ERROR_CONFLICT},
	{"INSERT INTO report (id, case_id, person, source, received_utc_ms) "
	 "VALUES (zeroblob(16), zeroblob(16), 'ana', 1, 0)",
	 ERROR_CONFLICT}, /* no such case */
	{"INSERT INTO meta (name, value) VALUES ('a', NULL)", ERROR_INTERNAL},
	{"INSERT INTO idempotency (scope, fingerprint, outcome, at_utc_ms) "
	 "VALUES (x'00', x'00', '', 'soon')",
	 ERROR_INTERNAL},
};

static void test_constraints_are_looked_at(void **state)
{
	static struct sql_text texts[ARRAY_LEN(constraints)];

	for (size_t i = 0; i < ARRAY_LEN(constraints); i++) {
		texts[i] = (struct sql_text){"test", constraints[i].sql};
		assert_false(sql_run(sql_use(&txn, &texts[i]), &err));
		assert_int_equal(err.code, constraints[i].code);
		/* seen: the transaction may go on */
		assert_true(meta_save(&txn, "after", "yes", &err));
	}
	assert_true(txn_end(&txn, &err));
	/* not seen: the request has missed an error */
	txn_next(&txn, arena);
	(void)sql_step(sql_use(&txn, &texts[0]));
	assert_false(txn_end(&txn, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	(void)state;
}

static void test_nothing_runs_after_a_failure(void **state)
{
	static const struct sql_text broken = {"test_broken", "SELECT nothing FROM nowhere"};
	char *value;

	assert_false(sql_run(sql_use(&txn, &broken), &err));
	assert_non_null(strstr(err.text, "test_broken"));
	assert_false(meta_save(&txn, "after", "yes", &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	assert_false(txn_end(&txn, &err));
	txn_next(&txn, arena);
	assert_true(meta_load(&txn, "after", &value, &err));
	assert_null(value);
	assert_true(meta_load(&txn, META_ENVIRONMENT, &value, &err));
	assert_string_equal(value, "training");
	(void)state;
}

static void test_numbers_in_meta(void **state)
{
	int64_t value = 1;

	assert_true(meta_load_int(&txn, "x", &value, &err));
	assert_int_equal(value, 0);
	assert_true(meta_save_int(&txn, "x", -5, &err));
	assert_true(meta_save_int(&txn, "x", INT64_MAX, &err));
	assert_true(meta_load_int(&txn, "x", &value, &err));
	assert_int_equal(value, INT64_MAX);
	(void)state;
}

#define WITH_TXN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TXN(test_parameters_go_by_number),
		WITH_TXN(test_every_type),
		WITH_TXN(test_constraints_are_looked_at),
		WITH_TXN(test_nothing_runs_after_a_failure),
		WITH_TXN(test_numbers_in_meta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
