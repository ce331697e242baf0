/* Every kind of refusal as problem+json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/fault.h"

static void every_kind_is_whole(void **state)
{
	(void)state;
	for (int i = FAULT_NONE + 1; i < FAULT_KIND_COUNT; i++) {
		AUTO(buf) struct buf out = {0};
		AUTO(buf) struct buf start = {0};
		struct fault fault = {.kind = (enum fault_kind)i};

		assert_in_range(fault_status(fault.kind), 400, 505);
		fault_render(&fault, NULL, &out);
		buf_printf(&start, "{\"type\":\"" FAULT_TYPE_BASE "%s\",\"title\":\"",
			   fault_slug(fault.kind));
		assert_memory_equal(out.data, start.data, start.len);
		assert_null(strstr(out.data, "null"));
		for (int j = FAULT_NONE + 1; j < i; j++) {
			assert_string_not_equal(fault_slug(fault.kind),
						fault_slug((enum fault_kind)j));
		}
	}
}

static void errors_map_once(void **state)
{
	static const struct {
		enum error_code code;
		int status;
	} ROWS[] = {
		{ERROR_INVALID, 422},       {ERROR_DENIED, 403}, {ERROR_NOT_FOUND, 404},
		{ERROR_CONFLICT, 409},      {ERROR_STALE, 412},  {ERROR_REUSED, 422},
		{ERROR_GONE, 410},          {ERROR_LIMIT, 503},  {ERROR_TEMPORARY, 503},
		{ERROR_INTERNAL, 500},      {ERROR_NONE, 500},   {ERROR_CODE_COUNT, 500},
		{(enum error_code)99, 500},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		assert_int_equal(fault_status(fault_of_error(ROWS[i].code)), ROWS[i].status);
	}
	assert_string_equal(fault_slug(fault_of_error(ERROR_REUSED)), "idempotency-key-reused");
}

static void renders_all_members(void **state)
{
	struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	struct problems problems;
	struct id id = {{0x01}};

	(void)state;
	problems_init(&problems, arena);
	problems_add(&problems, "/child/age", "is a number from 0 to 120");
	fault_render(&(struct fault){.kind = FAULT_INVALID,
				     .detail = "say \"why\"",
				     .problems = &problems,
				     .members = "\"more\":1"},
		     &id, &out);
	assert_string_equal(buf_text(&out),
			    "{\"type\":\"https://astrad.dev/problems/validation-failed\","
			    "\"title\":\"The content is not valid\",\"status\":422,"
			    "\"detail\":\"say \\\"why\\\"\","
			    "\"instance\":\"urn:uuid:01000000-0000-0000-0000-000000000000\","
			    "\"errors\":[{\"pointer\":\"/child/age\",\"detail\":\"is a number from "
			    "0 to 120\"}],"
			    "\"more\":1}");
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_whole),
		cmocka_unit_test(errors_map_once),
		cmocka_unit_test(renders_all_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
