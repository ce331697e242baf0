/*
 * A full disk: stops and audited reads are stored on the reserve, everything else is told to wait,
 * and when there is room again all goes on. The fault VFS is full for as long as the reserve file
 * is there, as a disk with 16 MiB less.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "fault_vfs.h"
#include "store/core.h"
#include "store_ops.h"
#include "store_rig.h"

struct full_rig {
	struct store_rig rig;
	char reserve[112];
};

static void make_full(struct full_rig *full, bool is_inline)
{
	struct fault_plan plan = {FAULT_WRITE, FAULT_WAL, 0, SQLITE_FULL, false, full->reserve};

	fault_vfs_register();
	store_rig_prepare(&full->rig, is_inline);
	full->rig.config.vfs = FAULT_VFS;
	(void)snprintf(full->reserve, sizeof(full->reserve), "%s-reserve", full->rig.path);
	assert_true(store_init(&full->rig.config, &(struct error){0}));
	store_rig_open(&full->rig);
	fault_vfs_arm(&plan);
}

static struct store_rig_answer put(struct store_rig *rig, const struct store_op *op,
				   const char *name)
{
	struct store_call *call = store_rig_call(rig, op);
	struct op_put_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	call->audit = (struct store_audit){.action = "test.put", .person = "ana"};
	return store_rig_run(rig, call, NULL, 0);
}

static struct store_rig_answer read_audited(struct store_rig *rig)
{
	struct store_call *call = store_rig_call(rig, &op_get);

	call->audit = (struct store_audit){.action = "test.read", .person = "ana"};
	return store_rig_run(rig, call, NULL, 0);
}

static struct store_status status_of(struct store_rig *rig)
{
	struct store_status status;

	store_get_status(rig->store, &status);
	return status;
}

static void test_reserve_is_there(void **state)
{
	struct full_rig full;
	struct stat status;

	make_full(&full, true);
	assert_int_equal(stat(full.reserve, &status), 0);
	assert_true(status.st_blocks * 512 >= LIMIT_RESERVE_FILE_BYTES); /* real room, not a hole */
	assert_true(status_of(&full.rig).reserve_is_held);
	fault_vfs_disarm();
	store_rig_finish(&full.rig);
	(void)state;
}

static void test_stops_pass_and_reports_wait(void **state)
{
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct full_rig full;
		struct store_rig_answer answer;

		make_full(&full, is_inline);
		answer = put(&full.rig, &op_put, "report");
		assert_int_equal(answer.err.code, ERROR_TEMPORARY);
		assert_non_null(strstr(answer.err.text, "full"));
		assert_false(status_of(&full.rig).can_write);
		assert_int_equal(access(full.reserve, F_OK), 0); /* not given up for a report */

		assert_true(put(&full.rig, &op_put_stop, "stop").ok);
		assert_int_equal(access(full.reserve, F_OK), -1);
		/* there is room now, and it is not for reports */
		answer = put(&full.rig, &op_put, "report");
		assert_int_equal(answer.err.code, ERROR_TEMPORARY);
		assert_true(read_audited(&full.rig).ok);
		assert_true(put(&full.rig, &op_put_stop, "stop-2").ok);
		assert_int_equal(full.rig.fatal_calls, 0);

		fault_vfs_disarm(); /* somebody made room */
		clock_fake_advance(&full.rig.clock, 2000);
		assert_true(put(&full.rig, &op_put, "report").ok);
		assert_int_equal(access(full.reserve, F_OK), 0);
		assert_true(status_of(&full.rig).can_write);
		assert_true(status_of(&full.rig).reserve_is_held);
		store_rig_finish(&full.rig);
	}
	(void)state;
}

struct tally {
	int answered, ok;
};

static void on_tally(struct store_call *call)
{
	struct tally *tally = call->ctx;

	tally->answered++;
	tally->ok += call->ok;
}

/* In one batch: the stop is stored, the reports beside it are not. */
static void test_a_mixed_batch(void **state)
{
	struct full_rig full;
	struct tally stops = {0}, reports = {0};

	make_full(&full, true);
	for (int i = 0; i < 20; i++) {
		bool is_stop = i % 5 == 4;
		struct store_call *call =
			store_call_create(full.rig.store, is_stop ? &op_put_stop : &op_put,
					  on_tally, is_stop ? &stops : &reports);
		struct op_put_in *in = call->in;

		(void)snprintf(in->name, sizeof(in->name), "n%d", i);
		store_submit(call);
	}
	store_rig_wait(&full.rig, &reports.answered, 16);
	assert_int_equal(stops.answered, 4);
	assert_int_equal(stops.ok, 4);
	assert_int_equal(reports.ok, 0);
	fault_vfs_disarm();
	store_rig_finish(&full.rig);
	(void)state;
}

/* A daemon that starts on a full disk starts: a stop must go out. */
static void test_start_on_a_full_disk(void **state)
{
	static const struct fault_plan plan = {FAULT_WRITE, FAULT_WAL, 1, SQLITE_FULL, true, NULL};
	struct full_rig full;

	make_full(&full, true);
	fault_vfs_disarm();
	store_rig_close(&full.rig);
	fault_vfs_arm(&plan);
	store_rig_open(&full.rig);
	assert_int_equal(put(&full.rig, &op_put_stop, "stop").err.code, ERROR_TEMPORARY);
	fault_vfs_disarm();
	assert_true(put(&full.rig, &op_put_stop, "stop").ok);
	store_rig_finish(&full.rig);
	(void)state;
}

/* No room for the log's index either: such a start once ended with "the disk failed". */
static void test_start_without_room_for_the_index(void **state)
{
	struct full_rig full;
	struct fault_plan plan = {FAULT_SHM_MAP,        FAULT_ANY_FILE, 0,
				  SQLITE_IOERR_SHMSIZE, false,          full.reserve};

	make_full(&full, true);
	fault_vfs_disarm();
	store_rig_close(&full.rig);
	fault_vfs_arm(&plan);
	store_rig_open(&full.rig);
	assert_true(fault_vfs_hits() > 0);
	fault_vfs_disarm();
	assert_true(put(&full.rig, &op_put_stop, "stop").ok);
	store_rig_finish(&full.rig);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reserve_is_there),
		cmocka_unit_test(test_stops_pass_and_reports_wait),
		cmocka_unit_test(test_a_mixed_batch),
		cmocka_unit_test(test_start_on_a_full_disk),
		cmocka_unit_test(test_start_without_room_for_the_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
