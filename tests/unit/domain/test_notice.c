/* Covers notice.c and phrase.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/notice.h"
#include "domain/phrase.h"
#include "golden.h"

#define NOON INT64_C(1795447867000) /* 2026-11-23T16:31:07+01:00 */

static const char *const languages[] = {"sr-Latn", "sr-Cyrl", "en"};
static const struct directory directory = {.timezone = "Europe/Belgrade",
					   .languages = {(const char **)languages, 3}};

static const struct notice notices[] = {
	{.type = NOTICE_APPROVAL_WAITING,
	 .status = STATUS_ACTUAL,
	 .alert = "0193",
	 .ref = "26-0147-T",
	 .version = 1,
	 .tier = TIER_RESTRICTED,
	 .minutes_waiting = 5,
	 .reason = "duty"},
	{.type = NOTICE_ESCALATION,
	 .status = STATUS_EXERCISE,
	 .alert = "0193",
	 .ref = "26-0147-T",
	 .version = 2,
	 .tier = TIER_REGIONAL,
	 .minutes_waiting = 10,
	 .reason = "region",
	 .is_delayed = true},
	{.type = NOTICE_CHANNEL_DEAD,
	 .status = STATUS_ACTUAL,
	 .channel = "mup-ns",
	 .reason = "breaker_open"},
	{.type = NOTICE_EXHAUSTED,
	 .status = STATUS_ACTUAL,
	 .alert = "0193",
	 .ref = "26-0147-T",
	 .version = 1,
	 .tier = TIER_NATIONAL,
	 .minutes_waiting = 60,
	 .reason = "no_ack"},
	{.type = NOTICE_ACKNOWLEDGED,
	 .status = STATUS_EXERCISE,
	 .alert = "0193",
	 .ref = "26-0147-T",
	 .version = 1,
	 .tier = TIER_RESTRICTED,
	 .ack = "0194",
	 .partner = "mup-ns",
	 .lease_utc_ms = NOON + 1800000},
	{.type = NOTICE_ACK_EXPIRING,
	 .status = STATUS_TEST,
	 .alert = "0193",
	 .ref = "26-0147-T",
	 .version = 1,
	 .tier = TIER_RESTRICTED,
	 .ack = "0194",
	 .lease_utc_ms = NOON},
	{.type = NOTICE_PING, .status = STATUS_EXERCISE},
};

static void check(size_t i, enum medium medium, const char *suffix, const char *zone)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf blob = {0};
	AUTO(buf) struct buf body = {0};
	struct rendered rendered;
	struct error err = {0};
	char type[RENDER_TYPE_BYTES];
	char path[128];

	notice_render(&notices[i], &directory, &blob);
	assert_true(
		notice_pick((struct bytes){blob.data, blob.len}, medium, arena, &rendered, &err));
	render_splice(&rendered,
		      &(struct splice_values){.timestamp_utc_ms = NOON, .seq = 12, .zone = zone},
		      &body);
	notice_type_name(notices[i].type, notices[i].status, type);
	snprintf(path, sizeof(path), "notice/%s%s", type, suffix);
	golden_check(path, body.data, body.len);
}

static void renders_each_for_json_and_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(notices); i++) {
		check(i, MEDIUM_JSON, ".json", "Europe/Belgrade");
		check(i, MEDIUM_TEXT, ".txt", "Europe/Belgrade");
	}
}

static void a_damaged_blob_is_refused(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf blob = {0};
	struct rendered rendered;
	struct error err = {0};
	notice_render(&notices[0], &directory, &blob);
	assert_false(notice_pick((struct bytes){blob.data, blob.len - 1}, MEDIUM_TEXT, arena,
				 &rendered, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
}

/* A missing phrase would be a crash in the middle of the night. */
static void every_language_has_every_phrase(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
		const struct phrase_book *book = phrase_find(languages[i]);
		assert_string_equal(book->language, languages[i]);
		assert_true(phrase_exists(languages[i]));
		assert_null(book->marks[STATUS_ACTUAL]);
		assert_non_null(book->marks[STATUS_EXERCISE]);
		assert_non_null(book->marks[STATUS_TEST]);
		for (int reason = END_RESOLVED; reason <= END_ISSUED_IN_ERROR; reason++) {
			assert_non_null(book->ends[reason]);
		}
		for (int type = NOTICE_APPROVAL_WAITING; type <= NOTICE_PING; type++) {
			assert_non_null(book->notices[type]);
		}
		assert_non_null(book->correction);
		assert_non_null(book->update);
		assert_non_null(book->title);
		assert_non_null(book->end_title);
		assert_non_null(book->contact);
		assert_non_null(book->questions);
		assert_non_null(book->until[2]);
		assert_non_null(book->waiting);
		assert_non_null(book->minutes);
		assert_non_null(book->delayed);
	}
	assert_false(phrase_exists("hu"));
	assert_string_equal(phrase_find("hu")->language, "en");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_each_for_json_and_text),
		cmocka_unit_test(a_damaged_blob_is_refused),
		cmocka_unit_test(every_language_has_every_phrase),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
