/*
 * Rungs on the real store: the approval ladder, repeats and their end, /escalate, dead channels,
 * staff pages. The walk itself is the domain's test. Covers turn.c, announce.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "casework/alert.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "replay.h"

#define POLICY "policies.d/restricted.yaml"

/* Nobody approves: reminded three times, then the last resort, hourly. No case data: the notices
 * have no version. */
static void test_approval_ladder(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_submit(&r);
	replay_pass(&r, 81 * MINUTE);
	replay_expect(&r, "00:00 duty notice.approval_waiting",
		      "05:00 duty notice.approval_waiting", "10:00 duty notice.approval_waiting",
		      "15:00 duty notice.approval_waiting", "20:00 duty notice.exhausted",
		      "20:00 log notice.exhausted", "80:00 duty notice.exhausted",
		      "80:00 log notice.exhausted", NULL);
	assert_true(health_is_raised(r.health, "ladder_exhausted", r.ref));
	replay_accept(&r);
	replay_pass(&r, 9 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", NULL);
	assert_false(health_is_raised(r.health, "ladder_exhausted", r.ref));
	replay_end(&r);
}

static void test_approval_ladder_ends_with_a_decision(void **state)
{
	static const struct {
		enum alert_refusal refusal;
		const char *body;
	} rows[] = {
		{ALERT_RETURN, "{\"reason\":\"nejasno\"}"},
		{ALERT_REJECT, "{\"reason\":\"nije dete\"}"},
		{ALERT_WITHDRAW, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct action action = {.actor = {.person = "ana", .role = ROLE_APPROVER}};
		struct replay r;

		replay_begin(&r, STATUS_EXERCISE);
		replay_submit(&r);
		(void)replay_count(&r, "");
		alert_refuse(r.casework, &action, rows[i].refusal, r.alert,
			     (struct bytes){rows[i].body, strlen(rows[i].body)}, replay_on_answer,
			     &r);
		replay_settle(&r);
		assert_true(r.answer.ok);
		replay_pass(&r, HOUR);
		replay_expect(&r, NULL);
		replay_end(&r);
	}
}

/* `times: 1`: one round more, then the last resort; an acknowledgement ends that too. */
static void test_repeats_end(void **state)
{
	struct replay r;

	(void)state;
	replay_prepare(&r, STATUS_EXERCISE);
	rig_change(&r.files, POLICY, "repeat: {every: 10m, times: until_ack}",
		   "repeat: {every: 10m, times: 1}");
	replay_open(&r);
	replay_approve(&r);
	replay_pass(&r, 2 * HOUR);
	assert_int_equal(replay_count(&r, "mup-ns version 1"), 2);
	r.told = 0;
	assert_int_equal(replay_count(&r, "bolnica-ns version 1"), 2);
	r.told = 0;
	assert_int_equal(replay_count(&r, "log version 1"), 2);
	assert_int_equal(replay_ladder(&r), LADDER_EXHAUSTED);
	(void)replay_ack(&r, "mup-ns");
	(void)replay_count(&r, "");
	replay_pass(&r, 29 * MINUTE);
	assert_int_equal(replay_count(&r, "version 1"), 0);
	/* the lease lapses: it is still exhausted, and says so again */
	replay_pass(&r, 2 * HOUR);
	assert_int_equal(replay_ladder(&r), LADDER_EXHAUSTED);
	assert_true(replay_count(&r, "log version 1") > 0);
	replay_end(&r);
}

static void test_escalate(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_submit(&r);
	(void)replay_count(&r, "");
	assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "")->ok);
	replay_expect(&r, "00:00 duty notice.approval_waiting", NULL);
	replay_accept(&r);
	replay_pass(&r, MINUTE);
	assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "{\"reason\":\"hitno\"}")->ok);
	assert_int_equal(r.answer.outcome.count, 3);
	replay_expect(&r, "00:00 mup-ns version 1", "01:00 bolnica-ns version 1",
		      "01:00 duty notice.escalation", "01:00 log notice.escalation", NULL);
	/* whatever its condition says: the police has it in hand, and is sent it again */
	(void)replay_ack(&r, "mup-ns");
	(void)replay_count(&r, "");
	assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "")->ok);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	assert_int_equal(replay_count(&r, "mup-ns version 1"), 1);
	assert_int_equal(replay_act_as(&r, "vera", NULL, rung_escalate, "{\"why\":1}")->err.code,
			 ERROR_INVALID);
	assert_string_equal(r.answer.pointer, "/why");
	(void)replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"withdrawn\"}");
	assert_int_equal(replay_act_as(&r, "vera", NULL, rung_escalate, "")->err.code,
			 ERROR_CONFLICT);
	replay_end(&r);
}

/* The police's channel dies: its rung reached nobody, the next one is due now. */
static void test_dead_channel_brings_the_ladder_forward(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, MINUTE);
	escalation_channel_dead(r.escalation, "mup-ns");
	replay_settle(&r);
	replay_expect(&r, "00:00 mup-ns version 1", "01:00 bolnica-ns version 1",
		      "01:00 duty notice.escalation", "01:00 log notice.escalation", NULL);
	replay_end(&r);
}

/* Well again before its ladder came that far: nothing is hurried. */
static void test_channel_well_again(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	escalation_channel_dead(r.escalation, "mup-ns");
	escalation_channel_dead(r.escalation, "bolnica-ns");
	escalation_channel_well(r.escalation, "mup-ns");
	escalation_channel_well(r.escalation, "never-heard-of");
	replay_approve(&r);
	replay_pass(&r, 9 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", NULL);
	replay_end(&r);
}

/* Staff hear of a channel by every other internal one, with no alert about. */
static void test_page(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_count(&r, "");
	escalation_page(r.escalation, "mup-ns", "breaker_open");
	replay_settle(&r);
	replay_expect(&r, "00:00 duty notice.channel_dead", "00:00 log notice.channel_dead", NULL);
	escalation_page(r.escalation, "duty", "gone");
	replay_settle(&r);
	replay_expect(&r, "00:00 log notice.channel_dead", NULL);
	replay_end(&r);
}

/* A rung of which nobody is planned for the alert (here: another area) is passed at once. */
static void test_rung_that_is_not_planned(void **state)
{
	struct replay r;

	(void)state;
	replay_prepare(&r, STATUS_EXERCISE);
	rig_change(
		&r.files, "areas/serbia.geojson", "\"parent\": \"RS\"}, \"geometry\": null}",
		"\"parent\": \"RS\"}, \"geometry\": null},\n"
		"{\"type\": \"Feature\", \"id\": \"RS-07\", \"properties\": {\"name\": \"Srem\", "
		"\"parent\": \"RS\"}, \"geometry\": null}");
	rig_change(&r.files, "channels.d/bolnica-ns.yaml", "areas: [RS-06]", "areas: [RS-07]");
	replay_open(&r);
	replay_approve(&r);
	replay_pass(&r, 21 * MINUTE);
	assert_int_equal(replay_count(&r, "bolnica-ns version 1"), 0);
	r.told = 0;
	assert_int_equal(replay_count(&r, "20:00 mup-ns version 1"), 1);
	replay_end(&r);
}

/* The first rung reaches nobody from the start: the second goes out with the approval. */
static void test_first_rung_reaches_nobody(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	escalation_channel_dead(r.escalation, "mup-ns");
	replay_approve(&r);
	replay_expect(&r, "00:00 mup-ns version 1", "00:00 bolnica-ns version 1", NULL);
	replay_end(&r);
}

/* Nobody can be reached from the start: the last resort goes out with the approval, not an hour
 * later, and staff hear that nobody reacts. */
static void test_nobody_is_reached_from_the_start(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	escalation_channel_dead(r.escalation, "mup-ns");
	escalation_channel_dead(r.escalation, "bolnica-ns");
	replay_approve(&r);
	replay_pass(&r, SECOND);
	replay_expect(&r, "00:00 mup-ns version 1", "00:00 bolnica-ns version 1",
		      "00:00 log version 1", "00:00 duty notice.exhausted",
		      "00:00 log notice.exhausted", NULL);
	assert_int_equal(replay_ladder(&r), LADDER_EXHAUSTED);
	replay_end(&r);
}

/* The same for those who approve. */
static void test_no_approver_is_reached_from_the_start(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	escalation_channel_dead(r.escalation, "duty");
	replay_submit(&r);
	replay_pass(&r, SECOND);
	assert_int_equal(replay_count(&r, "log notice.exhausted"), 1);
	replay_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_approval_ladder),
		cmocka_unit_test(test_approval_ladder_ends_with_a_decision),
		cmocka_unit_test(test_repeats_end),
		cmocka_unit_test(test_escalate),
		cmocka_unit_test(test_dead_channel_brings_the_ladder_forward),
		cmocka_unit_test(test_channel_well_again),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_rung_that_is_not_planned),
		cmocka_unit_test(test_first_rung_reaches_nobody),
		cmocka_unit_test(test_nobody_is_reached_from_the_start),
		cmocka_unit_test(test_no_approver_is_reached_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
