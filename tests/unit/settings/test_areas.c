#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "settings/areas.h"

static const struct area *load(struct walker *walk, const char *text, size_t *ret_count)
{
	struct area_list list;
	areas_init(walk, &list);
	areas_read(walk, (struct bytes){text, strlen(text)}, "areas/a.geojson", &list);
	*ret_count = list.count;
	return areas_link(walk, &list);
}

static void parents_are_linked(void **state)
{
	struct walker walk = {.arena = arena_create(), .issues = issues_create()};
	size_t count;
	(void)state;
	const struct area *areas =
		load(&walk,
		     "{\"type\": \"FeatureCollection\", \"features\": ["
		     "{\"id\": \"RS-06\", \"properties\": {\"parent\": \"RS\"}},"
		     "{\"id\": \"RS\", \"properties\": null, \"geometry\": {\"type\": \"x\"}},"
		     "{\"id\": \"ME\", \"properties\": {\"parent\": null}}]}",
		     &count);
	assert_int_equal(issues_count(walk.issues), 0);
	assert_int_equal(count, 3);
	assert_ptr_equal(areas[0].parent, &areas[1]);
	assert_null(areas[1].parent);
	assert_null(areas[2].parent);
	issues_destroy(&walk.issues);
	arena_destroy(&walk.arena);
}

static void faults(void **state)
{
	static const struct {
		const char *text;
		const char *code;
	} cases[] = {
		{"", "E601"},
		{"[]", "E601"},
		{"{\"type\": \"Feature\", \"type\": \"Feature\", \"id\": \"a\"}", "E601"},
		{"{\"type\": \"Feature\", \"id\": 7}", "E601"},
		{"{\"type\": \"Feature\", \"id\": \"a b\"}", "E601"},
		{"{\"type\": \"Feature\", \"id\": \"a\", \"properties\": {\"parent\": 1}}", "E601"},
		{"{\"type\": \"Feature\", \"id\": \"a\", \"properties\": {\"parent\": \"b\"}}",
		 "E104"},
		{"{\"type\": \"Feature\", \"id\": \"a\", \"properties\": {\"parent\": \"a\"}}",
		 "E602"},
		{"{\"type\": \"FeatureCollection\", \"features\": [{\"id\": \"a\"}, {\"id\": "
		 "\"a\"}]}",
		 "E105"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct walker walk = {.arena = arena_create(), .issues = issues_create()};
		size_t count;
		(void)load(&walk, cases[i].text, &count);
		if (issues_errors(walk.issues) != 1 || !rig_has_code(walk.issues, cases[i].code)) {
			fail_msg("%s", cases[i].text);
		}
		issues_destroy(&walk.issues);
		arena_destroy(&walk.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_are_linked),
		cmocka_unit_test(faults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
