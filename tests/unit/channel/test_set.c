/* The set and its reload: new instances beside old ones, all or nothing, gates by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "rig.h"

static void reload_lets_the_old_instance_finish(void **state)
{
	struct rig *rig = *state;
	struct rig_end old, new;
	struct channel_host *before = rig_host(rig);

	(void)rig_send(rig, &old);
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_int_equal(mock.created, 2);
	assert_int_equal(mock.destroyed, 0);
	assert_ptr_not_equal(rig_host(rig), before);
	assert_int_equal(channel_capacity(before, MESSAGE_CRITICAL), 0);
	assert_int_equal(channel_capacity(rig_host(rig), MESSAGE_CRITICAL), 3);
	(void)rig_send(rig, &new);
	assert_ptr_not_equal(mock.hosts[0], mock.hosts[1]);
	assert_int_equal(channel_set_in_flight(rig->set), 2);
	mock_done(0, ASTRAD_DELIVERED);
	rig_turn(rig);
	assert_int_equal(old.count, 1);
	assert_int_equal(mock.destroyed, 1);
	assert_int_equal(new.count, 0);
	assert_int_equal(channel_set_in_flight(rig->set), 1);
	channel_release(rig_host(rig), 1);
	mock_done(1, ASTRAD_DELIVERED);
	rig_turn(rig);
	assert_int_equal(new.count, 1);
}

static void idle_instance_goes_at_once(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 5; i++) {
		rig_use(rig, &mock_channel);
		rig_turn(rig);
	}
	assert_int_equal(mock.created, 6);
	assert_int_equal(mock.destroyed, 5);
}

static void breaker_survives_a_reload(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_int_equal(rig_state(rig).phase, CHANNEL_OPEN);
}

static void answer_of_an_old_instance_counts(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	(void)rig_send(rig, &end);
	rig_use(rig, &mock_channel);
	mock_done(0, ASTRAD_GONE);
	rig_turn(rig);
	assert_int_equal(rig_state(rig).phase, CHANNEL_SUSPENDED);
}

static void renamed_channel_keeps_its_gate(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	rig_step(rig, 31000);
	assert_true(health_is_raised(rig->health, "channel_dead", "mup"));
	rig->channel.name = "mup-ns";
	rig->channel.was = "mup";
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_null(channel_set_find(rig->set, "mup"));
	assert_int_equal(rig_state(rig).phase, CHANNEL_OPEN);
	assert_string_equal(rig->changed_name, "mup-ns");
	assert_false(health_is_raised(rig->health, "channel_dead", "mup"));
	assert_true(health_is_raised(rig->health, "channel_dead", "mup-ns"));
}

static void off_is_not_there(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	(void)rig_send(rig, &end);
	rig->channel.mode = CHANNEL_OFF;
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_null(channel_set_find(rig->set, "mup"));
	mock_done(0, ASTRAD_DELIVERED);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(mock.destroyed, 1);
}

static int errors;

static void on_error(const char *channel, const char *why, void *arg)
{
	(void)arg;
	errors++;
	assert_string_equal(channel, "mup");
	assert_string_equal(why, "the mock does not want to");
}

static void refused_reload_changes_nothing(void **state)
{
	static const struct astrad_value values[3];
	struct rig *rig = *state;
	const struct channel_config configs[] = {{&rig->channel, &mock_channel, values},
						 {&rig->channel, &mock_channel, values}};
	struct channel_host *before = rig_host(rig);

	errors = 0;
	mock.refuses = 1;
	assert_null(channel_set_prepare(rig->set, configs, 2, "10.0.0.0/8", on_error, NULL));
	assert_int_equal(errors, 2);
	rig_turn(rig);
	assert_ptr_equal(rig_host(rig), before);
	assert_int_equal(mock.destroyed, 0);
}

/* One channel by itself: what is on the wire ends with the old instance, slots and breaker stay. */
static void renewed_channel_keeps_its_gate(void **state)
{
	static const struct astrad_value values[3];
	struct rig *rig = *state;
	const struct channel_config config = {&rig->channel, &mock_channel, values};
	struct channel_host *before = rig_host(rig);
	struct error err;
	struct rig_end end;

	rig_fail(rig, 4, ASTRAD_RETRY);
	mock.send = MOCK_KEEPS;
	(void)rig_send(rig, &end);
	assert_true(channel_set_renew(rig->set, &config, &err));
	rig_turn(rig);
	assert_ptr_not_equal(rig_host(rig), before);
	assert_int_equal(channel_capacity(before, MESSAGE_CRITICAL), 0);
	assert_int_equal(channel_capacity(rig_host(rig), MESSAGE_CRITICAL), 3);
	mock_done(4, ASTRAD_RETRY); /* the fifth failure in a row */
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(mock.destroyed, 1);
	assert_int_equal(rig_state(rig).phase, CHANNEL_OPEN);
	before = rig_host(rig);
	mock.refuses = 1;
	assert_false(channel_set_renew(rig->set, &config, &err));
	assert_string_equal(err.text, "the mock does not want to");
	assert_ptr_equal(rig_host(rig), before);
	rig->channel.name = "nobody";
	assert_false(channel_set_renew(rig->set, &config, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void plan_may_be_dropped(void **state)
{
	static const struct astrad_value values[3];
	struct rig *rig = *state;
	const struct channel_config config = {&rig->channel, &mock_channel, values};
	struct channel_host *before = rig_host(rig);
	struct channel_plan *plan = channel_set_prepare(rig->set, &config, 1, NULL, on_error, NULL);

	assert_non_null(plan);
	channel_plan_destroy(&plan);
	assert_null(plan);
	channel_plan_destroy(&plan);
	assert_int_equal(mock.destroyed, 1);
	assert_ptr_equal(rig_host(rig), before);
}

static void events_never_come_from_within(void **state)
{
	struct rig *rig = *state;

	rig_use(rig, &mock_channel);
	assert_int_equal(rig->readies, 0);
	rig_turn(rig);
	assert_true(rig->readies >= 1);
}

static void count_each(struct channel_host *host, void *arg)
{
	size_t *count = arg;
	char name[16];

	snprintf(name, sizeof(name), "c%zu", 499 - *count);
	assert_string_equal(channel_name(host), name);
	(*count)++;
}

/* Order of the files for channel_set_each, any order for channel_set_find. */
static void many_channels_are_found(void **state)
{
	static const struct astrad_value values[3];
	static struct channel channels[500];
	static struct channel_config configs[500];
	static char names[500][16];
	struct rig *rig = *state;
	size_t count = 0;

	for (size_t i = 0; i < 500; i++) {
		snprintf(names[i], sizeof(names[i]), "c%zu", 499 - i);
		channels[i] = rig->channel;
		channels[i].name = names[i];
		configs[i] = (struct channel_config){&channels[i], &mock_channel, values};
	}
	struct channel_plan *plan =
		channel_set_prepare(rig->set, configs, 500, NULL, on_error, NULL);
	channel_set_commit(rig->set, &plan);
	channel_set_each(rig->set, count_each, &count);
	assert_int_equal(count, 500);
	for (size_t i = 0; i < 500; i++) {
		struct channel_host *host = channel_set_find(rig->set, names[i]);

		assert_non_null(host);
		assert_string_equal(channel_name(host), names[i]);
	}
	assert_null(channel_set_find(rig->set, "mup"));
	assert_null(channel_set_find(rig->set, "c500"));

	/* the old ones go, some a turn */
	plan = channel_set_prepare(rig->set, configs, 500, NULL, on_error, NULL);
	channel_set_commit(rig->set, &plan);
	assert_true(loop_turn(rig->loop));
	assert_true(mock.destroyed < 501);
	rig_turn(rig);
	assert_int_equal(mock.destroyed, 501);
}

/* "was" takes the old gate along, whichever file comes first, and a reload later all stays. */
static void old_name_may_be_given_to_another(void **state)
{
	static const struct astrad_value values[3];
	struct rig *rig = *state;
	struct channel renamed = rig->channel;
	const struct channel_config configs[] = {{&rig->channel, &mock_channel, values},
						 {&renamed, &mock_channel, values}};

	rig_fail(rig, 5, ASTRAD_RETRY);
	renamed.name = "aaa";
	renamed.was = "mup";
	for (size_t first = 0; first < 2; first++) {
		struct channel_config ordered[] = {configs[first], configs[1 - first]};
		struct channel_plan *plan =
			channel_set_prepare(rig->set, ordered, 2, NULL, on_error, NULL);
		struct channel_state state_of;

		channel_set_commit(rig->set, &plan);
		rig_turn(rig);
		channel_get_state(channel_set_find(rig->set, "aaa"), &state_of);
		assert_int_equal(state_of.phase, CHANNEL_OPEN);
		channel_get_state(channel_set_find(rig->set, "mup"), &state_of);
		assert_int_equal(state_of.phase, CHANNEL_CLOSED);
	}
}

static void health_needs_one_living_alert_channel(void **state)
{
	static const struct astrad_value values[3];
	struct rig *rig = *state;
	struct channel second = rig->channel;
	struct channel internal = rig->channel;
	const struct channel_config configs[] = {{&rig->channel, &mock_channel, values},
						 {&second, &mock_channel, values},
						 {&internal, &mock_channel, values}};

	second.name = "second";
	internal.name = "log";
	internal.tier = TIER_INTERNAL;
	struct channel_plan *plan = channel_set_prepare(rig->set, configs, 3, NULL, on_error, NULL);
	channel_set_commit(rig->set, &plan);
	channel_suspend(rig_host(rig));
	rig_turn(rig);
	assert_int_equal(health_level(rig->health), HEALTH_DEGRADED);
	channel_suspend(channel_set_find(rig->set, "second"));
	rig_turn(rig);
	assert_int_equal(health_level(rig->health), HEALTH_DOWN);
	channel_resume(rig_host(rig));
	rig_turn(rig);
	assert_int_equal(health_level(rig->health), HEALTH_DEGRADED);
}

/* A set that is destroyed with sends on the wire ends each of them. */
static void destroy_cuts_and_tells(void **state)
{
	void *again = NULL;
	struct rig_end ends[3];
	(void)state;

	rig_setup(&again);
	struct rig *rig = again;
	mock.cancel = MOCK_STOPS_MAYBE;
	(void)rig_send(rig, &ends[0]);
	rig_use(rig, &mock_channel); /* one in the retired instance */
	(void)rig_send(rig, &ends[1]);
	mock.on_wire = 1;
	(void)rig_send(rig, &ends[2]);
	channel_set_destroy(&rig->set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		assert_int_equal(ends[i].count, 1);
		assert_int_equal(ends[i].outcome, ASTRAD_CANCELLED_MAYBE);
	}
	assert_int_equal(mock.destroyed, 2);
	rig_teardown(&again);
}

/* Lingering sends are freed with their instance, and the plugin is not asked again. */
static void destroy_frees_what_lingers(void **state)
{
	void *again = NULL;
	struct rig_end end;
	(void)state;

	rig_setup(&again);
	struct rig *rig = again;
	mock.cancel = MOCK_IGNORES;
	(void)rig_send(rig, &end);
	rig_step(rig, 60000);
	assert_int_equal(end.count, 1);
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_int_equal(mock.destroyed, 1);
	(void)rig_send(rig, &end);
	rig_teardown(&again);
	assert_int_equal(end.count, 1);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(reload_lets_the_old_instance_finish),
		RIG_TEST(idle_instance_goes_at_once),
		RIG_TEST(breaker_survives_a_reload),
		RIG_TEST(answer_of_an_old_instance_counts),
		RIG_TEST(renamed_channel_keeps_its_gate),
		RIG_TEST(off_is_not_there),
		RIG_TEST(refused_reload_changes_nothing),
		RIG_TEST(renewed_channel_keeps_its_gate),
		RIG_TEST(plan_may_be_dropped),
		RIG_TEST(events_never_come_from_within),
		RIG_TEST(many_channels_are_found),
		RIG_TEST(old_name_may_be_given_to_another),
		RIG_TEST(health_needs_one_living_alert_channel),
		cmocka_unit_test(destroy_cuts_and_tells),
		cmocka_unit_test(destroy_frees_what_lingers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
