/* Holds: the bodies, and which fields are held when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/hold.h"

#define NOW INT64_C(1795449067000) /* 2026-11-23T15:31:07Z */

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void test_a_hold_is_read(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct hold_request request;

	(void)state;
	problems_init(&problems, arena);
	assert_true(hold_decode(bytes_of("{\"field\":\"vehicles.plate\",\"by\":\"PU Novi Sad\","
					 "\"reference\":\"KU 12/26\","
					 "\"until\":\"2026-11-24T00:00:00+01:00\"}"),
				NOW, arena, &request, &problems));
	assert_int_equal(request.hold.field, RELEASE_VEHICLE_PLATE);
	assert_int_equal(request.hold.until_utc_ms, INT64_C(1795474800000));
	assert_string_equal(request.by, "PU Novi Sad");
	assert_string_equal(request.reference, "KU 12/26");
	assert_string_equal(request.why.data,
			    "{\"by\":\"PU Novi Sad\",\"reference\":\"KU 12/26\"}");
	assert_true(hold_decode(bytes_of("{\"field\":\"photo\",\"by\":\"x\"}"), NOW, arena,
				&request, &problems));
	assert_int_equal(request.hold.until_utc_ms, 0);
	assert_null(request.reference);
	assert_string_equal(request.why.data, "{\"by\":\"x\"}");
}

static void test_a_wrong_hold_is_refused(void **state)
{
	static const struct {
		const char *body;
		const char *pointer;
	} rows[] = {
		{"{\"by\":\"x\"}", "/field"},
		{"{\"field\":\"photo\"}", "/by"},
		{"{\"field\":\"child\",\"by\":\"x\"}", "/field"},
		{"{\"field\":\"photo\",\"by\":\"x\",\"until\":\"2026-11-23T15:31:07Z\"}", "/until"},
		{"{\"field\":\"photo\",\"by\":\"x\",\"until\":\"tomorrow\"}", "/until"},
		{"{\"field\":\"photo\",\"by\":\"x\",\"why\":\"y\"}", "/why"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct problems problems;
		struct hold_request request;

		problems_init(&problems, arena);
		assert_false(hold_decode(bytes_of(rows[i].body), NOW, arena, &request, &problems));
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.items[0].pointer, rows[i].pointer);
	}
}

static void test_a_release_names_its_field(void **state)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	enum release_field field = RELEASE_NONE;

	(void)state;
	problems_init(&problems, arena);
	assert_true(
		hold_decode_release(bytes_of("{\"field\":\"child.given\"}"), &field, &problems));
	assert_int_equal(field, RELEASE_GIVEN);
	assert_false(hold_decode_release(bytes_of("{}"), &field, &problems));
	assert_string_equal(problems.items[0].pointer, "/field");
}

static void test_a_hold_ends_at_its_time(void **state)
{
	const struct hold holds[] = {
		{RELEASE_PHOTO, NOW},
		{RELEASE_GIVEN, NOW + 1},
		{RELEASE_VEHICLE_PLATE, 0},
	};

	(void)state;
	assert_int_equal(hold_fields(holds, ARRAY_LEN(holds), NOW - 1),
			 RELEASE_BIT(RELEASE_PHOTO) | RELEASE_BIT(RELEASE_GIVEN) |
				 RELEASE_BIT(RELEASE_VEHICLE_PLATE));
	assert_int_equal(hold_fields(holds, ARRAY_LEN(holds), NOW),
			 RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_VEHICLE_PLATE));
	assert_int_equal(hold_fields(holds, ARRAY_LEN(holds), INT64_MAX),
			 RELEASE_BIT(RELEASE_VEHICLE_PLATE));
	assert_int_equal(hold_fields(NULL, 0, NOW), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hold_is_read),
		cmocka_unit_test(test_a_wrong_hold_is_refused),
		cmocka_unit_test(test_a_release_names_its_field),
		cmocka_unit_test(test_a_hold_ends_at_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
