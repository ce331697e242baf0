/*
 * The fourteen edge cases of escalation (DELIVERY section 4), each a day or an hour of a hotline:
 * two rungs (police at once, the hospital after ten minutes when the police has not acknowledged),
 * repeats every ten minutes, the last resort hourly, a lease of half an hour.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/metric.h"
#include "casework/ack.h"
#include "casework/alert.h"
#include "casework/cases.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "intake/route.h"
#include "replay.h"

#define ACKNOWLEDGED "exercise.alert.acknowledged"

/* What the log said, for cases whose point is that it is said. */
static char logged[65536];

static void on_line(enum log_level level, const char *line, void *arg)
{
	size_t len = strlen(logged);

	(void)level;
	(void)arg;
	if (len + strlen(line) + 2 < sizeof(logged)) {
		(void)snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
	}
}

static void log_begin(void)
{
	logged[0] = '\0';
	log_set_sink(on_line, NULL);
}

/* 1: the first level acknowledges once the second is paged. */
static void edge_1_ack_after_escalation(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	log_begin();
	r.slow = "bolnica-ns";
	replay_approve(&r);
	replay_pass(&r, 12 * MINUTE);
	assert_true(replay_ack(&r, "mup-ns")->ok);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_pass(&r, 20 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", "10:00 bolnica-ns version 1",
		      "10:00 duty notice.escalation", "10:00 log notice.escalation",
		      "12:00 bolnica-ns " ACKNOWLEDGED, NULL);
	/* what was on the wire finishes and is said to have been sent after the acknowledgement */
	assert_non_null(strstr(logged, "post_ack=1"));
	replay_end(&r);
}

/* 2: the acknowledgement and the timer in the same millisecond: one commits first, the other
 * decides anew; nothing is sent twice and nothing after. */
static void edge_2_ack_races_the_timer(void **state)
{
	static const struct {
		bool timer_reads_first;
		int fired;
	} rows[] = {
		{false, 0}, /* both read the same rows; stops and acknowledgements commit first */
		{true, 1},  /* the rung was committed: it is recorded, the later steps stop */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct replay r;
		struct action action = {.actor = {.partner = "mup-ns", .role = ROLE_PARTNER}};

		replay_begin(&r, STATUS_EXERCISE);
		replay_approve(&r);
		replay_pass(&r, 10 * MINUTE - SECOND);
		(void)replay_count(&r, "");
		clock_fake_advance(&r.rig.clock, SECOND);
		while (loop_turn(r.rig.loop)) { /* the rung's read is asked for */
		}
		if (rows[i].timer_reads_first) {
			(void)store_pump(r.rig.store); /* read */
			(void)store_pump(r.rig.store); /* committed */
		}
		ack_create(r.casework, &action, r.alert, (struct bytes){"{}", 2}, replay_on_answer,
			   &r);
		replay_settle(&r);
		assert_true(r.answer.ok);
		assert_int_equal(replay_ladder(&r), LADDER_ACKED);
		replay_pass(&r, 20 * MINUTE);
		assert_int_equal(replay_count(&r, "bolnica-ns version 1"), rows[i].fired);
		replay_end(&r);
	}
}

/* 3: a second acknowledgement is the first one renewed; one of a closed case is refused. */
static void edge_3_double_ack_and_closed(void **state)
{
	struct replay r;
	struct id first;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	first = replay_ack(&r, "mup-ns")->outcome.item_id;
	assert_int_equal(r.answer.outcome.http_status, 201);
	assert_string_equal(r.answer.outcome.word, "mup-ns");
	assert_int_equal(r.answer.outcome.at_utc_ms, r.rig.clock.utc_ms + 30 * MINUTE);
	replay_pass(&r, 10 * MINUTE);
	assert_true(replay_ack(&r, "mup-ns")->ok);
	assert_int_equal(r.answer.outcome.http_status, 200);
	assert_true(id_equal(&r.answer.outcome.item_id, &first));
	assert_string_equal(r.answer.outcome.word, "mup-ns");
	assert_int_equal(r.answer.outcome.at_utc_ms, r.rig.clock.utc_ms + 30 * MINUTE);
	assert_true(replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"resolved\"}")->ok);
	assert_false(replay_ack(&r, "mup-ns")->ok);
	assert_int_equal(r.answer.err.code, ERROR_CONFLICT);
	assert_non_null(strstr(r.answer.err.text, "resolved"));
	replay_end(&r);
}

/* 4: whatever follows a link sends a GET, and there is none. */
static void edge_4_get_never_acks(void **state)
{
	static const char path[] = "/v1/alerts/26-0147-T/acks";
	AUTO(arena) struct arena *arena = arena_create();
	struct route_match match;

	(void)state;
	route_find(intake_routes, intake_route_count, METHOD_GET,
		   (struct bytes){path, strlen(path)}, arena, &match);
	assert_null(match.route);
	assert_int_equal(match.allow, 1u << METHOD_POST);
}

/* 5: a restart while a timer is pending. */
static void edge_5_restart_with_a_timer_pending(void **state)
{
	static const struct {
		int64_t before, down;
		bool is_new_boot;
		const char *fired;
	} rows[] = {
		{5 * MINUTE, 2 * MINUTE, false, "10:00 bolnica-ns version 1"},
		{5 * MINUTE, 2 * MINUTE, true, "10:00 bolnica-ns version 1"},
		{9 * MINUTE, 3 * MINUTE, false, "12:00 bolnica-ns version 1"},
		{9 * MINUTE, 3 * MINUTE, true, "12:00 bolnica-ns version 1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct replay r;

		replay_begin(&r, STATUS_EXERCISE);
		replay_approve(&r);
		replay_pass(&r, rows[i].before);
		replay_expect(&r, "00:00 mup-ns version 1", NULL);
		replay_restart(&r, rows[i].down, rows[i].is_new_boot);
		replay_pass(&r, 20 * MINUTE - SECOND - rows[i].before - rows[i].down);
		assert_string_equal(r.sent[r.told], rows[i].fired);
		assert_int_equal(replay_count(&r, " version 1"), 1);
		/* the next one counts from the schedule, not from when this one came */
		replay_pass(&r, SECOND);
		assert_string_equal(r.sent[r.told], "20:00 mup-ns version 1");
		replay_end(&r);
	}
}

/* 6: a long outage: everybody not told yet and the furthest rung, once each, and staff hear that it
 * is late. */
static void edge_6_long_downtime(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", NULL);
	replay_restart(&r, 3 * HOUR, true);
	assert_int_equal(replay_count(&r, "181:00 bolnica-ns version 1"), 1);
	r.told = 1;
	assert_true(replay_count(&r, "181:00 mup-ns version 1") <= 1);
	r.told = 1;
	assert_int_equal(replay_count(&r, "181:00 log version 1"), 1);
	r.told = 1;
	assert_true(replay_count(&r, "181:00 duty notice.escalation delayed") >= 1);
	/* and then it goes on as ever */
	replay_pass(&r, 20 * MINUTE);
	r.told = r.sent_count - 1;
	assert_int_equal(replay_ladder(&r), LADDER_EXHAUSTED);
	assert_false(health_is_raised(r.health, "timer_late", NULL));
	replay_end(&r);
}

/* 7a: the wall clock jumps ahead: escalation comes early, an expiry does not. */
static void edge_7_clock_jumps_ahead(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	log_begin();
	replay_approve(&r);
	replay_pass(&r, MINUTE);
	r.rig.clock.utc_ms += 30 * HOUR;
	replay_pass(&r, 11 * SECOND);
	assert_non_null(strstr(logged, "the wall clock was set"));
	assert_int_equal(replay_count(&r, "bolnica-ns version 1"), 1);
	assert_int_equal(replay_alert(&r), ALERT_ACTIVE);
	replay_pass(&r, 23 * HOUR);
	assert_int_equal(replay_alert(&r), ALERT_ACTIVE);
	assert_false(health_is_raised(r.health, "timer_late", NULL));
	replay_pass(&r, HOUR);
	assert_int_equal(replay_alert(&r), ALERT_ENDED);
	replay_end(&r);
}

/* 7b: it jumps back: escalation keeps to the boot clock, rung after rung, and /readyz says that the
 * clock is behind what is stored. */
static void edge_7_clock_jumps_back(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, 5 * MINUTE);
	r.rig.clock.utc_ms -= HOUR;
	r.zero_utc_ms -= HOUR; /* the list counts time that passed */
	replay_pass(&r, 16 * MINUTE);
	assert_true(health_is_raised(r.health, "clock_behind", NULL));
	assert_int_equal(health_level(r.health), HEALTH_DOWN);
	replay_expect(&r, "00:00 mup-ns version 1", "10:00 bolnica-ns version 1",
		      "10:00 duty notice.escalation", "10:00 log notice.escalation",
		      "20:00 mup-ns version 1", "20:00 log version 1",
		      "20:00 duty notice.escalation", "20:00 log notice.escalation",
		      "20:00 duty notice.exhausted", "20:00 log notice.exhausted", NULL);
	replay_pass(&r, HOUR);
	assert_false(health_is_raised(r.health, "clock_behind", NULL));
	replay_end(&r);
}

/* 8: the policy changes while an alert runs: the snapshot rules. */
static void edge_8_policy_changed_mid_alert(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, MINUTE);
	rig_change(&r.files, "policies.d/restricted.yaml", "name: region, after: 10m",
		   "name: region, after: 2m");
	replay_reload(&r);
	replay_pass(&r, 10 * MINUTE);
	replay_expect(&r, "00:00 mup-ns version 1", "10:00 bolnica-ns version 1",
		      "10:00 duty notice.escalation", "10:00 log notice.escalation", NULL);
	replay_end(&r);
}

/* 9: every channel is dead: the last resort at once, loud, hourly, until somebody acknowledges. */
static void edge_9_all_channels_dead(void **state)
{
	struct replay r;
	struct metric *exhausted = metric_counter("astrad_escalation_exhausted_total", NULL,
						  "Times a ladder came to "
						  "its last resort.");
	int64_t before = metric_value(exhausted);

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	log_begin();
	replay_approve(&r);
	replay_pass(&r, MINUTE);
	escalation_channel_dead(r.escalation, "bolnica-ns");
	escalation_channel_dead(r.escalation, "mup-ns");
	replay_pass(&r, MINUTE);
	assert_int_equal(replay_ladder(&r), LADDER_EXHAUSTED);
	assert_true(health_is_raised(r.health, "ladder_exhausted", r.ref));
	assert_non_null(strstr(logged, "ladder exhausted"));
	assert_int_equal(metric_value(exhausted), before + 1);
	assert_int_equal(replay_count(&r, "log version 1"), 1);
	replay_pass(&r, HOUR);
	assert_int_equal(replay_count(&r, "log version 1"), 1);
	assert_int_equal(metric_value(exhausted), before + 2);
	assert_true(replay_operator_ack(&r, "vera", "{}")->ok);
	replay_pass(&r, 11 * SECOND);
	assert_false(health_is_raised(r.health, "ladder_exhausted", r.ref));
	replay_end(&r);
}

/* 10: the child is found with sends queued: the end goes to those who have or may have the alert,
 * and to nobody else. */
static void edge_10_found_with_sends_queued(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	r.mute = "bolnica-ns";
	replay_approve(&r);
	replay_pass(&r, 11 * MINUTE);
	(void)replay_count(&r, "");
	assert_true(replay_act_as(&r, "vera", NULL, stop_cancel, "{\"reason\":\"resolved\"}")->ok);
	assert_int_equal(r.marks, 0);
	r.mute = NULL;
	replay_pass(&r, 2 * HOUR);
	replay_expect(&r, "11:00 mup-ns resolved 2", NULL);
	assert_int_equal(replay_ladder(&r), LADDER_ENDED);
	replay_end(&r);
}

/* What a person reads, submits and another approves. */
static void update(struct replay *r, const char *body)
{
	struct action action = {.actor = {.person = "vera", .role = ROLE_OPERATOR}};

	if (!replay_act_as(r, "vera", NULL, alert_update, body)->ok) {
		fail_msg("%s %s", r->answer.err.text, r->answer.pointer);
	}
	(void)action;
	replay_decide(r, "vera", alert_submit);
	replay_decide(r, "ana", alert_approve);
}

/* 11: the same case again: no second broadcast; a raise runs the ladder again, anything less does
 * not, acknowledged or not. */
static void edge_11_reported_again_and_raised(void **state)
{
	struct replay r;
	struct action action = {.actor = {.person = "vera", .role = ROLE_OPERATOR}};
	char body[256];
	char id[ID_TEXT_BYTES];

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	r.mute = "bolnica-ns";
	replay_approve(&r);
	replay_pass(&r, 11 * MINUTE);
	(void)replay_ack(&r, "mup-ns");
	(void)replay_count(&r, "");
	id_format(&r.case_id, id);
	(void)snprintf(body, sizeof(body),
		       "{\"status\":\"exercise\",\"case_id\":\"%s\",\"circumstances\":\"Opet.\"}",
		       id);
	cases_report(r.casework, &action, (struct bytes){body, strlen(body)}, replay_on_answer, &r);
	replay_settle(&r);
	assert_true(r.answer.ok);
	replay_expect(&r, NULL);
	/* not a raise: to everybody who was being sent the first version, also where nobody had it
	 */
	update(&r, "{\"kind\":\"information\",\"set\":{\"message\":{\"sr-Latn\":\"Ima ranac.\"}},"
		   "\"reason\":\"majka\"}");
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	assert_int_equal(replay_count(&r, "mup-ns version 2"), 1);
	replay_unmute(&r);
	replay_expect(&r, "11:00 bolnica-ns " ACKNOWLEDGED, "11:00 bolnica-ns version 2", NULL);
	update(&r, "{\"kind\":\"information\",\"areas\":[\"RS\"],\"reason\":\"sire\"}");
	assert_int_equal(replay_count(&r, "mup-ns version 3"), 1);
	replay_pass(&r, 10 * MINUTE);
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING); /* nobody took the wider alert on */
	assert_int_equal(replay_count(&r, "bolnica-ns version 3"), 1);
	assert_true(replay_ack(&r, "mup-ns")->ok);
	assert_int_equal(replay_ladder(&r), LADDER_ACKED);
	replay_end(&r);
}

/* 12: a lease ends while the daemon is down: as 5. */
static void edge_12_lease_ends_during_a_restart(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	replay_pass(&r, 20 * MINUTE);
	(void)replay_count(&r, "");
	replay_restart(&r, 15 * MINUTE, true);
	assert_int_equal(replay_ladder(&r), LADDER_RUNNING);
	assert_int_equal(replay_count(&r, "35:00 bolnica-ns version 1"), 1);
	replay_end(&r);
}

/* 13: a reload that takes away a channel an alert uses is refused; retiring it is the way. */
static void edge_13_reload_removes_a_channel_in_use(void **state)
{
	static const char *live[] = {"mup-ns", "bolnica-ns", "log", "duty"};
	const struct words words = {live, ARRAY_LEN(live)};
	struct issues *issues = issues_create();
	struct settings *next;
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	rig_change(&r.files, "policies.d/restricted.yaml",
		   "    - {name: region, after: 10m, channels: [bolnica-ns], when: {acks_below: 1, "
		   "of: [mup-ns]}}",
		   "    -");
	rig_change(&r.files, "policies.d/restricted.yaml", "    -   #", "#");
	rig_write(&r.files, "channels.d/bolnica-ns.yaml", NULL);
	next = rig_load_good(&r.files);
	assert_false(settings_diff(r.settings, next, &words, issues));
	settings_unref(&next);
	issues_destroy(&issues);
	replay_pass(&r, 11 * MINUTE); /* the old configuration is in force */
	assert_int_equal(replay_count(&r, "10:00 bolnica-ns version 1"), 1);
	replay_end(&r);
}

/* 14: suspended over a due time: nothing fires; on resume what fell due does. */
static void edge_14_suspended_over_a_timer(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, 5 * MINUTE);
	assert_true(replay_act_as(&r, "vera", NULL, stop_suspend, "")->ok);
	(void)replay_count(&r, "");
	replay_pass(&r, 10 * MINUTE);
	assert_int_equal(replay_ladder(&r), LADDER_PAUSED);
	assert_int_equal(replay_count(&r, "version 1"), 0);
	assert_false(health_is_raised(r.health, "timer_late", NULL));
	assert_true(replay_act_as(&r, "vera", NULL, rung_escalate, "")->err.code == ERROR_CONFLICT);
	assert_true(replay_act_as(&r, "vera", NULL, alert_resume, "")->ok);
	replay_decide(&r, "vera", alert_submit);
	replay_decide(&r, "ana", alert_approve);
	assert_int_equal(replay_alert(&r), ALERT_ACTIVE);
	assert_int_equal(replay_count(&r, "15:00 bolnica-ns version 1"), 1);
	replay_end(&r);
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	return 0;
}

#define EDGE(name) cmocka_unit_test_teardown(edge_##name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDGE(1_ack_after_escalation),
		EDGE(2_ack_races_the_timer),
		EDGE(3_double_ack_and_closed),
		EDGE(4_get_never_acks),
		EDGE(5_restart_with_a_timer_pending),
		EDGE(6_long_downtime),
		EDGE(7_clock_jumps_ahead),
		EDGE(7_clock_jumps_back),
		EDGE(8_policy_changed_mid_alert),
		EDGE(9_all_channels_dead),
		EDGE(10_found_with_sends_queued),
		EDGE(11_reported_again_and_raised),
		EDGE(12_lease_ends_during_a_restart),
		EDGE(13_reload_removes_a_channel_in_use),
		EDGE(14_suspended_over_a_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
