/*
 * An update at every turn of a broadcast: everybody has the new version in the end, nobody is sent
 * the old one after it, and nobody is left out because the old one had not come through yet. Covers
 * broadcasts.c and pump.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turns.h"

/* The last send to each recipient. */
static const struct mock_send *last_to(const struct mock_ledger *ledger, const struct mock_send *of)
{
	const struct mock_send *last = of;

	for (size_t i = 0; i < ledger->count; i++) {
		const struct mock_send *send = &ledger->sends[i];

		if (strcmp(send->channel, of->channel) == 0 &&
		    strcmp(send->recipient, of->recipient) == 0) {
			last = send;
		}
	}
	return last;
}

static bool update_at(int turn)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);

	outbox_rig_update(&rig, &alert, 2);
	turns_end(&rig);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_string_equal(last_to(&rig.ledger, &rig.ledger.sends[i])->body, "version 2");
	}
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE version = 2"
					      " AND state = 4"),
			 TURNS_ALL);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state < 3"), 0);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_update_at_every_turn(void **state)
{
	(void)state;
	for (int turn = 0; update_at(turn) && turn < 400; turn++) {
	}
}

/* A partner is down while the first version is sent: it gets the second, only the second. */
static int down(const struct mock_send *send, void *arg)
{
	(void)arg;
	return strcmp(send->channel, "mup") == 0 ? ASTRAD_RETRY : ASTRAD_DELIVERED;
}

static void test_who_was_down_gets_the_newest(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	size_t tries;

	(void)state;
	outbox_rig_init(&rig, &turns_spec);
	rig.ledger.decide = down;
	alert = outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 8000);
	outbox_rig_update(&rig, &alert, 2);
	rig.ledger.decide = NULL;
	tries = mock_count(&rig.ledger, "mup", NULL, "version 1");
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 1"), tries);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 2"), 1);
	outbox_rig_cancel(&rig, &alert);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "end resolved"), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_update_at_every_turn),
		cmocka_unit_test(test_who_was_down_gets_the_newest),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
