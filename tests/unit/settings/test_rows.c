#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/states.h"
#include "domain/directory.h"
#include "settings/rows.h"
#include "settings/walk.h"
#include "settings/value.h"

static void every_row_is_complete(void **state)
{
	(void)state;
	for (enum row_scope scope = SCOPE_ASTRAD; scope < SCOPE_COUNT; scope++) {
		struct rows rows = rows_of(scope);
		assert_true(rows.count > 0);
		for (size_t i = 0; i < rows.count; i++) {
			const struct row *row = &rows.items[i];
			assert_int_equal(row->scope, scope); /* a scope's rows stand together */
			assert_ptr_equal(rows_find(rows, row->path), row); /* once */
			assert_non_null(row->help);
			assert_true(row->min <= row->max);
			assert_false((row->flags & ROW_REQUIRED) && row->default_value);
			bool is_choice = row->type == ROW_ENUM || row->type == ROW_ENUMS;
			assert_true(!is_choice || row->choices);
			assert_int_equal(row->type == ROW_LIST || row->type == ROW_MAP,
					 row->elements != 0);
			/* a row cannot be a map of other rows too */
			assert_false(rows_has_below(rows, row->path));
		}
	}
}

static void every_default_fits_its_own_row(void **state)
{
	struct walker walk = {.arena = arena_create(), .issues = issues_create(), .folder = "/etc"};
	(void)state;
	for (enum row_scope scope = SCOPE_ASTRAD; scope < SCOPE_COUNT; scope++) {
		struct rows rows = rows_of(scope);
		for (size_t i = 0; i < rows.count; i++) {
			struct value value = {0};
			value_use_default(&walk, &rows.items[i], &value);
			if (value.is_set != (rows.items[i].default_value != NULL)) {
				fail_msg("%s", rows.items[i].path);
			}
		}
	}
	assert_int_equal(issues_count(walk.issues), 0);
	issues_destroy(&walk.issues);
	arena_destroy(&walk.arena);
}

/* Values of ENUM rows are used as the domain's enums: their order is the same. */
static void choices_are_numbered_as_the_domain_does(void **state)
{
	struct rows channel = rows_of(SCOPE_CHANNEL);
	const char *tiers = rows_find(channel, "tier")->choices;
	const char *statuses = rows_find(channel, "statuses")->choices;
	const char *modes = rows_find(channel, "mode")->choices;
	const char *roles = rows_find(rows_of(SCOPE_PARTNER), "role")->choices;
	const char *environments = rows_find(rows_of(SCOPE_ASTRAD), "environment")->choices;
	(void)state;
	for (enum tier tier = TIER_INTERNAL; tier <= TIER_NATIONAL; tier++) {
		assert_int_equal(rows_choice(tiers, tier_name(tier)) + 1, tier);
	}
	for (enum alert_status status = STATUS_ACTUAL; status <= STATUS_TEST; status++) {
		assert_int_equal(rows_choice(statuses, alert_status_name(status)) + 1, status);
	}
	for (enum partner_role role = PARTNER_POLICE; role <= PARTNER_NGO; role++) {
		assert_int_equal(rows_choice(roles, partner_role_name(role)) + 1, role);
	}
	assert_int_equal(rows_choice(modes, "live") + 1, CHANNEL_LIVE);
	assert_int_equal(rows_choice(modes, "retiring") + 1, CHANNEL_RETIRING);
	assert_int_equal(rows_choice(modes, "off") + 1, CHANNEL_OFF);
	assert_int_equal(rows_choice(environments, "production") + 1, ENVIRONMENT_PRODUCTION);
	assert_int_equal(rows_choice(environments, "staging") + 1, ENVIRONMENT_STAGING);
	assert_int_equal(rows_choice(environments, "training") + 1, ENVIRONMENT_TRAINING);
}

static void words_of_choices(void **state)
{
	char word[8];
	(void)state;
	assert_int_equal(rows_choice("a|bb|c", "bb"), 1);
	assert_int_equal(rows_choice("a|bb|c", "b"), -1);
	assert_int_equal(rows_choice("a|bb|c", ""), -1);
	assert_int_equal(rows_choice(NULL, "a"), -1);
	rows_choice_word("a|bb|c", 2, word, sizeof(word));
	assert_string_equal(word, "c");
	rows_choice_word("a|bb|c", 3, word, sizeof(word));
	assert_string_equal(word, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(every_default_fits_its_own_row),
		cmocka_unit_test(choices_are_numbered_as_the_domain_does),
		cmocka_unit_test(words_of_choices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
