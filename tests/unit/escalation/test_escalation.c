/*
 * Keeping time: timers that cannot be carried out, many at once, reminders, the auditor's health
 * reasons, a graceful stop. Covers auditor.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "casework/cases.h"
#include "replay.h"
#include "store/casefile.h"
#include "store/escalate.h"

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

static int log_off(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	return 0;
}

static int count_lines(const char *words)
{
	int count = 0;

	for (const char *at = strstr(logged, words); at != NULL; at = strstr(at + 1, words)) {
		count++;
	}
	return count;
}

static size_t timers(struct replay *r)
{
	struct store_call *call = store_rig_call(&r->rig, &store_timer_next);
	struct store_timer_next_in *in = call->in;
	struct store_timer_next_out out;

	in->now.utc_ms = r->rig.clock.utc_ms;
	in->now.boot_ms = r->rig.clock.boot_ms;
	in->horizon_ms = 100 * 24 * HOUR;
	in->limit = 1000;
	assert_true(store_rig_run(&r->rig, call, &out, sizeof(out)).ok);
	return out.count;
}

static void on_done(void *arg)
{
	(*(int *)arg)++;
}

/* Nothing is due: the loop has nothing to do but the auditor's questions. */
static void test_idle(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_pass(&r, HOUR);
	assert_int_equal(health_level(r.health), HEALTH_OK);
	assert_int_equal(r.sent_count, 0);
	replay_end(&r);
}

static void note(struct replay *r, int64_t due_ms)
{
	struct action action = {.actor = {.person = "vera", .role = ROLE_OPERATOR}};
	char body[128], due[CLOCK_TEXT_BYTES], name[ID_TEXT_BYTES];

	clock_format_utc(r->rig.clock.utc_ms + due_ms, false, due);
	id_format(&r->case_id, name);
	(void)snprintf(body, sizeof(body), "{\"text\":\"Zvati majku.\",\"due_at\":\"%s\"}", due);
	cases_act(r->casework, &action, CASES_NOTE, name, 0, (struct bytes){body, strlen(body)},
		  replay_on_answer, r);
	replay_settle(r);
	assert_true(r->answer.ok);
}

/* A note's time comes once; the worklist keeps it. The log tells ids, never the note. */
static void test_note_is_due_once(void **state)
{
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	logged[0] = '\0';
	log_set_sink(on_line, NULL);
	note(&r, 10 * MINUTE);
	replay_pass(&r, 9 * MINUTE);
	assert_int_equal(count_lines("a note is due"), 0);
	replay_pass(&r, 10 * MINUTE);
	assert_int_equal(count_lines("a note is due"), 1);
	assert_null(strstr(logged, "majku"));
	replay_end(&r);
}

/* An unverified close is said again every half hour until somebody verifies it. */
static void test_unverified_close_is_said_again(void **state)
{
	static const char body[] = "{\"outcome\":\"found\",\"note\":\"Javila se komsinica.\"}";
	struct action action = {.actor = {.person = "vera", .role = ROLE_OPERATOR}};
	char name[ID_TEXT_BYTES];
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	logged[0] = '\0';
	log_set_sink(on_line, NULL);
	id_format(&r.case_id, name);
	cases_act(r.casework, &action, CASES_CLOSE, name, 0, (struct bytes){body, strlen(body)},
		  replay_on_answer, &r);
	replay_settle(&r);
	assert_true(r.answer.ok);
	assert_int_equal(replay_alert(&r), ALERT_SUSPENDED);
	replay_pass(&r, 2 * HOUR + MINUTE);
	assert_int_equal(count_lines("nobody has verified it"), 4);
	assert_false(health_is_raised(r.health, "timer_late", NULL));
	replay_end(&r);
}

/* More than can be under way at once, and more than one read gives: all are carried out. */
static void test_many_at_once(void **state)
{
	struct replay r;
	size_t before;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	(void)replay_ack(&r, "mup-ns");
	before = timers(&r);
	logged[0] = '\0';
	log_set_sink(on_line, NULL);
	for (int i = 0; i < 300; i++) {
		note(&r, 10 * MINUTE);
	}
	assert_int_equal(timers(&r), before + 300);
	replay_pass(&r, 10 * MINUTE + 2 * SECOND);
	assert_int_equal(count_lines("a note is due"), 300);
	assert_int_equal(timers(&r), before);
	replay_end(&r);
}

/* A rung whose ladder cannot be read: tried again more and more seldom, /readyz red after half a
 * minute, and the other timers go on. */
static void test_timer_that_cannot_be_carried_out(void **state)
{
	struct store_ladder_load_in *load;
	struct store_ladder_load_out loaded;
	struct store_ladder_turn_in *turn;
	struct store_call *call;
	struct replay r;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	call = store_rig_call(&r.rig, &store_ladder_load);
	load = call->in;
	assert_true(id_parse(r.alert, strlen(r.alert), &load->alert_id));
	assert_true(store_rig_run(&r.rig, call, &loaded, sizeof(loaded)).ok);
	call = store_rig_call(&r.rig, &store_ladder_turn);
	turn = call->in;
	turn->turn = (struct ladder_turn){
		.alert_id = loaded.alert_id,
		.ladder_id = loaded.ladder_id,
		.if_epoch = loaded.epoch,
		.if_version = loaded.current_version,
		.if_alert_state = loaded.alert_state,
		.state = loaded.state,
		.position = "not a position",
		.due_utc_ms = r.rig.clock.utc_ms + MINUTE,
		.now = {.utc_ms = r.rig.clock.utc_ms, .boot_ms = r.rig.clock.boot_ms},
		.wall_utc_ms = r.rig.clock.utc_ms,
	};
	assert_true(store_rig_run(&r.rig, call, NULL, 0).ok);
	escalation_wake(r.escalation);
	logged[0] = '\0';
	log_set_sink(on_line, NULL);
	note(&r, 5 * MINUTE);
	replay_pass(&r, 80 * SECOND);
	assert_int_equal(health_level(r.health), HEALTH_OK);
	replay_pass(&r, 30 * SECOND);
	assert_true(health_is_raised(r.health, "timer_late", NULL));
	assert_int_equal(health_level(r.health), HEALTH_DOWN);
	assert_in_range(count_lines("a timer could not be carried out"), 4, 7);
	replay_pass(&r, 5 * MINUTE);
	assert_int_equal(count_lines("a note is due"), 1);
	replay_end(&r);
}

/* The clock of a machine that was off: before the newest row is a fault, a little is none. */
static void test_clock_behind_at_start(void **state)
{
	static const struct {
		int64_t down_ms;
		bool is_behind;
	} rows[] = {{-5 * MINUTE, true}, {-500, false}, {MINUTE, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct replay r;

		replay_begin(&r, STATUS_EXERCISE);
		replay_submit(&r);
		replay_restart(&r, rows[i].down_ms, true);
		assert_int_equal(health_is_raised(r.health, "clock_behind", NULL),
				 rows[i].is_behind);
		replay_pass(&r, 6 * MINUTE);
		assert_false(health_is_raised(r.health, "clock_behind", NULL));
		replay_end(&r);
	}
}

/* A drain waits for what is under way, once, and nothing fires after it. */
static void test_drain(void **state)
{
	struct replay r;
	int drained = 0;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	replay_approve(&r);
	replay_pass(&r, 10 * MINUTE - SECOND);
	(void)replay_count(&r, "");
	clock_fake_advance(&r.rig.clock, SECOND);
	while (loop_turn(r.rig.loop)) { /* the rung is under way, its read is asked for */
	}
	escalation_drain(r.escalation, on_done, &drained);
	while (loop_turn(r.rig.loop)) {
	}
	assert_int_equal(drained, 0);
	replay_settle(&r);
	assert_int_equal(drained, 1);
	assert_int_equal(replay_count(&r, "bolnica-ns version 1"), 1);
	replay_pass(&r, HOUR);
	assert_int_equal(replay_count(&r, ""), 0);
	assert_int_equal(drained, 1);
	/* what is due stayed in its row */
	replay_restart(&r, 0, false);
	assert_true(replay_count(&r, "version 1") > 0);
	replay_end(&r);
}

static void test_drain_of_nothing(void **state)
{
	struct replay r;
	int drained = 0;

	(void)state;
	replay_begin(&r, STATUS_EXERCISE);
	escalation_drain(r.escalation, on_done, &drained);
	assert_int_equal(drained, 0); /* never from within the call */
	replay_settle(&r);
	assert_int_equal(drained, 1);
	replay_end(&r);
}

/* Up to the rung's due time, then so many turns. */
static void live(struct replay *r, int turns)
{
	replay_begin(r, STATUS_EXERCISE);
	replay_approve(r);
	replay_pass(r, 10 * MINUTE - SECOND);
	clock_fake_advance(&r->rig.clock, SECOND);
	for (int i = 0; i < turns; i++) {
		if (!loop_turn(r->rig.loop)) {
			(void)store_pump(r->rig.store);
		}
	}
}

/* Killed at any turn around a rung's commit: it fires once, whatever was committed. */
static void test_killed_around_a_commit(void **state)
{
	(void)state;
	for (int turns = 0; turns < 8; turns++) {
		struct replay *r = replay_share();

		replay_kill_after(r, live, turns);
		replay_pass(r, MINUTE);
		if (replay_count(r, "bolnica-ns version 1") != 1) {
			fail_msg("killed after %d turns", turns);
		}
		replay_end(r);
		replay_unshare(r);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, log_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_note_is_due_once),
		TEST(test_unverified_close_is_said_again),
		TEST(test_many_at_once),
		TEST(test_timer_that_cannot_be_carried_out),
		TEST(test_clock_behind_at_start),
		TEST(test_drain),
		TEST(test_drain_of_nothing),
		TEST(test_killed_around_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
