/*
 * A broadcast from its approval to done: everybody once, within the slots, in memory bounded by the
 * window, channels in turn. Covers lane.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/metric.h"
#include "outbox_rig.h"

static void test_everybody_once(void **state)
{
	static const struct rig_channel channels[] = {
		{.name = "log", .recipients = 300, .in_flight = 20},
		{.name = "mup", .partner = "mup"},
		{.name = "duty", .partner = "duty"},
	};
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 0});
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 302);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_string_equal(rig.ledger.sends[i].body, "version 1");
		assert_int_equal(rig.ledger.sends[i].attempt, 1);
	}
	assert_int_equal(mock_count(&rig.ledger, "mup", "mup", NULL), 1);
	assert_int_equal(mock_count(&rig.ledger, "log", "r299", NULL), 1);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state = 3"), 3);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"),
			 302);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static int hang(const struct mock_send *send, void *arg)
{
	(void)send;
	(void)arg;
	return 0;
}

/* Never more on the wire than a channel's slots; each result lets one more go. */
static void test_window_of_a_channel(void **state)
{
	static const struct rig_channel channels[] = {
		{.name = "log", .recipients = 100, .in_flight = 7},
	};
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 0});
	rig.ledger.decide = hang;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	for (size_t ended = 0; ended < 100; ended++) {
		assert_int_equal(rig.ledger.out, ended < 93 ? 7 : 100 - ended);
		mock_end(&rig.ledger, ended, ASTRAD_DELIVERED);
		outbox_rig_settle(&rig);
	}
	assert_int_equal(rig.ledger.out_most, 7);
	assert_int_equal(rig.ledger.count, 100);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* A slot is free when its result is committed, not when its bytes are gone. */
static void test_slots_are_kept_until_the_commit(void **state)
{
	static const struct rig_channel channels[] = {
		{.name = "log", .recipients = 100, .in_flight = 7},
	};
	struct outbox_rig rig;
	struct channel_counts counts;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 0});
	rig.ledger.decide = hang;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	for (int i = 0; i < 10; i++) {
		(void)loop_turn(rig.store.loop); /* the store does not get its turn */
		clock_fake_advance(&rig.store.clock, 10);
	}
	channel_get_counts(channel_set_find(rig.set, "log"), &counts);
	assert_int_equal(counts.claimed, 7);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 2"), 7);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 14);
	rig.ledger.decide = NULL;
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_finish(&rig);
}

/* The daemon's own bound, shared by channels in turn; what is kept for ends goes to ends alone. */
static void test_window_of_the_daemon(void **state)
{
	static const struct rig_channel channels[] = {
		{.name = "a", .recipients = 100, .in_flight = 100},
		{.name = "b", .recipients = 100, .in_flight = 100},
		{.name = "c", .recipients = 100, .in_flight = 100},
	};
	struct outbox_rig rig;
	struct id first;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 16});
	first = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 300);
	rig.ledger.decide = hang;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.out, 14);
	for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
		size_t mine = mock_count(&rig.ledger, channels[i].name, NULL, NULL) - 100;

		assert_in_range(mine, 3, 7);
	}
	outbox_rig_cancel(&rig, &first);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.out, 16);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end resolved"), 2);
	rig.ledger.decide = NULL;
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end resolved"), 300);
	assert_int_equal(rig.ledger.out_most, 16);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* A long list costs no more memory than a short one: rows in hand are bounded at every turn. */
static void test_memory_is_the_window(void **state)
{
	static const struct rig_channel channels[] = {
		{.name = "crowd", .recipients = 30000, .in_flight = 40},
	};
	struct outbox_rig rig;
	struct metric *slots;
	int64_t most = 0;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 0});
	slots = metric_gauge("astrad_outbox_slots", NULL, "Rows claimed and not settled.");
	(void)outbox_rig_alert(&rig);
	while (outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state = 3") == 0) {
		for (int i = 0; i < 500; i++) {
			(void)outbox_rig_turn(&rig);
			most = metric_value(slots) > most ? metric_value(slots) : most;
		}
		clock_fake_advance(&rig.store.clock, 10);
	}
	assert_int_equal(rig.ledger.count, 30000);
	assert_int_equal(most, 40);
	assert_int_equal(rig.ledger.out_most, 1); /* this receiver answers at once */
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"),
			 30000);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_once),
		cmocka_unit_test(test_window_of_a_channel),
		cmocka_unit_test(test_slots_are_kept_until_the_commit),
		cmocka_unit_test(test_window_of_the_daemon),
		cmocka_unit_test(test_memory_is_the_window),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
