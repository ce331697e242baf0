/* See mock.h. */
#include "mock.h"

#include <stdio.h>
#include <string.h>

struct mock mock;

static const struct astrad_option options[] = {
	{.name = "word", .type = ASTRAD_OPTION_STRING, .help = "A word"},
	{.name = "urls", .type = ASTRAD_OPTION_URLS, .help = "URLs"},
	{.name = NULL},
};

struct instance {
	void *host;
};

static struct instance instances[16];

void mock_reset(void)
{
	memset(&mock, 0, sizeof(mock));
	memset(instances, 0, sizeof(instances));
	mock.outcome = ASTRAD_DELIVERED;
}

static void complete(void *host, uint64_t token, int outcome)
{
	const struct astrad_result result = {
		.outcome = outcome,
		.status = 200,
		.retry_after_ms = 7000,
		.provider_ref = "ref-1",
		.detail = "said\nso",
		.reply = {"thanks", 6},
	};

	mock.services->done(host, token, &result);
}

void mock_done(int i, int outcome)
{
	complete(mock.hosts[i], mock.deliveries[i]->token, outcome);
}

static void *mock_create(const struct astrad_services *services, void *host,
			 const struct astrad_value *values, char *why, size_t why_size)
{
	struct instance *instance = &instances[mock.created % 16];

	if (mock.refuses) {
		snprintf(why, why_size, "the mock does not want to");
		return NULL;
	}
	instance->host = host;
	mock.services = services;
	mock.host = host;
	mock.values = values;
	mock.created++;
	return instance;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

static void mock_destroy(void *channel)
{
	const struct instance *instance = channel;

	mock.destroyed++;
	if (mock.leaves_timer) {
		(void)mock.services->timer(instance->host, 1000, on_nothing, NULL);
	}
}

static void on_timer(void *arg)
{
	const struct astrad_delivery *delivery = arg;

	for (int i = 0; i < mock.sends; i++) {
		if (mock.deliveries[i] == delivery) {
			complete(mock.hosts[i], delivery->token, mock.outcome);
			return;
		}
	}
}

static void mock_send(void *channel, const struct astrad_delivery *delivery)
{
	const struct instance *instance = channel;

	mock.deliveries[mock.sends % MOCK_SENDS_MAX] = delivery;
	mock.hosts[mock.sends % MOCK_SENDS_MAX] = instance->host;
	mock.sends++;
	switch (mock.send) {
	case MOCK_KEEPS:
		break;
	case MOCK_DONE:
		complete(instance->host, delivery->token, mock.outcome);
		break;
	case MOCK_DONE_TWICE: {
		uint64_t token = delivery->token;

		complete(instance->host, token, mock.outcome);
		complete(instance->host, token, mock.outcome);
		break;
	}
	case MOCK_DONE_BY_TIMER:
		(void)mock.services->timer(instance->host, 50, on_timer, (void *)delivery);
		break;
	case MOCK_BAD_OUTCOME:
		complete(instance->host, delivery->token, 99);
		break;
	}
}

static void mock_cancel(void *channel, uint64_t token)
{
	const struct instance *instance = channel;

	mock.cancels++;
	if (mock.cancel != MOCK_IGNORES) {
		complete(instance->host, token,
			 mock.cancel == MOCK_STOPS ? ASTRAD_CANCELLED : ASTRAD_CANCELLED_MAYBE);
	}
}

static int mock_on_wire(void *channel, uint64_t token)
{
	(void)channel;
	(void)token;
	return mock.on_wire;
}

#define MOCK(is_on_wire)                                                                           \
	{                                                                                          \
		.abi = ASTRAD_CHANNEL_ABI, .size = sizeof(struct astrad_channel), .name = "mock",  \
		.summary = "Does as it is told", .medium = ASTRAD_MEDIUM_JSON, .options = options, \
		.create = mock_create, .destroy = mock_destroy, .send = mock_send,                 \
		.cancel = mock_cancel, .on_wire = (is_on_wire),                                    \
	}

const struct astrad_channel mock_channel = MOCK(mock_on_wire);
const struct astrad_channel mock_plain = MOCK(NULL);
