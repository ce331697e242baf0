/*
 * The stop, at every turn of a broadcast: from the mark on not one byte of the version leaves, and
 * the end goes to exactly those who have or may have it. Also suspension, and a stop that cannot be
 * stored. Covers stops.c and flight.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turns.h"

/* Has or may have the version: every send of it that did not end without a byte. */
static bool may_have(const struct mock_ledger *ledger, const struct mock_send *of)
{
	for (size_t i = 0; i < ledger->count; i++) {
		const struct mock_send *send = &ledger->sends[i];

		if (strcmp(send->channel, of->channel) == 0 &&
		    strcmp(send->recipient, of->recipient) == 0 &&
		    strstr(send->body, "version") != NULL &&
		    (send->outcome == ASTRAD_DELIVERED || send->outcome == ASTRAD_UNCERTAIN ||
		     send->outcome == ASTRAD_CANCELLED_MAYBE)) {
			return true;
		}
	}
	return false;
}

/* Ends that came through. */
static size_t count_ends(const struct mock_ledger *ledger, const struct mock_send *of)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		const struct mock_send *send = &ledger->sends[i];

		count += strcmp(send->channel, of->channel) == 0 &&
					 strcmp(send->recipient, of->recipient) == 0 &&
					 strcmp(send->body, "end resolved") == 0 &&
					 send->outcome == ASTRAD_DELIVERED
				 ? 1
				 : 0;
	}
	return count;
}

static void judge_ends(const struct mock_ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++) {
		const struct mock_send *send = &ledger->sends[i];

		assert_int_equal(count_ends(ledger, send), may_have(ledger, send) ? 1 : 0);
		if (!may_have(ledger, send)) {
			assert_int_equal(mock_count(ledger, send->channel, send->recipient, "end"),
					 0);
		}
	}
}

/* slow: claims are in the store when the mark is set, and the stop reaches it only later. */
static bool stop_at(int turn, int cut_as, bool slow)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);
	size_t before;

	rig.ledger.cancelled_as = cut_as;
	if (slow) {
		(void)loop_turn(rig.store.loop);
	}
	outbox_stop_mark(rig.outbox, &alert);
	before = mock_count(&rig.ledger, NULL, NULL, "version");
	if (slow) {
		outbox_rig_settle(&rig);
	}
	outbox_rig_store_cancel(&rig, &alert);
	outbox_stop_settled(rig.outbox, &alert, true);
	outbox_rig_pass(&rig, 2000); /* what the answer of which is awaited is cut by then */
	turns_end(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version"), before);
	judge_ends(&rig.ledger);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery"
					      " WHERE state IN (1, 2, 5, 6, 7, 8)"),
			 0);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state < 3"), 0);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_stop_at_every_turn(void **state)
{
	(void)state;
	for (int turn = 0; stop_at(turn, ASTRAD_CANCELLED_MAYBE, false) && turn < 400; turn++) {
	}
}

static void test_stop_that_leaves_no_byte(void **state)
{
	(void)state;
	for (int turn = 0; stop_at(turn, ASTRAD_CANCELLED, false) && turn < 400; turn += 3) {
	}
}

static void test_stop_that_is_stored_late(void **state)
{
	(void)state;
	for (int turn = 0; stop_at(turn, ASTRAD_CANCELLED_MAYBE, true) && turn < 400; turn++) {
	}
}

static bool suspend_at(int turn)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);
	size_t before;

	outbox_stop_mark(rig.outbox, &alert);
	before = rig.ledger.count;
	outbox_stop_settled(rig.outbox, &alert, true); /* balanced by the one of suspend */
	outbox_rig_suspend(&rig, &alert);
	outbox_rig_pass(&rig, 120000);
	assert_int_equal(rig.ledger.out, 0);
	assert_in_range(rig.ledger.count, before, before + 0);
	outbox_rig_resume(&rig, &alert);
	turns_end(&rig);
	for (int i = 0; i < TURNS_RECIPIENTS; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "r%d", i);
		assert_in_range(mock_count(&rig.ledger, "list", name, "version 1"), 1, 9);
	}
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"),
			 TURNS_ALL);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_suspend_at_every_turn(void **state)
{
	(void)state;
	for (int turn = 0; suspend_at(turn) && turn < 400; turn += 2) {
	}
}

/* The mark holds, and is told, until a later stop is stored. */
static void test_stop_not_stored(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	char text[ID_TEXT_BYTES];
	size_t before;

	(void)state;
	(void)turns_begin(&rig, 12, &alert);
	id_format(&alert, text);
	outbox_stop_mark(rig.outbox, &alert);
	before = rig.ledger.count;
	outbox_stop_settled(rig.outbox, &alert, false);
	assert_true(health_is_raised(rig.health, "stop_not_stored", text));
	outbox_rig_pass(&rig, 300000);
	assert_int_equal(rig.ledger.count, before);
	outbox_rig_cancel(&rig, &alert);
	assert_false(health_is_raised(rig.health, "stop_not_stored", text));
	turns_end(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version"), before);
	judge_ends(&rig.ledger);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* One alert's stop is not another's. */
static void test_other_alerts_go_on(void **state)
{
	struct outbox_rig rig;
	struct id first, second;

	(void)state;
	outbox_rig_init(&rig, &turns_spec);
	first = outbox_rig_alert(&rig);
	second = outbox_rig_alert(&rig);
	outbox_rig_cancel(&rig, &first);
	outbox_rig_settle(&rig);
	assert_false(id_equal(&first, &second));
	assert_int_equal(
		outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4 AND version = 1"
				     " AND alert_id = (SELECT MAX(id) FROM alert)"),
		TURNS_ALL);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop_at_every_turn),
		cmocka_unit_test(test_stop_that_leaves_no_byte),
		cmocka_unit_test(test_stop_that_is_stored_late),
		cmocka_unit_test(test_suspend_at_every_turn),
		cmocka_unit_test(test_stop_not_stored),
		cmocka_unit_test(test_other_alerts_go_on),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
