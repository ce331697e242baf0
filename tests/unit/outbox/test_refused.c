/*
 * A store that refuses: results and claims wait and are asked again, a batch that holds one bad row
 * is halved until only that row waits, a slot is free only when its result is committed. Nothing is
 * lost, and nobody is sent anything twice or under another id. Covers results.c and pump.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/log.h"
#include "fault_vfs.h"
#include "outbox_rig.h"

#define CROWD 40
#define SLOTS 8

static const struct rig_channel wide[] = {
	{.name = "list", .recipients = CROWD, .in_flight = CROWD}};
static const struct rig_channel narrow[] = {
	{.name = "list", .recipients = CROWD, .in_flight = SLOTS}};

static int hangs(const struct mock_send *send, void *arg)
{
	(void)send;
	(void)arg;
	return 0;
}

static size_t claimed(const struct outbox_rig *rig)
{
	struct outbox_channel_view view;

	assert_true(outbox_view(rig->outbox, "list", &view));
	return view.claimed;
}

static int64_t delivered(struct outbox_rig *rig)
{
	return outbox_rig_sql(rig, "SELECT COUNT(*) FROM delivery WHERE state = 4");
}

static bool is_raised(const struct outbox_rig *rig)
{
	return health_is_raised(rig->health, "results_not_stored", NULL);
}

/* Everybody once, and one message has one id. */
static void each_once(const struct outbox_rig *rig)
{
	char name[16];

	for (int i = 0; i < CROWD; i++) {
		(void)snprintf(name, sizeof(name), "r%d", i);
		assert_int_equal(mock_count(&rig->ledger, "list", name, NULL), 1);
	}
	for (size_t i = 0; i < rig->ledger.count; i++) {
		assert_string_equal(rig->ledger.sends[i].message_id,
				    rig->ledger.sends[0].message_id);
	}
}

/* The database itself says no, as a broken page or a bug in an op would, in each way it can: the
 * statement alone, or the whole transaction with everybody's work. */
static void refuse(struct outbox_rig *rig, const char *when, const char *how)
{
	char sql[240];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE TRIGGER refused BEFORE %s BEGIN SELECT RAISE(%s, 'refused'); END",
		       when, how);
	outbox_rig_run_sql(rig, sql);
}

static void allow(struct outbox_rig *rig)
{
	outbox_rig_run_sql(rig, "DROP TRIGGER refused");
}

static void one_bad_row(const char *how)
{
	struct outbox_rig rig;

	outbox_rig_init(&rig, &(struct rig_spec){wide, 1, 0});
	rig.ledger.decide = hangs;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.out, CROWD);
	refuse(&rig, "UPDATE ON delivery WHEN NEW.recipient = 17 AND NEW.state = 4", how);
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_settle(&rig);
	assert_true(is_raised(&rig));
	assert_in_range(claimed(&rig), 1, CROWD); /* no slot is free before its commit */
	assert_int_equal(claimed(&rig), CROWD - delivered(&rig));
	outbox_rig_pass(&rig, 30000);
	assert_int_equal(delivered(&rig), CROWD - 1);
	assert_int_equal(claimed(&rig), 1);
	assert_true(is_raised(&rig));
	allow(&rig);
	outbox_rig_pass(&rig, 6000);
	assert_int_equal(delivered(&rig), CROWD);
	assert_int_equal(claimed(&rig), 0);
	assert_false(is_raised(&rig));
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM attempt"), CROWD);
	each_once(&rig);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static void test_one_bad_row_keeps_no_other(void **state)
{
	(void)state;
	one_bad_row("ABORT");
	one_bad_row("FAIL");
	one_bad_row("ROLLBACK");
}

/* Refused for what the disk is, not for what the batch holds: nothing is split, all of it waits. */
static void test_full_disk(void **state)
{
	struct outbox_rig rig;

	(void)state;
	fault_vfs_register();
	outbox_rig_prepare(&rig, &(struct rig_spec){narrow, 1, 0});
	rig.store.config.vfs = FAULT_VFS;
	store_rig_reopen(&rig.store);
	outbox_rig_start(&rig);
	rig.ledger.decide = hangs;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.out, SLOTS);
	fault_vfs_arm(&(struct fault_plan){.point = FAULT_WRITE,
					   .file = FAULT_WAL,
					   .nth = 1,
					   .rc = SQLITE_FULL,
					   .is_lasting = true});
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_pass(&rig, 30000);
	assert_true(fault_vfs_hits() > 0);
	assert_int_equal(rig.store.fatal_calls, 0);
	assert_true(is_raised(&rig));
	assert_int_equal(claimed(&rig), SLOTS); /* so nothing more is claimed or sent */
	assert_int_equal(rig.ledger.count, SLOTS);
	assert_int_equal(delivered(&rig), 0);
	fault_vfs_disarm();
	rig.ledger.decide = NULL;
	outbox_rig_pass(&rig, 60000);
	assert_false(is_raised(&rig));
	assert_int_equal(delivered(&rig), CROWD);
	each_once(&rig);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* Killed while results wait: what repeats are the slots, under the same id. */
static void test_crash_with_refused_results(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){narrow, 1, 0});
	rig.ledger.decide = hangs;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	refuse(&rig, "INSERT ON attempt", "ABORT");
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_pass(&rig, 3000);
	assert_int_equal(rig.ledger.count, SLOTS);
	rig.ledger.decide = NULL;
	outbox_rig_crash(&rig);
	allow(&rig);
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(delivered(&rig), CROWD);
	assert_int_equal(rig.ledger.count, CROWD + SLOTS);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_string_equal(rig.ledger.sends[i].message_id, rig.ledger.sends[0].message_id);
	}
	outbox_rig_finish(&rig);
}

/* Pages and due rows: nothing is claimed, nothing leaves, and it goes on where it stood. */
static void test_refused_claims(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){narrow, 1, 0});
	refuse(&rig, "INSERT ON delivery WHEN NEW.recipient = 17", "ABORT");
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 10000);
	assert_in_range(rig.ledger.count, 1, CROWD - 1);
	assert_int_equal(mock_count(&rig.ledger, NULL, "r16", NULL), 0);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery"), rig.ledger.count);
	assert_int_equal(claimed(&rig), 0);
	allow(&rig);
	outbox_rig_pass(&rig, 10000);
	assert_int_equal(delivered(&rig), CROWD);
	each_once(&rig);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static int fails_once(const struct mock_send *send, void *arg)
{
	(void)arg;
	return send->attempt == 1 ? ASTRAD_FIXABLE
				  : ASTRAD_DELIVERED; /* leaves the breaker alone */
}

static void test_refused_due_rows(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){narrow, 1, 0});
	rig.ledger.decide = fails_once;
	refuse(&rig, "UPDATE ON delivery WHEN OLD.state = 5 AND NEW.state = 2", "ROLLBACK");
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 60000);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_int_equal(rig.ledger.sends[i].attempt, 1);
	}
	allow(&rig);
	outbox_rig_pass(&rig, 600000);
	assert_int_equal(delivered(&rig), CROWD);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_in_range(rig.ledger.sends[i].attempt, 1, 2);
	}
	assert_int_equal(rig.ledger.count, 2 * CROWD);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* A stop while the store refuses what is given back: no byte leaves, and the end comes to those who
 * have the alert when the store is well. */
static void test_refused_give_back(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	size_t issued;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){narrow, 1, 0});
	rig.ledger.decide = hangs;
	rig.ledger.cancelled_as = ASTRAD_CANCELLED;
	alert = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	mock_end(&rig.ledger, 0, ASTRAD_DELIVERED);
	outbox_rig_settle(&rig);
	issued = rig.ledger.count;
	refuse(&rig, "UPDATE ON delivery WHEN OLD.state = 2 AND NEW.state IN (1, 5)", "ABORT");
	outbox_rig_cancel(&rig, &alert);
	outbox_rig_pass(&rig, 10000);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version"), issued);
	allow(&rig);
	rig.ledger.decide = NULL;
	outbox_rig_pass(&rig, 120000);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version"), issued);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end resolved"), 1);
	assert_int_equal(mock_count(&rig.ledger, NULL, "r0", "end resolved"), 1);
	assert_int_equal(claimed(&rig), 0);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* A graceful stop waits for results that the store does not take yet. */
static void test_stop_waits_for_results(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){narrow, 1, 0});
	rig.ledger.decide = hangs;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	refuse(&rig, "INSERT ON attempt", "ABORT");
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_settle(&rig);
	outbox_rig_drain(&rig);
	outbox_rig_pass(&rig, 3000);
	assert_int_equal(rig.drained, 0);
	allow(&rig);
	outbox_rig_pass(&rig, 6000);
	assert_int_equal(rig.drained, 1);
	assert_int_equal(delivered(&rig), SLOTS);
	assert_int_equal(rig.ledger.count, SLOTS);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_bad_row_keeps_no_other),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_crash_with_refused_results),
		cmocka_unit_test(test_refused_claims),
		cmocka_unit_test(test_refused_due_rows),
		cmocka_unit_test(test_refused_give_back),
		cmocka_unit_test(test_stop_waits_for_results),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
