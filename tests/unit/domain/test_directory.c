#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/directory.h"

static const struct partner partners[] = {{.id = "mup-ns"}, {.id = "bolnica-ns"}};
static const struct channel channels[] = {{.name = "mup-ns"}, {.name = "log"}};
static const struct policy policies[] = {{.id = "restricted"}};
static const struct area areas[] = {{.id = "RS"}, {.id = "RS-06", .parent = &areas[0]}};
static const struct contact contacts[] = {{"police", "192"}, {"hotline", "116000"}};
static const struct directory directory = {
	.partners = partners,
	.partner_count = ARRAY_LEN(partners),
	.channels = channels,
	.channel_count = ARRAY_LEN(channels),
	.policies = policies,
	.policy_count = ARRAY_LEN(policies),
	.areas = areas,
	.area_count = ARRAY_LEN(areas),
	.contacts = contacts,
	.contact_count = ARRAY_LEN(contacts),
};

static void finds_by_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(directory_find_partner(&directory, "bolnica-ns"), &partners[1]);
	assert_ptr_equal(directory_find_channel(&directory, "log"), &channels[1]);
	assert_ptr_equal(directory_find_policy(&directory, "restricted"), &policies[0]);
	assert_ptr_equal(directory_find_area(&directory, "RS-06"), &areas[1]);
	assert_ptr_equal(directory_find_contact(&directory, "hotline"), &contacts[1]);
}

static void finds_nothing_else(void **state)
{
	(void)state;
	const struct directory empty = {0};
	assert_null(directory_find_partner(&directory, "mup"));
	assert_null(directory_find_channel(&directory, ""));
	assert_null(directory_find_policy(&directory, NULL));
	assert_null(directory_find_area(&empty, "RS"));
	assert_null(directory_find_contact(&directory, "POLICE"));
}

static void words_are_compared_whole(void **state)
{
	(void)state;
	const char *items[] = {"RS", "HR"};
	const struct words words = {items, ARRAY_LEN(items)};
	assert_true(words_contain(&words, "HR"));
	assert_false(words_contain(&words, "R"));
	assert_false(words_contain(&words, NULL));
	assert_false(words_contain(&(const struct words){0}, "RS"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_whole_name),
		cmocka_unit_test(finds_nothing_else),
		cmocka_unit_test(words_are_compared_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
