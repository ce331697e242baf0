/*
 * A graceful stop at every turn of a broadcast, and the start after it: everybody gets the message
 * exactly once. Covers outbox.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turns.h"

static bool drain_at(int turn)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);
	size_t delivered = 0;

	rig.ledger.cancelled_as = ASTRAD_CANCELLED;
	outbox_rig_stop(&rig);
	assert_int_equal(rig.ledger.out, 0);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 2"), 0);
	store_rig_reopen(&rig.store);
	outbox_rig_start(&rig);
	turns_end(&rig);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		delivered += rig.ledger.sends[i].outcome == ASTRAD_DELIVERED ? 1 : 0;
	}
	assert_int_equal(delivered, TURNS_ALL);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_drain_at_every_turn(void **state)
{
	(void)state;
	for (int turn = 0; drain_at(turn) && turn < 400; turn++) {
	}
}

/*
 * A stop while lists are still being loaded: the lists are given up, and that does not make the
 * outbox ready. It did once, which began escalation on a store that was closed.
 */
static void test_drain_before_ready(void **state)
{
	static const struct rig_channel channels[] = {{.name = "list", .recipients = 1500}};
	static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};
	struct outbox_rig rig;
	bool was_ready = false;

	(void)state;
	outbox_rig_prepare(&rig, &spec);
	for (int turns = 0; !was_ready; turns++) {
		assert_in_range(turns, 0, 100);
		outbox_rig_open(&rig);
		for (int i = 0; i < turns; i++) {
			(void)outbox_rig_turn(&rig);
		}
		was_ready = rig.ready > 0;
		outbox_rig_stop(&rig);
		assert_int_equal(rig.ready, was_ready);
	}
	outbox_rig_finish(&rig);
}

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

/* The alert is taken back in the store alone, so that claims come back empty, and the stop comes
 * some turns later. */
static void drain_of_nothing_at(int turn, int later)
{
	struct outbox_rig rig;
	struct id alert;
	bool is_drained = false;

	(void)turns_begin(&rig, turn, &alert);
	outbox_rig_store_cancel(&rig, &alert);
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	for (int i = 0; i < later; i++) {
		(void)outbox_rig_turn(&rig);
	}
	(void)loop_turn(rig.store.loop); /* what it asks the store is under way at the stop */
	outbox_drain(rig.outbox, on_drained, &is_drained);
	for (int i = 0; i < 10; i++) {
		mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
		clock_fake_advance(&rig.store.clock, 1);
		outbox_rig_settle(&rig);
	}
	assert_true(is_drained);
	outbox_rig_finish(&rig);
}

/* The last thing under way was a claim without rows: nobody looked again, and the daemon's stop
 * took all of its twenty seconds. */
static void test_drain_when_claims_are_empty(void **state)
{
	(void)state;
	for (int turn = 0; turn < 4; turn++) {
		for (int later = 0; later < 6; later++) {
			drain_of_nothing_at(turn, later);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drain_at_every_turn),
		cmocka_unit_test(test_drain_before_ready),
		cmocka_unit_test(test_drain_when_claims_are_empty),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
