/* Paths against a table, and the rules a table keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/limits.h"
#include "intake/route.h"

static void handle(struct request *request)
{
	(void)request;
}

#define ROLES ROLE_BIT(ROLE_OPERATOR)

static const struct route TABLE[] = {
	{METHOD_GET, "/healthz", handle, .flags = ROUTE_OPEN},
	{METHOD_GET, "/v1/cases", handle, ROLES},
	{METHOD_POST, "/v1/cases/search", handle, ROLES, 100},
	{METHOD_GET, "/v1/cases/{id}", handle, ROLES},
	{METHOD_PATCH, "/v1/cases/{id}", handle, ROLES, 100},
	{METHOD_POST, "/v1/cases/{id}/notes", handle, ROLES, 100},
	{METHOD_DELETE, "/v1/alerts/{id}/acks/{ack}", handle, ROLES},
};

static const struct {
	enum method method;
	const char *path;
	int route; /* index, -1 = none */
	const char *allow;
	const char *params[2];
} ROWS[] = {
	{METHOD_GET, "/healthz", 0, "GET, HEAD", {0}},
	{METHOD_HEAD, "/healthz", 0, "GET, HEAD", {0}},
	{METHOD_POST, "/healthz", -1, "GET, HEAD", {0}},
	{METHOD_OPTIONS, "/healthz", -1, "GET, HEAD", {0}},
	{METHOD_GET, "/v1/cases", 1, "GET, HEAD", {0}},
	{METHOD_GET, "/v1/cases/26-0147-T", 3, "GET, HEAD, PATCH", {"26-0147-T"}},
	{METHOD_PATCH, "/v1/cases/x", 4, "GET, HEAD, PATCH", {"x"}},
	{METHOD_GET, "/v1/cases/search", -1, "POST", {0}},
	{METHOD_POST, "/v1/cases/search", 2, "POST", {0}},
	{METHOD_POST, "/v1/cases/%61/notes", 5, "POST", {"a"}},
	{METHOD_DELETE, "/v1/alerts/a/acks/b", 6, "DELETE", {"a", "b"}},
	{METHOD_GET, "/", -1, "", {0}},
	{METHOD_GET, "/v1", -1, "", {0}},
	{METHOD_GET, "/v1/cases/", -1, "", {0}},
	{METHOD_GET, "//v1/cases", -1, "", {0}},
	{METHOD_GET, "/v1//cases", -1, "", {0}},
	{METHOD_GET, "/V1/cases", -1, "", {0}},
	{METHOD_GET, "/v1/cases/a/b", -1, "", {0}},
	{METHOD_GET, "/v1/cases/a%2Fb", -1, "", {0}},
	{METHOD_GET, "/v1/cases/a%00", -1, "", {0}},
	{METHOD_GET, "/v1/cases/%", -1, "", {0}},
	{METHOD_GET, "/v1/cases/a%20b", -1, "", {0}},
	{METHOD_GET, "/v1/cases/..", 3, "GET, HEAD, PATCH", {".."}},
	{METHOD_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n", -1, "", {0}},
};

static void finds_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct arena *arena = arena_create();
		AUTO(buf) struct buf allow = {0};
		struct route_match match;

		route_find(TABLE, ARRAY_LEN(TABLE), ROWS[i].method,
			   (struct bytes){ROWS[i].path, strlen(ROWS[i].path)}, arena, &match);
		if (match.route != (ROWS[i].route < 0 ? NULL : &TABLE[ROWS[i].route])) {
			fail_msg("%s", ROWS[i].path);
		}
		route_allow_text(match.allow, &allow);
		assert_string_equal(buf_text(&allow), ROWS[i].allow);
		for (size_t j = 0; match.route != NULL && j < 2; j++) {
			if (ROWS[i].params[j] == NULL) {
				assert_null(match.params[j]);
			} else {
				assert_string_equal(match.params[j], ROWS[i].params[j]);
			}
		}
		arena_destroy(&arena);
	}
}

static void bounds_a_parameter(void **state)
{
	char path[128] = "/v1/cases/";
	struct arena *arena = arena_create();
	struct route_match match;

	(void)state;
	memset(path + 10, 'a', ROUTE_PARAM_MAX);
	route_find(TABLE, ARRAY_LEN(TABLE), METHOD_GET, (struct bytes){path, 10 + ROUTE_PARAM_MAX},
		   arena, &match);
	assert_ptr_equal(match.route, &TABLE[3]);
	path[10 + ROUTE_PARAM_MAX] = 'a';
	route_find(TABLE, ARRAY_LEN(TABLE), METHOD_GET, (struct bytes){path, 11 + ROUTE_PARAM_MAX},
		   arena, &match);
	assert_null(match.route);
	arena_destroy(&arena);
}

static void keeps_tables_sound(void **state)
{
	static const struct route WRONG[][2] = {
		{{METHOD_GET, "/a", NULL, ROLES}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "/a", handle, ROLES}, {METHOD_GET, "/a", handle, ROLES}},
		{{METHOD_GET, "/a", handle, ROLES, 1}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "/a", handle}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "/a", handle, ROLES, 0, ROUTE_OPEN},
		 {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_HEAD, "/a", handle, ROLES}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "a", handle, ROLES}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "/{id}", handle, ROLES}, {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_PUT, "/a", handle, ROLES, 1, ROUTE_KEY_REQUIRED},
		 {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_POST, "/a", handle, ROLES, LIMIT_REPORT_BYTES + 1},
		 {METHOD_GET, "/b", handle, ROLES}},
		{{METHOD_GET, "/a/{a}/{b}/{c}/{d}/{e}", handle, ROLES},
		 {METHOD_GET, "/b", handle, ROLES}},
	};
	const char *why;

	(void)state;
	assert_true(route_table_is_sound(TABLE, ARRAY_LEN(TABLE), &why));
	assert_true(route_table_is_sound(intake_routes, intake_route_count, &why));
	for (size_t i = 0; i < ARRAY_LEN(WRONG); i++) {
		why = NULL;
		assert_false(route_table_is_sound(WRONG[i], 2, &why));
		assert_non_null(why);
	}
}

/* page_parse reads `limit` and `after`: a list that knows one knows the other. */
static void pages_are_asked_for_in_one_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < intake_route_count; i++) {
		const char *query = intake_routes[i].query;

		if (query != NULL && strstr(query, "limit") != NULL) {
			assert_non_null(strstr(query, "after"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_routes),
		cmocka_unit_test(bounds_a_parameter),
		cmocka_unit_test(keeps_tables_sound),
		cmocka_unit_test(pages_are_asked_for_in_one_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
