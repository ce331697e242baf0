/*
 * The ops of escalation on a real database: compare-and-set of a turn, timers by two clocks, an
 * acknowledgement's row, the timeline. Covers ack.c, ladder_load.c, timer_take.c and
 * case_timeline.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/report.h"
#include "store/alert.h"
#include "store/audit.h"
#include "store/casefile.h"
#include "store/escalate.h"
#include "store_rig.h"

#define BODY   "{\"status\":\"exercise\",\"circumstances\":\"Odvojio se.\",\"child\":{\"age\":7}}"
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

/* One active alert whose ladder is due in ten minutes. */
struct world {
	struct store_rig rig;
	struct id boot_id;
	struct id case_id;
	struct id alert_id;
	struct id ladder_id;
};

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static struct timer_now now_of(const struct world *w)
{
	return (struct timer_now){w->rig.clock.utc_ms, w->rig.clock.boot_ms, w->boot_id};
}

static void must(struct store_rig_answer answer)
{
	if (!answer.ok) {
		fail_msg("%s: %s", error_code_name(answer.err.code), answer.err.text);
	}
}

static struct store_call *call_of(struct world *w, const struct store_op *op)
{
	return store_rig_call(&w->rig, op);
}

static void report(struct world *w)
{
	struct store_call *call = call_of(w, &store_report_create);
	struct store_report_create_in *in = call->in;
	struct store_report_create_out out;
	struct report *decoded = arena_alloc(call->arena, sizeof(*decoded));
	struct problems problems;

	problems_init(&problems, call->arena);
	assert_true(report_decode(text_bytes(BODY), w->rig.clock.utc_ms, call->arena, decoded,
				  &problems));
	in->report_id = id_new(&w->rig.clock.clock);
	in->case_id = id_new(&w->rig.clock.clock);
	in->is_new = true;
	in->report = decoded;
	in->body = text_bytes(BODY);
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = w->rig.clock.utc_ms;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	w->case_id = out.outcome.case_id;
}

static void draft(struct world *w)
{
	struct store_call *call = call_of(w, &store_alert_create);
	struct store_alert_create_in *in = call->in;
	struct store_alert_create_out out;

	in->alert_id = id_new(&w->rig.clock.clock);
	in->case_id = w->case_id;
	in->status = STATUS_EXERCISE;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = text_bytes("{\"draft\":1}");
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = w->rig.clock.utc_ms;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	w->alert_id = out.outcome.alert_id;
}

static struct store_alert_basis basis(struct world *w, int64_t *truth)
{
	struct store_call *call = call_of(w, &store_alert_load);
	struct store_alert_load_in *in = call->in;
	struct store_alert_load_out out;

	in->alert_id = w->alert_id;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	*truth = out.cases[0].truth_version;
	return (struct store_alert_basis){out.version_etag, truth, 1, 0};
}

static void submit(struct world *w)
{
	struct store_call *call = call_of(w, &store_alert_submit);
	struct store_alert_submit_in *in = call->in;
	struct store_alert_submit_out out;
	int64_t truth;

	in->basis = basis(w, &truth);
	in->alert_id = w->alert_id;
	in->version = 1;
	in->digest = "sha256:one";
	in->person = "vera";
	in->now = now_of(w);
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
}

static void approve(struct world *w)
{
	static const struct store_variant variant = {"json-1", MEDIUM_JSON, {"one", 3}};
	static const struct store_plan_row plan[] = {
		{"mup", "mup", MESSAGE_VERSION, "json-1", PLAN_RUNG, 0, 0},
		{"kcv", "kcv", MESSAGE_VERSION, "json-1", PLAN_RUNG, 1, 0},
	};
	static const struct fanout_target target = {
		.channel = "mup",
		.partner = "mup",
		.variant_version = 1,
		.variant = "json-1",
		.walk = WALK_LIST,
		.reason = BROADCAST_RUNG,
		.class_of = MESSAGE_STANDARD,
	};
	struct store_call *call = call_of(w, &store_alert_approve);
	struct store_alert_approve_in *in = call->in;
	struct store_alert_approve_out out;
	int64_t truth;

	w->ladder_id = id_new(&w->rig.clock.clock);
	in->basis = basis(w, &truth);
	in->alert_id = w->alert_id;
	in->version = 1;
	in->digest = "sha256:one";
	in->approvals = 2;
	in->effect.variants = &variant;
	in->effect.variant_count = 1;
	in->effect.plan = plan;
	in->effect.plan_count = ARRAY_LEN(plan);
	in->effect.targets = &target;
	in->effect.target_count = 1;
	in->effect.ladder = (struct ladder_start){w->ladder_id, LADDER_ALERT, "{}", "here",
						  w->rig.clock.utc_ms + 10 * MINUTE};
	in->effect.expires_utc_ms = w->rig.clock.utc_ms + 60 * MINUTE;
	in->effect.tier = TIER_RESTRICTED;
	in->effect.policy = "restricted";
	in->effect.person = "marko";
	in->effect.now = now_of(w);
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	assert_true(out.is_approved);
}

static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	store_rig_init(&w->rig, true);
	w->boot_id = id_new(&w->rig.clock.clock);
	report(w);
	draft(w);
	submit(w);
	approve(w);
}

static struct store_ladder_load_out load(struct world *w)
{
	struct store_call *call = call_of(w, &store_ladder_load);
	struct store_ladder_load_in *in = call->in;
	struct store_ladder_load_out out;

	in->ladder_id = w->ladder_id;
	in->partner = "mup";
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	return out;
}

static struct ladder_turn turn_of(struct world *w)
{
	return (struct ladder_turn){
		.alert_id = w->alert_id,
		.ladder_id = w->ladder_id,
		.if_epoch = load(w).epoch,
		.if_version = 1,
		.if_alert_state = ALERT_ACTIVE,
		.state = LADDER_RUNNING,
		.now = now_of(w),
		.wall_utc_ms = w->rig.clock.utc_ms,
	};
}

static struct store_rig_answer turn(struct world *w, const struct ladder_turn *turn)
{
	struct store_call *call = call_of(w, &store_ladder_turn);
	struct store_ladder_turn_out out;

	((struct store_ladder_turn_in *)call->in)->turn = *turn;
	return store_rig_run(&w->rig, call, &out, sizeof(out));
}

/* Rows due by either clock within `horizon_ms`; the first one into ret_row. */
static size_t due(struct world *w, struct timer_now now, int64_t horizon_ms,
		  struct timer_row *ret_row)
{
	struct store_call *call = call_of(w, &store_timer_next);
	struct store_timer_next_in *in = call->in;
	struct store_timer_next_out out;

	in->now = now;
	in->horizon_ms = horizon_ms;
	in->limit = 10;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	if (ret_row != NULL && out.count > 0) {
		*ret_row = out.rows[0];
	}
	return out.count;
}

static int64_t late(struct world *w, struct timer_now now)
{
	struct store_call *call = call_of(w, &store_timer_overdue);
	struct store_timer_overdue_in *in = call->in;
	struct store_timer_overdue_out out;

	in->now = now;
	in->late_ms = 30 * SECOND;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	assert_true(out.newest_utc_ms >= 0);
	return out.count;
}

/* --- turns --- */

static void test_load(void **state)
{
	struct store_ladder_load_out out;
	struct world w;

	(void)state;
	begin(&w);
	out = load(&w);
	assert_int_equal(out.kind, LADDER_ALERT);
	assert_int_equal(out.state, LADDER_RUNNING);
	assert_string_equal(out.position, "here");
	assert_true(out.partner_has_it);
	assert_int_equal(out.ack_count, 0);
	assert_int_equal(out.channel_count, 2);
	assert_string_equal(out.channels[0].channel, "kcv");
	assert_int_equal(out.channels[0].last_cycle, -1);
	assert_int_equal(out.channels[1].last_cycle, 0);
	assert_int_equal(out.told_count, 1);
	assert_string_equal(out.told[0].partner, "mup");
	store_rig_finish(&w.rig);
}

/* Anything that changed since the read refuses the turn and leaves everything as it was. */
static void test_turn_compares(void **state)
{
	static const struct {
		const char *why;
		int64_t epoch;
		int version;
		enum alert_state state;
		enum error_code code;
	} rows[] = {
		{"another epoch", 1, 0, 0, ERROR_STALE},
		{"another version", 0, 1, 0, ERROR_STALE},
		{"another state", 0, 0, ALERT_SUSPENDED, ERROR_STALE},
		{"the same", 0, 0, 0, ERROR_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct fanout_target target = {
			.channel = "kcv",
			.partner = "kcv",
			.variant_version = 1,
			.variant = "json-1",
			.walk = WALK_LIST,
			.reason = BROADCAST_RUNG,
			.class_of = MESSAGE_STANDARD,
		};
		struct store_rig_answer answer;
		struct ladder_turn made;
		struct world w;

		begin(&w);
		made = turn_of(&w);
		made.if_epoch += rows[i].epoch;
		made.if_version += rows[i].version;
		made.if_alert_state = rows[i].state != 0 ? rows[i].state : made.if_alert_state;
		made.position = "there";
		made.due_utc_ms = made.wall_utc_ms + 20 * MINUTE;
		made.targets = &target;
		made.target_count = 1;
		answer = turn(&w, &made);
		if (answer.ok != (rows[i].code == ERROR_NONE) ||
		    (!answer.ok && answer.err.code != rows[i].code)) {
			fail_msg("%s: %s", rows[i].why, answer.err.text);
		}
		assert_string_equal(load(&w).position, answer.ok ? "there" : "here");
		assert_int_equal(load(&w).told_count, answer.ok ? 2 : 1);
		/* the timer that fired is replaced by the next one */
		assert_int_equal(due(&w, now_of(&w), 15 * MINUTE, NULL), answer.ok ? 0 : 1);
		assert_int_equal(due(&w, now_of(&w), 25 * MINUTE, NULL), 1);
		store_rig_finish(&w.rig);
	}
}

static void test_turn_asks_the_table_of_states(void **state)
{
	struct store_ladder_load_out loaded;
	struct ladder_turn made;
	struct world w;

	(void)state;
	begin(&w);
	made = turn_of(&w);
	made.state = LADDER_ENDED;
	must(turn(&w, &made));
	loaded = load(&w);
	assert_true(id_is_none(&loaded.ladder_id)); /* an ended ladder is none */
	made.if_epoch++;
	made.state = LADDER_RUNNING;
	assert_int_equal(turn(&w, &made).err.code, ERROR_CONFLICT);
	store_rig_finish(&w.rig);
}

/* --- timers --- */

/* A rung by the earlier clock, an expiry by both; boot time of another boot says nothing. */
static void test_two_clocks(void **state)
{
	struct timer_now now, other;
	struct timer_row row;
	struct world w;

	(void)state;
	begin(&w);
	now = now_of(&w);
	assert_int_equal(due(&w, now, 9 * MINUTE, NULL), 0);
	now.boot_ms += 10 * MINUTE; /* the wall clock stands: set back */
	assert_int_equal(due(&w, now, 0, &row), 1);
	assert_int_equal(row.kind, TIMER_RUNG);
	assert_true(id_equal(&row.owner_id, &w.ladder_id));
	assert_int_equal(row.due_boot_ms, now.boot_ms);
	other = now;
	other.boot_id.bytes[0] ^= 1;
	assert_int_equal(due(&w, other, 0, NULL), 0);

	now = now_of(&w);
	now.utc_ms += 61 * MINUTE; /* the wall clock jumped: the rung is late, the expiry is not */
	assert_int_equal(late(&w, now), 1);
	now.boot_ms += 61 * MINUTE;
	assert_int_equal(late(&w, now), 2);
	now = now_of(&w);
	now.boot_ms += 61 * MINUTE;
	assert_int_equal(late(&w, now), 1);
	now.utc_ms += 61 * MINUTE;
	now.boot_ms = 0;
	now.boot_id.bytes[0] ^= 1; /* after a boot the wall clock alone counts */
	assert_int_equal(late(&w, now), 2);
	store_rig_finish(&w.rig);
}

static void test_timers_of_a_paused_ladder_rest(void **state)
{
	struct timer_now now;
	struct ladder_turn made;
	struct world w;

	(void)state;
	begin(&w);
	made = turn_of(&w);
	made.state = LADDER_PAUSED;
	made.due_utc_ms = made.wall_utc_ms + 10 * MINUTE;
	must(turn(&w, &made));
	now = now_of(&w);
	now.utc_ms += 20 * MINUTE;
	now.boot_ms += 20 * MINUTE;
	assert_int_equal(due(&w, now, 0, NULL), 0);
	assert_int_equal(late(&w, now), 0);
	store_rig_finish(&w.rig);
}

/* SQLite gives an id again: a timer is what it is due for and when. */
static void test_timer_is_taken_once(void **state)
{
	struct store_timer_done_in *in;
	struct store_call *call;
	struct ladder_turn made;
	struct timer_row row;
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(due(&w, now_of(&w), 10 * MINUTE, &row), 1);
	made = turn_of(&w);
	made.due_utc_ms = made.wall_utc_ms + 20 * MINUTE;
	must(turn(&w, &made));
	call = call_of(&w, &store_timer_done);
	in = call->in;
	in->timer = row;
	in->now = now_of(&w);
	assert_int_equal(store_rig_run(&w.rig, call, NULL, 0).err.code, ERROR_STALE);
	assert_int_equal(due(&w, now_of(&w), 20 * MINUTE, &row), 1);
	call = call_of(&w, &store_timer_done);
	in = call->in;
	in->timer = row;
	in->rearm_utc_ms = row.due_utc_ms + MINUTE;
	in->now = now_of(&w);
	must(store_rig_run(&w.rig, call, NULL, 0));
	assert_int_equal(due(&w, now_of(&w), 20 * MINUTE, NULL), 0);
	assert_int_equal(due(&w, now_of(&w), 21 * MINUTE, NULL), 1);
	store_rig_finish(&w.rig);
}

/* --- acknowledgements --- */

static struct store_ack_put_in ack_of(struct world *w, const struct id *id)
{
	return (struct store_ack_put_in){
		.ack_id = *id,
		.is_new = true,
		.partner = "mup",
		.role = PARTNER_POLICE,
		.state = ACK_HELD,
		.lease_until_utc_ms = w->rig.clock.utc_ms + 30 * MINUTE,
		.warn_utc_ms = w->rig.clock.utc_ms + 25 * MINUTE,
		.said = text_bytes("{\"by\":\"Dezurni\"}"),
		.turn = turn_of(w),
	};
}

static struct store_rig_answer put(struct world *w, const struct store_ack_put_in *in,
				   struct store_ack_put_out *out)
{
	struct store_call *call = call_of(w, &store_ack_put);

	memcpy(call->in, in, sizeof(*in));
	return store_rig_run(&w->rig, call, out, sizeof(*out));
}

static void test_ack_and_its_end(void **state)
{
	struct store_ack_put_in in;
	struct store_ack_put_out out;
	struct store_ack_end_in *end;
	struct store_call *call;
	struct id id;
	struct world w;

	(void)state;
	begin(&w);
	id = id_new(&w.rig.clock.clock);
	in = ack_of(&w, &id);
	in.turn.state = LADDER_ACKED;
	must(put(&w, &in, &out));
	assert_int_equal(out.old_state, LADDER_RUNNING);
	assert_string_equal(out.outcome.word, "mup");
	assert_int_equal(load(&w).ack_count, 1);
	assert_int_equal(load(&w).state, LADDER_ACKED);
	/* the rung's timer is gone, warning and lease are there */
	assert_int_equal(due(&w, now_of(&w), 26 * MINUTE, NULL), 1);
	assert_int_equal(due(&w, now_of(&w), 31 * MINUTE, NULL), 2);
	/* the same decision on the same rows again */
	assert_int_equal(put(&w, &in, &out).err.code, ERROR_STALE);
	/* another row for the same partner */
	in.ack_id = id_new(&w.rig.clock.clock);
	in.turn = turn_of(&w);
	in.turn.state = LADDER_ACKED;
	assert_int_equal(put(&w, &in, &out).err.code, ERROR_CONFLICT);
	/* renewed: one pair of timers, later */
	in.ack_id = id;
	in.is_new = false;
	in.keeps_said = true;
	in.lease_until_utc_ms += 10 * MINUTE;
	in.warn_utc_ms += 10 * MINUTE;
	must(put(&w, &in, &out));
	assert_int_equal(out.outcome.http_status, 200);
	assert_int_equal(due(&w, now_of(&w), 31 * MINUTE, NULL), 0);
	assert_int_equal(due(&w, now_of(&w), 41 * MINUTE, NULL), 2);
	for (int i = 0; i < 2; i++) { /* given back; the second time it is not held */
		call = call_of(&w, &store_ack_end);
		end = call->in;
		end->ack_id = id;
		end->state = ACK_RELEASED;
		end->turn = turn_of(&w);
		assert_int_equal(store_rig_run(&w.rig, call, NULL, 0).ok, i == 0);
	}
	assert_int_equal(due(&w, now_of(&w), 41 * MINUTE, NULL), 0);
	assert_int_equal(load(&w).acks[0].state, ACK_RELEASED);
	store_rig_finish(&w.rig);
}

/* A lease that was renewed does not end by its old timer. */
static void test_lease_ends_by_its_own_timer(void **state)
{
	struct store_ack_put_in in;
	struct store_ack_put_out out;
	struct store_ack_end_in *end;
	struct store_call *call;
	struct timer_row old;
	struct id id;
	struct world w;

	(void)state;
	begin(&w);
	id = id_new(&w.rig.clock.clock);
	in = ack_of(&w, &id);
	in.turn.state = LADDER_ACKED;
	in.warn_utc_ms = 0;
	must(put(&w, &in, &out));
	assert_int_equal(due(&w, now_of(&w), 31 * MINUTE, &old), 1);
	in.is_new = false;
	in.lease_until_utc_ms += MINUTE;
	in.turn = turn_of(&w);
	in.turn.state = LADDER_ACKED;
	must(put(&w, &in, &out));
	for (int i = 0; i < 2; i++) {
		call = call_of(&w, &store_ack_end);
		end = call->in;
		end->ack_id = id;
		end->state = ACK_EXPIRED;
		end->timer = old;
		end->turn = turn_of(&w);
		assert_int_equal(store_rig_run(&w.rig, call, NULL, 0).err.code,
				 i == 0 ? ERROR_STALE : ERROR_NONE);
		assert_int_equal(due(&w, now_of(&w), 32 * MINUTE, &old), i == 0 ? 1 : 0);
	}
	assert_int_equal(load(&w).acks[0].state, ACK_EXPIRED);
	store_rig_finish(&w.rig);
}

static void test_running(void **state)
{
	struct store_call *call;
	struct store_ladder_running_out out;
	struct ladder_turn made;
	struct world w;

	(void)state;
	begin(&w);
	for (int i = 0; i < 2; i++) {
		call = call_of(&w, &store_ladder_running);
		((struct store_ladder_running_in *)call->in)->limit = 10;
		must(store_rig_run(&w.rig, call, &out, sizeof(out)));
		assert_int_equal(out.count, i == 0 ? 1 : 0);
		made = turn_of(&w);
		made.state = LADDER_ACKED;
		must(turn(&w, &made));
	}
	store_rig_finish(&w.rig);
}

/* --- the timeline --- */

static void act(struct world *w, const char *action, const char *note)
{
	struct ladder_turn made = turn_of(w);
	struct store_call *call = call_of(w, &store_ladder_turn);

	((struct store_ladder_turn_in *)call->in)->turn = made;
	call->audit = (struct store_audit){
		.action = action,
		.person = "vera",
		.alert_id = w->alert_id,
		.version = 1,
		.detail = "state=running",
		.note = note,
		.now_utc_ms = w->rig.clock.utc_ms,
	};
	must(store_rig_run(&w->rig, call, NULL, 0));
}

static struct store_case_timeline_out timeline(struct world *w, bool of_alert, int64_t after,
					       bool with_notes)
{
	struct store_call *call = call_of(w, &store_case_timeline);
	struct store_case_timeline_in *in = call->in;
	struct store_case_timeline_out out;

	in->of_alert = of_alert;
	in->alert_id = w->alert_id;
	in->case_id = w->case_id;
	in->after_seq = after;
	in->with_notes = with_notes;
	in->limit = 2;
	must(store_rig_run(&w->rig, call, &out, sizeof(out)));
	return out;
}

static void test_timeline(void **state)
{
	struct store_case_timeline_out out;
	int64_t first;
	struct world w;

	(void)state;
	begin(&w);
	act(&w, "ladder.fire", NULL);
	act(&w, "alert.escalate", "majka zove");
	act(&w, "ladder.fire", NULL);
	for (int of_alert = 0; of_alert < 2; of_alert++) { /* a case's has those of its alerts */
		out = timeline(&w, of_alert != 0, 0, true);
		assert_int_equal(out.count, 2);
		assert_true(out.has_more);
		assert_string_equal(out.rows[0].action, "ladder.fire");
		assert_null(out.rows[0].note);
		assert_string_equal(out.rows[1].note, "majka zove");
		assert_string_equal(out.rows[1].detail, "state=running");
		first = out.rows[1].seq;
		out = timeline(&w, of_alert != 0, first, true);
		assert_int_equal(out.count, 1);
		assert_false(out.has_more);
	}
	assert_null(timeline(&w, true, 0, false).rows[1].note);
	store_rig_finish(&w.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_turn_compares),
		cmocka_unit_test(test_turn_asks_the_table_of_states),
		cmocka_unit_test(test_two_clocks),
		cmocka_unit_test(test_timers_of_a_paused_ladder_rest),
		cmocka_unit_test(test_timer_is_taken_once),
		cmocka_unit_test(test_ack_and_its_end),
		cmocka_unit_test(test_lease_ends_by_its_own_timer),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_timeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
