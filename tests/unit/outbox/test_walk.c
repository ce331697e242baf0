/*
 * A broadcast from its approval to done: everybody once, within the slots, in memory bounded by the
 * window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
