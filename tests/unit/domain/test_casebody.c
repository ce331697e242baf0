/* The small bodies of case actions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/casebody.h"

struct fixture {
	struct arena *arena;
	struct problems problems;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture.arena = arena_create();
	problems_init(&fixture.problems, fixture.arena);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_destroy(&f->arena);
	return 0;
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void test_a_note_has_a_text_and_perhaps_a_time(void **state)
{
	struct fixture *f = *state;
	struct casebody_note note;

	assert_true(casebody_decode_note(bytes_of("{\"text\":\"zvati majku\","
						  "\"due_at\":\"2026-11-23T16:31:07+01:00\"}"),
					 f->arena, &note, &f->problems));
	assert_string_equal(note.text, "zvati majku");
	assert_int_equal(note.due_utc_ms, INT64_C(1795447867000));
	assert_true(
		casebody_decode_note(bytes_of("{\"text\":\"x\"}"), f->arena, &note, &f->problems));
	assert_int_equal(note.due_utc_ms, 0);
	assert_false(casebody_decode_note(bytes_of("{}"), f->arena, &note, &f->problems));
	assert_string_equal(f->problems.items[0].pointer, "/text");
}

static void test_an_assignment_may_be_taken_back(void **state)
{
	struct fixture *f = *state;
	struct casebody_assign assign;

	assert_true(casebody_decode_assign(bytes_of("{\"person\":\"vera\"}"), f->arena, &assign,
					   &f->problems));
	assert_string_equal(assign.person, "vera");
	assert_true(casebody_decode_assign(bytes_of("{\"person\":null}"), f->arena, &assign,
					   &f->problems));
	assert_null(assign.person);
	assert_false(casebody_decode_assign(bytes_of("{\"person\":\"Vera Ž\"}"), f->arena, &assign,
					    &f->problems));
}

static void test_a_close_is_verified_by_somebody(void **state)
{
	struct fixture *f = *state;
	struct casebody_close close;

	assert_true(casebody_decode_close(
		bytes_of("{\"outcome\":\"found\",\"verified_by\":{\"name\":\"N. Ilić\","
			 "\"unit\":\"PU Novi Sad\",\"how\":\"phone\","
			 "\"at\":\"2026-11-23T16:31:07+01:00\"},\"note\":\"dobro je\"}"),
		f->arena, &close, &f->problems));
	assert_int_equal(close.outcome, CASE_FOUND);
	assert_true(close.is_verified);
	assert_int_equal(close.verified_utc_ms, INT64_C(1795447867000));
	assert_string_equal(close.note, "dobro je");
	assert_string_equal(close.canonical.data,
			    "{\"note\":\"dobro je\",\"outcome\":\"found\",\"verified_by\":{"
			    "\"at\":\"2026-11-23T16:31:07+01:00\",\"how\":\"phone\","
			    "\"name\":\"N. Ilić\",\"unit\":\"PU Novi Sad\"}}");
}

static void test_a_close_without_verification_is_unverified(void **state)
{
	static const char *const bodies[] = {
		"{\"outcome\":\"found\"}",
		"{\"outcome\":\"found\",\"verified_by\":null}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct casebody_close close;

		assert_true(
			casebody_decode_close(bytes_of(bodies[i]), f->arena, &close, &f->problems));
		assert_false(close.is_verified);
		assert_null(close.note);
	}
}

static void test_a_wrong_close_is_refused(void **state)
{
	static const struct {
		const char *body;
		const char *pointer;
	} rows[] = {
		{"{}", "/outcome"},
		{"{\"outcome\":\"open\"}", "/outcome"},
		{"{\"outcome\":\"purged\"}", "/outcome"},
		{"{\"outcome\":\"found\",\"verified_by\":{\"unit\":\"PU\"}}", "/verified_by/name"},
		{"{\"outcome\":\"found\",\"verified_by\":{}}", "/verified_by/name"},
		{"{\"outcome\":\"found\",\"verified_by\":true}", "/verified_by"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct casebody_close close;

		problems_init(&f->problems, f->arena);
		assert_false(casebody_decode_close(bytes_of(rows[i].body), f->arena, &close,
						   &f->problems));
		assert_string_equal(f->problems.items[0].pointer, rows[i].pointer);
	}
}

/* CONTRACT section 2 "States": found, returned, deceased never leave the hotline. */
static void test_each_outcome_ends_alerts_its_way(void **state)
{
	static const struct {
		enum case_state outcome;
		enum end_reason reason;
	} rows[] = {
		{CASE_FOUND, END_RESOLVED},      {CASE_RETURNED, END_RESOLVED},
		{CASE_DECEASED, END_RESOLVED},   {CASE_AGED_OUT, END_WITHDRAWN},
		{CASE_WITHDRAWN, END_WITHDRAWN}, {CASE_HOAX, END_ISSUED_IN_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(casebody_end_of(rows[i].outcome), rows[i].reason);
	}
}

static void test_a_reopen_has_a_reason(void **state)
{
	struct fixture *f = *state;
	struct casebody_reopen reopen;

	assert_true(casebody_decode_reopen(bytes_of("{\"reason\":\"nije on\"}"), f->arena, &reopen,
					   &f->problems));
	assert_string_equal(reopen.reason, "nije on");
	assert_false(casebody_decode_reopen(bytes_of("{\"reason\":\" \"}"), f->arena, &reopen,
					    &f->problems));
}

static void test_a_search_is_for_actual_cases_unless_told(void **state)
{
	struct fixture *f = *state;
	struct casebody_search search;

	assert_true(casebody_decode_search(bytes_of("{\"query\":\"đorđe\"}"), f->arena, &search,
					   &f->problems));
	assert_string_equal(search.query, "đorđe");
	assert_int_equal(search.statuses, STATUS_BIT(STATUS_ACTUAL));
	assert_true(casebody_decode_search(
		bytes_of("{\"query\":\"x\",\"statuses\":[\"exercise\",\"test\"]}"), f->arena,
		&search, &f->problems));
	assert_int_equal(search.statuses, STATUS_BIT(STATUS_EXERCISE) | STATUS_BIT(STATUS_TEST));
	assert_false(casebody_decode_search(bytes_of("{\"statuses\":[\"all\"]}"), f->arena, &search,
					    &f->problems));
	assert_int_equal(f->problems.count, 2);
	assert_string_equal(f->problems.items[0].pointer, "/statuses/0");
	assert_string_equal(f->problems.items[1].pointer, "/query");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_note_has_a_text_and_perhaps_a_time),
		TEST(test_an_assignment_may_be_taken_back),
		TEST(test_a_close_is_verified_by_somebody),
		TEST(test_a_close_without_verification_is_unverified),
		TEST(test_a_wrong_close_is_refused),
		TEST(test_each_outcome_ends_alerts_its_way),
		TEST(test_a_reopen_has_a_reason),
		TEST(test_a_search_is_for_actual_cases_unless_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
