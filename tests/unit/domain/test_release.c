/* The release table: every report field has one row, and nothing leaves but what was named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/release.h"
#include "domain/release_private.h"
#include "domain/report_private.h"

static const char truth[] =
	"{\"fields\":{\"category\":\"lost\",\"child\":{\"age\":7,\"born\":\"2019-04-17\","
	"\"clothing\":\"plava "
	"jakna\",\"hair\":\"brown\",\"hair_text\":\"kratka\",\"medical\":\"astma\","
	"\"names\":[{\"script\":\"Latn\",\"given\":\"Đorđe\",\"family\":\"Živković\"},"
	"{\"script\":\"Cyrl\",\"given\":\"Ђорђе\",\"family\":\"Живковић\"},"
	"{\"kind\":\"nickname\",\"given\":\"Đole\",\"family\":\"Žile\"}]},"
	"\"circumstances\":\"tajna\",\"companions\":[{\"name\":\"tajna\"},"
	"{\"description\":\"visok\",\"name\":\"tajna\"}],"
	"\"last_seen\":{\"lat\":45.2551,\"lon\":19.851,\"place\":\"Dunavski park\"},"
	"\"texts\":{\"en\":{\"clothing\":\"blue jacket\",\"marks\":\"scar\"}},"
	"\"vehicles\":[{\"make\":\"VW\",\"plate\":\"NS 123-AB\"},{\"plate\":\"NS 456-CD\"}]},"
	"\"reporters\":{\"x\":{\"name\":\"tajna\"}},\"sources\":{}}";

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void assert_projects(uint64_t set, const char *expected)
{
	AUTO(buf) struct buf out = {0};
	struct error err;

	assert_true(release_project(bytes_of(truth), set, &out, &err));
	assert_string_equal(buf_text(&out), expected);
}

/* CONTRACT section 2, "Release table", by hand. */
static void test_classes_are_those_of_the_contract(void **state)
{
	static const char *const internal[] = {
		"circumstances", "notes",   "reporter",        "guardians",  "child.medical",
		"police",        "consent", "companions.name", "child.born", "risk",
		"related",       "case_id", "source",          "status",     "category",
	};
	static const char *const public[] = {
		"child.given",     "child.nickname", "child.age",  "child.sex",
		"child.height_cm", "child.build",    "child.hair", "child.eyes",
		"child.marks",     "child.clothing", "photo",      "area",
	};
	uint64_t internals = 0;
	uint64_t publics = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(internal); i++) {
		assert_int_not_equal(release_parse(internal[i]), RELEASE_NONE);
		internals |= RELEASE_BIT(release_parse(internal[i]));
	}
	for (size_t i = 0; i < ARRAY_LEN(public); i++) {
		assert_int_not_equal(release_parse(public[i]), RELEASE_NONE);
		publics |= RELEASE_BIT(release_parse(public[i]));
	}
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		enum release_class class_of = release_class_of((enum release_field)field);
		uint64_t bit = RELEASE_BIT(field);

		assert_int_equal(class_of, (internals & bit) != 0 ? RELEASE_INTERNAL
					   : (publics & bit) != 0 ? RELEASE_PUBLIC
								  : RELEASE_RESTRICTED);
	}
	assert_int_equal(release_releasable() & internals, 0);
	assert_int_equal(release_allowed(TIER_INTERNAL), release_releasable());
	assert_int_equal(release_allowed(TIER_RESTRICTED), release_releasable());
	assert_int_equal(release_allowed(TIER_REGIONAL), publics);
	assert_int_equal(release_allowed(TIER_NATIONAL), publics);
	assert_int_equal(release_allowed((enum tier)0), 0);
	assert_string_equal(release_class_name(RELEASE_PUBLIC), "public");
}

/* A row for every leaf of the report table: a new field without one fails here. */
static void walk_shape(const struct shape *shape, const char *path)
{
	char below[160];

	switch (shape->kind) {
	case SHAPE_OBJECT:
		for (const struct shape *row = shape->members; row->key != NULL; row++) {
			(void)snprintf(below, sizeof(below), "%s%s%s", path,
				       *path == '\0' ? "" : "/", row->key);
			walk_shape(row, below);
		}
		return;
	case SHAPE_LIST:
	case SHAPE_BY_LANGUAGE:
		(void)snprintf(below, sizeof(below), "%s/*", path);
		walk_shape(shape->members, below);
		return;
	default:
		if (release_field_at(path) == RELEASE_NONE && !release_is_structure(path)) {
			fail_msg("%s is in no row of the release table", path);
		}
	}
}

static void test_every_report_field_is_in_a_row(void **state)
{
	(void)state;
	walk_shape(&report_shape, "");
}

/* Two rows that cover one path would give it two classes. */
static void test_rows_do_not_overlap(void **state)
{
	(void)state;
	for (int a = 1; a < RELEASE_FIELD_COUNT; a++) {
		const struct release_row *row = release_row((enum release_field)a);

		for (size_t i = 0; i < RELEASE_PATHS_MAX && row->paths[i] != NULL; i++) {
			assert_int_equal(release_field_at(row->paths[i]), a);
		}
		for (int b = a + 1; b < RELEASE_FIELD_COUNT; b++) {
			assert_string_not_equal(row->name, release_name((enum release_field)b));
		}
	}
}

static void test_names_go_both_ways(void **state)
{
	static const struct {
		const char *word;
		enum release_field field;
	} aliases[] = {
		{"child.hair_text", RELEASE_HAIR},
		{"last_seen.lat", RELEASE_SEEN_POSITION},
		{"child.age_min", RELEASE_AGE},
		{"child.names.given", RELEASE_GIVEN},
		{"child.names.family", RELEASE_FAMILY},
		{"vehicles.plate", RELEASE_VEHICLE_PLATE},
		{"child", RELEASE_NONE},
		{"child.", RELEASE_NONE},
		{"child.hair.x", RELEASE_NONE},
		{"", RELEASE_NONE},
		{"?", RELEASE_NONE},
		{NULL, RELEASE_NONE},
		{"vehicles.", RELEASE_NONE},
		{"child.hai", RELEASE_NONE},
	};

	(void)state;
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		assert_int_equal(release_parse(release_name((enum release_field)field)), field);
	}
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		assert_int_equal(release_parse(aliases[i].word), aliases[i].field);
	}
	assert_string_equal(release_name((enum release_field)63), "?");
	assert_string_equal(release_name(RELEASE_NONE), "?");
}

static void test_names_of_a_set_keep_the_tables_order(void **state)
{
	AUTO(buf) struct buf out = {0};

	(void)state;
	release_render_names(RELEASE_BIT(RELEASE_PHOTO) | RELEASE_BIT(RELEASE_VEHICLE_PLATE) |
				     RELEASE_BIT(RELEASE_GIVEN),
			     &out);
	assert_string_equal(buf_text(&out), "[\"child.given\",\"vehicles.plate\",\"photo\"]");
	buf_reset(&out);
	release_render_names(0, &out);
	assert_string_equal(buf_text(&out), "[]");
}

static void test_a_projection_holds_what_was_named(void **state)
{
	(void)state;
	assert_projects(0, "{}");
	assert_projects(RELEASE_BIT(RELEASE_AGE), "{\"child\":{\"age\":7}}");
	assert_projects(RELEASE_BIT(RELEASE_GIVEN),
			"{\"child\":{\"names\":[{\"given\":\"Đorđe\",\"script\":\"Latn\"},"
			"{\"given\":\"Ђорђе\",\"script\":\"Cyrl\"}]}}");
	assert_projects(RELEASE_BIT(RELEASE_NICKNAME),
			"{\"child\":{\"names\":[{\"given\":\"Đole\",\"kind\":\"nickname\"}]}}");
	assert_projects(RELEASE_BIT(RELEASE_HAIR) | RELEASE_BIT(RELEASE_SEEN_POSITION),
			"{\"child\":{\"hair\":\"brown\",\"hair_text\":\"kratka\"},"
			"\"last_seen\":{\"lat\":45.2551,\"lon\":19.851}}");
	assert_projects(RELEASE_BIT(RELEASE_VEHICLE_MAKE) |
				RELEASE_BIT(RELEASE_COMPANION_DESCRIPTION),
			"{\"companions\":[{\"description\":\"visok\"}],"
			"\"vehicles\":[{\"make\":\"VW\"}]}");
	assert_projects(RELEASE_BIT(RELEASE_CLOTHING),
			"{\"child\":{\"clothing\":\"plava jakna\"},"
			"\"texts\":{\"en\":{\"clothing\":\"blue jacket\"}}}");
	assert_projects(RELEASE_BIT(RELEASE_PHOTO) | RELEASE_BIT(RELEASE_AREA), "{}");
}

/* Whatever is asked, internal fields stay. */
static void test_internal_fields_never_leave(void **state)
{
	AUTO(buf) struct buf all = {0};
	AUTO(buf) struct buf regional = {0};
	struct error err;

	(void)state;
	assert_true(release_project(bytes_of(truth), UINT64_MAX, &all, &err));
	assert_null(strstr(buf_text(&all), "tajna"));
	assert_null(strstr(buf_text(&all), "astma"));
	assert_null(strstr(buf_text(&all), "2019"));
	assert_null(strstr(buf_text(&all), "lost"));
	assert_non_null(strstr(buf_text(&all), "Živković"));
	assert_true(
		release_project(bytes_of(truth), release_allowed(TIER_REGIONAL), &regional, &err));
	assert_null(strstr(buf_text(&regional), "Živković"));
	assert_null(strstr(buf_text(&regional), "Žile"));
	assert_null(strstr(buf_text(&regional), "Dunavski"));
	assert_null(strstr(buf_text(&regional), "NS 123"));
	assert_non_null(strstr(buf_text(&regional), "Đorđe"));
}

/* A tree that is not shaped as the table expects cannot smuggle a value out. */
static void test_odd_trees_leak_nothing(void **state)
{
	static const char *const odd[] = {
		"{\"fields\":{\"secret\":\"tajna\",\"child\":{\"secret\":{\"age\":\"tajna\"}}}}",
		"{\"fields\":{\"child\":[\"tajna\"],\"names\":\"tajna\"}}",
		"{\"fields\":{\"child\":{\"names\":{\"given\":\"tajna\"}}}}",
		"{\"fields\":[\"tajna\"]}",
		"{\"fields\":\"tajna\"}",
		"{\"child\":{\"age\":\"tajna\"}}",
		"{\"fields\":{\"child\":{\"names\":[{\"script\":\"tajna\",\"kind\":\"tajna\"}]}}}",
		"[]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		AUTO(buf) struct buf out = {0};
		struct error err;

		assert_true(release_project(bytes_of(odd[i]), UINT64_MAX, &out, &err));
		assert_string_equal(buf_text(&out), "{}");
	}
}

static void test_what_is_no_truth_is_an_error(void **state)
{
	AUTO(buf) struct buf out = {0};
	struct error err = {0};
	uint64_t set = 77;

	(void)state;
	assert_false(release_project(bytes_of("{"), 1, &out, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	assert_int_equal(out.len, 0);
	assert_false(release_present(bytes_of("nonsense"), &set, &err));
	assert_false(release_changed(bytes_of(truth), bytes_of("nonsense"), &set, &err));
	assert_false(release_changed(bytes_of("nonsense"), bytes_of(truth), &set, &err));
	assert_int_equal(set, 77);
}

static void test_present_fields_are_counted(void **state)
{
	struct error err;
	uint64_t set;

	(void)state;
	assert_true(release_present(bytes_of(truth), &set, &err));
	assert_int_not_equal(set & RELEASE_BIT(RELEASE_GIVEN), 0);
	assert_int_not_equal(set & RELEASE_BIT(RELEASE_COMPANION_NAME), 0);
	assert_int_equal(set & RELEASE_BIT(RELEASE_EYES), 0);
	assert_true(release_present(bytes_of(""), &set, &err));
	assert_int_equal(set, 0);
}

static void test_changes_are_told_by_field(void **state)
{
	static const char before[] = "{\"fields\":{\"child\":{\"age\":7,\"hair\":\"brown\"}}}";
	static const struct {
		const char *after;
		uint64_t changed;
	} rows[] = {
		{"{\"fields\":{\"child\":{\"hair\":\"brown\",\"age\":7}}}", 0},
		{"{\"fields\":{\"child\":{\"age\":8,\"hair\":\"brown\"}}}",
		 RELEASE_BIT(RELEASE_AGE)},
		{"{\"fields\":{\"child\":{\"age\":7,\"hair\":\"brown\",\"hair_text\":\"x\"}}}",
		 RELEASE_BIT(RELEASE_HAIR)},
		{"{\"fields\":{}}", RELEASE_BIT(RELEASE_AGE) | RELEASE_BIT(RELEASE_HAIR)},
		{"{\"fields\":{\"child\":{\"age\":7,\"hair\":\"brown\",\"medical\":\"x\"}}}",
		 RELEASE_BIT(RELEASE_MEDICAL)},
	};
	struct error err;
	uint64_t changed;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(
			release_changed(bytes_of(before), bytes_of(rows[i].after), &changed, &err));
		assert_int_equal(changed, rows[i].changed);
		assert_true(
			release_changed(bytes_of(rows[i].after), bytes_of(before), &changed, &err));
		assert_int_equal(changed, rows[i].changed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes_are_those_of_the_contract),
		cmocka_unit_test(test_every_report_field_is_in_a_row),
		cmocka_unit_test(test_rows_do_not_overlap),
		cmocka_unit_test(test_names_go_both_ways),
		cmocka_unit_test(test_names_of_a_set_keep_the_tables_order),
		cmocka_unit_test(test_a_projection_holds_what_was_named),
		cmocka_unit_test(test_internal_fields_never_leave),
		cmocka_unit_test(test_odd_trees_leak_nothing),
		cmocka_unit_test(test_what_is_no_truth_is_an_error),
		cmocka_unit_test(test_present_fields_are_counted),
		cmocka_unit_test(test_changes_are_told_by_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
