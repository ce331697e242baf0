/*
 * Recipient lists: generations, what a reload changes for whom, and what a bad or changing file
 * does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "outbox_rig.h"

static const struct rig_channel channels[] = {{.name = "list", .recipients = 2500}};
static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};

/* r<from> .. r<to>, and a last line as given. */
static void write_list(const struct outbox_rig *rig, int from, int to, const char *last)
{
	char path[160];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/lists/list.csv", rig->config);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = from; i <= to; i++) {
		(void)fprintf(file, "r%d,address-%d\n", i, i);
	}
	(void)fputs(last, file);
	assert_int_equal(fclose(file), 0);
}

static int64_t newest(struct outbox_rig *rig, const char *column)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM list ORDER BY generation DESC LIMIT 1",
		       column);
	return outbox_rig_sql(rig, sql);
}

static void test_same_list_same_generation(void **state)
{
	struct outbox_rig rig;
	struct outbox_channel_view view;

	(void)state;
	outbox_rig_init(&rig, &spec);
	assert_int_equal(newest(&rig, "generation"), 1);
	assert_int_equal(newest(&rig, "recipients"), 2500);
	assert_int_equal(newest(&rig, "is_complete"), 1);
	outbox_rig_reload(&rig, "list", "two");
	assert_int_equal(newest(&rig, "generation"), 1);
	outbox_rig_crash(&rig);
	assert_int_equal(newest(&rig, "generation"), 1);
	assert_true(outbox_view(rig.outbox, "list", &view));
	assert_true(view.has_list);
	assert_int_equal(view.recipients, 2500);
	outbox_rig_finish(&rig);
}

/* Removed: nothing new, but its end. Added: only the next version, and no end. */
static void test_who_comes_and_goes(void **state)
{
	struct outbox_rig rig;
	struct id alert;

	(void)state;
	outbox_rig_init(&rig, &spec);
	write_list(&rig, 0, 99, "");
	outbox_rig_reload(&rig, "list", "two");
	assert_int_equal(newest(&rig, "recipients"), 100);
	alert = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 100);
	write_list(&rig, 50, 109, "");
	outbox_rig_reload(&rig, "list", "three");
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 100);
	assert_int_equal(newest(&rig, "generation"), 3);
	outbox_rig_update(&rig, &alert, 2);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version 2"), 60);
	assert_int_equal(mock_count(&rig.ledger, NULL, "r0", "version 2"), 0);
	assert_int_equal(mock_count(&rig.ledger, NULL, "r109", "version 2"), 1);
	outbox_rig_cancel(&rig, &alert);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end resolved"), 110);
	assert_int_equal(mock_count(&rig.ledger, NULL, "r0", "end resolved"), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* A new address for an old id: the same recipient, reached at the new one. */
static void test_address_is_read_when_sent(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &spec);
	write_list(&rig, 0, -1, "r7,\"new, address\"\n");
	outbox_rig_reload(&rig, "list", "two");
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 1);
	assert_string_equal(rig.ledger.sends[0].recipient, "r7");
	assert_string_equal(rig.ledger.sends[0].address, "new, address");
	assert_int_equal(outbox_rig_sql(&rig, "SELECT recipient FROM delivery"), 8);
	outbox_rig_finish(&rig);
}

/* An alert that was approved before its channel had any list waits for it: nobody is left out. */
static void test_list_that_comes_late(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_prepare(&rig, &spec);
	(void)outbox_rig_alert(&rig);
	outbox_rig_start(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 2500);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state = 3"), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* The file is gone, or a line is broken, after settings looked at it: the old list stays in use. */
static void test_unreadable_list(void **state)
{
	struct outbox_rig rig;
	char path[160];

	(void)state;
	outbox_rig_init(&rig, &spec);
	write_list(&rig, 0, 9, "this is no line\n");
	outbox_use_settings(rig.outbox, rig.settings);
	outbox_rig_settle(&rig);
	assert_true(health_is_raised(rig.health, "list_not_loaded", "list"));
	assert_int_equal(outbox_rig_sql(&rig, "SELECT MAX(generation) FROM list"
					      " WHERE is_complete = 1"),
			 1);
	(void)snprintf(path, sizeof(path), "%s/lists/list.csv", rig.config);
	assert_int_equal(unlink(path), 0);
	outbox_use_settings(rig.outbox, rig.settings);
	outbox_rig_settle(&rig);
	assert_true(health_is_raised(rig.health, "list_not_loaded", "list"));
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 2500);
	write_list(&rig, 0, 9, "");
	outbox_use_settings(rig.outbox, rig.settings);
	outbox_rig_settle(&rig);
	assert_false(health_is_raised(rig.health, "list_not_loaded", "list"));
	assert_int_equal(newest(&rig, "recipients"), 10);
	outbox_rig_finish(&rig);
}

/* A crash in the middle of a load: what is incomplete is never used, the next start loads again. */
static void test_crash_while_loading(void **state)
{
	(void)state;
	for (int turns = 0; turns < 24; turns += 2) {
		struct outbox_rig rig;

		outbox_rig_init(&rig, &spec);
		write_list(&rig, 1000, 3999, "");
		outbox_use_settings(rig.outbox, rig.settings);
		for (int i = 0; i < turns; i++) {
			(void)outbox_rig_turn(&rig);
		}
		outbox_rig_crash(&rig);
		assert_int_equal(newest(&rig, "recipients"), 3000);
		(void)outbox_rig_alert(&rig);
		outbox_rig_settle(&rig);
		assert_int_equal(rig.ledger.count, 3000);
		assert_int_equal(mock_count(&rig.ledger, NULL, "r999", NULL), 0);
		outbox_rig_check(&rig);
		outbox_rig_finish(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_list_same_generation),
		cmocka_unit_test(test_who_comes_and_goes),
		cmocka_unit_test(test_address_is_read_when_sent),
		cmocka_unit_test(test_list_that_comes_late),
		cmocka_unit_test(test_unreadable_list),
		cmocka_unit_test(test_crash_while_loading),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
