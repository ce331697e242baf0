/* The case truth: who may change what, and where each field came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/casefile.h"

#define NOW INT64_C(1795449067000) /* 2026-11-23T16:31:07+01:00 */

struct fixture {
	struct arena *arena;
	struct buf truth;
	int reports;
	uint64_t changed;
	struct casefile_patched patched;
	struct problems problems;
	struct error err;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->arena = arena_create();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_destroy(&f->arena);
	buf_finish(&f->truth);
	free(f);
	return 0;
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static struct bytes truth_of(const struct fixture *f)
{
	return (struct bytes){buf_text(&f->truth), f->truth.len};
}

/* Ids that can be told apart in a text: 00000001-..., 00000002-... */
static struct id report_id(int number)
{
	struct id id = {{0}};

	id.bytes[3] = (uint8_t)number;
	id.bytes[15] = 1;
	return id;
}

static struct report decode(struct fixture *f, const char *members)
{
	struct report report;
	char *body = arena_printf(f->arena, "{\"circumstances\":\"x\"%s%s}",
				  *members == '\0' ? "" : ",", members);

	problems_init(&f->problems, f->arena);
	if (!report_decode(bytes_of(body), NOW, f->arena, &report, &f->problems)) {
		fail_msg("%s: %s %s", members, f->problems.items[0].pointer,
			 f->problems.items[0].detail);
	}
	return report;
}

static void create(struct fixture *f, const char *members)
{
	struct report report = decode(f, members);
	struct id id = report_id(++f->reports);

	buf_reset(&f->truth);
	assert_true(casefile_create(&report, &id, &f->truth, &f->err));
}

static void replace(struct fixture *f, struct buf *after)
{
	buf_finish(&f->truth);
	f->truth = *after;
}

static void add_report(struct fixture *f, const char *members)
{
	struct report report = decode(f, members);
	struct id id = report_id(++f->reports);
	struct buf after = {0};

	assert_true(casefile_add_report(truth_of(f), &report, &id, &after, &f->changed, &f->err));
	replace(f, &after);
}

static bool try_patch(struct fixture *f, const char *body)
{
	struct casefile_patch patch = {bytes_of(body), "vera", NOW};
	struct buf after = {0};
	bool ok;

	problems_init(&f->problems, f->arena);
	ok = casefile_patch(truth_of(f), &patch, f->arena, &after, &f->patched, &f->problems,
			    &f->err);
	if (ok) {
		replace(f, &after);
	}
	assert_true(ok || after.len == 0);
	return ok;
}

static void patch(struct fixture *f, const char *members)
{
	char *body = arena_printf(f->arena, "{\"reason\":\"call back\",%s}", members);

	if (!try_patch(f, body)) {
		fail_msg("%s: %s", members, f->err.text);
	}
}

static void assert_truth(const struct fixture *f, const char *expected)
{
	assert_string_equal(buf_text(&f->truth), expected);
}

static void assert_has(const struct fixture *f, const char *part)
{
	if (strstr(buf_text(&f->truth), part) == NULL) {
		fail_msg("%s is not in %s", part, buf_text(&f->truth));
	}
}

static void assert_lacks(const struct fixture *f, const char *part)
{
	if (strstr(buf_text(&f->truth), part) != NULL) {
		fail_msg("%s is in %s", part, buf_text(&f->truth));
	}
}

#define FIRST  "00000001-0000-0000-0000-000000000001"
#define SECOND "00000002-0000-0000-0000-000000000001"

static void test_the_first_report_makes_the_truth(void **state)
{
	struct fixture *f = *state;

	create(f, "\"source\":\"chat\",\"category\":\"lost\",\"child\":{\"age\":7},"
		  "\"reporter\":{\"name\":\"Vera\"}");
	assert_truth(f, "{\"fields\":{\"category\":\"lost\",\"child\":{\"age\":7},"
			"\"circumstances\":\"x\",\"status\":\"actual\"},"
			"\"reporters\":{\"" FIRST "\":{\"name\":\"Vera\"}},"
			"\"sources\":{\"category\":\"" FIRST "\",\"child.age\":\"" FIRST "\","
			"\"circumstances\":\"" FIRST "\"}}");
}

static void test_a_further_report_fills_gaps(void **state)
{
	struct fixture *f = *state;

	create(f, "\"child\":{\"age\":7}");
	add_report(f, "\"category\":\"runaway\",\"child\":{\"age\":9,\"sex\":\"male\"},"
		      "\"last_seen\":{\"place\":\"Liman\"},\"vehicles\":[{\"make\":\"VW\"}],"
		      "\"reporter\":{\"phone\":\"021\"}");
	assert_has(f, "\"age\":7");
	assert_has(f, "\"sex\":\"male\"");
	assert_has(f, "\"category\":\"runaway\"");
	assert_has(f, "\"place\":\"Liman\"");
	assert_has(f, "\"child.sex\":\"" SECOND "\"");
	assert_has(f, "\"child.age\":\"" FIRST "\"");
	assert_has(f, "\"" SECOND "\":{\"phone\":\"021\"}");
	assert_int_equal(f->changed, RELEASE_BIT(RELEASE_SEX) | RELEASE_BIT(RELEASE_CATEGORY) |
					     RELEASE_BIT(RELEASE_SEEN_PLACE) |
					     RELEASE_BIT(RELEASE_VEHICLE_MAKE));
}

static void test_a_report_cannot_change_what_is_known(void **state)
{
	struct fixture *f = *state;

	create(f, "\"category\":\"lost\",\"child\":{\"hair\":\"brown\"},"
		  "\"vehicles\":[{\"make\":\"VW\"}]");
	add_report(f, "\"category\":\"runaway\",\"child\":{\"hair\":\"black\",\"hair_text\":\"x\"},"
		      "\"vehicles\":[{\"plate\":\"NS 123\"}]");
	assert_int_equal(f->changed, 0);
	assert_lacks(f, "hair_text");
	assert_lacks(f, "NS 123");
	assert_has(f, "\"category\":\"lost\"");
}

static void test_what_an_operator_took_away_stays_away(void **state)
{
	struct fixture *f = *state;

	create(f, "\"child\":{\"hair\":\"brown\",\"age\":7}");
	patch(f, "\"child\":{\"hair\":null}");
	assert_lacks(f, "brown");
	add_report(f, "\"child\":{\"hair\":\"black\",\"eyes\":\"blue\"}");
	assert_lacks(f, "black");
	assert_has(f, "\"eyes\":\"blue\"");
	assert_has(f, "\"child.hair\":\"person:vera\"");
}

/* A report that cannot be true together with the truth still gives what it can. */
static void test_contradicting_ages_are_not_filled(void **state)
{
	struct fixture *f = *state;

	create(f, "\"child\":{\"age\":7}");
	add_report(f, "\"child\":{\"born\":\"2009-01-01\",\"sex\":\"female\"}");
	assert_lacks(f, "born");
	assert_has(f, "female");
	add_report(f, "\"child\":{\"born\":\"2019-01-01\"}");
	assert_has(f, "\"born\":\"2019-01-01\"");
}

static void test_names_are_filled_without_contradiction(void **state)
{
	struct fixture *f = *state;

	create(f, "\"child\":{\"names\":[{\"script\":\"Latn\",\"given\":\"Đorđe\"}]}");
	add_report(f, "\"child\":{\"names\":[{\"script\":\"Latn\",\"given\":\"Marko\","
		      "\"family\":\"Petrović\"}]}");
	assert_lacks(f, "Petrović");
	add_report(f, "\"child\":{\"names\":[{\"script\":\"Latn\",\"given\":\"Đorđe\","
		      "\"family\":\"Živković\"},{\"kind\":\"nickname\",\"given\":\"Đole\"}]}");
	assert_has(f, "{\"family\":\"Živković\",\"given\":\"Đorđe\",\"script\":\"Latn\"}");
	assert_has(f, "{\"given\":\"Đole\",\"kind\":\"nickname\"}");
	assert_int_equal(f->changed, RELEASE_BIT(RELEASE_FAMILY) | RELEASE_BIT(RELEASE_NICKNAME));
	assert_has(f, "\"child.given\":\"" FIRST "\"");
}

static void test_a_case_without_names_takes_all(void **state)
{
	struct fixture *f = *state;

	create(f, "");
	add_report(f, "\"child\":{\"names\":[{\"script\":\"Latn\",\"given\":\"Ana\"},"
		      "{\"script\":\"Cyrl\",\"given\":\"Ана\"}]}");
	assert_has(f, "[{\"given\":\"Ana\",\"script\":\"Latn\"},"
		      "{\"given\":\"Ана\",\"script\":\"Cyrl\"}]");
}

static void test_a_patch_is_a_merge_patch(void **state)
{
	struct fixture *f = *state;

	create(f, "\"child\":{\"age\":7,\"hair\":\"brown\",\"marks\":\"ožiljak\"},"
		  "\"vehicles\":[{\"make\":\"VW\"},{\"make\":\"Fiat\"}]");
	patch(f, "\"child\":{\"age\":8,\"hair\":null,\"marks\":\" \"},"
		 "\"vehicles\":[{\"plate\":\"NS 1\"}],\"category\":\"migrant\"");
	assert_string_equal(f->patched.reason, "call back");
	assert_int_equal(f->patched.category, REPORT_MIGRANT);
	assert_int_equal(f->patched.changed, RELEASE_BIT(RELEASE_AGE) | RELEASE_BIT(RELEASE_HAIR) |
						     RELEASE_BIT(RELEASE_MARKS) |
						     RELEASE_BIT(RELEASE_VEHICLE_MAKE) |
						     RELEASE_BIT(RELEASE_VEHICLE_PLATE) |
						     RELEASE_BIT(RELEASE_CATEGORY));
	assert_has(f, "\"child\":{\"age\":8}");
	assert_has(f, "\"vehicles\":[{\"plate\":\"NS 1\"}]");
	assert_has(f, "\"child.age\":\"person:vera\"");
	assert_has(f, "\"circumstances\":\"" FIRST "\"");
	patch(f, "\"category\":null");
	assert_int_equal(f->patched.category, REPORT_UNKNOWN);
}

static void test_a_patch_without_effect_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char *before;

	create(f, "\"child\":{\"age\":7}");
	before = arena_strdup(f->arena, buf_text(&f->truth));
	patch(f, "\"child\":{\"age\":7}");
	assert_int_equal(f->patched.changed, 0);
	assert_truth(f, before);
}

static void test_a_wrong_patch_is_refused_with_pointers(void **state)
{
	static const struct {
		const char *body;
		const char *pointer;
		const char *detail;
	} rows[] = {
		{"{\"child\":{\"age\":8}}", "/reason", "required"},
		{"{\"reason\":\" \",\"child\":{\"age\":8}}", "/reason", "required"},
		{"{\"reason\":7}", "/reason", "text"},
		{"{\"reason\":\"x\",\"status\":\"test\"}", "/status", "cannot be changed"},
		{"{\"reason\":\"x\",\"source\":\"web\"}", "/source", "report"},
		{"{\"reason\":\"x\",\"case_id\":null}", "/case_id", "report"},
		{"{\"reason\":\"x\",\"reporter\":{}}", "/reporter", "further report"},
		{"{\"reason\":\"x\",\"child\":{\"age\":\"8\"}}", "/child/age", "whole number"},
		{"{\"reason\":\"x\",\"child\":\"\"}", "/child", "object"},
		{"{\"reason\":\"x\",\"child\":{\"names\":\"\"}}", "/child/names", "list"},
		{"{\"reason\":\"x\",\"nobody\":1}", "/nobody", "not known"},
		{"{\"reason\":\"x\",\"circumstances\":null}", "/circumstances", "required"},
		{"{\"reason\":\"x\",\"child\":{\"age_min\":9}}", "/child/age", "not between"},
		{"{\"reason\":\"x\",\"last_seen\":{\"lat\":1}}", "/last_seen/lon", "lat and lon"},
		{"{\"reason\":\"x\",\"reason\":\"y\"}", "/reason", "twice"},
		{"[]", "", "object"},
		{"", "", "empty"},
	};
	struct fixture *f = *state;
	char *before;

	create(f, "\"child\":{\"age\":7}");
	before = arena_strdup(f->arena, buf_text(&f->truth));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (try_patch(f, rows[i].body)) {
			fail_msg("%s is accepted", rows[i].body);
		}
		assert_int_equal(f->err.code, ERROR_INVALID);
		assert_string_equal(f->problems.items[0].pointer, rows[i].pointer);
		assert_non_null(strstr(f->problems.items[0].detail, rows[i].detail));
		assert_truth(f, before);
	}
}

static void test_names_of_an_exercise_are_marked(void **state)
{
	struct fixture *f = *state;

	create(f, "\"status\":\"exercise\",\"child\":{\"names\":["
		  "{\"script\":\"Latn\",\"given\":\"Đorđe\",\"family\":\"Živković\"},"
		  "{\"script\":\"Cyrl\",\"given\":\"Ђорђе\"},{\"given\":\"Ђоле\"},"
		  "{\"family\":\"Živković\"}]}");
	assert_has(f, "\"family\":\"Živković\",\"given\":\"VEŽBA Đorđe\"");
	assert_has(f, "\"ВЕЖБА Ђорђе\"");
	assert_has(f, "\"ВЕЖБА Ђоле\"");
	assert_has(f, "{\"family\":\"VEŽBA Živković\"}");
	patch(f, "\"child\":{\"names\":[{\"given\":\"VEŽBA Đorđe\"},{\"given\":\"Ana\"}]}");
	assert_has(f, "[{\"given\":\"VEŽBA Đorđe\"},{\"given\":\"VEŽBA Ana\"}]");
	add_report(f, "\"status\":\"exercise\",\"child\":{\"names\":[{\"given\":\"Ana\","
		      "\"family\":\"Ilić\"},{\"kind\":\"nickname\",\"given\":\"Anči\"}]}");
	assert_has(f, "{\"given\":\"VEŽBA Anči\",\"kind\":\"nickname\"}");
	assert_lacks(f, "VEŽBA VEŽBA");
}

static void test_marks_follow_the_status(void **state)
{
	struct fixture *f = *state;
	char longest[LIMIT_SHORT_TEXT_BYTES + 1];

	create(f, "\"status\":\"test\",\"child\":{\"names\":[{\"given\":\"Ana\"}]}");
	assert_has(f, "\"TEST Ana\"");
	create(f, "\"child\":{\"names\":[{\"given\":\"Ana\"}]}");
	assert_has(f, "\"given\":\"Ana\"");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	create(f, arena_printf(f->arena,
			       "\"status\":\"test\",\"child\":{\"names\":[{\"given\":\"%s\"}]}",
			       longest));
	patch(f, "\"child\":{\"age\":7}");
	assert_has(f, "\"TEST aaa");
}

static void test_reporters_are_bounded(void **state)
{
	struct fixture *f = *state;

	create(f, "\"reporter\":{\"name\":\"first\"}");
	for (int i = 0; i < LIMIT_LIST_ITEMS + 3; i++) {
		add_report(f, "\"reporter\":{\"name\":\"other\"}");
	}
	assert_has(f, "\"first\"");
	assert_lacks(f, "\"00000042-");
}

static void test_facts_tell_ages(void **state)
{
	static const struct {
		const char *child;
		int low, high;
		bool is_adult, may_be_adult;
	} rows[] = {
		{"", 0, -1, false, false},
		{"\"age\":7", 7, 7, false, false},
		{"\"age\":17", 17, 17, false, false},
		{"\"age\":18", 18, 18, true, true},
		{"\"age_min\":16,\"age_max\":19", 16, 19, false, true},
		{"\"age_min\":18", 18, -1, true, true},
		{"\"age_max\":20", 0, 20, false, true},
		{"\"born\":\"2008-11-23\"", 18, 18, true, true},
		{"\"born\":\"2008-11-24\"", 17, 17, false, false},
		{"\"born\":\"2008\"", 17, 18, false, true},
		{"\"born\":\"2008-11\"", 17, 18, false, true},
		{"\"born\":\"1975\"", 50, 51, true, true},
		{"\"born\":\"2026\"", 0, 0, false, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct casefile_facts facts;

		create(f, arena_printf(f->arena, "\"category\":\"historic\",\"child\":{%s}",
				       rows[i].child));
		assert_true(casefile_read_facts(truth_of(f), NOW, &facts, &f->err));
		assert_int_equal(facts.age_low, rows[i].low);
		assert_int_equal(facts.age_high, rows[i].high);
		assert_int_equal(casefile_is_adult(&facts), rows[i].is_adult);
		assert_int_equal(casefile_may_be_adult(&facts), rows[i].may_be_adult);
		assert_int_equal(facts.category, REPORT_HISTORIC);
		assert_int_equal(facts.status, STATUS_ACTUAL);
	}
}

/* Role by view, by hand from CONTRACT "Who sees what". */
static void test_each_role_has_its_view(void **state)
{
	static const struct {
		enum role role;
		enum casefile_view view;
	} rows[] = {
		{ROLE_OPERATOR, CASEFILE_FULL},    {ROLE_APPROVER, CASEFILE_FULL},
		{ROLE_AUTHORITY, CASEFILE_HIDDEN}, {ROLE_AUDITOR, CASEFILE_REDACTED},
		{ROLE_ADMIN, CASEFILE_STATES},     {ROLE_PARTNER, CASEFILE_HIDDEN},
		{(enum role)0, CASEFILE_HIDDEN},   {(enum role)99, CASEFILE_HIDDEN},
	};
	static const char *const rendered[] = {
		[CASEFILE_HIDDEN] = "{}",
		[CASEFILE_STATES] = "{\"category\":\"lost\",\"status\":\"actual\"}",
		[CASEFILE_REDACTED] =
			"{\"category\":\"lost\",\"child\":{\"age\":\"[redacted]\",\"names\":["
			"{\"given\":\"[redacted]\"}]},\"circumstances\":\"[redacted]\","
			"\"reporters\":{\"" FIRST "\":{\"name\":\"[redacted]\"}},\"sources\":{"
			"\"category\":\"" FIRST "\",\"child.age\":\"" FIRST
			"\",\"child.given\":\"" FIRST "\",\"circumstances\":\"" FIRST
			"\"},\"status\":\"actual\"}",
		[CASEFILE_FULL] =
			"{\"category\":\"lost\",\"child\":{\"age\":7,\"names\":[{\"given\":\"Ana\"}"
			"]},"
			"\"circumstances\":\"x\",\"reporters\":{\"" FIRST "\":{\"name\":\"Vera\"}},"
			"\"sources\":{\"category\":\"" FIRST "\",\"child.age\":\"" FIRST "\","
			"\"child.given\":\"" FIRST "\",\"circumstances\":\"" FIRST "\"},"
			"\"status\":\"actual\"}",
	};
	struct fixture *f = *state;

	create(f, "\"category\":\"lost\",\"child\":{\"age\":7,\"names\":[{\"given\":\"Ana\"}]},"
		  "\"reporter\":{\"name\":\"Vera\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf out = {0};

		assert_int_equal(casefile_view_of(rows[i].role), rows[i].view);
		assert_true(casefile_render(truth_of(f), rows[i].view, &out, &f->err));
		assert_string_equal(buf_text(&out), rendered[rows[i].view]);
	}
}

static void test_search_finds_names_and_phones(void **state)
{
	static const struct {
		const char *query;
		bool found;
	} rows[] = {
		{"djordje zivkovic", true},
		{"Ђорђе Živković", true},
		{"đole", true},
		{"vera", true},
		{"064 123", true},
		{"+38164123", true},
		{"petar", true},
		{"milan", true},
		{"021/450", true},
		{"nikola", true},
		{"plava", false},
		{"liman", false},
		{"", false},
		{"0649", false},
		{"novak", false},
	};
	struct fixture *f = *state;

	create(f, "\"child\":{\"names\":[{\"script\":\"Cyrl\",\"given\":\"Ђорђе\"},"
		  "{\"script\":\"Latn\",\"family\":\"Živković\"},"
		  "{\"kind\":\"nickname\",\"given\":\"Đole\"}],\"clothing\":\"plava\"},"
		  "\"last_seen\":{\"place\":\"Liman\"},\"reporter\":{\"name\":\"Vera\","
		  "\"phone\":\"064/123-4567\"},\"guardians\":[{\"name\":\"Petar\"}],"
		  "\"companions\":[{\"name\":\"Milan\"}],\"police\":{\"officer\":\"Nikola\","
		  "\"phone\":\"021450500\"}");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold_query query;

		fold_query_init(&query, bytes_of(rows[i].query));
		if (casefile_matches(truth_of(f), &query) != rows[i].found) {
			fail_msg("query \"%s\"", rows[i].query);
		}
	}
}

static void test_a_title_is_the_first_name(void **state)
{
	struct fixture *f = *state;
	AUTO(buf) struct buf out = {0};

	create(f, "\"child\":{\"names\":[{\"family\":\"Živković\",\"given\":\"Đorđe\"},"
		  "{\"given\":\"Ђорђе\"}]}");
	assert_true(casefile_title(truth_of(f), &out, &f->err));
	assert_string_equal(buf_text(&out), "Đorđe Živković");
	buf_reset(&out);
	create(f, "");
	assert_true(casefile_title(truth_of(f), &out, &f->err));
	assert_int_equal(out.len, 0);
}

static void test_what_is_no_truth_is_an_error(void **state)
{
	static const char *const bad[] = {"",
					  "{",
					  "[]",
					  "{}",
					  "{\"fields\":{}}",
					  "{\"fields\":{},\"reporters\":[],\"sources\":{}}"};
	struct fixture *f = *state;
	struct report report = decode(f, "");
	struct id id = report_id(1);
	struct fold_query query;

	fold_query_init(&query, bytes_of("ana"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf) struct buf out = {0};
		struct casefile_facts facts;

		f->err = (struct error){.code = ERROR_NONE};
		assert_false(casefile_add_report(bytes_of(bad[i]), &report, &id, &out, &f->changed,
						 &f->err));
		assert_int_equal(f->err.code, ERROR_INTERNAL);
		assert_false(casefile_render(bytes_of(bad[i]), CASEFILE_FULL, &out, &f->err));
		assert_false(casefile_read_facts(bytes_of(bad[i]), NOW, &facts, &f->err));
		assert_false(casefile_title(bytes_of(bad[i]), &out, &f->err));
		assert_false(casefile_matches(bytes_of(bad[i]), &query));
		assert_int_equal(out.len, 0);
		buf_reset(&f->truth);
		buf_add_text(&f->truth, bad[i]);
		assert_false(try_patch(f, "{\"reason\":\"x\",\"child\":{\"age\":7}}"));
		assert_int_equal(f->err.code, ERROR_INTERNAL);
	}
}

/* The two ways to a new case's truth: from the canonical report, and in the pass that decodes it.
 */
static void test_one_pass_gives_the_same_truth(void **state)
{
	static const char *const bodies[] = {
		"{\"circumstances\":\"x\"}",
		"{\"circumstances\":\"x\",\"status\":\"exercise\",\"source\":\"chat\",\"child\":{"
		"\"names\":[{\"script\":\"Latn\",\"given\":\"Đorđe\"}],\"age\":7},\"reporter\":{"
		"\"name\":\"Vera\"},\"last_seen\":{\"lat\":45.2551,\"lon\":19.85}}",
	};
	struct fixture *f = *state;
	struct id id = report_id(1);

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		AUTO(buf) struct buf slow = {0};
		AUTO(buf) struct buf fast = {0};
		struct report report;

		problems_init(&f->problems, f->arena);
		assert_true(
			report_decode(bytes_of(bodies[i]), NOW, f->arena, &report, &f->problems));
		assert_int_equal(report.truth.len, 0);
		assert_true(casefile_create(&report, &id, &slow, &f->err));
		assert_true(report_decode_new(bytes_of(bodies[i]), NOW, &id, f->arena, &report,
					      &f->problems));
		assert_int_equal(report.canonical.len, 0);
		assert_true(casefile_create(&report, &id, &fast, &f->err));
		assert_string_equal(buf_text(&fast), buf_text(&slow));
	}
}

static void test_evidence_keeps_its_canonical_text(void **state)
{
	struct fixture *f = *state;
	struct id id = report_id(1);
	struct report report;

	problems_init(&f->problems, f->arena);
	assert_true(
		report_decode_new(bytes_of("{\"circumstances\":\"x\",\"case_id\":\"26-0147-T\"}"),
				  NOW, &id, f->arena, &report, &f->problems));
	assert_int_equal(report.truth.len, 0);
	assert_true(report.canonical.len > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_report_makes_the_truth),
		TEST(test_one_pass_gives_the_same_truth),
		TEST(test_evidence_keeps_its_canonical_text),
		TEST(test_a_further_report_fills_gaps),
		TEST(test_a_report_cannot_change_what_is_known),
		TEST(test_what_an_operator_took_away_stays_away),
		TEST(test_contradicting_ages_are_not_filled),
		TEST(test_names_are_filled_without_contradiction),
		TEST(test_a_case_without_names_takes_all),
		TEST(test_a_patch_is_a_merge_patch),
		TEST(test_a_patch_without_effect_changes_nothing),
		TEST(test_a_wrong_patch_is_refused_with_pointers),
		TEST(test_names_of_an_exercise_are_marked),
		TEST(test_marks_follow_the_status),
		TEST(test_reporters_are_bounded),
		TEST(test_facts_tell_ages),
		TEST(test_each_role_has_its_view),
		TEST(test_search_finds_names_and_phones),
		TEST(test_a_title_is_the_first_name),
		TEST(test_what_is_no_truth_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
