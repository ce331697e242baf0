/* The host contains its plugin: each send ends exactly once, whatever the plugin does. Covers
 * host.c, host_call.c, host_options.c and host_services.c (requests: test_http.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/secret.h"
#include "channel/host_private.h"
#include "rig.h"

static struct channel_counts counts_of(struct rig *rig)
{
	struct channel_counts counts;

	channel_get_counts(rig_host(rig), &counts);
	return counts;
}

static void hands_over_everything(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	(void)rig_send(rig, &end);
	const struct astrad_delivery *delivery = mock.deliveries[0];
	assert_string_equal(delivery->message_id, "0193e5a0-0000-7000-8000-000000000001");
	assert_string_equal(delivery->delivery_ref, "d1");
	assert_string_equal(delivery->recipient, "mup");
	assert_string_equal(delivery->address, "");
	assert_string_equal(delivery->variant, "v1");
	assert_int_equal(delivery->body.len, 7);
	assert_memory_equal(delivery->body.data, "{\"a\":1}", 7);
	assert_int_equal(delivery->attempt, 2);
	assert_int_equal(delivery->is_probe, 0);
	rig_step(rig, 120);
	assert_int_equal(end.count, 0);
	mock_done(0, ASTRAD_THROTTLED);
	assert_int_equal(end.count, 0); /* told from the loop */
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.outcome, ASTRAD_THROTTLED);
	assert_int_equal(end.status, 200);
	assert_int_equal(end.retry_after_ms, 7000);
	assert_int_equal(end.latency_ms, 120);
	assert_string_equal(end.detail, "said so"); /* a line feed is no part of a log line */
	assert_string_equal(end.provider_ref, "ref-1");
	assert_int_equal(end.reply_bytes, 6);
	assert_false(end.is_forced);
	assert_false(channel_is_misbehaving(rig_host(rig)));
}

static void options_are_a_copy(void **state)
{
	(void)state;
	/* rig_use's array is long gone */
	assert_string_equal(mock.values[0].text, "word");
	assert_int_equal(mock.values[1].text_count, 2);
	assert_string_equal(mock.values[1].texts[1], "https://b.example/");
}

static void done_within_send_is_told_later(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.send = MOCK_DONE;
	(void)rig_send(rig, &end);
	assert_int_equal(end.count, 0);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.outcome, ASTRAD_DELIVERED);
}

static void done_by_timer(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.send = MOCK_DONE_BY_TIMER;
	(void)rig_send(rig, &end);
	rig_step(rig, 49);
	assert_int_equal(end.count, 0);
	rig_step(rig, 1);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.latency_ms, 50);
}

static void second_completion_is_ignored(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.send = MOCK_DONE_TWICE;
	(void)rig_send(rig, &end);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(counts_of(rig).completed_twice, 1);
	assert_true(channel_is_misbehaving(rig_host(rig)));

	/* and of a call that is long gone */
	mock.send = MOCK_DONE;
	(void)rig_send(rig, &end);
	uint64_t token = mock.deliveries[1]->token;
	rig_turn(rig);
	const struct astrad_result result = {.outcome = ASTRAD_DELIVERED};
	mock.services->done(mock.host, token, &result);
	mock.services->done(mock.host, UINT64_MAX, &result);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(counts_of(rig).completed_twice, 3);
}

static void stale_token_finds_no_later_call(void **state)
{
	struct rig *rig = *state;
	struct rig_end first, second;

	(void)rig_send(rig, &first);
	uint64_t token = mock.deliveries[0]->token;
	mock_done(0, ASTRAD_DELIVERED);
	rig_turn(rig);
	(void)rig_send(rig, &second);
	const struct astrad_result result = {.outcome = ASTRAD_DELIVERED};
	mock.services->done(mock.host, token, &result);
	rig_turn(rig);
	assert_int_equal(second.count, 0);
	mock_done(1, ASTRAD_DELIVERED);
	rig_turn(rig);
	assert_int_equal(second.count, 1);
}

static void never_completed_ends_at_the_hosts_deadline(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;
	/* two URLs, each connect and total, and the grace */
	const int64_t budget = 2 * (5000 + 15000) + HOST_GRACE_MS;

	mock.cancel = MOCK_IGNORES;
	(void)rig_send(rig, &end);
	rig_step(rig, budget - 1);
	assert_int_equal(end.count, 0);
	rig_step(rig, 1);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.outcome, ASTRAD_UNCERTAIN);
	assert_true(end.is_forced);
	assert_int_equal(mock.cancels, 1);
	assert_true(channel_is_misbehaving(rig_host(rig)));
	assert_int_equal(counts_of(rig).never_completed, 1);
	assert_int_equal(counts_of(rig).lingering, 1);
	assert_int_equal(counts_of(rig).in_flight, 0);

	/* what it holds is still valid, and when it lets go at last, nobody hears of it */
	assert_string_equal(mock.deliveries[0]->delivery_ref, "d1");
	mock_done(0, ASTRAD_DELIVERED);
	rig_turn(rig);
	assert_int_equal(end.count, 1);
	assert_int_equal(counts_of(rig).lingering, 0);
	assert_int_equal(counts_of(rig).completed_twice, 0);
}

static void never_completed_but_stopped_does_not_linger(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	(void)rig_send(rig, &end);
	rig_step(rig, 60000);
	assert_int_equal(end.count, 1);
	assert_int_equal(end.outcome, ASTRAD_UNCERTAIN); /* whatever the plugin says now */
	assert_true(end.is_forced);
	assert_int_equal(counts_of(rig).lingering, 0);
}

static void wedged_plugin_is_suspended(void **state)
{
	struct rig *rig = *state;
	struct rig_end ends[4];

	mock.cancel = MOCK_IGNORES;
	for (int i = 0; i < 4; i++) {
		(void)rig_send(rig, &ends[i]);
	}
	rig_step(rig, 60000);
	channel_release(rig_host(rig), 4);
	assert_int_equal(counts_of(rig).lingering, 4);
	assert_int_equal(channel_capacity(rig_host(rig), MESSAGE_CRITICAL), 0);
	assert_int_equal(rig_state(rig).phase, CHANNEL_SUSPENDED);
	assert_int_equal(rig_state(rig).cause, CHANNEL_CAUSE_PLUGIN);
	assert_true(rig_state(rig).dead_since_utc_ms != 0);
}

static void outcome_that_is_none_is_uncertain(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.send = MOCK_BAD_OUTCOME;
	(void)rig_send(rig, &end);
	rig_turn(rig);
	assert_int_equal(end.outcome, ASTRAD_UNCERTAIN);
	assert_int_equal(counts_of(rig).bad_results, 1);
	/* nobody cancelled it: then it cannot be cancelled */
	mock.send = MOCK_DONE;
	mock.outcome = ASTRAD_CANCELLED;
	(void)rig_send(rig, &end);
	rig_turn(rig);
	assert_int_equal(end.outcome, ASTRAD_UNCERTAIN);
	assert_int_equal(counts_of(rig).bad_results, 2);
}

static void cancel_cuts_at_once(void **state)
{
	static const struct {
		enum mock_cancel cancel;
		enum astrad_outcome outcome;
		bool is_forced;
	} rows[] = {
		{MOCK_STOPS, ASTRAD_CANCELLED, false},
		{MOCK_STOPS_MAYBE, ASTRAD_CANCELLED_MAYBE, false},
		{MOCK_IGNORES, ASTRAD_CANCELLED_MAYBE, true},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig_end end;
		struct channel_call *call = rig_send(rig, &end);

		mock.cancel = rows[i].cancel;
		channel_cancel(call);
		channel_cancel(call);
		assert_int_equal(end.count, 0);
		rig_turn(rig);
		assert_int_equal(end.count, 1);
		assert_int_equal(end.outcome, rows[i].outcome);
		assert_int_equal(end.is_forced, rows[i].is_forced);
		assert_int_equal(mock.cancels, (int)i + 1);
	}
}

static void cancel_waits_for_what_is_on_the_wire(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	mock.on_wire = 1;
	mock.cancel = MOCK_STOPS_MAYBE;
	channel_cancel(rig_send(rig, &end));
	rig_step(rig, LIMIT_CANCEL_MS - 1);
	assert_int_equal(end.count, 0);
	assert_int_equal(mock.cancels, 0);
	mock_done(0, ASTRAD_DELIVERED); /* the truth came in time */
	rig_turn(rig);
	assert_int_equal(end.outcome, ASTRAD_DELIVERED);

	channel_cancel(rig_send(rig, &end));
	rig_step(rig, LIMIT_CANCEL_MS);
	assert_int_equal(end.outcome, ASTRAD_CANCELLED_MAYBE);
	assert_int_equal(end.latency_ms, LIMIT_CANCEL_MS);
	assert_int_equal(mock.cancels, 1);
	rig_step(rig, 100000);
	assert_int_equal(end.count, 1);
}

static void without_on_wire_cancel_cuts(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;

	rig_use(rig, &mock_plain);
	mock.on_wire = 1;
	channel_cancel(rig_send(rig, &end));
	rig_turn(rig);
	assert_int_equal(end.outcome, ASTRAD_CANCELLED);
}

static void cancel_after_the_end_is_nothing(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;
	struct channel_call *call = rig_send(rig, &end);

	mock_done(0, ASTRAD_DELIVERED);
	channel_cancel(call); /* done has not been told yet: still valid */
	rig_turn(rig);
	assert_int_equal(end.outcome, ASTRAD_DELIVERED);
	assert_int_equal(mock.cancels, 0);
}

static void many_at_once_and_in_any_order(void **state)
{
	struct rig *rig = *state;
	struct rig_end ends[60];

	rig->channel.limits.in_flight = 100;
	rig_use(rig, &mock_channel);
	for (int i = 0; i < 60; i++) {
		(void)rig_send(rig, &ends[i]);
	}
	assert_int_equal(counts_of(rig).in_flight, 60);
	for (int i = 0; i < 60; i++) {
		mock_done((i * 37) % 60, ASTRAD_DELIVERED);
	}
	rig_turn(rig);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(ends[i].count, 1);
	}
	assert_int_equal(counts_of(rig).in_flight, 0);
	assert_int_equal(counts_of(rig).sends, 60);
	assert_int_equal(counts_of(rig).claimed, 60);
}

static void long_reply_and_detail_are_cut(void **state)
{
	struct rig *rig = *state;
	struct rig_end end;
	char *text = xcalloc(100001, 1);

	memset(text, 'x', 100000);
	(void)rig_send(rig, &end);
	const struct astrad_result result = {
		.outcome = ASTRAD_RETRY,
		.status = 4711,
		.detail = text,
		.provider_ref = text,
		.reply = {text, 100000},
	};
	mock.services->done(mock.hosts[0], mock.deliveries[0]->token, &result);
	free(text); /* everything was copied */
	rig_turn(rig);
	assert_int_equal(end.reply_bytes, LIMIT_RESPONSE_BYTES);
	assert_int_equal(strlen(end.detail), HOST_DETAIL_BYTES - 1);
	assert_int_equal(strlen(end.provider_ref), HOST_REF_BYTES - 1);
	assert_int_equal(end.status, 0);
}

/* --- services --- */

static int fired;

static void fire(void *arg)
{
	fired += *(int *)arg;
}

static void timers_fire_once_or_not_at_all(void **state)
{
	struct rig *rig = *state;
	int one = 1;
	int ten = 10;

	fired = 0;
	(void)mock.services->timer(mock.host, 100, fire, &one);
	struct astrad_timer *other = mock.services->timer(mock.host, 100, fire, &ten);
	mock.services->timer_cancel(mock.host, other);
	mock.services->timer_cancel(mock.host, NULL);
	rig_step(rig, 99);
	assert_int_equal(fired, 0);
	rig_step(rig, 1);
	rig_step(rig, 1000);
	assert_int_equal(fired, 1);
}

static void see(int fd, int what, void *arg)
{
	char byte;

	assert_int_equal(what, ASTRAD_READ);
	assert_int_equal(read(fd, &byte, 1), 1);
	(*(int *)arg)++;
}

static void descriptors_are_watched(void **state)
{
	struct rig *rig = *state;
	int pipes[2];
	int seen = 0;

	assert_int_equal(pipe(pipes), 0);
	struct astrad_watch *watch =
		mock.services->watch_fd(mock.host, pipes[0], ASTRAD_READ, see, &seen);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	rig_turn(rig);
	assert_int_equal(seen, 1);
	mock.services->watch_cancel(mock.host, watch);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	rig_turn(rig);
	assert_int_equal(seen, 1);
	close(pipes[0]);
	close(pipes[1]);
}

static void signs_and_tells_time(void **state)
{
	struct rig *rig = *state;
	const struct astrad_bytes parts[] = {{"what do ya ", 11}, {"want for nothing?", 17}};
	uint8_t mac[32];
	char hex[65];

	/* RFC 4231, case 2; the second time with the kept key, and with more keys than are kept */
	for (int round = 0; round < 3; round++) {
		mock.services->hmac_sha256(mock.host, (struct astrad_bytes){"Jefe", 4}, parts, 2,
					   mac);
		secret_hex(mac, sizeof(mac), hex);
		assert_string_equal(
			hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
		for (int i = 0; i < 6; i++) {
			char key[8] = {(char)('a' + i)};
			mock.services->hmac_sha256(mock.host, (struct astrad_bytes){key, 8}, parts,
						   2, mac);
		}
	}
	assert_int_equal(mock.services->now_utc_ms(mock.host), RIG_UTC_MS);
	assert_int_equal(mock.services->now_boot_ms(mock.host), clock_boot_ms(&rig->clock.clock));
	uint8_t a[16] = {0}, b[16] = {0};
	mock.services->random(mock.host, a, sizeof(a));
	mock.services->random(mock.host, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void what_an_instance_forgets_is_taken_back(void **state)
{
	struct rig *rig = *state;
	int one = 1;

	fired = 0;
	(void)mock.services->timer(mock.host, 5000, fire, &one);
	mock.leaves_timer = 1;
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	assert_int_equal(mock.destroyed, 1);
	rig_step(rig, 10000);
	assert_int_equal(fired, 0);
}

static void resources_are_bounded(void **state)
{
	struct rig *rig = *state;
	int one = 1;
	(void)rig;

	for (int i = 0; i < HOST_RESOURCES_MAX; i++) {
		assert_non_null(mock.services->timer(mock.host, 5000, fire, &one));
	}
	assert_null(mock.services->timer(mock.host, 5000, fire, &one));
	assert_null(mock.services->watch_fd(mock.host, 0, ASTRAD_READ, see, NULL));
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(hands_over_everything),
		RIG_TEST(options_are_a_copy),
		RIG_TEST(done_within_send_is_told_later),
		RIG_TEST(done_by_timer),
		RIG_TEST(second_completion_is_ignored),
		RIG_TEST(stale_token_finds_no_later_call),
		RIG_TEST(never_completed_ends_at_the_hosts_deadline),
		RIG_TEST(never_completed_but_stopped_does_not_linger),
		RIG_TEST(wedged_plugin_is_suspended),
		RIG_TEST(outcome_that_is_none_is_uncertain),
		RIG_TEST(cancel_cuts_at_once),
		RIG_TEST(cancel_waits_for_what_is_on_the_wire),
		RIG_TEST(without_on_wire_cancel_cuts),
		RIG_TEST(cancel_after_the_end_is_nothing),
		RIG_TEST(many_at_once_and_in_any_order),
		RIG_TEST(long_reply_and_detail_are_cut),
		RIG_TEST(timers_fire_once_or_not_at_all),
		RIG_TEST(descriptors_are_watched),
		RIG_TEST(signs_and_tells_time),
		RIG_TEST(what_an_instance_forgets_is_taken_back),
		RIG_TEST(resources_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
