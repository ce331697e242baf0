/* What an outcome loses on its way into an idempotency record and back: nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "domain/outcome.h"

static struct id some_id(uint8_t seed)
{
	uint8_t random[10];

	memset(random, seed, sizeof(random));
	return id_make(1795448467000 + seed, random);
}

static void set_text(char *out, size_t size, const char *text)
{
	assert_true((size_t)snprintf(out, size, "%s", text) < size);
}

static void assert_survives(const struct outcome *outcome)
{
	AUTO(buf) struct buf text = {0};
	struct outcome back;

	memset(&back, 0xa5, sizeof(back));
	outcome_encode(outcome, &text);
	assert_true(outcome_decode(buf_text(&text), &back));
	assert_int_equal(back.http_status, outcome->http_status);
	assert_true(id_equal(&back.report_id, &outcome->report_id));
	assert_true(id_equal(&back.case_id, &outcome->case_id));
	assert_string_equal(back.case_ref, outcome->case_ref);
	assert_int_equal(back.case_state, outcome->case_state);
	assert_true(id_equal(&back.alert_id, &outcome->alert_id));
	assert_string_equal(back.alert_ref, outcome->alert_ref);
	assert_int_equal(back.alert_state, outcome->alert_state);
	assert_int_equal(back.version, outcome->version);
	assert_int_equal(back.version_state, outcome->version_state);
	assert_int_equal(back.version_kind, outcome->version_kind);
	assert_int_equal(back.end_reason, outcome->end_reason);
	assert_true(id_equal(&back.item_id, &outcome->item_id));
	assert_int_equal(back.etag, outcome->etag);
	assert_int_equal(back.at_utc_ms, outcome->at_utc_ms);
	assert_int_equal(back.missing, outcome->missing);
	assert_int_equal(back.count, outcome->count);
	assert_string_equal(back.word, outcome->word);
	assert_string_equal(back.problem, outcome->problem);
	assert_int_equal(back.sent, outcome->sent);
	assert_int_equal(back.took_ms, outcome->took_ms);
}

static void test_an_empty_outcome_survives(void **state)
{
	struct outcome outcome = {0};

	(void)state;
	assert_survives(&outcome);
}

static void test_every_member_survives(void **state)
{
	struct outcome outcome = {0};

	(void)state;
	outcome.http_status = 201;
	outcome.report_id = some_id(1);
	outcome.case_id = some_id(2);
	set_text(outcome.case_ref, sizeof(outcome.case_ref), "26-0146-S");
	outcome.case_state = CASE_OPEN;
	outcome.alert_id = some_id(3);
	set_text(outcome.alert_ref, sizeof(outcome.alert_ref), "26-0147-T");
	outcome.alert_state = ALERT_ACTIVE;
	outcome.version = -1;
	outcome.version_state = VERSION_APPROVED;
	outcome.version_kind = VERSION_CORRECTION;
	outcome.end_reason = END_ISSUED_IN_ERROR;
	outcome.item_id = some_id(4);
	outcome.etag = INT64_MAX;
	outcome.at_utc_ms = INT64_MIN;
	outcome.missing = UINT32_MAX;
	outcome.count = INT32_MAX;
	memset(outcome.word, 'w', sizeof(outcome.word) - 1);
	set_text(outcome.problem, sizeof(outcome.problem), "two lines\nand a \\ and = signs");
	outcome.sent = OUTCOME_CANCELLED_MAYBE;
	outcome.took_ms = 60000;
	assert_survives(&outcome);
}

static void test_an_empty_member_takes_no_bytes(void **state)
{
	AUTO(buf) struct buf text = {0};
	struct outcome outcome = {.http_status = 409};

	(void)state;
	outcome_encode(&outcome, &text);
	assert_string_equal(buf_text(&text), "1\nhttp=409\n");
}

static void test_a_damaged_record_is_refused(void **state)
{
	static const char *const records[] = {
		"",
		"2\n",
		"1",
		"1\nhttp=201",
		"1\nhttp\n",
		"1\nhttp=\n",
		"1\nhttp=2x1\n",
		"1\nhttp=99999999999\n",
		"1\nmissing=-1\n",
		"1\netag=9223372036854775808\n",
		"1\nnobody=1\n",
		"1\nreport=0193\n",
		"1\nproblem=half \\\n",
		"1\nproblem=\\x\n",
		"1\ncase_ref=26-0146-S-and-more\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		struct outcome outcome = {.http_status = 1};

		assert_false(outcome_decode(records[i], &outcome));
		assert_int_equal(outcome.http_status, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_outcome_survives),
		cmocka_unit_test(test_every_member_survives),
		cmocka_unit_test(test_an_empty_member_takes_no_bytes),
		cmocka_unit_test(test_a_damaged_record_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
