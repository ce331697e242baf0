/* Slots, rate, breaker and suspension as the outbox meets them, through the channel set. Covers
 * gate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "domain/breaker.h"
#include "rig.h"

static size_t capacity(struct rig *rig)
{
	return channel_capacity(rig_host(rig), MESSAGE_CRITICAL);
}

static int64_t boot_now(struct rig *rig)
{
	return clock_boot_ms(&rig->clock.clock);
}

/* Until the breaker half-opens, whatever the jitter. */
static void wait_half_open(struct rig *rig)
{
	for (int i = 0; i < 1000 && capacity(rig) == 0; i++) {
		rig_step(rig, 1000);
	}
	assert_int_equal(capacity(rig), 1);
}

static void slot_is_free_when_it_is_given_back(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.send = MOCK_DONE;
	assert_int_equal(capacity(rig), 4);
	(void)rig_send(rig, &end);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(capacity(rig), 3); /* its result is not committed yet */
	channel_release(rig_host(rig), 1);
	assert_int_equal(capacity(rig), 4);
}

static void who_found_no_slot_is_woken(void **state)
{
	struct rig *rig = *state;

	channel_claim(rig_host(rig), 4);
	assert_int_equal(capacity(rig), 0);
	assert_int_equal(channel_next_boot_ms(rig_host(rig), MESSAGE_CRITICAL), INT64_MAX);
	rig_step(rig, 100000);
	assert_int_equal(rig->readies, 0);
	channel_release(rig_host(rig), 2);
	rig_turn(rig);
	assert_int_equal(rig->readies, 1);
	assert_int_equal(capacity(rig), 2);
	rig_turn(rig);
	assert_int_equal(rig->readies, 1); /* once */
}

static void rate_is_kept_and_tells_when(void **state)
{
	struct rig *rig = *state;

	rig->channel.limits.rate = 10;
	rig->channel.limits.in_flight = 100;
	rig_use(rig, &mock_channel);
	rig_step(rig, 5000);
	assert_int_equal(capacity(rig), 10);
	channel_claim(rig_host(rig), 10);
	channel_release(rig_host(rig), 10);
	rig->readies = 0;
	assert_int_equal(capacity(rig), 0);
	int64_t next = channel_next_boot_ms(rig_host(rig), MESSAGE_CRITICAL);
	assert_in_range(next, boot_now(rig) + 1, boot_now(rig) + 100);
	rig_step(rig, next - boot_now(rig));
	assert_int_equal(rig->readies, 1);
	assert_int_equal(capacity(rig), 1);
}

/* Notices leave a share of the rate to alerts; waking must not spin while only that share is left.
 */
static void starved_notice_does_not_spin(void **state)
{
	struct rig *rig = *state;

	rig->channel.limits.rate = 10;
	rig->channel.limits.in_flight = 100;
	rig_use(rig, &mock_channel);
	rig_step(rig, 5000);
	size_t notices = channel_capacity(rig_host(rig), MESSAGE_CLASS_NOTICE);
	assert_true(notices < 10);
	channel_claim(rig_host(rig), notices);
	rig->readies = 0;
	assert_int_equal(channel_capacity(rig_host(rig), MESSAGE_CLASS_NOTICE), 0);
	rig_turn(rig); /* would never end */
	assert_int_equal(rig->readies, 0);
	rig_step(rig, 1000);
	assert_int_equal(rig->readies, 1);
	assert_true(channel_capacity(rig_host(rig), MESSAGE_CLASS_NOTICE) > 0);
}

static void throttling_halves_the_rate(void **state)
{
	struct rig *rig = *state;

	rig->channel.limits.rate = 10;
	rig->channel.limits.in_flight = 100;
	rig_use(rig, &mock_channel);
	rig_fail(rig, 1, ASTRAD_THROTTLED);
	rig_step(rig, 5000);
	assert_int_equal(capacity(rig), 5);
	assert_int_equal(rig_state(rig).phase, CHANNEL_CLOSED);
	rig_step(rig, 61000);
	rig_step(rig, 5000);
	assert_int_equal(capacity(rig), 10);
}

static void five_failures_open_it(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 4, ASTRAD_RETRY);
	assert_int_equal(rig_state(rig).phase, CHANNEL_CLOSED);
	assert_int_equal(rig->changes, 0);
	rig_fail(rig, 1, ASTRAD_UNCERTAIN);
	assert_int_equal(rig_state(rig).phase, CHANNEL_OPEN);
	assert_int_equal(rig_state(rig).cause, CHANNEL_CAUSE_FAILURES);
	assert_int_equal(rig->changes, 1);
	assert_string_equal(rig->changed_name, "mup");
	assert_int_equal(rig->changed.phase, CHANNEL_OPEN);
	assert_int_equal(capacity(rig), 0);
	assert_int_equal(rig_state(rig).dead_since_utc_ms, 0);
	assert_in_range(rig_state(rig).until_utc_ms, RIG_UTC_MS + 24000, RIG_UTC_MS + 36000);
}

static void what_an_operator_mends_does_not_open_it(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 20, ASTRAD_FIXABLE);
	rig_fail(rig, 20, ASTRAD_SECURITY);
	rig_fail(rig, 20, ASTRAD_REJECTED);
	assert_int_equal(rig_state(rig).phase, CHANNEL_CLOSED);
	assert_int_equal(capacity(rig), 4);
}

static void half_open_lets_exactly_one_probe_out(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	rig_fail(rig, 5, ASTRAD_RETRY);
	rig->readies = 0;
	wait_half_open(rig);
	assert_true(rig->readies >= 1);
	mock.send = MOCK_KEEPS;
	int probe = mock.sends;
	(void)rig_send(rig, &end);
	assert_int_equal(capacity(rig), 0);
	assert_int_equal(channel_next_boot_ms(rig_host(rig), MESSAGE_CRITICAL), INT64_MAX);
	mock_done(probe, ASTRAD_DELIVERED);
	rig_turn(rig);
	channel_release(rig_host(rig), 1);
	assert_int_equal(rig_state(rig).phase, CHANNEL_HALF_OPEN);
	assert_int_equal(capacity(rig), 1); /* the second of two */
	rig_fail(rig, 1, ASTRAD_DELIVERED);
	assert_int_equal(rig_state(rig).phase, CHANNEL_CLOSED);
	assert_int_equal(capacity(rig), 4);
	assert_int_equal(rig->changed.phase, CHANNEL_CLOSED);
}

static void failed_probe_opens_it_for_longer(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	wait_half_open(rig);
	int64_t now = clock_utc_ms(&rig->clock.clock);
	rig_fail(rig, 1, ASTRAD_RETRY);
	assert_int_equal(rig_state(rig).phase, CHANNEL_OPEN);
	assert_in_range(rig_state(rig).until_utc_ms, now + 48000, now + 72000);
}

static void probe_that_was_not_sent_is_given_back(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	wait_half_open(rig);
	channel_claim(rig_host(rig), 1);
	assert_int_equal(capacity(rig), 0);
	channel_release(rig_host(rig), 1); /* the stop mark came in between */
	assert_int_equal(capacity(rig), 1);
}

/* Claims older than the opening are still out while the probe is asked for and given back. */
static void late_answers_leave_the_probe_alone(void **state)
{
	struct rig *rig = *state;
	struct rig_end late, probe;

	(void)rig_send(rig, &late); /* send 0: still out when the breaker opens */
	rig_fail(rig, 5, ASTRAD_RETRY);
	wait_half_open(rig);
	mock.send = MOCK_KEEPS;
	int i = mock.sends;
	(void)rig_send(rig, &probe);
	mock_done(0, ASTRAD_RETRY);
	rig_turn(rig);
	assert_int_equal(late.count, 1);
	assert_int_equal(rig_state(rig).phase, CHANNEL_HALF_OPEN);
	assert_int_equal(capacity(rig), 0);
	mock_done(i, ASTRAD_DELIVERED);
	rig_turn(rig);
	channel_release(rig_host(rig), 2);
	assert_int_equal(capacity(rig), 1);
}

static void dead_after_thirty_seconds(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	rig->changes = 0;
	rig_step(rig, BREAKER_DEAD_MS);
	assert_int_equal(rig_state(rig).dead_since_utc_ms, 0);
	assert_false(health_is_raised(rig->health, "channel_dead", "mup"));
	rig_step(rig, 1);
	assert_int_equal(rig_state(rig).dead_since_utc_ms, RIG_UTC_MS + BREAKER_DEAD_MS + 1);
	assert_int_equal(rig->changes, 1);
	assert_true(rig->changed.dead_since_utc_ms != 0);
	assert_true(health_is_raised(rig->health, "channel_dead", "mup"));
	assert_int_equal(health_level(rig->health), HEALTH_DOWN); /* the only alert channel */
	wait_half_open(rig);
	rig_fail(rig, 2, ASTRAD_DELIVERED);
	assert_int_equal(rig_state(rig).dead_since_utc_ms, 0);
	assert_int_equal(health_level(rig->health), HEALTH_OK);
}

static void gone_suspends_until_resumed(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 1, ASTRAD_GONE);
	assert_int_equal(rig_state(rig).phase, CHANNEL_SUSPENDED);
	assert_int_equal(rig_state(rig).cause, CHANNEL_CAUSE_GONE);
	assert_int_equal(rig_state(rig).suspended_utc_ms, RIG_UTC_MS);
	assert_true(rig_state(rig).dead_since_utc_ms != 0);
	rig_step(rig, 48 * 3600 * 1000);
	assert_int_equal(capacity(rig), 0);
	rig->readies = 0;
	channel_resume(rig_host(rig));
	rig_turn(rig);
	assert_int_equal(rig->readies, 1);
	assert_int_equal(capacity(rig), 4);
	assert_int_equal(rig->changed.phase, CHANNEL_CLOSED);
}

static void operator_suspends_and_resumes(void **state)
{
	struct rig *rig = *state;

	channel_suspend(rig_host(rig));
	assert_int_equal(rig->changes, 0); /* told from the loop */
	rig_turn(rig);
	assert_int_equal(rig->changes, 1);
	assert_int_equal(rig->changed.cause, CHANNEL_CAUSE_OPERATOR);
	assert_int_equal(capacity(rig), 0);
	channel_suspend(rig_host(rig));
	rig_turn(rig);
	assert_int_equal(rig->changes, 1);
	channel_resume(rig_host(rig));
	rig_turn(rig);
	assert_int_equal(capacity(rig), 4);
}

static void a_day_without_success_suspends(void **state)
{
	struct rig *rig = *state;

	rig_fail(rig, 5, ASTRAD_RETRY);
	for (int i = 0; i < 400 && rig_state(rig).phase != CHANNEL_SUSPENDED; i++) {
		wait_half_open(rig);
		rig_fail(rig, 1, ASTRAD_RETRY);
	}
	assert_int_equal(rig_state(rig).phase, CHANNEL_SUSPENDED);
	assert_int_equal(rig_state(rig).cause, CHANNEL_CAUSE_NO_SUCCESS);
	assert_in_range(rig_state(rig).suspended_utc_ms - RIG_UTC_MS, 24 * 3600 * 1000,
			25 * 3600 * 1000);
}

static void state_comes_back_after_a_restart(void **state)
{
	struct rig *rig = *state;
	void *again = NULL;

	rig_fail(rig, 5, ASTRAD_RETRY);
	struct channel_state kept = rig->changed;
	rig_setup(&again);
	struct rig *other = again;
	channel_set_restore(other->set, "mup", &kept);
	assert_int_equal(rig_state(other).phase, CHANNEL_OPEN);
	assert_int_equal(rig_state(other).until_utc_ms, kept.until_utc_ms);
	assert_int_equal(capacity(other), 0);
	wait_half_open(other);

	channel_suspend(rig_host(rig));
	rig_turn(rig);
	kept = rig->changed;
	channel_set_restore(other->set, "mup", &kept);
	assert_int_equal(rig_state(other).phase, CHANNEL_SUSPENDED);
	assert_int_equal(rig_state(other).cause, CHANNEL_CAUSE_OPERATOR);

	/* a text that is none, and a name that is none: as new */
	memset(&kept, 0, sizeof(kept));
	memcpy(kept.breaker, "rubbish", 8);
	channel_set_restore(other->set, "mup", &kept);
	channel_set_restore(other->set, "nobody", &kept);
	assert_int_equal(rig_state(other).phase, CHANNEL_CLOSED);
	rig_teardown(&again);
}

static void names_are_read_back(void **state)
{
	(void)state;
	for (int i = CHANNEL_CLOSED; i <= CHANNEL_SUSPENDED; i++) {
		assert_int_equal(channel_phase_parse(channel_phase_name((enum channel_phase)i)), i);
	}
	for (int i = CHANNEL_CAUSE_NONE; i <= CHANNEL_CAUSE_PLUGIN; i++) {
		assert_int_equal(channel_cause_parse(channel_cause_name((enum channel_cause)i)), i);
	}
	assert_int_equal(channel_phase_parse("x"), 0);
	assert_int_equal(channel_cause_parse("x"), CHANNEL_CAUSE_NONE);
	assert_string_equal(channel_phase_name((enum channel_phase)99), "?");
	assert_string_equal(channel_cause_name((enum channel_cause)99), "?");
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(slot_is_free_when_it_is_given_back),
		RIG_TEST(who_found_no_slot_is_woken),
		RIG_TEST(rate_is_kept_and_tells_when),
		RIG_TEST(starved_notice_does_not_spin),
		RIG_TEST(throttling_halves_the_rate),
		RIG_TEST(five_failures_open_it),
		RIG_TEST(what_an_operator_mends_does_not_open_it),
		RIG_TEST(half_open_lets_exactly_one_probe_out),
		RIG_TEST(failed_probe_opens_it_for_longer),
		RIG_TEST(probe_that_was_not_sent_is_given_back),
		RIG_TEST(late_answers_leave_the_probe_alone),
		RIG_TEST(dead_after_thirty_seconds),
		RIG_TEST(gone_suspends_until_resumed),
		RIG_TEST(operator_suspends_and_resumes),
		RIG_TEST(a_day_without_success_suspends),
		RIG_TEST(state_comes_back_after_a_restart),
		cmocka_unit_test(names_are_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
