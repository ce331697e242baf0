/* The walk of a ladder under a clock of its own, and the pure ones of the edge cases of DELIVERY
 * section 4 (named by their numbers). Covers ladder.c, ladder_rule.c and ladder_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/ladder.h"

#define T0     INT64_C(1795447867000)
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)

static const struct partner partners[] = {{.id = "mup-ns", .role = PARTNER_POLICE},
					  {.id = "bolnica-ns", .role = PARTNER_HOSPITAL},
					  {.id = "granica", .role = PARTNER_BORDER}};
static const struct channel channels[] = {
	{.name = "mup-ns", .partner = &partners[0]},
	{.name = "bolnica-ns", .partner = &partners[1]},
	{.name = "granica", .partner = &partners[2]},
	{.name = "log"},
	{.name = "mup-ns-sms", .partner = &partners[0]},
};
static const struct directory directory = {.channels = channels,
					   .channel_count = ARRAY_LEN(channels)};

/* A ladder in words: "police:0:mup-ns" per rung; conditions are set by the tests. */
static const char *const mup[] = {"mup-ns"};
static const char *const hospital[] = {"bolnica-ns"};
static const char *const border[] = {"granica"};
static const char *const both[] = {"mup-ns", "bolnica-ns"};
static const char *const logs[] = {"log"};
#define WORDS(list)                                                                                \
	{                                                                                          \
		(const char **)list, ARRAY_LEN(list)                                               \
	}

struct fixture {
	struct ladder_rung rungs[4];
	struct ladder_plan plan;
	struct ladder_position position;
	struct ladder_facts facts;
	struct ladder_ack acks[4];
	struct ladder_step step;
	char log[1024]; /* "0@0 1@10 ": rung @ minute; "R" the last resort, "!" delayed */
};

static void start(struct fixture *f)
{
	*f = (struct fixture){
		.rungs = {{.name = "police", .channels = WORDS(mup)},
			  {.name = "region", .after_ms = 10 * MINUTE, .channels = WORDS(hospital)},
			  {.name = "border", .after_ms = 20 * MINUTE, .channels = WORDS(border)}},
		.plan = {.policy = "p",
			 .kind = LADDER_ALERT,
			 .rung_count = 3,
			 .repeat_every_ms = 10 * MINUTE,
			 .repeat_times = 1,
			 .last_resort = WORDS(logs),
			 .ack_roles = 1u << PARTNER_POLICE,
			 .ack_operator = true},
		.facts = {.status = STATUS_ACTUAL},
	};
	f->plan.rungs = f->rungs;
	f->facts.acks = f->acks;
	ladder_position_start(&f->plan, T0, &f->position);
}

static void note(struct fixture *f, int64_t now)
{
	char *log = f->log;
	for (size_t i = 0; i < f->step.fire_count; i++) {
		size_t len = strlen(log);
		snprintf(log + len, sizeof(f->log) - len, "%d@%lld%s ", f->step.fires[i].rung,
			 (long long)((now - T0) / MINUTE), f->step.fires[i].is_delayed ? "!" : "");
	}
	if (f->step.fires_last_resort) {
		size_t len = strlen(log);
		snprintf(log + len, sizeof(f->log) - len, "R@%lld ",
			 (long long)((now - T0) / MINUTE));
	}
}

static void advance(struct fixture *f, int64_t minutes)
{
	ladder_advance(&f->plan, &f->position, &f->facts, T0 + minutes * MINUTE, &f->step);
	f->position = f->step.position;
	note(f, T0 + minutes * MINUTE);
}

/* Wakes at every due time up to a minute. */
static void run_until(struct fixture *f, int64_t minutes)
{
	for (int i = 0; i < 1000; i++) {
		int64_t due = ladder_due(&f->position);
		if (due > T0 + minutes * MINUTE) {
			return;
		}
		ladder_advance(&f->plan, &f->position, &f->facts, due, &f->step);
		f->position = f->step.position;
		note(f, due);
		if (f->step.state == LADDER_ACKED) {
			return;
		}
	}
	fail_msg("it does not end");
}

static void ack(struct fixture *f, const char *partner, enum partner_role role)
{
	f->acks[f->facts.ack_count++] = (struct ladder_ack){
		.partner = partner, .role = role, .is_operator = partner == NULL};
}

static void walks_repeats_and_is_exhausted(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 240);
	assert_string_equal(f.log, "0@0 1@10 2@30 0@40 1@50 2@70 R@80 R@140 R@200 ");
	assert_int_equal(f.step.state, LADDER_EXHAUSTED);
	assert_true(f.position.rung_due_utc_ms == LADDER_NEVER);
}

static void says_once_that_it_is_exhausted(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 79);
	assert_int_equal(f.step.state, LADDER_RUNNING);
	advance(&f, 80);
	assert_true(f.step.is_newly_exhausted);
	assert_int_equal(f.step.resort_cycle, LADDER_RESORT_CYCLE);
	advance(&f, 140);
	assert_false(f.step.is_newly_exhausted);
	assert_int_equal(f.step.resort_cycle, LADDER_RESORT_CYCLE + 1);
}

static void endless_repeats_use_the_last_resort_too(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.plan.rung_count = 2;
	f.plan.repeat_times = REPEAT_UNTIL_ACK;
	run_until(&f, 85);
	assert_string_equal(f.log, "0@0 1@10 0@20 R@20 1@30 0@40 1@50 0@60 1@70 0@80 R@80 ");
	assert_int_equal(f.step.state, LADDER_EXHAUSTED);
	assert_int_equal(f.position.cycle, 4);
}

static void rounds_are_never_closer_than_five_minutes(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.plan.rung_count = 1;
	f.plan.repeat_every_ms = 1000;
	f.plan.repeat_times = 2;
	run_until(&f, 60);
	assert_string_equal(f.log, "0@0 0@5 0@10 R@15 ");
	start(&f);
	f.plan.rung_count = 1;
	f.plan.repeat_every_ms = 0;
	run_until(&f, 60);
	assert_string_equal(f.log, "0@0 R@5 ");
	start(&f);
	f.plan.rung_count = 0;
	ladder_position_start(&f.plan, T0, &f.position);
	run_until(&f, 30);
	assert_string_equal(f.log, "R@0 ");
}

static void late_wake_ups_do_not_add_up(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	ladder_advance(&f.plan, &f.position, &f.facts, T0 + 900, &f.step);
	assert_true(f.step.due_utc_ms == T0 + 10 * MINUTE);
	f.position = f.step.position;
	ladder_advance(&f.plan, &f.position, &f.facts, T0 + 10 * MINUTE + 900, &f.step);
	assert_true(f.step.due_utc_ms == T0 + 30 * MINUTE);
	assert_false(f.step.fires[0].is_delayed);
	/* nothing due: nothing changes */
	f.position = f.step.position;
	ladder_advance(&f.plan, &f.position, &f.facts, T0 + 20 * MINUTE, &f.step);
	assert_int_equal(f.step.fire_count, 0);
	assert_memory_equal(&f.step.position, &f.position, sizeof(f.position));
}

/* Edge case 1: an ack after escalation is valid and stops what comes later. */
static void edge_1_an_ack_stops_what_comes_later(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 10);
	ack(&f, "mup-ns", PARTNER_POLICE);
	assert_true(ladder_is_stopped(&f.plan, &f.facts));
	advance(&f, 300);
	assert_string_equal(f.log, "0@0 1@10 ");
	assert_int_equal(f.step.state, LADDER_ACKED);
	assert_true(f.step.due_utc_ms == LADDER_NEVER);
}

/* Edge cases 5 and 12: a timer that was pending at a restart fires now. */
static void edge_5_an_overdue_rung_fires_at_start(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 0);
	advance(&f, 13);
	assert_string_equal(f.log, "0@0 1@13! ");
	assert_true(f.step.due_utc_ms == T0 + 30 * MINUTE);
}

/* Edge case 6: the furthest due rung and every earlier one not yet notified, once. */
static void edge_6_an_outage_does_not_fire_all_twice(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 10);
	advance(&f, 55);
	/* missed: 2@30, 0@40, 1@50; 0 is known and not the furthest */
	assert_string_equal(f.log, "0@0 1@10 2@55! 1@55! ");
	assert_true(f.step.due_utc_ms == T0 + 70 * MINUTE);
	assert_int_equal(f.position.cycle, 1);
	/* a month of silence costs one step */
	start(&f);
	f.plan.repeat_times = REPEAT_UNTIL_ACK;
	advance(&f, 30 * 24 * 60);
	assert_int_equal(f.step.fire_count, 3);
	assert_true(f.step.fires_last_resort);
	assert_true(f.step.due_utc_ms > T0 + 30 * 24 * HOUR);
	assert_true(f.step.due_utc_ms <= T0 + 30 * 24 * HOUR + 20 * MINUTE);
}

/* Edge case 9: with every channel dead the last resort is used at once. */
static void edge_9_all_dead_is_exhausted_at_once(void **state)
{
	(void)state;
	struct fixture f;
	static const char *const all[] = {"mup-ns", "bolnica-ns", "granica"};
	start(&f);
	f.facts.dead = (struct words){(const char **)all, 3};
	advance(&f, 0);
	assert_string_equal(f.log, "0@0 1@0 2@0 R@0 ");
	assert_int_equal(f.step.state, LADDER_EXHAUSTED);
	assert_true(f.step.due_utc_ms == T0 + 10 * MINUTE);
	/* one that lives again is heard in the next round */
	f.facts.dead.count = 2;
	f.log[0] = '\0';
	run_until(&f, 35);
	assert_string_equal(f.log, "0@10 1@10 2@10 ");
}

/* What begins a ladder can fire rungs only: a last resort that is due goes to the timer, now. */
static void a_last_resort_is_left_to_the_timer(void **state)
{
	(void)state;
	struct fixture f;
	static const char *const all[] = {"mup-ns", "bolnica-ns", "granica"};
	start(&f);
	f.facts.dead = (struct words)WORDS(all);
	ladder_advance(&f.plan, &f.position, &f.facts, T0, &f.step);
	ladder_leave_resort(T0, &f.step);
	assert_int_equal(f.step.fire_count, 3);
	assert_false(f.step.fires_last_resort);
	assert_int_equal(f.step.state, LADDER_RUNNING);
	assert_true(f.step.due_utc_ms == T0 && ladder_due(&f.step.position) == T0);
	f.position = f.step.position;
	advance(&f, 0);
	assert_string_equal(f.log, "R@0 ");
	assert_true(f.step.is_newly_exhausted);
	/* where none is due nothing changes */
	start(&f);
	ladder_advance(&f.plan, &f.position, &f.facts, T0, &f.step);
	struct ladder_step step = f.step;
	ladder_leave_resort(T0, &f.step);
	assert_memory_equal(&f.step, &step, sizeof(step));
}

/* Another policy goes on where people stand. */
static void who_was_told_is_passed(void **state)
{
	(void)state;
	struct fixture f;
	static const char *const told_both[] = {"bolnica-ns", "mup-ns"};
	static const char *const told_all[] = {"bolnica-ns", "granica", "mup-ns"};
	const struct words police = WORDS(mup);
	const struct words nobody = {0};
	start(&f);
	ladder_position_pass(&f.plan, &police, &nobody, T0, &f.position);
	run_until(&f, 30);
	assert_string_equal(f.log, "1@10 2@30 ");
	/* nobody of a rung was told, or somebody of it was not: it fires */
	start(&f);
	ladder_position_pass(&f.plan, &nobody, &nobody, T0, &f.position);
	advance(&f, 0);
	assert_string_equal(f.log, "0@0 ");
	start(&f);
	f.rungs[0].channels = (struct words)WORDS(both);
	ladder_position_pass(&f.plan, &police, &nobody, T0, &f.position);
	advance(&f, 0);
	assert_string_equal(f.log, "0@0 ");
	/* one who cannot be reached holds nothing up, alone he was not told either */
	const struct words dead = WORDS(hospital);
	start(&f);
	f.rungs[0].channels = (struct words)WORDS(both);
	ladder_position_pass(&f.plan, &police, &dead, T0, &f.position);
	advance(&f, 0);
	assert_string_equal(f.log, "");
	assert_int_equal(f.position.next, 1);
	/* all of a round: the next one, by its gap */
	const struct words most = WORDS(told_both);
	const struct words all = WORDS(told_all);
	start(&f);
	ladder_position_pass(&f.plan, &most, &nobody, T0, &f.position);
	run_until(&f, 20);
	assert_string_equal(f.log, "2@20 ");
	start(&f);
	ladder_position_pass(&f.plan, &all, &nobody, T0, &f.position);
	assert_int_equal(f.position.cycle, 1);
	run_until(&f, 10);
	assert_string_equal(f.log, "0@10 ");
}

/* An empty or deaf rung burns no time (GoAlert 4548). */
static void nobody_waits_for_an_empty_rung(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.rungs[0].channels.count = 0;
	run_until(&f, 25);
	assert_string_equal(f.log, "1@0 2@20 ");
	start(&f);
	f.facts.dead = (struct words){(const char **)mup, 1};
	run_until(&f, 25);
	assert_string_equal(f.log, "0@0 1@0 2@20 ");
	/* one of two lives: the delay is theirs */
	start(&f);
	f.rungs[0].channels = (struct words)WORDS(both);
	f.facts.dead = (struct words){(const char **)mup, 1};
	run_until(&f, 25);
	assert_string_equal(f.log, "0@0 1@10 ");
}

/* Edge case 14: time runs on in suspense; what fell due fires on resume. */
static void edge_14_suspense_does_not_stop_the_clock(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 0);
	/* suspended from 1 to 32: nobody advances it */
	advance(&f, 32);
	assert_string_equal(f.log, "0@0 1@32! 2@32! ");
}

/* A lapsed lease goes on at the next rung, not at the first. */
static void a_lapsed_lease_resumes_at_the_next_rung(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 0);
	ack(&f, "mup-ns", PARTNER_POLICE);
	advance(&f, 10);
	f.facts.ack_count = 0;
	ladder_reopen(T0 + 45 * MINUTE, &f.position);
	run_until(&f, 60);
	assert_string_equal(f.log, "0@0 1@45 ");
	assert_true(ladder_due(&f.position) == T0 + 65 * MINUTE);
	/* what is not due yet keeps its time */
	ladder_reopen(T0 + 50 * MINUTE, &f.position);
	assert_true(ladder_due(&f.position) == T0 + 65 * MINUTE);
}

static void a_condition_asks_its_own_set(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.rungs[1].when = RUNG_ACKS_BELOW;
	f.rungs[1].acks_below = 2;
	f.rungs[1].of_partners = (struct words)WORDS(both);
	ack(&f, "mup-ns", PARTNER_POLICE);
	ack(&f, "mup-ns", PARTNER_POLICE); /* once per partner */
	assert_false(ladder_is_stopped(&f.plan, &f.facts));
	run_until(&f, 39);
	assert_string_equal(f.log, "1@10 ");
	assert_int_equal(f.step.skipped, 1u << 2);
	ack(&f, "bolnica-ns", PARTNER_HOSPITAL);
	assert_true(ladder_is_stopped(&f.plan, &f.facts));
	/* an operator's own stops them all */
	f.facts.ack_count = 0;
	ack(&f, NULL, 0);
	assert_true(ladder_is_stopped(&f.plan, &f.facts));
	f.plan.ack_operator = false;
	assert_false(ladder_is_stopped(&f.plan, &f.facts));
}

static void a_condition_asks_for_a_role_or_a_dead_channel(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.rungs[1].when = RUNG_NO_ACK_ROLE;
	f.rungs[1].no_ack_roles = 1u << PARTNER_HOSPITAL;
	f.rungs[2].when = RUNG_DEAD;
	f.rungs[2].of_channels = (struct words)WORDS(mup);
	ack(&f, "bolnica-ns", PARTNER_HOSPITAL);
	run_until(&f, 39);
	assert_string_equal(f.log, "0@0 ");
	start(&f);
	f.rungs[2].when = RUNG_DEAD;
	f.rungs[2].of_channels = (struct words)WORDS(mup);
	f.facts.dead = (struct words){(const char **)mup, 1};
	run_until(&f, 39);
	assert_string_equal(f.log, "0@0 1@0 2@20 0@30 1@30 ");
}

static void only_the_policys_roles_stop_an_actual_alert(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	static const struct {
		enum alert_status status;
		const char *partner;
		enum partner_role role;
		bool is_operator, counts;
	} rows[] = {
		{STATUS_ACTUAL, "mup-ns", PARTNER_POLICE, false, true},
		{STATUS_ACTUAL, "bolnica-ns", PARTNER_HOSPITAL, false, false},
		{STATUS_ACTUAL, "bolnica-ns", PARTNER_HOSPITAL, true, true},
		{STATUS_ACTUAL, NULL, 0, true, true},
		{STATUS_EXERCISE, "bolnica-ns", PARTNER_HOSPITAL, false, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ladder_ack one = {rows[i].partner, rows[i].role, rows[i].is_operator};
		assert_int_equal(ladder_ack_counts(&f.plan, rows[i].status, &one), rows[i].counts);
	}
	f.plan.ack_operator = false;
	assert_false(
		ladder_ack_counts(&f.plan, STATUS_ACTUAL, &(struct ladder_ack){NULL, 0, true}));
}

static void a_person_may_force_the_next_rung(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	run_until(&f, 0);
	f.rungs[1].when = RUNG_NO_ACK_ROLE;
	f.rungs[1].no_ack_roles = 1u << PARTNER_POLICE;
	ack(&f, "mup-ns", PARTNER_POLICE);
	ladder_force(&f.plan, &f.position, &f.facts, T0 + 2 * MINUTE, &f.step);
	assert_int_equal(f.step.fire_count, 1);
	assert_int_equal(f.step.fires[0].rung, 1);
	assert_int_equal(f.step.state, LADDER_ACKED);
	assert_true(f.step.position.rung_due_utc_ms == T0 + 22 * MINUTE);
	/* past the last rung there is the last resort */
	start(&f);
	run_until(&f, 80);
	ladder_force(&f.plan, &f.position, &f.facts, T0 + 81 * MINUTE, &f.step);
	assert_true(f.step.fires_last_resort);
	assert_true(f.step.position.resort_due_utc_ms == T0 + 141 * MINUTE);
}

static void a_dead_channel_brings_the_next_rung_forward(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	f.facts.dead = (struct words){(const char **)mup, 1};
	assert_false(ladder_bring_forward(&f.plan, &f.facts, T0, &f.position)); /* none fired */
	f.facts.dead.count = 0;
	run_until(&f, 0);
	assert_false(ladder_bring_forward(&f.plan, &f.facts, T0 + MINUTE, &f.position));
	f.facts.dead.count = 1;
	assert_true(ladder_bring_forward(&f.plan, &f.facts, T0 + MINUTE, &f.position));
	assert_false(ladder_bring_forward(&f.plan, &f.facts, T0 + MINUTE, &f.position));
	run_until(&f, 20);
	assert_string_equal(f.log, "0@0 1@1 ");
	assert_true(ladder_due(&f.position) == T0 + 21 * MINUTE);
	/* after the last rung: the last resort, and the round as it was */
	run_until(&f, 21);
	f.facts.dead = (struct words){(const char **)border, 1};
	assert_true(ladder_bring_forward(&f.plan, &f.facts, T0 + 22 * MINUTE, &f.position));
	assert_true(f.position.resort_due_utc_ms == T0 + 22 * MINUTE);
	assert_true(f.position.rung_due_utc_ms == T0 + 31 * MINUTE);
}

static void a_position_comes_back_as_it_was(void **state)
{
	(void)state;
	struct fixture f;
	struct ladder_position again;
	struct error err = {0};
	char text[LADDER_POSITION_BYTES];
	start(&f);
	run_until(&f, 80);
	ladder_position_encode(&f.position, text);
	assert_true(ladder_position_decode(text, &again, &err));
	char text_again[LADDER_POSITION_BYTES];
	ladder_position_encode(&again, text_again);
	assert_string_equal(text, text_again);
	assert_true(again.rung_due_utc_ms == LADDER_NEVER);
	static const char *const bad[] = {NULL, "", "2 0 0 0 0 0 0 0 0", "1 0 65 0 0 0 0 0 0",
					  "1 0 0 0 0 0 0 0 0 0"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(ladder_position_decode(bad[i], &again, &err));
		assert_int_equal(err.code, ERROR_INTERNAL);
	}
}

static void a_snapshot_keeps_the_policy_of_the_day(void **state)
{
	(void)state;
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	static const char *const of[] = {"mup-ns", "mup-ns-sms", "log", "bolnica-ns"};
	const struct channel *first[] = {&channels[0], &channels[3]};
	const struct channel *resort[] = {&channels[3]};
	const struct rung rungs[] = {
		{.name = "police", .channels = first, .channel_count = 2},
		{.name = "region",
		 .after_ms = 600000,
		 .when = RUNG_ACKS_BELOW,
		 .acks_below = 2,
		 .of = {(const char **)of, 4}},
	};
	const struct policy policy = {
		.id = "restricted",
		.ack_roles = 1u << PARTNER_POLICE,
		.ack_operator = true,
		.ack_lease_ms = 1800000,
		.alert = {.rungs = rungs,
			  .rung_count = 2,
			  .repeat_every_ms = 600000,
			  .repeat_times = REPEAT_UNTIL_ACK,
			  .last_resort = resort,
			  .last_resort_count = 1},
	};
	struct ladder_plan plan;
	struct error err = {0};

	ladder_snapshot(&directory, &policy, LADDER_ALERT, &out);
	assert_true(ladder_read(buf_text(&out), arena, &plan, &err));
	assert_string_equal(plan.policy, "restricted");
	assert_int_equal(plan.kind, LADDER_ALERT);
	assert_int_equal(plan.rung_count, 2);
	assert_string_equal(plan.rungs[0].channels.items[1], "log");
	assert_int_equal(plan.rungs[1].when, RUNG_ACKS_BELOW);
	assert_int_equal(plan.rungs[1].acks_below, 2);
	assert_int_equal(plan.rungs[1].of_channels.count, 4);
	/* two channels of one partner are one voice, the log has none */
	assert_int_equal(plan.rungs[1].of_partners.count, 2);
	assert_int_equal(plan.repeat_times, REPEAT_UNTIL_ACK);
	assert_string_equal(plan.last_resort.items[0], "log");
	assert_true(plan.ack_operator);
	assert_int_equal(plan.ack_lease_ms, 1800000);
	buf_reset(&out);
	ladder_snapshot(&directory, &policy, LADDER_APPROVAL, &out);
	assert_true(ladder_read(buf_text(&out), arena, &plan, &err));
	assert_int_equal(plan.rung_count, 0);
	assert_false(ladder_read("{}", arena, &plan, &err));
	assert_false(ladder_read(NULL, arena, &plan, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_repeats_and_is_exhausted),
		cmocka_unit_test(says_once_that_it_is_exhausted),
		cmocka_unit_test(endless_repeats_use_the_last_resort_too),
		cmocka_unit_test(rounds_are_never_closer_than_five_minutes),
		cmocka_unit_test(late_wake_ups_do_not_add_up),
		cmocka_unit_test(edge_1_an_ack_stops_what_comes_later),
		cmocka_unit_test(edge_5_an_overdue_rung_fires_at_start),
		cmocka_unit_test(edge_6_an_outage_does_not_fire_all_twice),
		cmocka_unit_test(edge_9_all_dead_is_exhausted_at_once),
		cmocka_unit_test(a_last_resort_is_left_to_the_timer),
		cmocka_unit_test(who_was_told_is_passed),
		cmocka_unit_test(nobody_waits_for_an_empty_rung),
		cmocka_unit_test(edge_14_suspense_does_not_stop_the_clock),
		cmocka_unit_test(a_lapsed_lease_resumes_at_the_next_rung),
		cmocka_unit_test(a_condition_asks_its_own_set),
		cmocka_unit_test(a_condition_asks_for_a_role_or_a_dead_channel),
		cmocka_unit_test(only_the_policys_roles_stop_an_actual_alert),
		cmocka_unit_test(a_person_may_force_the_next_rung),
		cmocka_unit_test(a_dead_channel_brings_the_next_rung_forward),
		cmocka_unit_test(a_position_comes_back_as_it_was),
		cmocka_unit_test(a_snapshot_keeps_the_policy_of_the_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
