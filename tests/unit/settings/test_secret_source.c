#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "rig.h"
#include "settings/secret_source.h"

static const struct row row = {.path = "secret", .type = ROW_SECRET};
static const struct row made_row = {
	.path = "secret", .type = ROW_SECRET, .flags = ROW_MADE_BY_INIT};

struct fixture {
	struct rig rig;
	struct walker walk;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	rig_create(&fixture->rig);
	fixture->walk = (struct walker){
		.arena = arena_create(), .issues = issues_create(), .folder = fixture->rig.folder};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	issues_destroy(&fixture->walk.issues);
	arena_destroy(&fixture->walk.arena);
	rig_destroy(&fixture->rig);
	free(fixture);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	return 0;
}

static bool read_it(struct fixture *fixture, const struct row *of, const char *text,
		    struct secret_source *source)
{
	struct bytes bytes = {text, strlen(text)};
	const struct node *node =
		tree_parse(fixture->walk.arena, bytes, "a.yaml", fixture->walk.issues);
	return secret_source_read(&fixture->walk, of, node, source);
}

static void one_line_end_is_not_part_of_it(void **state)
{
	static const char *const contents[] = {"key", "key\n", "key\r\n"};
	struct fixture *fixture = *state;
	struct secret_source source;
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		rig_write(&fixture->rig, "secrets/x", contents[i]);
		assert_true(read_it(fixture, &row, "{file: secrets/x}", &source));
		assert_string_equal(source.text, "key");
		assert_string_equal(source.source, "file: secrets/x");
	}
	rig_write(&fixture->rig, "secrets/x", "a\n\n");
	assert_true(read_it(fixture, &row, "{file: secrets/x}", &source));
	assert_string_equal(source.text, "a\n");
	assert_int_equal(issues_count(fixture->walk.issues), 0);
}

static void env_and_credential(void **state)
{
	struct fixture *fixture = *state;
	struct secret_source source;
	AUTO(free) char *folder = xasprintf("%s/secrets", fixture->rig.folder);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	assert_true(read_it(fixture, &row, "{env: ASTRAD_TEST_DUTY}", &source));
	assert_string_equal(source.text, "whsec_duty");
	assert_null(source.path);
	assert_true(read_it(fixture, &row, "{credential: us.key}", &source));
	assert_int_equal(issues_errors(fixture->walk.issues), 0);
	assert_true(rig_has_code(fixture->walk.issues, "N205"));
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		const char *code;
	} cases[] = {
		{"whsec_inline", "E201"},      {"{file: secrets/none}", "E202"},
		{"{file: secrets}", "E202"},   {"{env: ASTRAD_TEST_NONE}", "E202"},
		{"{credential: any}", "E202"}, {"{credential: ../us.key}", "E202"},
		{"{file: a, env: b}", "E102"}, {"{path: a}", "E102"},
		{"{file: }", "E102"},          {"[{file: a}]", "E102"},
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret_source source;
		issues_destroy(&fixture->walk.issues);
		fixture->walk.issues = issues_create();
		assert_false(read_it(fixture, &row, cases[i].text, &source));
		assert_int_equal(issues_errors(fixture->walk.issues), 1);
		assert_true(rig_has_code(fixture->walk.issues, cases[i].code));
		assert_null(strstr(issues_get(fixture->walk.issues, 0)->text, "whsec_inline"));
	}
}

static void a_shell_has_no_credentials(void **state)
{
	struct fixture *fixture = *state;
	struct secret_source source = {.text = "kept"};
	fixture->walk.is_check = true;
	assert_true(read_it(fixture, &row, "{credential: master}", &source));
	assert_null(source.text);
	assert_true(read_it(fixture, &row, "{env: ASTRAD_TEST_NONE}", &source));
	assert_null(source.text);
	assert_int_equal(issues_errors(fixture->walk.issues), 0);
	assert_int_equal(issues_warnings(fixture->walk.issues), 2);
}

static void init_may_come_before_its_file(void **state)
{
	struct fixture *fixture = *state;
	struct secret_source source;
	fixture->walk.is_init = true;
	assert_true(read_it(fixture, &made_row, "{file: secrets/later}", &source));
	assert_null(source.text);
	assert_non_null(strstr(source.path, "/secrets/later"));
	assert_false(read_it(fixture, &row, "{file: secrets/later}", &source));
}

static void open_files_are_refused(void **state)
{
	static const struct {
		mode_t mode;
		const char *code; /* NULL: fine */
	} cases[] = {{0600, NULL},   {0400, NULL},   {0640, "W204"}, {0644, "E203"},
		     {0604, "E203"}, {0660, "E203"}, {0602, "E203"}};
	struct fixture *fixture = *state;
	AUTO(free) char *path = xasprintf("%s/secrets/us.key", fixture->rig.folder);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret_source source;
		issues_destroy(&fixture->walk.issues);
		fixture->walk.issues = issues_create();
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_true(read_it(fixture, &row, "{file: secrets/us.key}", &source));
		assert_int_equal(issues_count(fixture->walk.issues), cases[i].code ? 1 : 0);
		assert_true(!cases[i].code || rig_has_code(fixture->walk.issues, cases[i].code));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_line_end_is_not_part_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(env_and_credential, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shell_has_no_credentials, set_up, tear_down),
		cmocka_unit_test_setup_teardown(init_may_come_before_its_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(open_files_are_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
