/*
 * What is read of an alert's way: a partner's events and what stands now, deliveries, the summary,
 * timelines by role. Covers deliveries.c and cases_timeline.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "casework/alert.h"
#include "casework/cases.h"
#include "casework/deliveries.h"
#include "casework/events.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "replay.h"

static const struct action partner = {.actor = {.partner = "mup-ns", .role = ROLE_PARTNER},
				      .route = "GET /v1/events"};
static const struct action operator_action = {.actor = {.person = "vera", .role = ROLE_OPERATOR},
					      .route = "GET /v1/events"};

static const char *events(struct replay *r, const struct action *action, bool only_current,
			  int64_t after, int limit)
{
	const struct events_list list = {.partner = "mup-ns", .after_seq = after, .limit = limit};

	(only_current ? events_list_current : events_list)(r->casework, action, &list,
							   replay_on_answer, r);
	replay_settle(r);
	if (!r->answer.ok) {
		fail_msg("%s", r->answer.err.text);
	}
	return r->answer.body;
}

static bool has(const char *body, const char *text)
{
	return strstr(body, text) != NULL;
}

/* While it stands an event is what was pushed; overtaken it has neither case nor text. */
static void test_events_and_tombstones(void **state)
{
	struct replay r;
	const char *body;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	body = events(&r, &partner, false, 0, 10);
	assert_true(has(body, "\"exercise.alert.issued\""));
	assert_true(has(body, "crvena kapa"));
	assert_true(has(body, "\"next\":null"));
	assert_true(has(body, "\"seq\":1}"));
	body = events(&r, &partner, true, 0, 10);
	assert_true(has(body, "crvena kapa"));
	/* a second event: somebody else has it in hand */
	(void)replay_operator_ack(&r, "vera", "{}");
	body = events(&r, &operator_action, false, 0, 1);
	assert_true(has(body, "\"next\":\"1\""));
	body = events(&r, &operator_action, false, 1, 1);
	assert_true(has(body, "\"exercise.alert.acknowledged\""));
	assert_true(has(body, "\"next\":null"));
	(void)replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"resolved\"}");
	body = events(&r, &partner, false, 0, 10);
	assert_false(has(body, "crvena kapa"));
	assert_false(has(body, "child"));
	assert_true(has(body, "{\"type\":\"exercise.alert.issued\",\"alert\":"));
	assert_true(has(body, "{\"type\":\"exercise.alert.acknowledged\",\"alert\":"));
	assert_true(has(body, "\"ended\":{\"reason\":\"resolved\"}"));
	assert_true(has(body, "\"exercise.alert.ended\",\"timestamp\""));
	body = events(&r, &partner, true, 0, 10);
	assert_true(has(body, "{\"items\":[],"));
	assert_true(has(body, "\"seq\":3}"));
	replay_end(&r);
}

static void test_deliveries(void **state)
{
	struct deliveries_list list = {.limit = 2};
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_act_as(&r, "vera", NULL, rung_escalate, "");
	list.name = r.ref; /* by ref as by id */
	deliveries_list(r.casework, &operator_action, &list, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(r.answer.ok && r.answer.is_page);
	assert_true(has(r.answer.body, "\"message\":\"notice.escalation\""));
	list.channel = "bolnica-ns";
	list.states = 1u << DELIVERY_DELIVERED;
	deliveries_list(r.casework, &operator_action, &list, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(has(r.answer.body, "\"message\":\"version\""));
	assert_true(has(r.answer.body, "\"state\":\"delivered\",\"reached\":\"yes\""));
	assert_false(has(r.answer.body, "address"));
	list.states = 1u << DELIVERY_DEAD;
	deliveries_list(r.casework, &operator_action, &list, replay_on_answer, &r);
	replay_settle(&r);
	assert_string_equal(r.answer.body, "[]");
	list.name = "26-9999-A";
	deliveries_list(r.casework, &operator_action, &list, replay_on_answer, &r);
	replay_settle(&r);
	assert_int_equal(r.answer.err.code, ERROR_NOT_FOUND);
	replay_end(&r);
}

static void test_summary(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	deliveries_summary(r.casework, &operator_action, r.alert, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(r.answer.ok);
	assert_true(
		has(r.answer.body, "\"channel\":\"mup-ns\",\"version\":1,\"message\":\"version\""));
	assert_true(has(r.answer.body, "\"deliveries\":{\"delivered\":1}"));
	assert_true(has(r.answer.body, "\"ladder\":{\"kind\":\"alert\",\"state\":\"acked\"}"));
	assert_true(has(r.answer.body, "\"partner\":\"mup-ns\",\"person\":null"));
	assert_true(has(r.answer.body, "\"state\":\"held\""));
	assert_false(has(r.answer.body, "Dezurni")); /* what was said stays sealed */
	(void)replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"resolved\"}");
	deliveries_summary(r.casework, &operator_action, r.alert, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(has(r.answer.body, "\"ladder\":null"));
	replay_end(&r);
}

static const char *timeline(struct replay *r, enum role role, bool of_alert)
{
	const struct action action = {.actor = {.person = "jelena", .role = role},
				      .route = "GET /v1/cases/{id}/timeline"};
	char name[ID_TEXT_BYTES];
	struct cases_timeline asked = {.of_alert = of_alert, .limit = 50};

	id_format(&r->case_id, name);
	asked.name = of_alert ? r->alert : name;
	cases_get_timeline(r->casework, &action, &asked, replay_on_answer, r);
	replay_settle(r);
	assert_true(r->answer.ok && r->answer.is_page);
	return r->answer.body;
}

/* Who sees notes is who sees cases; that it was read is told there next time. */
static void test_timeline_by_role(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_act_as(&r, "vera", NULL, rung_escalate, "{\"reason\":\"majka zove\"}");
	for (int of_alert = 0; of_alert < 2; of_alert++) {
		const char *body = timeline(&r, ROLE_AUDITOR, of_alert != 0);

		assert_true(has(body, "\"action\":\"alert.escalate\""));
		assert_false(has(body, "majka"));
		assert_false(has(body, of_alert ? "alert.timeline" : "case.timeline"));
		assert_true(has(timeline(&r, ROLE_APPROVER, of_alert != 0), "majka zove"));
		body = timeline(&r, ROLE_AUDITOR, of_alert != 0);
		assert_true(has(body, of_alert ? "alert.timeline" : "case.timeline"));
	}
	assert_true(has(timeline(&r, ROLE_AUDITOR, false), "report.create"));
	assert_false(has(timeline(&r, ROLE_AUDITOR, true), "report.create"));
	replay_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_and_tombstones),
		cmocka_unit_test(test_deliveries),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_timeline_by_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
