/*
 * Due rows: a suspended alert's crowd of them neither starves nor slows the rows of another on the
 * same channel, and goes at once when it is resumed; ends go before alerts. Covers the store's
 * outbox_due.c.
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
#include "outbox_rig.h"
#include "store/sql_registry.h"

#define CROWD 2000
/* Of SQLite's machine: a look at each row of the crowd takes ten thousands. */
#define FEW_STEPS 1000

static const struct rig_channel channels[] = {
	{.name = "list", .recipients = CROWD, .in_flight = 64}};
static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};

static int fails_once(const struct mock_send *send, void *arg)
{
	(void)arg;
	return send->attempt == 1 ? ASTRAD_FIXABLE
				  : ASTRAD_DELIVERED; /* leaves the breaker alone */
}

/* What the statement costs here and now, whatever the machine does besides. */
static int steps_of(struct outbox_rig *rig, const struct sql_text *text)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int steps;

	assert_int_equal(sqlite3_open_v2(rig->store.path, &db, SQLITE_OPEN_READONLY, NULL), 0);
	assert_int_equal(sqlite3_prepare_v2(db, text->sql, -1, &stmt, NULL), SQLITE_OK);
	for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);

		if (strcmp(name, "$1") == 0) {
			(void)sqlite3_bind_text(stmt, i, "list", -1, SQLITE_STATIC);
		} else {
			(void)sqlite3_bind_int64(
				stmt, i, strcmp(name, "$2") == 0 ? rig->store.clock.utc_ms : 8);
		}
	}
	while (sqlite3_step(stmt) == SQLITE_ROW) {
	}
	steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return steps;
}

static const struct sql_text *text_of(const char *name)
{
	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			if (strcmp(sql_registry[g].texts[i].name, name) == 0) {
				return &sql_registry[g].texts[i];
			}
		}
	}
	fail_msg("no statement %s", name);
	return NULL;
}

static void test_suspended_rows_are_not_looked_at(void **state)
{
	struct outbox_rig rig;
	struct id first;

	(void)state;
	outbox_rig_init(&rig, &spec);
	rig.ledger.decide = fails_once;
	first = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, CROWD);
	outbox_rig_suspend(&rig, &first);
	outbox_rig_settle(&rig);
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 2 * CROWD);
	clock_fake_advance(&rig.store.clock, 10000); /* all are due, nothing has run yet */
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 5"),
			 2 * CROWD);
	assert_in_range(steps_of(&rig, text_of("outbox_due_broadcasts")), 1, FEW_STEPS);
	assert_in_range(steps_of(&rig, text_of("outbox_due_next")), 1, FEW_STEPS);
	assert_in_range(steps_of(&rig, text_of("outbox_channels_due")), 1, FEW_STEPS);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 3 * CROWD);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"),
			 CROWD);
	outbox_rig_resume(&rig, &first);
	outbox_rig_pass(&rig, 3000);
	assert_int_equal(rig.ledger.count, 4 * CROWD);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* An end that failed once is due again among a crowd that was due long before it. */
static void test_ends_go_first(void **state)
{
	struct outbox_rig rig;
	struct id first;
	size_t before;

	(void)state;
	outbox_rig_init(&rig, &spec);
	first = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig); /* everybody has it */
	rig.ledger.decide = fails_once;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	outbox_rig_cancel(&rig, &first);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end"), CROWD);
	before = rig.ledger.count;
	clock_fake_advance(&rig.store.clock, 60000);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, before + 2 * CROWD);
	for (size_t i = before; i < before + CROWD; i++) {
		assert_non_null(strstr(rig.ledger.sends[i].body, "end"));
	}
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suspended_rows_are_not_looked_at),
		cmocka_unit_test(test_ends_go_first),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
