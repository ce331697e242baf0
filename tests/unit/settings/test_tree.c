#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settings/tree.h"

struct fixture {
	struct arena *arena;
	struct issues *issues;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	fixture->arena = arena_create();
	fixture->issues = issues_create();
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	arena_destroy(&fixture->arena);
	issues_destroy(&fixture->issues);
	free(fixture);
	return 0;
}

static const struct node *parse(struct fixture *fixture, const char *text)
{
	return tree_parse(fixture->arena, (struct bytes){text, strlen(text)}, "a.yaml",
			  fixture->issues);
}

static void nodes_know_their_place(void **state)
{
	const struct node *root = parse(*state, "# comment\na: one\nžena: {b: [x, \"y\"]}\n");
	const struct node *list = tree_find(tree_find(root, "žena"), "b");
	assert_non_null(list);
	assert_int_equal(list->kind, NODE_LIST);
	assert_int_equal(list->count, 2);
	assert_int_equal(list->place.line, 3);
	assert_int_equal(list->place.column, 11); /* characters, not bytes */
	assert_string_equal(list->items[1]->text, "y");
	assert_false(list->items[1]->is_plain);
	assert_true(list->items[0]->is_plain);
	assert_null(tree_find(root, "c"));
	assert_null(tree_find(list, "b"));
}

static void scalars_have_no_type(void **state)
{
	const struct node *root = parse(*state, "country: NO\nn: 012\nt: 12:30:45\ne:\nz: \"\"\n");
	assert_string_equal(tree_find(root, "country")->text, "NO");
	assert_string_equal(tree_find(root, "n")->text, "012");
	assert_string_equal(tree_find(root, "t")->text, "12:30:45");
	assert_true(tree_is_empty(tree_find(root, "e")));
	assert_false(tree_is_empty(tree_find(root, "z")));
}

static void merges_as_written_out(void **state)
{
	const struct node *root = parse(*state, "one: &one {a: 1, b: 1}\n"
						"two: &two {b: 2, c: 2}\n"
						"x: {<<: *one, b: own}\n"
						"y: {c: own, <<: [*two, *one]}\n"
						"q: {\"<<\": text}\n");
	const struct node *x = tree_find(root, "x");
	const struct node *y = tree_find(root, "y");
	assert_string_equal(tree_find(x, "a")->text, "1");
	assert_string_equal(tree_find(x, "b")->text, "own");
	assert_string_equal(tree_find(y, "a")->text, "1");
	assert_string_equal(tree_find(y, "b")->text, "2");
	assert_string_equal(tree_find(y, "c")->text, "own");
	assert_string_equal(tree_find(tree_find(root, "q"), "<<")->text, "text");
	assert_int_equal(issues_errors(((struct fixture *)*state)->issues), 0);
}

static void faults_are_told(void **state)
{
	static const struct {
		const char *text;
		const char *code;
		int line, column;
		bool is_usable;
	} cases[] = {
		{"a: 1\nb: 2\na: 3\n", "E003", 3, 1, true}, {"a: [1\n", "E002", 2, 1, false},
		{"a: 1\n b: 2\n", "E002", 2, 3, false},     {"", "E002", 0, 0, false},
		{"# nothing\n", "E002", 0, 0, false},       {"a: *b\n", "E006", 1, 4, false},
		{"a: &a [*a]\n", "E006", 1, 8, false},      {"a: !tag x\n", "E006", 1, 4, true},
		{"a: 1\n---\nb: 2\n", "E006", 3, 1, false}, {"[a]: b\n", "E006", 1, 1, false},
		{"<<: x\na: 1\n", "E006", 1, 5, true},      {"a: \"\\0\"\n", "E002", 1, 4, false},
		{"a: \"\xc3\x28\"\n", "E002", 1, 1, false},
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		issues_destroy(&fixture->issues);
		fixture->issues = issues_create();
		bool is_usable = parse(fixture, cases[i].text) != NULL;
		if (issues_count(fixture->issues) != 1 || is_usable != cases[i].is_usable) {
			fail_msg("case %zu", i);
		}
		const struct issue *issue = issues_get(fixture->issues, 0);
		assert_string_equal(issue->code, cases[i].code);
		assert_int_equal(issue->place.line, cases[i].line);
		assert_int_equal(issue->place.column, cases[i].column);
	}
}

/* Ten lines of aliases that would be 10^10 nodes. */
static void expansion_is_bounded(void **state)
{
	AUTO(buf) struct buf text = {0};
	buf_add_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++) {
			buf_printf(&text, "%s*a%d", k == 0 ? "" : ", ", i - 1);
		}
		buf_add_text(&text, "]\n");
	}
	struct fixture *fixture = *state;
	assert_null(parse(fixture, buf_text(&text)));
	assert_string_equal(issues_get(fixture->issues, 0)->code, "E004");
	assert_true(arena_used(fixture->arena) < (8u << 20));
}

static void depth_and_keys_are_bounded(void **state)
{
	AUTO(buf) struct buf deep = {0};
	AUTO(buf) struct buf wide = {0};
	struct fixture *fixture = *state;
	for (int i = 0; i < 20000; i++) {
		buf_add_text(&deep, "[");
	}
	assert_null(parse(fixture, buf_text(&deep)));
	assert_string_equal(issues_get(fixture->issues, 0)->code, "E004");
	for (int i = 0; i <= TREE_ENTRIES_MAX; i++) {
		buf_printf(&wide, "k%d: v\n", i);
	}
	assert_null(parse(fixture, buf_text(&wide)));
	assert_int_equal(issues_errors(fixture->issues), 2);
}

static void defaults_go_under(void **state)
{
	struct fixture *fixture = *state;
	const struct node *over = parse(fixture, "a: own\nm: {x: own}\nl: [own]\n");
	const struct node *under =
		parse(fixture, "a: d\nb: d\nm: {x: d, y: d, deep: {z: d}}\nl: [d, d]\n");
	const struct node *both = tree_merge(fixture->arena, over, under, 2);
	assert_string_equal(tree_find(both, "a")->text, "own");
	assert_string_equal(tree_find(both, "b")->text, "d");
	assert_string_equal(tree_find(tree_find(both, "m"), "x")->text, "own");
	assert_string_equal(tree_find(tree_find(both, "m"), "y")->text, "d");
	assert_int_equal(tree_find(both, "l")->count, 1);
	assert_ptr_equal(tree_merge(fixture->arena, over, NULL, 2), over);
	assert_ptr_equal(tree_merge(fixture->arena, NULL, under, 2), under);
	assert_null(tree_find(over, "b")); /* unchanged */
}

/* An empty file once ended the process: libyaml asserts that there is data. */
static void an_empty_file_is_a_finding(void **state)
{
	struct fixture *fixture = *state;
	const struct bytes nothing = {0};
	assert_null(tree_parse(fixture->arena, nothing, "a.yaml", fixture->issues));
	assert_int_equal(issues_errors(fixture->issues), 1);
	assert_string_equal(issues_get(fixture->issues, 0)->code, "E002");
}

static void a_byte_order_mark_is_passed_over(void **state)
{
	const struct node *root = parse(*state, "\xef\xbb\xbf"
						"a: 1\n"
						"b: 2\n");
	assert_string_equal(tree_find(root, "a")->text, "1");
	assert_string_equal(tree_find(root, "b")->text, "2");
}

static void syntax_is_explained(void **state)
{
	static const struct {
		const char *text;
		const char *hint; /* NULL = none */
	} cases[] = {
		{"a: 1\n\tb: 2\n", "indent with blanks, not with tabs"},
		{"a:\n  b: 1\n \tc: 2\n", "indent with blanks, not with tabs"},
		{"a: @b\n", "a text that begins with this sign needs quotes"},
		{"a: b: c\n", "the indentation is off, or a text with a colon needs quotes"},
		{"a: [b\nc: d\n", "a comma or a closing bracket is missing"},
		{"a: \"b\n", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *fixture = *state;
		struct issues *issues = issues_create();
		struct bytes text = {cases[i].text, strlen(cases[i].text)};
		assert_null(tree_parse(fixture->arena, text, "a.yaml", issues));
		const char *hint = issues_get(issues, 0)->hint;
		assert_true((hint == NULL) == (cases[i].hint == NULL));
		if (hint) {
			assert_string_equal(hint, cases[i].hint);
		}
		issues_destroy(&issues);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nodes_know_their_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scalars_have_no_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(merges_as_written_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(faults_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_file_is_a_finding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_byte_order_mark_is_passed_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(syntax_is_explained, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expansion_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(depth_and_keys_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(defaults_go_under, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
