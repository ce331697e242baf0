/*
 * What takes effect without a version of its own, and what a further version takes with it: each
 * compares inside its transaction what was decided before. Covers alert_standing.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store_town.h"

static struct store_call *act_call(struct store_town *town, const struct id *alert,
				   enum version_kind kind)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_act);
	struct store_alert_act_in *in = call->in;
	struct fanout_target *target = arena_alloc(call->arena, sizeof(*target));

	*target = (struct fanout_target){.channel = "log",
					 .variant_version = 1,
					 .variant = "json-1",
					 .walk = WALK_LIST,
					 .reason = BROADCAST_SEND,
					 .class_of = MESSAGE_STANDARD,
					 .cycle = FANOUT_CYCLE_NEXT};
	*in = (struct store_alert_act_in){
		.alert_id = *alert,
		.if_current_version = 1,
		.kind = kind,
		.effect = {.targets = target,
			   .target_count = 1,
			   .policy = "other",
			   .person = "vera",
			   .now = store_town_clock(town)},
	};
	in->effect.seed[0] = (uint8_t)++town->made;
	if (kind == VERSION_REPOLICY) {
		in->effect.ladder = (struct ladder_start){.id = store_town_id(town),
							  .kind = LADDER_ALERT,
							  .snapshot = "{}",
							  .position = "here",
							  .state = LADDER_ACKED};
	}
	return call;
}

static struct store_rig_answer act(struct store_town *town, const struct id *alert,
				   enum version_kind kind)
{
	return store_rig_run(&town->rig, act_call(town, alert, kind), NULL, 0);
}

static struct store_rig_answer update(struct store_town *town, const struct id *alert,
				      const struct id *case_id, const char *patch)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_update);

	*(struct store_alert_update_in *)call->in = (struct store_alert_update_in){
		.alert_id = *alert,
		.if_current_version = 1,
		.kind = VERSION_UPDATE,
		.tier = TIER_RESTRICTED,
		.policy = "restricted",
		.draft = {"{\"draft\":2}", 11},
		.request = {"{}", 2},
		.case_id = *case_id,
		.case_patch = store_town_bytes(patch),
		.person = "vera",
		.now_utc_ms = store_town_now(town),
	};
	return store_rig_run(&town->rig, call, NULL, 0);
}

static struct store_alert_load_out load(struct store_town *town, const struct id *alert)
{
	struct store_alert_load_out out;

	store_town_must(store_town_load(town, alert, &out));
	return out;
}

/* A further walk of the same list has a number of its own, and finds nobody who has a row. */
static void test_a_send_walks_once_more(void **state)
{
	struct store_town town;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	for (int cycle = 1; cycle <= 2; cycle++) {
		store_town_must(act(&town, &alert, VERSION_SEND));
		assert_int_equal(store_town_count(&town, "SELECT MAX(cycle) FROM broadcast"
							 " WHERE channel = 'log'"),
				 cycle);
	}
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM broadcast"
						 " WHERE channel = 'log' AND reason = 4"),
			 2);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM version"), 1);
	store_town_end(&town);
}

static void test_a_repolicy_replaces_the_ladder(void **state)
{
	struct store_town town;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	store_town_must(act(&town, &alert, VERSION_REPOLICY));
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM ladder WHERE state = 2"
						 " AND kind = 2 AND version = 1"),
			 1);
	assert_int_equal(
		store_town_count(&town, "SELECT COUNT(*) FROM alert WHERE policy = 'other'"), 1);
	store_town_end(&town);
}

static void check_conflict(struct store_town *town, struct store_call *call)
{
	struct store_rig_answer answer = store_rig_run(&town->rig, call, NULL, 0);

	assert_false(answer.ok);
	assert_int_equal(answer.err.code, ERROR_CONFLICT);
}

static void test_what_changed_meanwhile_is_a_conflict(void **state)
{
	struct store_alert_act_in *in;
	struct store_town town;
	struct store_call *call;
	struct id alert, case_id;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	case_id = load(&town, &alert).cases[0].id;
	call = act_call(&town, &alert, VERSION_SEND);
	((struct store_alert_act_in *)call->in)->if_current_version = 2;
	check_conflict(&town, call);
	call = act_call(&town, &alert, VERSION_SEND);
	in = call->in;
	in->held_fields = 1u << 3;
	check_conflict(&town, call);
	/* beside an undecided version a send is done, another policy is not */
	store_town_must(update(&town, &alert, &case_id, ""));
	store_town_must(act(&town, &alert, VERSION_SEND));
	check_conflict(&town, act_call(&town, &alert, VERSION_REPOLICY));
	store_town_must(store_town_stop(&town, &alert, NULL));
	check_conflict(&town, act_call(&town, &alert, VERSION_SEND));
	store_town_end(&town);
}

/* An update and what it says of the case are one transaction. */
static void test_an_update_takes_its_case_along_or_not(void **state)
{
	static const char *const facts = "{\"reason\":\"r\",\"child\":{\"clothing\":\"jakna\"}}";
	struct store_town town;
	struct id alert, case_id;
	int64_t before;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	case_id = load(&town, &alert).cases[0].id;
	before = load(&town, &alert).cases[0].truth_version;
	/* wrong facts: no version */
	assert_false(update(&town, &alert, &case_id, "{\"reason\":\"r\",\"child\":7}").ok);
	assert_int_equal(load(&town, &alert).open_version, 0);
	store_town_must(update(&town, &alert, &case_id, facts));
	assert_int_equal(load(&town, &alert).open_version, 2);
	assert_int_equal(load(&town, &alert).cases[0].truth_version, before + 1);
	/* no version: no facts */
	assert_false(update(&town, &alert, &case_id, facts).ok);
	assert_int_equal(load(&town, &alert).cases[0].truth_version, before + 1);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM audit"
						 " WHERE action = 'case.patch'"),
			 1);
	store_town_end(&town);
}

/* Who came to a list since it was walked; somebody who was told and came back is not new. */
static void test_standing_counts_who_came_since(void **state)
{
	struct store_alert_load_out out;
	struct store_town town;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	(void)store_town_page(&town, store_town_broadcast(&town, &alert, "log").id, 10);
	out = load(&town, &alert);
	assert_int_equal(out.planned_count, 2);
	assert_string_equal(out.planned[0].channel, "log");
	assert_true(out.planned[0].is_walked);
	assert_int_equal(out.planned[0].fresh, 0);
	(void)store_town_list(&town, "log", 3); /* r3 and r4 go */
	assert_int_equal(load(&town, &alert).planned[0].fresh, 0);
	(void)store_town_list(&town, "log", 7); /* they come back, with r5 and r6 */
	assert_int_equal(load(&town, &alert).planned[0].fresh, 2);
	out = load(&town, &alert);
	assert_int_equal(out.sent_count, 2);
	assert_int_equal(out.ack_count, 0);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_send_walks_once_more),
		cmocka_unit_test(test_a_repolicy_replaces_the_ladder),
		cmocka_unit_test(test_what_changed_meanwhile_is_a_conflict),
		cmocka_unit_test(test_an_update_takes_its_case_along_or_not),
		cmocka_unit_test(test_standing_counts_who_came_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
