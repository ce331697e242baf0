/*
 * Repeating a POST: the same key and body are answered again and done once, another body is
 * refused, a 409 is remembered, other failures are judged afresh, records go after 72 h. Covers
 * idempotency.c and keeping.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "store/core.h"
#include "store/idempotency.h"
#include "store/keeping.h"
#include "store_ops.h"
#include "store_rig.h"

static struct store_call *make_post(struct store_rig *rig, const char *name, int scope, int body)
{
	struct store_call *call = store_rig_call(rig, &op_put);
	struct op_put_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	call->idempotency.use = true;
	call->idempotency.now_utc_ms = clock_utc_ms(&rig->clock.clock);
	memset(call->idempotency.scope, scope, sizeof(call->idempotency.scope));
	memset(call->idempotency.fingerprint, body, sizeof(call->idempotency.fingerprint));
	return call;
}

static struct store_rig_answer post(struct store_rig *rig, const char *name, int scope, int body,
				    struct op_put_out *out)
{
	return store_rig_run(rig, make_post(rig, name, scope, body), out, sizeof(*out));
}

static void test_repeated_post_is_done_once(void **state)
{
	struct store_rig rig;
	struct store_rig_answer answer;
	struct op_put_out out;

	store_rig_init(&rig, true);
	answer = post(&rig, "a", 1, 1, &out);
	assert_true(answer.ok && !answer.replayed);
	op_put_runs = 0;
	store_rig_reopen(&rig);
	for (int i = 0; i < 3; i++) {
		answer = post(&rig, "a", 1, 1, &out);
		assert_true(answer.ok && answer.replayed);
		assert_int_equal(out.outcome.count, 1);
	}
	assert_int_equal(op_put_runs, 0);
	answer = post(&rig, "a", 1, 2, &out);
	assert_int_equal(answer.err.code, ERROR_REUSED);
	assert_true(post(&rig, "b", 2, 1, &out).ok); /* another key, the same body */
	store_rig_finish(&rig);
	(void)state;
}

struct twins {
	int answered, ok, replayed;
};

static void on_twin(struct store_call *call)
{
	struct twins *twins = call->ctx;

	twins->answered++;
	twins->ok += call->ok;
	twins->replayed += call->replayed;
}

/* Both in one batch: the second finds the first one's record in the same transaction. */
static void test_two_at_once(void **state)
{
	struct store_rig rig;
	struct twins twins = {0};

	store_rig_init(&rig, true);
	for (int i = 0; i < 2; i++) {
		struct store_call *call = make_post(&rig, "a", 1, 1);

		call->done = on_twin;
		call->ctx = &twins;
		store_submit(call);
	}
	store_rig_wait(&rig, &twins.answered, 2);
	assert_int_equal(twins.ok, 2);
	assert_int_equal(twins.replayed, 1);
	store_rig_finish(&rig);
	(void)state;
}

struct failure_row {
	enum error_code code;
	bool is_kept;
};

static const struct failure_row failures[] = {
	{ERROR_CONFLICT, true},   {ERROR_INVALID, false},   {ERROR_DENIED, false},
	{ERROR_NOT_FOUND, false}, {ERROR_STALE, false},     {ERROR_GONE, false},
	{ERROR_LIMIT, false},     {ERROR_TEMPORARY, false}, {ERROR_INTERNAL, false},
};

static void test_which_failures_are_kept(void **state)
{
	struct store_rig rig;

	store_rig_init(&rig, true);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		char name[16];
		struct store_call *call;
		struct store_rig_answer answer;
		struct op_put_out out;

		(void)snprintf(name, sizeof(name), "f%zu", i);
		call = make_post(&rig, name, 10 + (int)i, 1);
		((struct op_put_in *)call->in)->fail_with = (int)failures[i].code;
		answer = store_rig_run(&rig, call, NULL, 0);
		assert_int_equal(answer.err.code, failures[i].code);
		assert_false(answer.replayed);
		/* the same again would succeed now: only a 409 is told again */
		answer = post(&rig, name, 10 + (int)i, 1, &out);
		assert_int_equal(answer.ok, !failures[i].is_kept);
		assert_int_equal(answer.replayed, failures[i].is_kept);
		if (failures[i].is_kept) {
			assert_int_equal(answer.err.code, failures[i].code);
			assert_string_equal(answer.err.text, "asked to fail");
			assert_int_equal(out.outcome.http_status, 409);
			assert_string_equal(out.outcome.problem, "asked to fail");
		}
	}
	store_rig_finish(&rig);
	(void)state;
}

static int64_t count_records(struct store_rig *rig)
{
	int64_t count;

	assert_true(db_query_int(&rig->store->writer, "SELECT COUNT(*) FROM idempotency", &count,
				 &(struct error){0}));
	return count;
}

static void test_records_live_72_hours(void **state)
{
	struct store_rig rig;
	struct op_put_out out;

	store_rig_init(&rig, true);
	assert_true(post(&rig, "a", 1, 1, &out).ok);
	clock_fake_advance(&rig.clock, STORE_IDEMPOTENCY_KEEP_MS);
	assert_true(post(&rig, "a", 1, 1, &out).ok);
	clock_fake_advance(&rig.clock, 1);
	/* past its time it counts as absent even before it is deleted */
	assert_true(post(&rig, "b", 1, 2, &out).ok);
	assert_int_equal(count_records(&rig), 1);
	store_keeping_run(rig.store);
	(void)store_pump(rig.store);
	assert_int_equal(count_records(&rig), 1);
	clock_fake_advance(&rig.clock, STORE_IDEMPOTENCY_KEEP_MS + 1);
	store_keeping_run(rig.store);
	(void)store_pump(rig.store);
	assert_int_equal(count_records(&rig), 0);
	store_rig_finish(&rig);
	(void)state;
}

static void test_keeping_goes_page_by_page(void **state)
{
	struct store_rig rig;
	struct error err;

	store_rig_init(&rig, true);
	assert_true(db_exec(&rig.store->writer,
			    "INSERT INTO idempotency (scope, fingerprint, outcome, at_utc_ms) "
			    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
			    "WHERE i < 2500) SELECT CAST(i AS BLOB), x'00', '', i FROM n",
			    &err));
	store_keeping_run(rig.store);
	for (int pages = 1; pages <= 3; pages++) {
		/* the first time the look for old events runs beside it */
		assert_int_equal(store_pump(rig.store), pages == 1 ? 2 : 1);
		assert_int_equal(count_records(&rig), pages < 3 ? 2500 - pages * 1000 : 0);
	}
	assert_int_equal(store_pump(rig.store), 0);
	store_rig_finish(&rig);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated_post_is_done_once),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_which_failures_are_kept),
		cmocka_unit_test(test_records_live_72_hours),
		cmocka_unit_test(test_keeping_goes_page_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
