/* Covers issues.c and codes.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "settings/issues.h"

static const struct file_place here = {.file = "channels.d/a.yaml", .line = 3, .column = 5};

static void prints_as_an_admin_reads_it(void **state)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	(void)state;
	*issues_counts(issues) = (struct issue_counts){6, 11, 1};
	issues_add(issues, "W310", &(struct file_place){.file = "z.d/a.yaml"}, NULL, "late");
	issues_add(issues, "E104", &here, "did you mean \"sms\"?", "unknown \"%s\"", "smss");
	issues_add(issues, "N205", &(struct file_place){"astrad.yaml", 9, 1}, NULL, "a note");
	issues_print(issues, false, &out);
	assert_string_equal(
		buf_text(&out),
		"astrad.yaml:9:1: note N205 a note\n"
		"channels.d/a.yaml:3:5: error E104 unknown \"smss\" (did you mean \"sms\"?)\n"
		"z.d/a.yaml: warning W310 late\n"
		"1 error, 1 warning (6 files, 11 channels, 1 policy)\n");
	issues_destroy(&issues);
	assert_null(issues);
}

static void prints_json(void **state)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	(void)state;
	issues_add(issues, "E104", &here, NULL, "what");
	issues_print(issues, true, &out);
	assert_string_equal(
		buf_text(&out),
		"{\"ok\":false,\"errors\":1,\"warnings\":0,\"files\":0,\"channels\":0,\"policies\":"
		"0,"
		"\"issues\":[{\"file\":\"channels.d/a.yaml\",\"line\":3,\"column\":5,\"severity\":"
		"\"error\",\"code\":\"E104\",\"text\":\"what\",\"hint\":null}]}\n");
	issues_destroy(&issues);
}

static void one_fault_is_told_once(void **state)
{
	struct issues *issues = issues_create();
	struct file_place other = here;
	(void)state;
	other.column++;
	issues_add(issues, "E102", &here, NULL, "a");
	issues_add(issues, "E102", &here, NULL, "a");
	assert_int_equal(issues_errors(issues), 1);
	issues_add(issues, "E102", &here, NULL, "b");
	issues_add(issues, "E103", &here, NULL, "a");
	issues_add(issues, "E102", &other, NULL, "a");
	assert_int_equal(issues_errors(issues), 4);
	issues_destroy(&issues);
}

static void too_many_are_counted(void **state)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	(void)state;
	for (int i = 0; i < ISSUES_MAX + 7; i++) {
		issues_add(issues, "E102", &here, NULL, "fault %d", i);
	}
	assert_int_equal(issues_errors(issues), ISSUES_MAX + 7);
	assert_int_equal(issues_count(issues), ISSUES_MAX);
	issues_print(issues, false, &out);
	assert_non_null(strstr(buf_text(&out), "\n7 further findings are not shown\n1007 errors"));
	issues_destroy(&issues);
}

static void nothing_of_a_file_moves_the_cursor(void **state)
{
	struct issues *issues = issues_create();
	(void)state;
	issues_add(issues, "E101", &here, "a\tb", "unknown key \"%s\"", "x\033[2Jy\nz");
	assert_string_equal(issues_get(issues, 0)->text, "unknown key \"x?[2Jy?z\"");
	assert_string_equal(issues_get(issues, 0)->hint, "a?b");
	issues_add(issues, "E101", &(struct file_place){.file = "z\xff"}, NULL, "%02000d\xc5\xbe",
		   0);
	issues_add(issues, "E101", &(struct file_place){.file = "zz"}, NULL, "%01022d\xc5\xbe", 0);
	AUTO(buf) struct buf out = {0};
	issues_print(issues, true, &out); /* none is lost for its bytes */
	assert_non_null(strstr(buf_text(&out), "\"file\":\"z?\""));
	assert_non_null(strstr(buf_text(&out), "\"file\":\"zz\""));
	issues_destroy(&issues);
}

static void codes_are_single_and_explained(void **state)
{
	(void)state;
	for (const struct issue_code *a = issue_codes; a->code; a++) {
		assert_int_equal(strlen(a->code), 4);
		assert_non_null(strchr("EWN", a->code[0]));
		assert_true(strlen(a->meaning) > 0);
		for (const struct issue_code *b = a + 1; b->code; b++) {
			assert_string_not_equal(a->code + 1, b->code + 1);
		}
	}
}

static void what_has_no_place_is_told_of_the_first_file(void **state)
{
	struct issues *issues = issues_create();

	(void)state;
	issues_add(issues, "E901", NULL, NULL, "cut short");
	assert_int_equal(issues_errors(issues), 1);
	assert_string_equal(issues_get(issues, 0)->place.file, "astrad.yaml");
	issues_destroy(&issues);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_as_an_admin_reads_it),
		cmocka_unit_test(prints_json),
		cmocka_unit_test(one_fault_is_told_once),
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(nothing_of_a_file_moves_the_cursor),
		cmocka_unit_test(what_has_no_place_is_told_of_the_first_file),
		cmocka_unit_test(codes_are_single_and_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
