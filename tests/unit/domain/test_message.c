#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/message.h"

static void an_end_has_its_own_message(void **state)
{
	(void)state;
	assert_int_equal(message_of_end(END_RESOLVED), MESSAGE_END_RESOLVED);
	assert_int_equal(message_of_end(END_EXPIRED), MESSAGE_END_EXPIRED);
	assert_int_equal(message_of_end(END_WITHDRAWN), MESSAGE_END_WITHDRAWN);
	assert_int_equal(message_of_end(END_ISSUED_IN_ERROR), MESSAGE_END_ISSUED_IN_ERROR);
}

static void every_number_has_a_name(void **state)
{
	(void)state;
	for (int reason = BROADCAST_RUNG; reason <= BROADCAST_PING; reason++) {
		assert_string_not_equal(broadcast_reason_name((enum broadcast_reason)reason), "?");
	}
	for (int one = BROADCAST_WALKING; one <= BROADCAST_SUPERSEDED; one++) {
		assert_string_not_equal(broadcast_state_name((enum broadcast_state)one), "?");
	}
	assert_string_equal(plan_use_name(PLAN_RUNG), "rung");
	assert_string_equal(plan_use_name(PLAN_FALLBACK), "fallback");
	assert_string_equal(plan_use_name(PLAN_LAST_RESORT), "last_resort");
	assert_string_equal(broadcast_reason_name((enum broadcast_reason)0), "?");
	assert_string_equal(broadcast_state_name((enum broadcast_state)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_has_its_own_message),
		cmocka_unit_test(every_number_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
