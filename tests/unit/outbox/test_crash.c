/*
 * A crash at every turn of a broadcast: nothing accepted is lost, what comes twice has the same id
 * and numbers at most the slots. Also with a stop or an update behind it, and the row that is found
 * sending too often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "turns.h"

static bool is_same(const struct mock_send *a, const struct mock_send *b)
{
	return strcmp(a->channel, b->channel) == 0 && strcmp(a->recipient, b->recipient) == 0 &&
	       strcmp(a->body, b->body) == 0;
}

/* Sends that repeat an earlier one which had, or may have had, success; each under its id. */
static size_t count_repeats(const struct mock_ledger *ledger)
{
	size_t repeats = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct mock_send *a = &ledger->sends[i];
			const struct mock_send *b = &ledger->sends[k];

			if (is_same(a, b)) {
				assert_string_equal(a->message_id, b->message_id);
				repeats += b->outcome == ASTRAD_RETRY ? 0 : 1;
				break;
			}
		}
	}
	return repeats;
}

static void judge_everybody(const struct mock_ledger *ledger, const char *text)
{
	assert_in_range(mock_count(ledger, "mup", "mup", text), 1, 99);
	assert_in_range(mock_count(ledger, "duty", "duty", text), 1, 99);
	for (int i = 0; i < TURNS_RECIPIENTS; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "r%d", i);
		assert_in_range(mock_count(ledger, "list", name, text), 1, 99);
	}
}

static bool crash_at(int turn)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);

	outbox_rig_crash(&rig);
	turns_end(&rig);
	judge_everybody(&rig.ledger, "version 1");
	assert_in_range(count_repeats(&rig.ledger), 0, TURNS_WINDOW);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"),
			 TURNS_ALL);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_crash_at_every_turn(void **state)
{
	(void)state;
	for (int turn = 0; crash_at(turn) && turn < 400; turn++) {
	}
}

/* The stop was stored, then the daemon died: nothing of the version leaves after the start either,
 * and whoever has or may have it is told. */
static bool stop_then_crash(int turn, int later)
{
	struct outbox_rig rig;
	struct id alert;
	bool goes_on = turns_begin(&rig, turn, &alert);
	size_t before;

	outbox_stop_mark(rig.outbox, &alert);
	before = mock_count(&rig.ledger, NULL, NULL, "version");
	outbox_rig_store_cancel(&rig, &alert);
	outbox_stop_settled(rig.outbox, &alert, true);
	for (int i = 0; i < later; i++) {
		(void)outbox_rig_turn(&rig);
	}
	outbox_rig_crash(&rig);
	turns_end(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "version"), before);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		const struct mock_send *send = &rig.ledger.sends[i];

		if (strstr(send->body, "version") != NULL && send->outcome != ASTRAD_RETRY) {
			assert_in_range(mock_count(&rig.ledger, send->channel, send->recipient,
						   "end resolved"),
					1, 2);
		}
	}
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
	return goes_on;
}

static void test_stop_then_crash(void **state)
{
	(void)state;
	for (int later = 0; later < 24; later += 4) {
		for (int turn = 3 + later; stop_then_crash(turn, later) && turn < 400; turn += 13) {
		}
	}
}

static void test_found_sending_too_often(void **state)
{
	struct outbox_rig rig;
	size_t sends;

	(void)state;
	outbox_rig_init(&rig, &turns_spec);
	rig.ledger.decide = turns_decide;
	rig.ledger.arg = &rig.ledger;
	rig.ledger.count = 2; /* so that the first hangs; the two are never looked at */
	rig.ledger.sends = xcalloc(64, sizeof(*rig.ledger.sends));
	for (int i = 0; i < 2; i++) {
		rig.ledger.sends[i].body = xstrdup("");
		rig.ledger.sends[i].outcome = ASTRAD_RETRY;
	}
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_true(rig.ledger.out > 0);
	sends = rig.ledger.count;
	for (int i = 0; i < 3; i++) {
		rig.ledger.decide = NULL;
		outbox_rig_crash(&rig);
		if (i < 2) {
			assert_true(rig.ledger.count >= sends);
		}
	}
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crash_at_every_turn),
		cmocka_unit_test(test_stop_then_crash),
		cmocka_unit_test(test_found_sending_too_often),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
