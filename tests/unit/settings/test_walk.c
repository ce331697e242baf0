/* Covers walk.c and value.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settings/walk.h"

static const struct row items[] = {
	{.path = "name", .type = ROW_STRING, .flags = ROW_REQUIRED, .max = 5, .min = 1},
	{.path = "deep.flag", .type = ROW_BOOL, .default_value = "yes"},
	{.path = "deep.er.count", .type = ROW_INT, .min = 1, .max = 9, .choices = "many"},
	{.path = "deep.wait", .type = ROW_DURATION, .max = 60000, .flags = ROW_DEFAULTABLE},
	{.path = "steps", .type = ROW_DURATIONS},
	{.path = "file", .type = ROW_PATH},
	{.path = "colour", .type = ROW_ENUM, .choices = "red|green"},
	{.path = "colours",
	 .type = ROW_ENUMS,
	 .choices = "red|green|blue",
	 .default_value = "red blue"},
	{.path = "words", .type = ROW_STRINGS, .max = 3},
	{.path = "phones", .type = ROW_MAP, .max = 2, .elements = SCOPE_CONTACT},
	{.path = "listen", .type = ROW_LIST, .max = 2, .elements = SCOPE_LISTEN},
	{.path = "later", .type = ROW_ABSENT, .help = "this"},
	{.path = "raw", .type = ROW_RAW},
};
static const struct rows rows = {items, ARRAY_LEN(items)};

struct fixture {
	struct walker walk;
	const struct object *object;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	fixture->walk = (struct walker){
		.arena = arena_create(), .issues = issues_create(), .folder = "/etc/astrad"};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	issues_destroy(&fixture->walk.issues);
	arena_destroy(&fixture->walk.arena);
	free(fixture);
	return 0;
}

static const struct object *walk_text(struct fixture *fixture, const char *text, enum walk_how how)
{
	struct bytes bytes = {text, strlen(text)};
	const struct node *root =
		tree_parse(fixture->walk.arena, bytes, "a.yaml", fixture->walk.issues);
	return walk_object(&fixture->walk, rows, root, how, root->place);
}

static void values_have_their_rows_type(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = walk_text(fixture,
						"name: 0123\n"
						"deep: {flag: OFF, wait: 1m, er: {count: many}}\n"
						"steps: [5s, 1m30s]\n"
						"file: keys/a\n"
						"colour: green\n"
						"colours: blue\n"
						"words: one\n"
						"phones: {police: {phone: 192}}\n"
						"listen: [{address: \"::1\", port: 0}]\n",
						WALK_WHOLE);
	assert_int_equal(issues_count(fixture->walk.issues), 0);
	assert_string_equal(object_text(object, "name"), "0123");
	assert_int_equal(object_number(object, "deep.flag"), 0);
	assert_int_equal(object_number(object, "deep.wait"), 60000);
	assert_int_equal(object_number(object, "deep.er.count"), -1);
	assert_int_equal(object_get(object, "steps")->numbers[1], 90000);
	assert_string_equal(object_text(object, "file"), "/etc/astrad/keys/a");
	assert_int_equal(object_number(object, "colour"), 2);
	assert_int_equal(object_number(object, "colours"), 1 << 3);
	assert_string_equal(object_get(object, "words")->texts.items[0], "one");
	const struct value *phones = object_get(object, "phones");
	assert_string_equal(phones->items[0].key, "police");
	assert_string_equal(object_text(&phones->items[0], "phone"), "192");
	assert_int_equal(object_get(object, "listen")->count, 1);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = walk_text(fixture, "name: x\ndeep:\n", WALK_WHOLE);
	assert_int_equal(issues_count(fixture->walk.issues), 0);
	assert_int_equal(object_number(object, "deep.flag"), 1);
	assert_int_equal(object_number(object, "colours"), (1 << 1) | (1 << 3));
	assert_null(object_get(object, "colours")->node);
	assert_null(object_text(object, "file"));
	assert_false(object_get(object, "steps")->is_set);
}

struct fault {
	const char *text;
	const char *code;
	int line, column;
	const char *words;
};

static const struct fault faults[] = {
	{"x: 1", "E103", 1, 1, "name is missing"},
	{"name: abcdef", "E102", 1, 7, "name must have 1 to 5 bytes"},
	{"name: [a]", "E102", 1, 7, "name must be a text"},
	{"name: ~", "E102", 1, 7, "name has no value"},
	{"name: x\nnmae: y", "E101", 2, 1, "unknown key \"nmae\""},
	{"name: x\ndeep: {flg: 1}", "E101", 2, 8, "unknown key \"deep.flg\""},
	{"name: x\ndeep: here", "E102", 2, 7, "deep must be a map"},
	{"name: x\ndeep: {flag: 1}", "E102", 2, 14, "deep.flag must be true or false"},
	{"name: x\ndeep: {er: {count: 10}}", "E102", 2, 20,
	 "deep.er.count must be a whole number from 1 to 9 or many"},
	{"name: x\ndeep: {wait: 2m}", "E102", 2, 14, "deep.wait must be 0s to 1m"},
	{"name: x\ndeep: {wait: 5}", "E102", 2, 14,
	 "deep.wait must be a duration such as 30s, 10m or 24h"},
	{"name: x\nsteps: []", "E102", 2, 8, "steps must be a list of 1 to 64 durations"},
	{"name: x\nfile: \"a\\tb\"", "E102", 2, 7,
	 "file must be without line breaks and control characters"},
	{"name: x\ncolour: gren", "E102", 2, 9, "colour must be one of red, green"},
	{"name: x\ncolours: [red, pink]", "E102", 2, 16, "colours must be one of red, green, blue"},
	{"name: x\nwords: [a, b, c, d]", "E102", 2, 8, "words must have 0 to 3 entries"},
	{"name: x\nwords: [a, b, a]", "E105", 2, 15, "words has \"a\" twice"},
	{"name: x\nphones: {Police: {phone: 1}}", "E102", 2, 10,
	 "a name in phones must be 1 to 48 of a-z, 0-9, dot, underscore and dash, starting with a "
	 "letter or digit"},
	{"name: x\nphones: {p: {}}", "E103", 2, 13, "phone is missing"},
	{"name: x\nlisten: {address: \"::1\"}", "E102", 2, 9, "listen must be a list"},
	{"name: x\nlisten: [here]", "E102", 2, 10, "here must be a map"},
	{"name: x\nlater: 1", "E106", 2, 1, "this is not available in this version"},
	{"name: x\nraw: 1", "E102", 2, 6, "raw must be a map"},
};

static void faults_are_told_where_they_stand(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		const struct fault *fault = &faults[i];
		bool is_found = false;
		issues_destroy(&fixture->walk.issues);
		fixture->walk.issues = issues_create();
		(void)walk_text(fixture, fault->text, WALK_WHOLE);
		for (size_t k = 0; k < issues_count(fixture->walk.issues); k++) {
			const struct issue *issue = issues_get(fixture->walk.issues, k);
			is_found |= strcmp(issue->code, fault->code) == 0 &&
				    strcmp(issue->text, fault->words) == 0 &&
				    issue->place.line == fault->line &&
				    issue->place.column == fault->column;
		}
		if (!is_found) {
			fail_msg("%s: no \"%s\"", fault->text, fault->words);
		}
	}
}

static void all_faults_are_told_at_once(void **state)
{
	struct fixture *fixture = *state;
	(void)walk_text(fixture,
			"nmae: x\ndeep: {flag: 2, wait: x}\nwords: [a, a]\ncolours: [x, y]\n",
			WALK_WHOLE);
	/* unknown key, missing name, flag, wait, twice, two words */
	assert_int_equal(issues_errors(fixture->walk.issues), 7);
}

static void a_wrong_value_is_not_missing_too(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = walk_text(fixture, "name: toolong\n", WALK_WHOLE);
	assert_int_equal(issues_errors(fixture->walk.issues), 1);
	assert_null(object_text(object, "name"));
}

static void parts_need_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct object *object = walk_text(fixture, "deep: {flag: no}\n", WALK_PART);
	assert_int_equal(issues_count(fixture->walk.issues), 0);
	assert_false(object_get(object, "colours")->is_set);
	(void)walk_text(fixture, "deep: {flag: no, wait: 1s}\n", WALK_DEFAULTS);
	assert_int_equal(issues_errors(fixture->walk.issues), 1); /* flag cannot stand there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_have_their_rows_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_left_out_has_its_default, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(faults_are_told_where_they_stand, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(all_faults_are_told_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wrong_value_is_not_missing_too, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(parts_need_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
