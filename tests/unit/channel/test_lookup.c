#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/limits.h"
#include "channel/lookup.h"

static void one_at_once_a_host(void **state)
{
	struct lookup_table *table = lookup_create();
	(void)state;

	assert_int_equal(lookup_begin(table, "a.example", 0), LOOKUP_STARTED);
	assert_int_equal(lookup_begin(table, "a.example", 0), LOOKUP_WAIT);
	assert_int_equal(lookup_begin(table, "b.example", 0), LOOKUP_STARTED);
	assert_int_equal(lookup_pending(table), 2);
	lookup_end(table, "a.example", LOOKUP_KNOWN_MS, 10);
	assert_int_equal(lookup_begin(table, "a.example", 11), LOOKUP_KNOWN);
	assert_int_equal(lookup_begin(table, "a.example", 10 + LOOKUP_KNOWN_MS), LOOKUP_STARTED);
	lookup_destroy(&table);
	assert_null(table);
	lookup_destroy(&table);
}

static void what_was_not_found_is_asked_again(void **state)
{
	struct lookup_table *table = lookup_create();
	(void)state;

	assert_int_equal(lookup_begin(table, "a.example", 0), LOOKUP_STARTED);
	lookup_end(table, "a.example", 0, 5);
	assert_int_equal(lookup_pending(table), 0);
	assert_int_equal(lookup_begin(table, "a.example", 5), LOOKUP_STARTED);
	lookup_destroy(&table);
}

static void only_so_many_at_once(void **state)
{
	struct lookup_table *table = lookup_create();
	char host[32];
	(void)state;

	for (unsigned i = 0; i < LIMIT_PENDING_LOOKUPS; i++) {
		snprintf(host, sizeof(host), "host-%u.example", i);
		assert_int_equal(lookup_begin(table, host, 0), LOOKUP_STARTED);
	}
	assert_int_equal(lookup_begin(table, "one-more.example", 0), LOOKUP_WAIT);
	lookup_end(table, "host-7.example", 0, 1);
	assert_int_equal(lookup_begin(table, "one-more.example", 1), LOOKUP_STARTED);
	lookup_destroy(&table);
}

static void ending_what_never_began_is_nothing(void **state)
{
	struct lookup_table *table = lookup_create();
	(void)state;

	lookup_end(table, "a.example", LOOKUP_KNOWN_MS, 0);
	assert_int_equal(lookup_begin(table, "a.example", 1), LOOKUP_STARTED);
	lookup_end(table, "a.example", 0, 2);
	lookup_end(table, "a.example", 0, 2);
	assert_int_equal(lookup_pending(table), 0);
	lookup_destroy(&table);
}

/* Thousands of names come and go; those that are still known or pending stay. */
static void forgets_old_names_only(void **state)
{
	struct lookup_table *table = lookup_create();
	char host[32];
	(void)state;

	assert_int_equal(lookup_begin(table, "pending.example", 0), LOOKUP_STARTED);
	for (int i = 0; i < 5000; i++) {
		int64_t now = (int64_t)i * 1000;

		snprintf(host, sizeof(host), "host-%d.example", i);
		assert_int_equal(lookup_begin(table, host, now), LOOKUP_STARTED);
		lookup_end(table, host, LOOKUP_KNOWN_MS, now);
		if (i >= 40) {
			snprintf(host, sizeof(host), "host-%d.example", i - 40);
			assert_int_equal(lookup_begin(table, host, now), LOOKUP_KNOWN);
		}
	}
	assert_int_equal(lookup_begin(table, "pending.example", 1), LOOKUP_WAIT);
	assert_int_equal(lookup_pending(table), 1);
	lookup_destroy(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_once_a_host),
		cmocka_unit_test(what_was_not_found_is_asked_again),
		cmocka_unit_test(only_so_many_at_once),
		cmocka_unit_test(ending_what_never_began_is_nothing),
		cmocka_unit_test(forgets_old_names_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
