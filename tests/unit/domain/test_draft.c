/* Covers draft.c, draft_json.c and draft_update_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/draft.h"
#include "domain/release.h"

#define NOON INT64_C(1795447867000)
#define HOUR (INT64_C(3600) * 1000)

static const struct area areas[] = {
	{"RS", NULL}, {"RS-06", &areas[0]}, {"RS-06-NS", &areas[1]}, {"HR", NULL}};
static const char *const languages[] = {"sr-Latn", "sr-Cyrl", "en"};
static const struct contact contacts[] = {{"police", "192"}, {"hotline", "116000"}};
static const struct policy policies[] = {
	{.id = "restricted", .tiers = 1u << TIER_RESTRICTED, .expires_max_ms = 48 * HOUR},
	{.id = "wide", .tiers = (1u << TIER_REGIONAL) | (1u << TIER_NATIONAL)},
};
static const struct partner partners[] = {{.id = "mup-ns"}};
static const struct channel channels[] = {{.name = "mup-ns"}};
static const struct directory directory = {
	.environment = ENVIRONMENT_TRAINING,
	.languages = {(const char **)languages, ARRAY_LEN(languages)},
	.contacts = contacts,
	.contact_count = ARRAY_LEN(contacts),
	.policies = policies,
	.policy_count = ARRAY_LEN(policies),
	.areas = areas,
	.area_count = ARRAY_LEN(areas),
	.partners = partners,
	.partner_count = ARRAY_LEN(partners),
	.channels = channels,
	.channel_count = ARRAY_LEN(channels),
};

#define WHOLE                                                                                      \
	"{\"areas\":[\"RS-06\"],\"contact\":\"police\",\"exclude\":{\"channels\":[\"c\"],"         \
	"\"partners\":[\"p\"]},\"expires_at\":\"2026-11-24T15:31:07Z\",\"fields\":["               \
	"\"child.given\",\"child.clothing\"],\"message\":{\"en\":\"Hello\",\"sr-Latn\":"           \
	"\"Zdravo\"}"                                                                              \
	",\"policy\":\"restricted\",\"status\":\"exercise\",\"tier\":\"restricted\"}"

static struct bytes text_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

/* "/a /b": the pointers of all problems, in order. */
static void check_pointers(const struct problems *problems, const char *expected)
{
	char got[1024] = "";

	for (size_t i = 0; i < problems->count; i++) {
		size_t len = strlen(got);
		snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "",
			 problems->items[i].pointer);
	}
	assert_string_equal(got, expected);
}

static void check_encoded(const struct draft *draft, const char *expected)
{
	AUTO(buf) struct buf out = {0};

	draft_encode(draft, &out);
	assert_string_equal(buf_text(&out), expected);
}

static void comes_back_in_canonical_form(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft draft;

	problems_init(&problems, arena);
	assert_true(draft_decode(text_of(WHOLE), arena, &draft, &problems));
	check_encoded(&draft, WHOLE);
	assert_true(draft_decode(
		text_of("{ \"tier\" : \"restricted\", \"fields\": [\"child.clothing\", "
			"\"child.given\", \"child.given\"], \"areas\": [], \"message\": {\"en\": "
			"\" \"}, \"expires_at\": \"2026-11-24T16:31:07+01:00\"}"),
		arena, &draft, &problems));
	check_encoded(&draft, "{\"expires_at\":\"2026-11-24T15:31:07Z\",\"fields\":["
			      "\"child.given\",\"child.clothing\"],\"tier\":\"restricted\"}");
	assert_int_equal(draft.status, 0);
	assert_null(draft.policy);
}

static void tells_every_error_at_once(void **state)
{
	(void)state;
	static const struct {
		const char *body, *pointers;
	} rows[] = {
		{"{}", "/tier"},
		{"[]", ""},
		{"{\"tier\":\"global\",\"status\":\"real\",\"colour\":1}", "/tier /status /colour"},
		{"{\"tier\":\"regional\",\"fields\":[\"child.shoe\"],\"areas\":[7],"
		 "\"expires_at\":\"2026-11-24T16:31:07\",\"message\":{\"?\":\"x\"}}",
		 "/fields/0 /areas/0 /expires_at /message/?"},
		{"{\"tier\":\"regional\",\"exclude\":{\"people\":[]}}", "/exclude/people"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct problems problems;
		struct draft draft;
		problems_init(&problems, arena);
		assert_false(draft_decode(text_of(rows[i].body), arena, &draft, &problems));
		check_pointers(&problems, rows[i].pointers);
	}
}

static void a_patch_merges(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft draft;

	problems_init(&problems, arena);
	assert_true(draft_patch(text_of(WHOLE),
				text_of("{\"message\":{\"en\":null,\"sr-Cyrl\":\"Здраво\"},"
					"\"exclude\":{\"partners\":null},\"fields\":[],"
					"\"contact\":null,\"expires_at\":null}"),
				arena, &draft, &problems));
	check_encoded(&draft, "{\"areas\":[\"RS-06\"],\"exclude\":{\"channels\":[\"c\"]},"
			      "\"message\":{\"sr-Cyrl\":\"Здраво\",\"sr-Latn\":\"Zdravo\"},"
			      "\"policy\":\"restricted\",\"status\":\"exercise\","
			      "\"tier\":\"restricted\"}");
}

static void a_patch_cannot_turn_an_exercise_into_an_alert(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft draft;

	problems_init(&problems, arena);
	assert_false(draft_patch(text_of(WHOLE), text_of("{\"status\":\"actual\",\"x\":1}"), arena,
				 &draft, &problems));
	check_pointers(&problems, "/x /status");
	problems_init(&problems, arena);
	assert_false(
		draft_patch(text_of(WHOLE), text_of("{\"tier\":null}"), arena, &draft, &problems));
	check_pointers(&problems, "/tier");
}

static void asks_the_configuration(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft draft;

	problems_init(&problems, arena);
	assert_true(draft_decode(
		text_of("{\"status\":\"actual\",\"tier\":\"internal\",\"areas\":[\"RS\",\"XX\"],"
			"\"exclude\":{\"partners\":[\"mup-ns\",\"x\"],\"channels\":[\"y\"]},"
			"\"contact\":\"nobody\",\"message\":{\"hu\":\"a\"},\"policy\":"
			"\"restricted\","
			"\"expires_at\":\"2027-01-01T00:00:00Z\",\"fields\":[\"child.medical\"]}"),
		arena, &draft, &problems));
	draft_check(&draft, &directory, NOON, &problems);
	check_pointers(&problems, "/status /tier /areas/1 /exclude/partners/1 /exclude/channels/0 "
				  "/contact /message/hu /policy /expires_at /fields");
	draft = (struct draft){
		.status = STATUS_EXERCISE, .tier = TIER_RESTRICTED, .expires_utc_ms = NOON};
	draft_fill(&draft, &directory);
	problems_init(&problems, arena);
	draft_check(&draft, &directory, NOON, &problems);
	check_pointers(&problems, "/expires_at");
	assert_string_equal(draft.policy, "restricted");
	assert_string_equal(draft.contact, "hotline");
	const struct directory empty = {.environment = ENVIRONMENT_PRODUCTION};
	struct draft bare = {.status = STATUS_ACTUAL, .tier = TIER_NATIONAL};
	draft_fill(&bare, &empty);
	problems_init(&problems, arena);
	draft_check(&bare, &empty, NOON, &problems);
	check_pointers(&problems, "/policy");
}

static void an_update_is_applied_to_the_approved_draft(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft_update update;

	problems_init(&problems, arena);
	assert_true(draft_decode_update(
		text_of(WHOLE),
		text_of("{\"kind\":\"correction\",\"reason\":\"Pogrešna jakna\",\"set\":{"
			"\"message\":{\"en\":\"Green\"},\"child.clothing\":\"zelena jakna\","
			"\"child\":{\"hair\":\"brown\",\"medical\":\"x\",\"eyes\":null,"
			"\"names\":[{\"given\":\"A\"}]}},\"remove\":[\"child.given\"],\"areas\":[],"
			"\"tier\":\"regional\",\"expires_at\":\"2026-11-24T18:00:00Z\"}"),
		arena, &update, &problems));
	assert_int_equal(update.kind, VERSION_CORRECTION);
	assert_string_equal(update.reason, "Pogrešna jakna");
	check_encoded(&update.draft,
		      "{\"contact\":\"police\",\"exclude\":{\"channels\":[\"c\"],"
		      "\"partners\":[\"p\"]},\"expires_at\":\"2026-11-24T18:00:00Z\",\"fields\":["
		      "\"child.hair\",\"child.clothing\"],\"message\":{\"en\":\"Green\","
		      "\"sr-Latn\":\"Zdravo\"},\"policy\":\"restricted\",\"status\":\"exercise\","
		      "\"tier\":\"regional\"}");
	assert_string_equal(update.case_patch.data,
			    "{\"child\":{\"clothing\":\"zelena jakna\",\"eyes\":null,"
			    "\"hair\":\"brown\",\"medical\":\"x\",\"names\":[{\"given\":\"A\"}]},"
			    "\"reason\":\"Pogrešna jakna\"}");
	assert_non_null(strstr(update.canonical.data, "child.clothing"));
}

static void an_update_may_say_little(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;
	struct draft_update update;

	problems_init(&problems, arena);
	assert_true(draft_decode_update(text_of(WHOLE),
					text_of("{\"kind\":\"information\",\"reason\":\"r\"}"),
					arena, &update, &problems));
	assert_int_equal(update.kind, VERSION_UPDATE);
	assert_int_equal(update.case_patch.len, 0);
	check_encoded(&update.draft, WHOLE);
}

static void a_wrong_update_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *body, *pointers;
	} rows[] = {
		{"{}", "/kind /reason"},
		{"{\"kind\":\"news\",\"reason\":\"r\",\"x\":1}", "/kind /x"},
		{"{\"kind\":\"information\",\"reason\":\"r\",\"set\":{\"status\":\"actual\"}}",
		 "/set/status"},
		{"{\"kind\":\"information\",\"reason\":\"r\",\"set\":{\"child.given\":\"A\","
		 "\"vehicles.plate\":"
		 "\"B\","
		 "\"child.shoe\":\"C\"}}",
		 "/set/child.given /set/vehicles.plate /set/child.shoe"},
		{"{\"kind\":\"information\",\"reason\":\"r\",\"set\":{\"child.hair\":\"red\"},"
		 "\"remove\":[\"child.hair\"]}",
		 "/remove"},
		{"{\"kind\":\"information\",\"kind\":\"correction\"}", "/kind"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct problems problems;
		struct draft_update update;
		problems_init(&problems, arena);
		assert_false(draft_decode_update(text_of(WHOLE), text_of(rows[i].body), arena,
						 &update, &problems));
		check_pointers(&problems, rows[i].pointers);
	}
}

static struct words list(const char **items, size_t count)
{
	return (struct words){items, count};
}

static void areas_meet_along_the_tree(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool meet, a_within_b;
	} rows[] = {
		{"RS", "RS", true, true},         {"RS-06-NS", "RS", true, true},
		{"RS", "RS-06-NS", true, false},  {"RS", "HR", false, false},
		{"RS-06-NS", "HR", false, false}, {NULL, "HR", true, false},
		{"HR", NULL, true, true},         {"gone", "RS", false, false},
		{"gone", "gone", true, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *a[] = {rows[i].a};
		const char *b[] = {rows[i].b};
		struct words left = list(a, rows[i].a ? 1 : 0);
		struct words right = list(b, rows[i].b ? 1 : 0);
		assert_int_equal(areas_meet(&directory, &left, &right), rows[i].meet);
		assert_int_equal(areas_meet(&directory, &right, &left), rows[i].meet);
		assert_int_equal(areas_are_within(&directory, &left, &right), rows[i].a_within_b);
	}
}

static void only_taking_away_narrows(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	static const struct {
		const char *patch;
		bool narrows;
	} rows[] = {
		{"{}", true},
		{"{\"fields\":[\"child.given\"]}", true},
		{"{\"fields\":[\"child.given\",\"child.hair\"]}", false},
		{"{\"areas\":[\"RS-06-NS\"]}", true},
		{"{\"areas\":[\"RS\"]}", false},
		{"{\"areas\":[]}", false},
		{"{\"expires_at\":\"2026-11-24T12:00:00Z\"}", true},
		{"{\"expires_at\":\"2026-11-24T16:00:00Z\"}", false},
		{"{\"expires_at\":null}", false},
		{"{\"message\":{\"en\":null}}", true},
		{"{\"message\":{\"en\":\"Hello!\"}}", false},
		{"{\"message\":{\"sr-Cyrl\":\"Здраво\"}}", false},
		{"{\"tier\":\"regional\"}", false},
		{"{\"tier\":\"internal\"}", false},
		{"{\"policy\":\"wide\"}", false},
		{"{\"contact\":\"hotline\"}", false},
		{"{\"exclude\":{\"partners\":[\"p\",\"q\"]}}", true},
		{"{\"exclude\":{\"partners\":[]}}", false},
		{"{\"exclude\":{\"channels\":[\"d\"]}}", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct problems problems;
		struct draft old, draft;
		problems_init(&problems, arena);
		assert_true(draft_decode(text_of(WHOLE), arena, &old, &problems));
		assert_true(draft_patch(text_of(WHOLE), text_of(rows[i].patch), arena, &draft,
					&problems));
		if (draft_only_narrows(&old, &draft, &directory) != rows[i].narrows) {
			fail_msg("%s should %snarrow", rows[i].patch,
				 rows[i].narrows ? "" : "not ");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_in_canonical_form),
		cmocka_unit_test(tells_every_error_at_once),
		cmocka_unit_test(a_patch_merges),
		cmocka_unit_test(a_patch_cannot_turn_an_exercise_into_an_alert),
		cmocka_unit_test(asks_the_configuration),
		cmocka_unit_test(an_update_is_applied_to_the_approved_draft),
		cmocka_unit_test(an_update_may_say_little),
		cmocka_unit_test(a_wrong_update_is_told),
		cmocka_unit_test(areas_meet_along_the_tree),
		cmocka_unit_test(only_taking_away_narrows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
