/* Every rule of a report body: what is accepted, what is refused and where the error points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/report.h"

#define NOW INT64_C(1795449067000) /* 2026-11-23T16:31:07+01:00 */

static const char example[] =
	"{\"status\": \"exercise\", \"category\": \"lost\", \"source\": \"call\","
	" \"child\": {\"names\": [{\"script\": \"Latn\", \"given\": \"Đorđe\","
	" \"family\": \"Živković\"}, {\"script\": \"Cyrl\", \"given\": \"Ђорђе\","
	" \"family\": \"Живковић\"}], \"age\": 7, \"sex\": \"male\", \"height_cm\": 124,"
	" \"hair\": \"brown\", \"eyes\": \"blue\", \"clothing\": \"plava jakna, crvena kapa\"},"
	" \"last_seen\": {\"from\": \"2026-11-23T15:40:00+01:00\","
	" \"to\": \"2026-11-23T16:10:00+01:00\", \"place\": \"Novi Sad, Dunavski park\","
	" \"lat\": 45.2551, \"lon\": 19.8510, \"radius_km\": 1},"
	" \"circumstances\": \"Odvojio se od razreda na izletu.\","
	" \"reporter\": {\"name\": \"Vera Živković\", \"phone\": \"+381641234567\","
	" \"relation\": \"mother\"}}";

struct decoded {
	struct arena *arena;
	struct problems problems;
	struct report report;
	bool ok;
};

static void decode_bytes(struct decoded *decoded, const char *body, size_t len)
{
	*decoded = (struct decoded){.arena = arena_create()};
	problems_init(&decoded->problems, decoded->arena);
	decoded->ok = report_decode((struct bytes){body, len}, NOW, decoded->arena,
				    &decoded->report, &decoded->problems);
}

static void decode(struct decoded *decoded, const char *body)
{
	decode_bytes(decoded, body, strlen(body));
}

static void decoded_finish(struct decoded *decoded)
{
	arena_destroy(&decoded->arena);
}

static void test_the_example_is_accepted(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d, example);
	assert_true(d.ok);
	assert_int_equal(d.report.status, STATUS_EXERCISE);
	assert_true(d.report.has_status);
	assert_int_equal(d.report.category, REPORT_LOST);
	assert_int_equal(d.report.source, REPORT_CALL);
	assert_true(id_is_none(&d.report.case_id));
	assert_string_equal(d.report.case_ref, "");
	assert_int_equal(d.report.missing, REPORT_GAP_PHOTO);
	decoded_finish(&d);
}

static void test_circumstances_are_enough(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d, "{\"circumstances\": \" Nestala je. \"}");
	assert_true(d.ok);
	assert_int_equal(d.report.status, STATUS_ACTUAL);
	assert_false(d.report.has_status);
	assert_int_equal(d.report.category, REPORT_UNKNOWN);
	assert_int_equal(d.report.source, REPORT_CALL);
	assert_string_equal(d.report.canonical.data, "{\"circumstances\":\"Nestala je.\"}");
	assert_int_equal(d.report.missing & REPORT_GAP_GIVEN, REPORT_GAP_GIVEN);
	assert_int_equal(d.report.missing & REPORT_GAP_PLATE, 0);
	decoded_finish(&d);
}

static void test_canonical_is_sorted_and_without_blanks(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d, "{\"last_seen\": {\"lon\": 19.8510, \"lat\": 45.2551, \"place\": null},"
		   " \"circumstances\": \"x\", \"child\": {\"marks\": \"  \", \"names\": [{}]},"
		   " \"vehicles\": [], \"texts\": {\"en\": {\"marks\": \"scar\"}}}");
	assert_true(d.ok);
	assert_string_equal(
		d.report.canonical.data,
		"{\"circumstances\":\"x\",\"last_seen\":{\"lat\":45.2551,\"lon\":19.851},"
		"\"texts\":{\"en\":{\"marks\":\"scar\"}}}");
	decoded_finish(&d);
}

static void test_a_case_is_named_by_id_or_ref(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d,
	       "{\"circumstances\": \"x\", \"case_id\": \"01932f1e-7b5c-7abc-8def-0123456789ab\"}");
	assert_true(d.ok);
	assert_false(id_is_none(&d.report.case_id));
	assert_string_equal(d.report.case_ref, "");
	decoded_finish(&d);
	decode(&d, "{\"circumstances\": \"x\", \"case_id\": \"26-0147-t\"}");
	assert_true(d.ok);
	assert_true(id_is_none(&d.report.case_id));
	assert_string_equal(d.report.case_ref, "26-0147-T");
	decoded_finish(&d);
}

/* One body each, with exactly one error. */
static void test_each_rule_refuses(void **state)
{
	static const struct {
		const char *members; /* beside circumstances */
		const char *pointer;
		const char *detail; /* part of it */
	} rows[] = {
		{"\"nobody\": 1", "/nobody", "not known here"},
		{"\"child\": {\"name\": \"x\"}", "/child/name", "names"},
		{"\"child\": {\"a/b~c\": 1}", "/child/a~1b~0c", "not known"},
		{"\"child\": []", "/child", "object"},
		{"\"child\": \"x\"", "/child", "object"},
		{"\"vehicles\": [], \"vehicles\": []", "/vehicles", "twice"},
		{"\"child\": {\"age\": 7, \"age\": 8}", "/child/age", "twice"},
		{"\"child\": {\"age\": 7, \"\\u0061ge\": 7}", "/child/age", "twice"},
		{"\"vehicles\": [{}, {\"plate\": \"1\", \"plate\": \"2\"}]", "/vehicles/1/plate",
		 "twice"},
		{"\"status\": \"real\"", "/status", "actual, exercise, test"},
		{"\"category\": \"\\u0001\"", "/category", "control"},
		{"\"source\": \"fax\"", "/source", "call, chat, mail, web"},
		{"\"case_id\": \"26-0147-A\"", "/case_id", "ref of a case"},
		{"\"child\": {\"age\": \"7\"}", "/child/age", "whole number"},
		{"\"child\": {\"age\": 7.5}", "/child/age", "whole number"},
		{"\"child\": {\"age\": -1}", "/child/age", "between 0 and 120"},
		{"\"child\": {\"age_min\": 8, \"age_max\": 7}", "/child/age_min", "greater"},
		{"\"child\": {\"age\": 9, \"age_min\": 6, \"age_max\": 7}", "/child/age",
		 "not between"},
		{"\"child\": {\"age\": 7, \"born\": \"2012\"}", "/child/born", "cannot both"},
		{"\"child\": {\"born\": \"2027\"}", "/child/born", "later"},
		{"\"child\": {\"born\": \"2019-02-29\"}", "/child/born", "2019-04-17"},
		{"\"child\": {\"born\": \"2019-13\"}", "/child/born", "2019-04-17"},
		{"\"child\": {\"hair\": \"purple\"}", "/child/hair", "must be one of"},
		{"\"child\": {\"age_estimated\": 1}", "/child/age_estimated", "true or false"},
		{"\"child\": {\"languages\": [\"sr-Latn\", \"serbian language\"]}",
		 "/child/languages/1", "language tag"},
		{"\"child\": {\"names\": [{\"script\": \"Grek\"}]}", "/child/names/0/script",
		 "Latn, Cyrl"},
		{"\"child\": {\"names\": [{\"given\": \"two\\nlines\"}]}", "/child/names/0/given",
		 "control"},
		{"\"last_seen\": {\"lat\": 91, \"lon\": 1}", "/last_seen/lat",
		 "between -90 and 90"},
		{"\"last_seen\": {\"lat\": 45}", "/last_seen/lon", "lat and lon"},
		{"\"last_seen\": {\"from\": \"2026-10-25T02:30:00\"}", "/last_seen/from",
		 "clock goes back"},
		{"\"last_seen\": {\"from\": \"yesterday\"}", "/last_seen/from", "time with offset"},
		{"\"last_seen\": {\"from\": \"2026-11-23T16:00:00Z\","
		 " \"to\": \"2026-11-23T15:00:00Z\"}",
		 "/last_seen/to", "earlier"},
		{"\"texts\": {\"not a tag\": {}}", "/texts/not a tag", "language tag"},
		{"\"texts\": {\"en\": {\"hair\": \"x\"}}", "/texts/en/hair", "marks, clothing"},
		{"\"related\": [{\"case\": \"x\"}]", "/related/0/case", "ref of a case"},
	};
	char body[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decoded d;

		(void)snprintf(body, sizeof(body), "{\"circumstances\": \"x\", %s}",
			       rows[i].members);
		decode(&d, body);
		if (d.ok || d.problems.count != 1 ||
		    strcmp(d.problems.items[0].pointer, rows[i].pointer) != 0 ||
		    strstr(d.problems.items[0].detail, rows[i].detail) == NULL) {
			fail_msg("%s: %zu problems, first %s: %s", rows[i].members,
				 d.problems.count,
				 d.problems.count > 0 ? d.problems.items[0].pointer : "",
				 d.problems.count > 0 ? d.problems.items[0].detail : "");
		}
		decoded_finish(&d);
	}
}

static void test_bodies_that_are_no_object_are_refused(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		const char *pointer;
		const char *detail;
	} rows[] = {
		{"", 0, "", "empty"},
		{" \n", 2, "", "empty"},
		{"[]", 2, "", "must be an object"},
		{"7", 1, "", "not valid JSON"},
		{"{", 1, "", "not valid JSON"},
		{"{} x", 4, "", "not valid JSON"},
		{"{}", 2, "/circumstances", "required"},
		{"{\"circumstances\": \"\"}", 21, "/circumstances", "required"},
		{"{\"circumstances\": \"a\\u0000b\"}", 28, "", "\\u0000"},
		{"{\"circumstances\": \"\xff\"}", 22, "", "UTF-8"},
		{"{\"circumstances\": \"\\ud800\"}", 26, "", "not valid JSON"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decoded d;

		decode_bytes(&d, rows[i].body, rows[i].len);
		if (d.ok || strcmp(d.problems.items[0].pointer, rows[i].pointer) != 0 ||
		    strstr(d.problems.items[0].detail, rows[i].detail) == NULL) {
			fail_msg("%s: %s: %s", rows[i].body, d.problems.items[0].pointer,
				 d.problems.items[0].detail);
		}
		decoded_finish(&d);
	}
}

static void test_all_errors_are_told_at_once(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d, "{\"child\": {\"age\": \"x\", \"height_cm\": 1, \"foo\": 1},"
		   " \"last_seen\": {\"lat\": 91}, \"status\": \"x\", \"status\": \"y\"}");
	assert_false(d.ok);
	assert_int_equal(d.problems.count, 8);
	decoded_finish(&d);
}

/* A detail goes into logs and answers: it tells the rule, never what was written. */
static void test_details_do_not_repeat_values(void **state)
{
	struct decoded d;

	(void)state;
	decode(&d, "{\"child\": {\"born\": \"Zivkovic\", \"hair\": \"Zivkovic\"},"
		   " \"last_seen\": {\"from\": \"Zivkovic\"}, \"status\": \"Zivkovic\"}");
	assert_false(d.ok);
	for (size_t i = 0; i < d.problems.count; i++) {
		assert_null(strstr(d.problems.items[i].detail, "Zivkovic"));
	}
	decoded_finish(&d);
	decode(&d, "{\"circumstances\": \"Zivkovic\" \"Zivkovic\"}");
	assert_null(strstr(d.problems.items[0].detail, "Zivkovic"));
	decoded_finish(&d);
}

static void test_texts_are_bounded(void **state)
{
	AUTO(buf) struct buf body = {0};
	struct decoded d;

	(void)state;
	for (size_t len = LIMIT_TEXT_BYTES; len <= LIMIT_TEXT_BYTES + 1; len++) {
		buf_reset(&body);
		buf_add_text(&body, "{\"circumstances\":\"");
		for (size_t i = 0; i < len; i++) {
			buf_add_text(&body, "x");
		}
		buf_add_text(&body, "\"}");
		decode_bytes(&d, body.data, body.len);
		assert_int_equal(d.ok, len == LIMIT_TEXT_BYTES);
		decoded_finish(&d);
	}
}

static void test_lists_are_bounded(void **state)
{
	AUTO(buf) struct buf body = {0};
	struct decoded d;

	(void)state;
	for (int count = LIMIT_LIST_ITEMS; count <= LIMIT_LIST_ITEMS + 1; count++) {
		buf_reset(&body);
		buf_add_text(&body, "{\"circumstances\":\"x\",\"vehicles\":[");
		for (int i = 0; i < count; i++) {
			buf_add_text(&body, i == 0 ? "{\"make\":\"VW\"}" : ",{\"make\":\"VW\"}");
		}
		buf_add_text(&body, "]}");
		decode_bytes(&d, body.data, body.len);
		assert_int_equal(d.ok, count == LIMIT_LIST_ITEMS);
		decoded_finish(&d);
	}
}

static void test_depth_is_bounded(void **state)
{
	char body[LIMIT_BODY_BYTES / 16];
	struct decoded d;

	(void)state;
	memset(body, '[', sizeof(body));
	memset(body + sizeof(body) / 2, ']', sizeof(body) / 2);
	decode_bytes(&d, body, sizeof(body));
	assert_false(d.ok);
	assert_non_null(strstr(d.problems.items[0].detail, "deeper than"));
	decoded_finish(&d);
}

/* A quarter of a megabyte of nothing but errors costs a bounded list. */
static void test_many_errors_are_counted(void **state)
{
	AUTO(buf) struct buf body = {0};
	struct decoded d;

	(void)state;
	buf_add_text(&body, "{");
	for (int i = 0; i < 250; i++) {
		buf_printf(&body, "\"k%d\":{},", i);
	}
	buf_add_text(&body, "\"circumstances\":\"x\"}");
	decode_bytes(&d, body.data, body.len);
	assert_false(d.ok);
	assert_int_equal(d.problems.count, LIMIT_FIELD_ERRORS);
	assert_int_equal(d.problems.more, 250 - LIMIT_FIELD_ERRORS);
	decoded_finish(&d);
}

static void test_gaps_are_named_by_release_fields(void **state)
{
	static const struct {
		const char *members;
		uint32_t filled;
	} rows[] = {
		{"\"child\":{\"names\":[{\"given\":\"x\"}]}", REPORT_GAP_GIVEN},
		{"\"child\":{\"born\":\"2019\"}", 0}, /* it is never released */
		{"\"child\":{\"age_min\":6}", REPORT_GAP_AGE},
		{"\"child\":{\"sex\":\"female\"}", REPORT_GAP_SEX},
		{"\"child\":{\"sex\":\"unknown\"}", 0},
		{"\"child\":{\"height_cm\":120}", REPORT_GAP_HEIGHT},
		{"\"child\":{\"hair_text\":\"x\"}", REPORT_GAP_HAIR},
		{"\"child\":{\"eyes\":\"blue\"}", REPORT_GAP_EYES},
		{"\"child\":{\"clothing\":\"x\"}", REPORT_GAP_CLOTHING},
		{"\"last_seen\":{\"to\":\"2026-11-23T16:00:00Z\"}", REPORT_GAP_SEEN_FROM},
		{"\"last_seen\":{\"lat\":1,\"lon\":1}", REPORT_GAP_SEEN_PLACE},
	};
	const uint32_t all = (REPORT_GAP_PHOTO << 1) - 1 - REPORT_GAP_PLATE;
	char body[256];
	struct decoded d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(body, sizeof(body), "{\"circumstances\":\"x\",%s}", rows[i].members);
		decode(&d, body);
		assert_true(d.ok);
		assert_int_equal(d.report.missing, all & ~rows[i].filled);
		decoded_finish(&d);
	}
	decode(&d, "{\"circumstances\":\"x\",\"vehicles\":[{\"make\":\"VW\"}]}");
	assert_int_equal(d.report.missing & REPORT_GAP_PLATE, REPORT_GAP_PLATE);
	decoded_finish(&d);
	for (uint32_t gap = 1; gap <= REPORT_GAP_PHOTO; gap <<= 1) {
		assert_string_not_equal(release_name(report_gap_field((enum report_gap)gap)), "?");
		assert_int_equal(report_gap_fields(gap),
				 RELEASE_BIT(report_gap_field((enum report_gap)gap)));
	}
}

static void test_words_go_both_ways(void **state)
{
	(void)state;
	for (int i = REPORT_RUNAWAY; i <= REPORT_HISTORIC; i++) {
		const char *word = report_category_name((enum report_category)i);

		assert_int_equal(report_category_parse(word), i);
	}
	for (int i = REPORT_CALL; i <= REPORT_WEB; i++) {
		assert_int_equal(report_source_parse(report_source_name((enum report_source)i)), i);
	}
	assert_string_equal(report_category_name(REPORT_HISTORIC), "historic");
	assert_string_equal(report_source_name(REPORT_WEB), "web");
	assert_int_equal(report_category_parse("fun"), 0);
	assert_string_equal(report_category_name((enum report_category)0), "?");
}

/* Prefixes of a good body, and the body with one byte changed: the fuzzer's floor. */
static void test_damaged_bodies_are_safe(void **state)
{
	char body[sizeof(example)];

	(void)state;
	for (size_t len = 0; len < sizeof(example); len++) {
		report_fuzz((const uint8_t *)example, len);
	}
	for (size_t i = 0; i + 1 < sizeof(example); i++) {
		memcpy(body, example, sizeof(example));
		body[i] = (char)(body[i] ^ (1 << (i % 8)));
		report_fuzz((const uint8_t *)body, sizeof(example) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_is_accepted),
		cmocka_unit_test(test_circumstances_are_enough),
		cmocka_unit_test(test_canonical_is_sorted_and_without_blanks),
		cmocka_unit_test(test_a_case_is_named_by_id_or_ref),
		cmocka_unit_test(test_each_rule_refuses),
		cmocka_unit_test(test_bodies_that_are_no_object_are_refused),
		cmocka_unit_test(test_all_errors_are_told_at_once),
		cmocka_unit_test(test_details_do_not_repeat_values),
		cmocka_unit_test(test_texts_are_bounded),
		cmocka_unit_test(test_lists_are_bounded),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_many_errors_are_counted),
		cmocka_unit_test(test_gaps_are_named_by_release_fields),
		cmocka_unit_test(test_words_go_both_ways),
		cmocka_unit_test(test_damaged_bodies_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
