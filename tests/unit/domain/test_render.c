/* Covers render.c, compose.c and compose_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/release.h"
#include "domain/render.h"
#include "golden.h"

#define NOON INT64_C(1795447867000) /* 2026-11-23T16:31:07+01:00 */
#define DAY  (INT64_C(24) * 3600 * 1000)

static const struct directory directory = {.public_url = "https://alerts.example.org/",
					   .timezone = "Europe/Belgrade"};
static const struct contact contact = {"hotline", "116000"};
static const char *const areas[] = {"RS-06"};
#define CHILD "{\"child\":{\"age\":7,\"names\":[{\"given\":\"Đorđe\",\"script\":\"Latn\"}]}}"
static const struct render_case cases[] = {{"26-0146-S", {CHILD, sizeof(CHILD) - 1}},
					   {"26-0148-U", {"{}", 2}}};
static const struct render_text texts[] = {
	{"sr-Latn", "Dečak (7), plava jakna, \"crvena\" kapa.\nViđen u parku."},
	{"sr-Cyrl", "Дечак (7), плава јакна."},
	{"en", NULL},
};
static const struct splice_values values = {
	.timestamp_utc_ms = NOON,
	.issued_utc_ms = NOON - 60000,
	.expires_utc_ms = NOON + DAY,
	.end_utc_ms = NOON,
	.version = 3,
	.seq = 12,
	.zone = "Europe/Belgrade",
};

static struct render_alert example(void)
{
	return (struct render_alert){
		.directory = &directory,
		.alert = "01930000-0000-7000-8000-000000000001",
		.ref = "26-0147-T",
		.version = 1,
		.kind = VERSION_ISSUE,
		.status = STATUS_EXERCISE,
		.tier = TIER_RESTRICTED,
		.cases = cases,
		.case_count = ARRAY_LEN(cases),
		.texts = texts,
		.text_count = ARRAY_LEN(texts),
		.contact = &contact,
		.areas = {(const char **)areas, 1},
	};
}

static void check(const char *name, const struct render_alert *alert, enum medium medium,
		  const struct splice_values *with)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf body = {0};
	struct rendered rendered;
	char path[128];

	render_alert(alert, medium, arena, &rendered);
	render_splice(&rendered, with, &body);
	snprintf(path, sizeof(path), "render/%s", name);
	golden_check(path, body.data, body.len);
}

static void renders_the_webhook_of_the_examples(void **state)
{
	(void)state;
	struct render_alert alert = example();
	check("issue.json", &alert, MEDIUM_JSON, &values);
	alert.version = 2;
	alert.kind = VERSION_CORRECTION;
	alert.status = STATUS_ACTUAL;
	alert.tier = TIER_REGIONAL;
	alert.is_public = true;
	alert.contact = NULL;
	alert.changed = RELEASE_BIT(RELEASE_CLOTHING);
	alert.retracted = RELEASE_BIT(RELEASE_CLOTHING) | RELEASE_BIT(RELEASE_HAIR);
	check("correction.json", &alert, MEDIUM_JSON, &values);
	alert.message = MESSAGE_END_RESOLVED;
	check("end-resolved.json", &alert, MEDIUM_JSON, &values);
	alert.kind = VERSION_RESUME;
	alert.message = MESSAGE_VERSION;
	alert.retracted = 0;
	struct splice_values unknown = {.zone = "Europe/Belgrade", .is_preview = true};
	check("update-preview.json", &alert, MEDIUM_JSON, &unknown);
}

static void renders_plain_text_in_every_language(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum version_kind kind;
		enum alert_status status;
		enum message message;
	} rows[] = {
		{"issue.txt", VERSION_ISSUE, STATUS_ACTUAL, MESSAGE_VERSION},
		{"issue-exercise.txt", VERSION_ISSUE, STATUS_EXERCISE, MESSAGE_VERSION},
		{"update-test.txt", VERSION_UPDATE, STATUS_TEST, MESSAGE_VERSION},
		{"correction.txt", VERSION_CORRECTION, STATUS_EXERCISE, MESSAGE_VERSION},
		{"end-resolved.txt", VERSION_UPDATE, STATUS_EXERCISE, MESSAGE_END_RESOLVED},
		{"end-expired.txt", VERSION_ISSUE, STATUS_ACTUAL, MESSAGE_END_EXPIRED},
		{"end-withdrawn.txt", VERSION_ISSUE, STATUS_ACTUAL, MESSAGE_END_WITHDRAWN},
		{"end-error.txt", VERSION_ISSUE, STATUS_ACTUAL, MESSAGE_END_ISSUED_IN_ERROR},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct render_alert alert = example();
		alert.kind = rows[i].kind;
		alert.status = rows[i].status;
		alert.message = rows[i].message;
		check(rows[i].name, &alert, MEDIUM_TEXT, &values);
	}
}

/* Found, returned and deceased never leave: an end holds no case, no typed text. */
static void an_end_is_neutral(void **state)
{
	(void)state;
	for (int message = MESSAGE_END_RESOLVED; message <= MESSAGE_END_ISSUED_IN_ERROR;
	     message++) {
		AUTO(arena) struct arena *arena = arena_create();
		AUTO(buf) struct buf body = {0};
		struct render_alert alert = example();
		struct rendered rendered;
		alert.message = (enum message)message;
		render_alert(&alert, MEDIUM_JSON, arena, &rendered);
		render_splice(&rendered, &values, &body);
		assert_null(strstr(body.data, "Đorđe"));
		assert_null(strstr(body.data, "jakna"));
		assert_non_null(strstr(body.data, "\"cases\":[]"));
		assert_non_null(strstr(body.data, "VEŽBA"));
		assert_non_null(strstr(body.data, "exercise.alert.ended"));
		assert_non_null(strstr(body.data, "\"version\":3,"));
	}
}

/* Whatever is typed, the bytes around the splices and the values stand where they belong. */
static void typed_text_cannot_forge_a_splice(void **state)
{
	(void)state;
	static const char *const typed[] = {
		"\",\"seq\":0,\"x\":\"",     "rendered1 3 4\n1 0\n", "{seq} %s %n ${timestamp}",
		"0000-00-00T00:00:00+00:00", "\\\"\n\t\x01",
	};
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		AUTO(buf) struct buf blob = {0};
		AUTO(buf) struct buf body = {0};
		AUTO(buf) struct buf quoted = {0};
		struct render_text text = {"en", typed[i]};
		struct render_alert alert = example();
		struct rendered rendered, again;
		struct error err = {0};
		alert.texts = &text;
		alert.text_count = 1;
		render_alert(&alert, MEDIUM_JSON, arena, &rendered);
		assert_int_equal(rendered.splice_count, 6);
		render_serialise(&rendered, &blob);
		assert_true(render_parse((struct bytes){blob.data, blob.len}, arena, &again, NULL,
					 &err));
		render_splice(&again, &values, &body);
		assert_non_null(strstr(body.data, ",\"seq\":12}}"));
		buf_add_json_string(&quoted, typed[i]);
		quoted.data[quoted.len - 1] = '\0';
		assert_non_null(strstr(body.data, quoted.data + 1));
	}
}

static void a_blob_comes_back_as_it_was(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf blob = {0};
	AUTO(buf) struct buf first = {0};
	AUTO(buf) struct buf second = {0};
	struct render_alert alert = example();
	struct rendered rendered, again;
	struct bytes rest;
	struct error err = {0};

	render_alert(&alert, MEDIUM_JSON, arena, &rendered);
	render_serialise(&rendered, &blob);
	size_t one = blob.len;
	render_serialise(&rendered, &blob);
	assert_true(render_parse((struct bytes){blob.data, blob.len}, arena, &again, &rest, &err));
	assert_int_equal(rest.len, one);
	assert_false(render_parse((struct bytes){blob.data, blob.len}, arena, &again, NULL, &err));
	assert_true(render_parse(rest, arena, &again, NULL, &err));
	render_splice(&rendered, &values, &first);
	render_splice(&again, &values, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
}

static void a_damaged_blob_is_refused(void **state)
{
	(void)state;
	static const char *const blobs[] = {
		"",
		"rendered2 0 0\n",
		"rendered1 0 3\nab",
		"rendered1 0 1\nab",
		"rendered1 1 2\n1 3\nab",
		"rendered1 1 2\n0 1\nab",
		"rendered1 1 2\n99 1\nab",
		"rendered1 2 2\n1 2\n1 1\nab",
		"rendered1 1 2\n1\nab",
		"rendered1 9999999999 2\nab",
		"rendered1 x 2\nab",
	};
	for (size_t i = 0; i < ARRAY_LEN(blobs); i++) {
		AUTO(arena) struct arena *arena = arena_create();
		struct rendered rendered;
		struct error err = {0};
		assert_false(render_parse((struct bytes){blobs[i], strlen(blobs[i])}, arena,
					  &rendered, NULL, &err));
		assert_int_equal(err.code, ERROR_INTERNAL);
	}
}

static void a_channel_without_partner_has_no_seq(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf body = {0};
	struct render_alert alert = example();
	struct rendered rendered;
	struct splice_values none = values;
	none.seq = 0;
	none.zone = "UTC";
	render_alert(&alert, MEDIUM_JSON, arena, &rendered);
	render_splice(&rendered, &none, &body);
	assert_non_null(strstr(body.data, "\"seq\":null"));
	assert_non_null(strstr(body.data, "do 24.11.2026. u 15:31."));
}

static void a_tombstone_tells_no_case(void **state)
{
	(void)state;
	AUTO(buf) struct buf out = {0};
	struct render_tombstone tombstone = {.status = STATUS_EXERCISE,
					     .type = "alert.issued",
					     .alert = "0193",
					     .ref = "26-0147-T",
					     .version = 1,
					     .seq = 12,
					     .superseded_by = 2};
	render_tombstone(&tombstone, &out);
	assert_string_equal(buf_text(&out),
			    "{\"type\":\"exercise.alert.issued\",\"alert\":\"0193\","
			    "\"ref\":\"26-0147-T\",\"version\":1,\"seq\":12,\"superseded_by\":2}");
	buf_reset(&out);
	tombstone.end_reason = END_RESOLVED;
	render_tombstone(&tombstone, &out);
	assert_non_null(strstr(buf_text(&out), "\"ended\":{\"reason\":\"resolved\"}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_the_webhook_of_the_examples),
		cmocka_unit_test(renders_plain_text_in_every_language),
		cmocka_unit_test(an_end_is_neutral),
		cmocka_unit_test(typed_text_cannot_forge_a_splice),
		cmocka_unit_test(a_blob_comes_back_as_it_was),
		cmocka_unit_test(a_damaged_blob_is_refused),
		cmocka_unit_test(a_channel_without_partner_has_no_seq),
		cmocka_unit_test(a_tombstone_tells_no_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
