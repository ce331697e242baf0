/* See rig.h. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void on_changed(const char *name, const struct channel_state *state, void *arg)
{
	struct rig *rig = arg;

	rig->changes++;
	rig->changed = *state;
	snprintf(rig->changed_name, sizeof(rig->changed_name), "%s", name);
}

static void on_ready(const char *name, void *arg)
{
	struct rig *rig = arg;

	(void)name;
	rig->readies++;
}

static void on_error(const char *channel, const char *why, void *arg)
{
	(void)arg;
	fail_msg("%s: %s", channel, why);
}

int rig_setup(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct channel_set_params params = {.seed = 1};

	mock_reset();
	clock_fake_init(&rig->clock, RIG_UTC_MS);
	rig->loop = loop_create(&rig->clock.clock, NULL);
	rig->health = health_create();
	params.loop = rig->loop;
	params.health = rig->health;
	params.events = (struct channel_events){on_changed, on_ready, rig};
	rig->set = channel_set_create(&params, NULL);
	rig->channel = (struct channel){
		.name = "mup",
		.plugin = "mock",
		.tier = TIER_RESTRICTED,
		.mode = CHANNEL_LIVE,
		.limits = {.in_flight = 4, .connect_timeout_ms = 5000, .timeout_ms = 15000},
	};
	rig_use(rig, &mock_channel);
	rig_turn(rig);
	rig->changes = 0;
	rig->readies = 0;
	*state = rig;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	channel_set_destroy(&rig->set);
	loop_destroy(&rig->loop);
	health_destroy(&rig->health);
	free(rig);
	return 0;
}

void rig_use(struct rig *rig, const struct astrad_channel *plugin)
{
	static const char *const urls[] = {"https://a.example/", "https://b.example/"};
	const struct astrad_value values[] = {
		{.is_set = 1, .text = "word"},
		{.is_set = 1, .texts = urls, .text_count = 2},
		{0},
	};
	const struct channel_config config = {&rig->channel, plugin, values};
	struct channel_plan *plan = channel_set_prepare(rig->set, &config, 1, NULL, on_error, NULL);

	assert_non_null(plan);
	channel_set_commit(rig->set, &plan);
	assert_null(plan);
}

struct channel_host *rig_host(struct rig *rig)
{
	struct channel_host *host = channel_set_find(rig->set, rig->channel.name);

	assert_non_null(host);
	return host;
}

static void on_done(const struct channel_result *result, void *arg)
{
	struct rig_end *end = arg;

	end->count++;
	end->outcome = result->outcome;
	end->status = result->status;
	end->retry_after_ms = result->retry_after_ms;
	end->latency_ms = result->latency_ms;
	end->is_forced = result->is_forced;
	end->reply_bytes = result->reply.len;
	snprintf(end->detail, sizeof(end->detail), "%s", result->detail);
	snprintf(end->provider_ref, sizeof(end->provider_ref), "%s",
		 result->provider_ref != NULL ? result->provider_ref : "");
}

struct channel_call *rig_send(struct rig *rig, struct rig_end *end)
{
	const struct channel_send send = {
		.message_id = "0193e5a0-0000-7000-8000-000000000001",
		.delivery_ref = "d1",
		.recipient = "mup",
		.address = "",
		.variant = "v1",
		.body = {"{\"a\":1}", 7},
		.attempt = 2,
	};

	*end = (struct rig_end){0};
	channel_claim(rig_host(rig), 1);
	return channel_send(rig_host(rig), &send, on_done, end);
}

void rig_turn(struct rig *rig)
{
	while (loop_turn(rig->loop)) {
	}
}

void rig_step(struct rig *rig, int64_t ms)
{
	clock_fake_advance(&rig->clock, ms);
	rig_turn(rig);
}

void rig_fail(struct rig *rig, int n, int outcome)
{
	struct rig_end end;

	mock.send = MOCK_DONE;
	mock.outcome = outcome;
	for (int i = 0; i < n; i++) {
		(void)rig_send(rig, &end);
		rig_turn(rig);
		assert_int_equal(end.count, 1);
		channel_release(rig_host(rig), 1);
	}
	rig_turn(rig);
}

struct channel_state rig_state(struct rig *rig)
{
	struct channel_state state;

	channel_get_state(rig_host(rig), &state);
	return state;
}
