#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/alertbody.h"

struct fixture {
	struct arena *arena;
	struct problems problems;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	f->arena = arena_create();
	problems_init(&f->problems, f->arena);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_destroy(&f->arena);
	free(f);
	return 0;
}

static struct bytes text_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void a_decision_names_what_was_read(void **state)
{
	struct fixture *f = *state;
	struct alertbody_decision decision;
	assert_true(alertbody_decode_decision(text_of("{\"version\":2,\"digest\":\"sha256:ab\"}"),
					      f->arena, &decision, &f->problems));
	assert_int_equal(decision.version, 2);
	assert_string_equal(decision.digest, "sha256:ab");
	assert_false(alertbody_decode_decision(text_of("{\"version\":0,\"more\":1}"), f->arena,
					       &decision, &f->problems));
	assert_int_equal(f->problems.count, 3);
}

static void a_reason_is_required_where_it_decides(void **state)
{
	struct fixture *f = *state;
	struct alertbody_reason reason;
	assert_true(alertbody_decode_reason(text_of(""), false, f->arena, &reason, &f->problems));
	assert_null(reason.reason);
	assert_true(alertbody_decode_reason(text_of("{\"reason\":\"zašto\"}"), true, f->arena,
					    &reason, &f->problems));
	assert_string_equal(reason.reason, "zašto");
	assert_false(alertbody_decode_reason(text_of("{\"reason\":\" \"}"), true, f->arena, &reason,
					     &f->problems));
	assert_string_equal(f->problems.items[0].pointer, "/reason");
}

static void a_cancel_has_one_of_three_reasons(void **state)
{
	struct fixture *f = *state;
	struct alertbody_cancel cancel;
	assert_true(alertbody_decode_cancel(text_of("{\"reason\":\"issued_in_error\"}"), f->arena,
					    &cancel, &f->problems));
	assert_int_equal(cancel.reason, END_ISSUED_IN_ERROR);
	static const char *const others[] = {"expired", "found", "deceased", "none"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		char body[64];
		snprintf(body, sizeof(body), "{\"reason\":\"%s\"}", others[i]);
		assert_false(
			alertbody_decode_cancel(text_of(body), f->arena, &cancel, &f->problems));
	}
}

static void an_ack_says_who_or_declines(void **state)
{
	struct fixture *f = *state;
	struct alertbody_ack ack;
	assert_true(alertbody_decode_ack(
		text_of("{\"on_behalf_of\":\"mup-ns\",\"by\":\"Dežurni\",\"lease_minutes\":45}"),
		f->arena, &ack, &f->problems));
	assert_string_equal(ack.by, "Dežurni");
	assert_string_equal(ack.on_behalf_of, "mup-ns");
	assert_int_equal(ack.lease_ms, 45 * 60000);
	assert_null(ack.declined);
	assert_string_equal(
		ack.canonical.data,
		"{\"by\":\"Dežurni\",\"lease_minutes\":45,\"on_behalf_of\":\"mup-ns\"}");
	assert_true(alertbody_decode_ack(text_of("{}"), f->arena, &ack, &f->problems));
	assert_int_equal(ack.lease_ms, 0);
	assert_true(alertbody_decode_ack(text_of("{\"declined\":\"nije naše\"}"), f->arena, &ack,
					 &f->problems));
	assert_string_equal(ack.declined, "nije naše");
	assert_false(alertbody_decode_ack(text_of("{\"declined\":\"ne\",\"by\":\"x\"}"), f->arena,
					  &ack, &f->problems));
	assert_false(alertbody_decode_ack(text_of("{\"lease_minutes\":1441}"), f->arena, &ack,
					  &f->problems));
	assert_string_equal(f->problems.items[1].pointer, "/lease_minutes");
}

static void words_are_required(void **state)
{
	struct fixture *f = *state;
	struct alertbody_word word;
	assert_true(alertbody_decode_send(text_of("{\"channel\":\"log\",\"reason\":\"r\"}"),
					  f->arena, &word, &f->problems));
	assert_string_equal(word.word, "log");
	assert_string_equal(word.reason, "r");
	assert_true(alertbody_decode_repolicy(text_of("{\"policy\":\"wide\"}"), f->arena, &word,
					      &f->problems));
	assert_string_equal(word.word, "wide");
	assert_false(alertbody_decode_send(text_of("{}"), f->arena, &word, &f->problems));
	assert_false(alertbody_decode_repolicy(text_of("null"), f->arena, &word, &f->problems));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_decision_names_what_was_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reason_is_required_where_it_decides, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_cancel_has_one_of_three_reasons, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_ack_says_who_or_declines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_are_required, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
