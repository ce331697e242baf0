/* Counts by key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/tally.h"

static void make_key(unsigned n, uint8_t key[TALLY_KEY_BYTES])
{
	memset(key, 0, TALLY_KEY_BYTES);
	memcpy(key, &n, sizeof(n));
}

static void counts_up_and_down(void **state)
{
	struct tally *tally = tally_create(4);
	uint8_t key[TALLY_KEY_BYTES];

	(void)state;
	/* far more keys than chains, each as often as its number mod 3, plus one */
	for (unsigned n = 0; n < 500; n++) {
		make_key(n, key);
		for (unsigned i = 0; i <= n % 3; i++) {
			tally_add(tally, key);
		}
	}
	for (unsigned n = 0; n < 500; n++) {
		make_key(n, key);
		assert_int_equal(tally_count(tally, key), n % 3 + 1);
		if (n % 2 == 0) {
			tally_drop(tally, key);
			assert_int_equal(tally_count(tally, key), n % 3);
		}
	}
	tally_destroy(&tally); /* what is left goes with it */
	assert_null(tally);
	tally_destroy(&tally);
}

static void knows_no_stranger(void **state)
{
	struct tally *tally = tally_create(4);
	uint8_t key[TALLY_KEY_BYTES];

	(void)state;
	make_key(7, key);
	assert_int_equal(tally_count(tally, key), 0);
	tally_add(tally, key);
	tally_drop(tally, key);
	assert_int_equal(tally_count(tally, key), 0);
	tally_destroy(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_up_and_down),
		cmocka_unit_test(knows_no_stranger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
