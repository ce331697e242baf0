/*
 * The store from outside: calls go in, answers come back once and only in the loop's turn; what was
 * answered is there after a restart; what failed is not. Run in threads and inline. Covers store.c,
 * answers.c and core_metrics.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/metric.h"
#include "fault_vfs.h"
#include "store/core.h"
#include "store_ops.h"
#include "store_rig.h"

static struct store_call *make_put(struct store_rig *rig, const char *name, int fail_with)
{
	struct store_call *call = store_rig_call(rig, &op_put);
	struct op_put_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	(void)snprintf(in->value, sizeof(in->value), "value of %.20s", name);
	in->fail_with = fail_with;
	return call;
}

static bool is_there(struct store_rig *rig, const char *name)
{
	struct store_call *call = store_rig_call(rig, &op_get);
	struct op_get_in *in = call->in;
	struct op_get_out out;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	assert_true(store_rig_run(rig, call, &out, sizeof(out)).ok);
	return out.found;
}

static void test_write_then_read(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct op_put_out out;

		store_rig_init(&rig, is_inline);
		assert_true(store_rig_run(&rig, make_put(&rig, "a", 0), &out, sizeof(out)).ok);
		assert_int_equal(out.outcome.count, 1);
		assert_true(is_there(&rig, "a"));
		assert_false(is_there(&rig, "b"));
		store_rig_reopen(&rig);
		assert_true(is_there(&rig, "a"));
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_failed_request_leaves_nothing(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct store_rig_answer answer;

		store_rig_init(&rig, is_inline);
		answer = store_rig_run(&rig, make_put(&rig, "a", ERROR_STALE), NULL, 0);
		assert_false(answer.ok);
		assert_int_equal(answer.err.code, ERROR_STALE);
		assert_false(is_there(&rig, "a"));
		assert_true(store_rig_run(&rig, make_put(&rig, "a", 0), NULL, 0).ok);
		answer = store_rig_run(&rig, make_put(&rig, "a", 0), NULL, 0);
		assert_int_equal(answer.err.code, ERROR_CONFLICT);
		store_rig_finish(&rig);
	}
	(void)state;
}

struct tally {
	int answered;
	int ok;
};

static void on_tally(struct store_call *call)
{
	struct tally *tally = call->ctx;

	tally->answered++;
	tally->ok += call->ok;
}

static void submit_many(struct store_rig *rig, struct tally *tally, int count)
{
	for (int i = 0; i < count; i++) {
		struct store_call *call = store_call_create(rig->store, &op_put, on_tally, tally);
		struct op_put_in *in = call->in;

		/* every tenth fails: the others of its batch must not notice */
		(void)snprintf(in->name, sizeof(in->name), "many-%d", i);
		in->fail_with = i % 10 == 9 ? ERROR_DENIED : 0;
		store_submit(call);
	}
}

static void test_batch_with_failures(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct tally tally = {0};

		store_rig_init(&rig, is_inline);
		submit_many(&rig, &tally, 2000);
		assert_int_equal(tally.answered, 0); /* never from within store_submit */
		store_rig_wait(&rig, &tally.answered, 2000);
		assert_int_equal(tally.ok, 1800);
		assert_int_equal(store_queued(rig.store), 0);
		assert_true(is_there(&rig, "many-1998"));
		assert_false(is_there(&rig, "many-1999"));
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_full_queue_is_told(void **state)
{
	struct store_rig rig;
	struct tally tally = {0};

	store_rig_init(&rig, true);
	submit_many(&rig, &tally, LIMIT_STORE_QUEUE + 1);
	assert_int_equal(store_queued(rig.store), LIMIT_STORE_QUEUE + 1);
	store_rig_wait(&rig, &tally.answered, LIMIT_STORE_QUEUE + 1);
	/* the one too many was refused, and every tenth of the rest asked to fail */
	assert_int_equal(tally.ok, LIMIT_STORE_QUEUE - LIMIT_STORE_QUEUE / 10);
	store_rig_finish(&rig);
	(void)state;
}

static void test_close_answers_all(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct tally tally = {0};

		store_rig_init(&rig, is_inline);
		submit_many(&rig, &tally, 1000);
		store_rig_close(&rig);
		assert_int_equal(tally.answered, 1000);
		assert_int_equal(tally.ok, 900);
		store_rig_open(&rig);
		assert_true(is_there(&rig, "many-998"));
		store_rig_finish(&rig);
	}
	(void)state;
}

/* Rooms are torn down after the stop: what they still ask is refused, once, and nothing is touched
 * that is gone. */
static void test_stopped_store_refuses(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct store_status status;
		struct store_rig_answer answer;

		store_rig_init(&rig, is_inline);
		assert_true(store_rig_run(&rig, make_put(&rig, "a", 0), NULL, 0).ok);
		store_stop(rig.store);
		store_stop(rig.store);
		answer = store_rig_run(&rig, make_put(&rig, "b", 0), NULL, 0);
		assert_int_equal(answer.err.code, ERROR_TEMPORARY);
		answer = store_rig_run(&rig, store_rig_call(&rig, &op_get), NULL, 0);
		assert_int_equal(answer.err.code, ERROR_TEMPORARY);
		(void)store_newest_utc_ms(rig.store);
		store_get_status(rig.store, &status);
		assert_int_equal(store_queued(rig.store), 0);
		store_rig_reopen(&rig);
		assert_true(is_there(&rig, "a"));
		assert_false(is_there(&rig, "b"));
		store_rig_finish(&rig);
	}
	(void)state;
}

static void test_drain_lets_stops_in(void **state)
{
	struct store_rig rig;
	struct store_call *call;
	struct op_put_in *in;

	store_rig_init(&rig, false);
	store_drain(rig.store);
	assert_int_equal(store_rig_run(&rig, make_put(&rig, "a", 0), NULL, 0).err.code,
			 ERROR_TEMPORARY);
	call = store_rig_call(&rig, &op_put_stop);
	in = call->in;
	(void)snprintf(in->name, sizeof(in->name), "stop");
	assert_true(store_rig_run(&rig, call, NULL, 0).ok);
	assert_true(is_there(&rig, "stop"));
	store_rig_finish(&rig);
	(void)state;
}

struct metric_row {
	const char *name;
	const char *labels;
	int64_t value;
};

static void test_what_is_counted(void **state)
{
	static const struct metric_row rows[] = {
		{"astrad_store_answered_total", "class=\"operator\"", 90},
		{"astrad_store_failed_total", "class=\"operator\"", 10},
		{"astrad_store_commits_total", NULL, 1}, /* one batch, one sync */
	};
	int64_t before[ARRAY_LEN(rows)];
	struct store_rig rig;
	struct tally tally = {0};

	store_rig_init(&rig, true);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		before[i] = metric_value(metric_counter(rows[i].name, rows[i].labels, ""));
	}
	submit_many(&rig, &tally, 100);
	assert_int_equal(metric_value(metric_gauge("astrad_store_waiting_requests",
						   "class=\"operator\"", "")),
			 100);
	store_rig_wait(&rig, &tally.answered, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(metric_value(metric_counter(rows[i].name, rows[i].labels, "")),
				 before[i] + rows[i].value);
	}
	assert_int_equal(metric_value(metric_gauge("astrad_store_batch_requests", NULL, "")), 100);
	assert_true(metric_value(metric_gauge("astrad_store_wal_bytes", NULL, "")) > 0);
	store_rig_finish(&rig);
	(void)state;
}

/* A disk that cannot be read for once: who asked is told, nobody else, and it is no end. */
static void test_a_read_that_fails(void **state)
{
	static const struct fault_plan plan = {FAULT_READ,        FAULT_ANY_FILE, 1,
					       SQLITE_IOERR_READ, false,          NULL};
	struct store_rig rig;
	struct store_call *call;
	struct store_rig_answer answer;

	(void)state;
	fault_vfs_register();
	store_rig_prepare(&rig, true);
	rig.config.vfs = FAULT_VFS;
	assert_true(store_init(&rig.config, &(struct error){0}));
	store_rig_open(&rig);
	assert_true(store_rig_run(&rig, make_put(&rig, "a", 0), NULL, 0).ok);
	(void)sqlite3_db_release_memory(rig.store->readers[0].handle);
	call = store_rig_call(&rig, &op_get);
	(void)snprintf(((struct op_get_in *)call->in)->name, sizeof(((struct op_get_in *)0)->name),
		       "a");
	fault_vfs_arm(&plan);
	answer = store_rig_run(&rig, call, NULL, 0);
	assert_int_equal(fault_vfs_hits(), 1);
	assert_int_equal(answer.err.code, ERROR_TEMPORARY);
	assert_int_equal(rig.fatal_calls, 0);
	assert_true(is_there(&rig, "a"));
	assert_true(store_rig_run(&rig, make_put(&rig, "b", 0), NULL, 0).ok);
	store_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_then_read),
		cmocka_unit_test(test_failed_request_leaves_nothing),
		cmocka_unit_test(test_batch_with_failures),
		cmocka_unit_test(test_full_queue_is_told),
		cmocka_unit_test(test_close_answers_all),
		cmocka_unit_test(test_stopped_store_refuses),
		cmocka_unit_test(test_drain_lets_stops_in),
		cmocka_unit_test(test_what_is_counted),
		cmocka_unit_test(test_a_read_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
