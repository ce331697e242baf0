/* Ids of persons; who a token may belong to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/person.h"

#define NOW INT64_C(1795449067000) /* 2026-11-23T15:31:07Z */

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void test_ids_are_judged(void **state)
{
	static const struct {
		const char *id;
		bool is_valid;
	} rows[] = {
		{"vera", true},
		{"v.z_2-a", true},
		{"12345678901234567890123456789012", true},
		{"123456789012345678901234567890123", false},
		{"v", false},
		{"", false},
		{"Vera", false},
		{"ve ra", false},
		{"vera\n", false},
		{"đorđe", false},
		{"unix:root", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(person_id_is_valid(rows[i].id, strlen(rows[i].id)),
				 rows[i].is_valid);
	}
}

static void test_a_person_is_read(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct person_request request;

	(void)state;
	problems_init(&problems, arena);
	assert_true(person_decode(bytes_of("{\"id\":\"vera\",\"name\":\"Vera Živković\"}"), arena,
				  &request, &problems));
	assert_string_equal(request.id, "vera");
	assert_string_equal(request.name, "Vera Živković");
	assert_false(person_decode(bytes_of("{\"id\":\"V\"}"), arena, &request, &problems));
	assert_int_equal(problems.count, 2);
	assert_string_equal(problems.items[0].pointer, "/id");
	assert_string_equal(problems.items[1].pointer, "/name");
}

static void test_tokens_are_read(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct person_token_request request;

	(void)state;
	problems_init(&problems, arena);
	assert_true(person_decode_token(bytes_of("{\"name\":\"desk\",\"person\":\"vera\","
						 "\"role\":\"approver\","
						 "\"expires_at\":\"2027-01-01T00:00:00Z\"}"),
					NOW, arena, &request, &problems));
	assert_string_equal(request.person, "vera");
	assert_null(request.partner);
	assert_int_equal(request.role, ROLE_APPROVER);
	assert_int_equal(request.expires_utc_ms, INT64_C(1798761600000));
	assert_true(person_decode_token(bytes_of("{\"name\":\"mup\",\"partner\":\"mup-ns\"}"), NOW,
					arena, &request, &problems));
	assert_string_equal(request.partner, "mup-ns");
	assert_int_equal(request.role, ROLE_PARTNER);
	assert_int_equal(request.expires_utc_ms, 0);
}

static void test_wrong_tokens_are_refused(void **state)
{
	static const struct {
		const char *body;
		const char *pointer;
	} rows[] = {
		{"{\"name\":\"x\"}", "/person"},
		{"{\"name\":\"x\",\"role\":\"admin\"}", "/person"},
		{"{\"person\":\"vera\",\"role\":\"admin\"}", "/name"},
		{"{\"name\":\"x\",\"person\":\"vera\"}", "/role"},
		{"{\"name\":\"x\",\"person\":\"vera\",\"role\":\"partner\"}", "/role"},
		{"{\"name\":\"x\",\"person\":\"vera\",\"role\":\"root\"}", "/role"},
		{"{\"name\":\"x\",\"partner\":\"mup-ns\",\"role\":\"operator\"}", "/role"},
		{"{\"name\":\"x\",\"person\":\"unix:root\",\"role\":\"admin\"}", "/person"},
		{"{\"name\":\"x\",\"partner\":\"mup-ns\",\"expires_at\":\"2026-11-23T15:31:07Z\"}",
		 "/expires_at"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct problems problems;
		struct person_token_request request;

		problems_init(&problems, arena);
		assert_false(person_decode_token(bytes_of(rows[i].body), NOW, arena, &request,
						 &problems));
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.items[0].pointer, rows[i].pointer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_are_judged),
		cmocka_unit_test(test_a_person_is_read),
		cmocka_unit_test(test_tokens_are_read),
		cmocka_unit_test(test_wrong_tokens_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
