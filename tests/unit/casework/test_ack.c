/*
 * Acknowledgements: who may, whose it is, whose counts (role x policy x status), what a decline, a
 * release and a lapse do. Each row is a hotline of its own. Covers ladder_work.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "casework/ack.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "replay.h"

#define POLICY "policies.d/restricted.yaml"
#define POLICE "ack: {roles: [police], operator: true, lease: 30m}"

/* --- whose acknowledgement stops the ladder --- */

struct counts_row {
	enum alert_status status;
	const char *ack;     /* of the policy */
	bool has_condition;  /* the second rung asks for one of the police's */
	const char *partner; /* who acknowledges; NULL = an operator */
	const char *body;
	enum ladder_state state; /* of the ladder afterwards */
};

static const struct counts_row counts[] = {
	{STATUS_ACTUAL, POLICE, false, "mup-ns", "{}", LADDER_ACKED},
	{STATUS_ACTUAL, POLICE, false, "bolnica-ns", "{}", LADDER_RUNNING},
	{STATUS_ACTUAL, POLICE, false, NULL, "{}", LADDER_ACKED},
	{STATUS_ACTUAL, POLICE, false, NULL, "{\"on_behalf_of\":\"bolnica-ns\"}", LADDER_ACKED},
	{STATUS_ACTUAL, "ack: {roles: [police], operator: false, lease: 30m}", false, NULL, "{}",
	 LADDER_RUNNING},
	{STATUS_ACTUAL, "ack: {roles: [police], operator: false, lease: 30m}", false, NULL,
	 "{\"on_behalf_of\":\"mup-ns\"}", LADDER_ACKED},
	{STATUS_ACTUAL, "ack: {roles: [police], operator: false, lease: 30m}", false, NULL,
	 "{\"on_behalf_of\":\"bolnica-ns\"}", LADDER_RUNNING},
	{STATUS_ACTUAL, "ack: {roles: [police, hospital], operator: true, lease: 30m}", false,
	 "bolnica-ns", "{}", LADDER_ACKED},
	{STATUS_EXERCISE, POLICE, false, "bolnica-ns", "{}", LADDER_ACKED},
	{STATUS_EXERCISE, "ack: {roles: [police], operator: false, lease: 30m}", false, NULL, "{}",
	 LADDER_ACKED},
	/* a rung with a condition goes by its own set, or by an operator's own word */
	{STATUS_ACTUAL, POLICE, true, "mup-ns", "{}", LADDER_ACKED},
	{STATUS_ACTUAL, POLICE, true, "bolnica-ns", "{}", LADDER_RUNNING},
	{STATUS_ACTUAL, POLICE, true, NULL, "{}", LADDER_ACKED},
	{STATUS_ACTUAL, POLICE, true, NULL, "{\"on_behalf_of\":\"bolnica-ns\"}", LADDER_RUNNING},
	{STATUS_EXERCISE, POLICE, true, "bolnica-ns", "{}", LADDER_RUNNING},
	/* a refusal is no acknowledgement */
	{STATUS_EXERCISE, POLICE, false, "mup-ns", "{\"declined\":\"nemamo patrolu\"}",
	 LADDER_RUNNING},
};

static void test_whose_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		const struct counts_row *row = &counts[i];
		struct replay r;

		replay_prepare(&r, row->status);
		if (strcmp(row->ack, POLICE) != 0) {
			rig_change(&r.files, POLICY, POLICE, row->ack);
		}
		if (!row->has_condition) {
			rig_change(&r.files, POLICY, ", when: {acks_below: 1, of: [mup-ns]}}", "}");
		}
		replay_open(&r);
		replay_approve(&r);
		assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "")->ok);
		(void)replay_act_as(&r, row->partner == NULL ? "vera" : NULL, row->partner,
				    ack_create, row->body);
		if (!r.answer.ok || replay_ladder(&r) != row->state) {
			fail_msg("row %zu: %s, ladder %s", i, r.answer.err.text,
				 ladder_state_name(replay_ladder(&r)));
		}
		replay_end(&r);
	}
}

/* Two hospitals' acknowledgements that only together are enough: neither may be missed. */
static void test_two_together_at_the_same_time(void **state)
{
	const struct action mup = {.actor = {.partner = "mup-ns", .role = ROLE_PARTNER}};
	const struct action bolnica = {.actor = {.partner = "bolnica-ns", .role = ROLE_PARTNER}};
	struct replay r;

	(void)state;
	replay_prepare(&r, STATUS_EXERCISE);
	rig_change(&r.files, POLICY, "when: {acks_below: 1, of: [mup-ns]}",
		   "when: {acks_below: 2, of: [mup-ns, bolnica-ns]}");
	replay_open(&r);
	replay_approve(&r);
	assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "")->ok);
	ack_create(r.casework, &mup, r.alert, (struct bytes){"{}", 2}, replay_on_answer, &r);
	ack_create(r.casework, &bolnica, r.alert, (struct bytes){"{}", 2}, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(r.answer.ok);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_end(&r);
}

/* --- who may --- */

struct may_row {
	const char *why;
	const char *person, *partner;
	const char *body;
	enum error_code code;
	const char *pointer; /* "" = no field error */
};

static const struct may_row may[] = {
	{"a partner it was not sent to", NULL, "bolnica-ns", "{}", ERROR_NOT_FOUND, ""},
	{"a partner nobody configured", NULL, "nobody", "{}", ERROR_NOT_FOUND, ""},
	{"in the name of nobody", "vera", NULL, "{\"on_behalf_of\":\"nobody\"}", ERROR_INVALID,
	 "/on_behalf_of"},
	{"a partner in another's name", NULL, "mup-ns", "{\"on_behalf_of\":\"bolnica-ns\"}",
	 ERROR_INVALID, "/on_behalf_of"},
	{"both at once", NULL, "mup-ns", "{\"declined\":\"ne\",\"by\":\"N\"}", ERROR_INVALID,
	 "/declined"},
	{"an unknown word", NULL, "mup-ns", "{\"bye\":1}", ERROR_INVALID, "/bye"},
	{"no JSON", NULL, "mup-ns", "{", ERROR_INVALID, ""},
};

static void test_who_may(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	for (size_t i = 0; i < ARRAY_LEN(may); i++) {
		const struct may_row *row = &may[i];

		(void)replay_act_as(&r, row->person, row->partner, ack_create, row->body);
		if (r.answer.ok || r.answer.err.code != row->code ||
		    strcmp(r.answer.pointer, row->pointer) != 0) {
			fail_msg("%s: %s %s", row->why, error_code_name(r.answer.err.code),
				 r.answer.pointer);
		}
	}
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	replay_end(&r);
}

static void test_no_such_alert_and_not_yet(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	(void)snprintf(r.alert, sizeof(r.alert), "nonsense");
	assert_int_equal(replay_ack(&r, "mup-ns")->err.code, ERROR_NOT_FOUND);
	(void)snprintf(r.alert, sizeof(r.alert), "26-0147-T");
	assert_int_equal(replay_ack(&r, "mup-ns")->err.code, ERROR_NOT_FOUND);
	replay_submit(&r);
	assert_int_equal(replay_ack(&r, "mup-ns")->err.code, ERROR_NOT_FOUND);
	assert_int_equal(replay_operator_ack(&r, "vera", "{}")->err.code, ERROR_CONFLICT);
	replay_accept(&r);
	assert_true(replay_ack(&r, "mup-ns")->ok);
	replay_end(&r);
}

/* --- its life --- */

static void test_one_per_operator(void **state)
{
	struct replay r;
	struct id vera;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	vera = replay_operator_ack(&r, "vera", "{}")->outcome.item_id;
	assert_string_equal(r.answer.outcome.word, "vera");
	assert_true(id_equal(&replay_operator_ack(&r, "vera", "{}")->outcome.item_id, &vera));
	assert_false(id_equal(&replay_operator_ack(&r, "milan", "{}")->outcome.item_id, &vera));
	assert_string_equal(r.answer.outcome.word, "milan");
	replay_end(&r);
}

/* A partner that says no after yes gives back what it held: the ladder goes on. */
static void test_declined_after_all(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_pass(&r, 12 * MINUTE);
	(void)replay_count(&r, "");
	assert_true(
		replay_act_as(&r, NULL, "mup-ns", ack_create, "{\"declined\":\"ne mozemo\"}")->ok);
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	assert_int_equal(replay_count(&r, "12:00 bolnica-ns version 1"), 1);
	/* and yes again: the same row, told to those who have the alert */
	assert_true(replay_ack(&r, "mup-ns")->ok);
	assert_int_equal(r.answer.outcome.http_status, 200);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	assert_int_equal(replay_count(&r, "bolnica-ns exercise.alert.acknowledged"), 1);
	replay_end(&r);
}

static void test_released(void **state)
{
	struct id none = {{1}};
	struct replay r;
	struct id ack;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	ack = replay_ack(&r, "mup-ns")->outcome.item_id;
	assert_int_equal(replay_release(&r, "bolnica-ns", &ack)->err.code, ERROR_NOT_FOUND);
	assert_int_equal(replay_release(&r, "mup-ns", &none)->err.code, ERROR_NOT_FOUND);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_pass(&r, 4 * MINUTE);
	assert_true(replay_release(&r, NULL, &ack)->ok); /* an operator may */
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	assert_true(replay_release(&r, "mup-ns", &ack)->ok); /* it is given back already */
	(void)replay_count(&r, "");
	replay_pass(&r, 6 * MINUTE);
	assert_int_equal(replay_count(&r, "10:00 bolnica-ns version 1"), 1);
	(void)replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"resolved\"}");
	assert_int_equal(replay_release(&r, "mup-ns", &ack)->err.code, ERROR_CONFLICT);
	replay_end(&r);
}

/* Five minutes before its lease ends the acker hears; a renewal moves both. */
static void test_lease_is_warned_of_and_renewed(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	replay_pass(&r, 26 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", "25:00 mup-ns exercise.alert.ack_expiring",
		      NULL);
	(void)replay_ack(&r, "mup-ns");
	replay_pass(&r, 24 * MINUTE);
	replay_expect(&r, NULL);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_pass(&r, 6 * MINUTE);
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	replay_expect(&r, "51:00 mup-ns exercise.alert.ack_expiring", "56:00 bolnica-ns version 1",
		      "56:00 duty notice.escalation", "56:00 log notice.escalation",
		      "56:00 duty notice.escalation", "56:00 log notice.escalation", NULL);
	replay_end(&r);
}

/* An operator has no channel: the internal ones hear. A short lease is not warned of. */
static void test_operator_lease(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_operator_ack(&r, "vera", "{\"lease_minutes\":8}");
	replay_pass(&r, 4 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", "00:00 mup-ns exercise.alert.acknowledged",
		      "03:00 duty notice.escalation", "03:00 log notice.escalation", NULL);
	(void)replay_operator_ack(&r, "vera", "{\"lease_minutes\":3}");
	replay_pass(&r, 3 * MINUTE + SECOND);
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	replay_expect(&r, "07:00 duty notice.escalation", "07:00 log notice.escalation", NULL);
	replay_end(&r);
}

/* A lease that ends while the alert is suspended: the ladder waits for the resume. */
static void test_lapse_while_suspended(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	(void)replay_act_as(&r, "vera", NULL, stop_suspend, "");
	(void)replay_count(&r, "");
	replay_pass(&r, 40 * MINUTE);
	assert_int_equal(replay_ladder(&r), LADDER_PAUSED);
	assert_int_equal(replay_count(&r, "version 1"), 0);
	assert_true(replay_ack(&r, "mup-ns")->ok); /* it may be taken all the same */
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_counts),
		cmocka_unit_test(test_two_together_at_the_same_time),
		cmocka_unit_test(test_who_may),
		cmocka_unit_test(test_no_such_alert_and_not_yet),
		cmocka_unit_test(test_one_per_operator),
		cmocka_unit_test(test_declined_after_all),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_lease_is_warned_of_and_renewed),
		cmocka_unit_test(test_operator_lease),
		cmocka_unit_test(test_lapse_while_suspended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
