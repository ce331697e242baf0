/* Wrong tokens by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/penalty.h"

static void counts_a_minute(void **state)
{
	struct penalty *penalty = penalty_create(3);
	struct peer one;
	struct peer two;
	int64_t wait_s = 0;

	(void)state;
	peer_of_uid(1, &one);
	peer_of_uid(2, &two);
	for (int i = 0; i < 3; i++) {
		assert_true(penalty_note(penalty, &one, 1000, &wait_s));
	}
	assert_false(penalty_note(penalty, &one, 11000, &wait_s));
	assert_int_equal(wait_s, 50);
	assert_true(penalty_note(penalty, &two, 11000, &wait_s));
	assert_false(penalty_note(penalty, &one, 1000 + PENALTY_WINDOW_MS - 1, &wait_s));
	assert_int_equal(wait_s, 1);
	assert_true(penalty_note(penalty, &one, 1000 + PENALTY_WINDOW_MS, &wait_s));
	penalty_destroy(&penalty);
	assert_null(penalty);
}

/* However many addresses try, the table stays as large and goes on to count. */
static void many_addresses_only_push_out(void **state)
{
	struct penalty *penalty = penalty_create(1);
	int64_t wait_s;
	int forgiven = 0;

	(void)state;
	for (uid_t round = 0; round < 2; round++) {
		for (uid_t uid = 0; uid < 5000; uid++) {
			struct peer peer;

			peer_of_uid(uid, &peer);
			forgiven += penalty_note(penalty, &peer, 1000, &wait_s);
		}
	}
	assert_true(forgiven >= 5000);
	penalty_destroy(&penalty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_a_minute),
		cmocka_unit_test(many_addresses_only_push_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
