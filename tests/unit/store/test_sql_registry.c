/* Every registered statement prepares on the real schema, has a name of its own and numbers its
 * parameters without a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/core.h"
#include "store/sql_registry.h"
#include "store_rig.h"

static void test_every_statement_prepares(void **state)
{
	struct store_rig rig;
	int failures = 0;

	store_rig_init(&rig, true);
	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			struct error err = {0};

			if (db_stmt(&rig.store->writer, &sql_registry[g].texts[i], &err) == NULL) {
				print_error("%s: %s\n", sql_registry[g].name, err.text);
				failures++;
			}
		}
	}
	assert_int_equal(failures, 0);
	store_rig_finish(&rig);
	(void)state;
}

static void test_names_are_unique(void **state)
{
	for (size_t g = 0; g < sql_registry_count; g++) {
		const struct sql_group *group = &sql_registry[g];

		assert_true(*group->count > 0);
		for (size_t i = 0; i < *group->count; i++) {
			assert_non_null(group->texts[i].name);
			for (size_t j = i + 1; j < *group->count; j++) {
				assert_string_not_equal(group->texts[i].name, group->texts[j].name);
			}
		}
	}
	(void)state;
}

/* One portable text: what PostgreSQL would not take is not written. */
static void test_texts_are_portable(void **state)
{
	static const char *const banned[] = {"::",        "datetime(",  "random(", "strftime(",
					     "OR IGNORE", "OR REPLACE", "rowid",   "IFNULL"};

	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			for (size_t b = 0; b < ARRAY_LEN(banned); b++) {
				if (strstr(sql_registry[g].texts[i].sql, banned[b]) != NULL) {
					fail_msg("%s uses %s", sql_registry[g].texts[i].name,
						 banned[b]);
				}
			}
		}
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_statement_prepares),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_texts_are_portable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
