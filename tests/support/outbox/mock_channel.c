/* See mock_channel.h. */
#include "mock_channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct instance {
	const struct astrad_services *services;
	void *host;
	char tag[32];
};

static struct mock_ledger *ledger;

static void *create(const struct astrad_services *services, void *host,
		    const struct astrad_value *options, char *why, size_t why_size)
{
	struct instance *instance = xcalloc(1, sizeof(*instance));

	(void)why; /* it never refuses */
	(void)why_size;
	instance->services = services;
	instance->host = host;
	(void)snprintf(instance->tag, sizeof(instance->tag), "%s", options[0].text);
	return instance;
}

static void destroy(void *channel)
{
	free(channel);
}

static void finish(struct mock_ledger *of, struct mock_send *send, int outcome)
{
	const struct instance *instance = send->instance;
	struct astrad_result result = {
		.outcome = outcome,
		.status = of->status,
		.retry_after_ms = of->retry_after_ms > 0 ? of->retry_after_ms : -1,
		.provider_ref = of->provider_ref,
		.detail = "mock",
	};

	assert(send->outcome == 0);
	send->outcome = outcome;
	of->out--;
	instance->services->done(instance->host, send->token, &result);
}

static void take(void *channel, const struct astrad_delivery *delivery)
{
	struct instance *instance = channel;
	struct mock_send *send;
	int outcome;

	assert(ledger != NULL);
	if ((ledger->count & (ledger->count - 1)) == 0) {
		size_t room = ledger->count > 0 ? ledger->count * 2 : 1;

		ledger->sends = xrealloc(ledger->sends, room, sizeof(*ledger->sends));
	}
	send = &ledger->sends[ledger->count++];
	*send = (struct mock_send){
		.attempt = delivery->attempt,
		.is_probe = delivery->is_probe != 0,
		.instance = instance,
		.token = delivery->token,
		.body = xmemdup(delivery->body.data, delivery->body.len),
	};
	(void)snprintf(send->channel, sizeof(send->channel), "%s", instance->tag);
	(void)snprintf(send->message_id, sizeof(send->message_id), "%s", delivery->message_id);
	(void)snprintf(send->delivery_ref, sizeof(send->delivery_ref), "%s",
		       delivery->delivery_ref);
	(void)snprintf(send->recipient, sizeof(send->recipient), "%s", delivery->recipient);
	(void)snprintf(send->address, sizeof(send->address), "%s", delivery->address);
	ledger->out++;
	ledger->out_most = ledger->out > ledger->out_most ? ledger->out : ledger->out_most;
	outcome = ledger->decide != NULL ? ledger->decide(send, ledger->arg) : ASTRAD_DELIVERED;
	if (outcome != 0) {
		finish(ledger, send, outcome);
	}
}

static void cancel(void *channel, uint64_t token)
{
	for (size_t i = 0; i < ledger->count; i++) {
		struct mock_send *send = &ledger->sends[i];

		if (send->instance == channel && send->token == token && send->outcome == 0) {
			finish(ledger, send,
			       ledger->cancelled_as != 0 ? ledger->cancelled_as
							 : ASTRAD_CANCELLED_MAYBE);
			return;
		}
	}
	/* of a daemon that crashed: the ledger is another one's */
	((struct instance *)channel)
		->services->done(((struct instance *)channel)->host, token,
				 &(struct astrad_result){.outcome = ASTRAD_CANCELLED_MAYBE,
							 .retry_after_ms = -1,
							 .detail = "mock"});
}

static const struct astrad_option options[] = {
	{"tag", ASTRAD_OPTION_STRING, 1, 0, 0, NULL, NULL, 0, "Its name in the ledger."},
	{"key", ASTRAD_OPTION_STRING, 0, 0, 0, "one", NULL, 0, "Something an admin may change."},
	{NULL},
};

const struct astrad_channel mock_plugin = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "mock",
	.summary = "Tests.",
	.medium = ASTRAD_MEDIUM_TEXT,
	.options = options,
	.create = create,
	.destroy = destroy,
	.send = take,
	.cancel = cancel,
};

const struct astrad_channel mock_list_plugin = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "mocklist",
	.summary = "Tests.",
	.medium = ASTRAD_MEDIUM_TEXT,
	.options = options,
	.takes_recipients = 1,
	.create = create,
	.destroy = destroy,
	.send = take,
	.cancel = cancel,
};

void mock_use(struct mock_ledger *now)
{
	ledger = now;
}

void mock_ledger_finish(struct mock_ledger *of)
{
	for (size_t i = 0; i < of->count; i++) {
		free(of->sends[i].body);
	}
	free(of->sends);
	memset(of, 0, sizeof(*of));
}

void mock_end(struct mock_ledger *of, size_t index, int outcome)
{
	assert(index < of->count && of->sends[index].outcome == 0);
	finish(of, &of->sends[index], outcome);
}

void mock_end_all(struct mock_ledger *of, int outcome)
{
	for (size_t i = 0; i < of->count; i++) {
		if (of->sends[i].outcome == 0) {
			finish(of, &of->sends[i], outcome);
		}
	}
}

void mock_crash(struct mock_ledger *of)
{
	for (size_t i = 0; i < of->count; i++) {
		if (of->sends[i].outcome == 0) {
			of->sends[i].outcome = -1;
		}
	}
	of->out = 0;
}

size_t mock_count(const struct mock_ledger *of, const char *channel, const char *recipient,
		  const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < of->count; i++) {
		const struct mock_send *send = &of->sends[i];

		count += (channel == NULL || strcmp(send->channel, channel) == 0) &&
					 (recipient == NULL ||
					  strcmp(send->recipient, recipient) == 0) &&
					 (text == NULL || strstr(send->body, text) != NULL)
				 ? 1
				 : 0;
	}
	return count;
}
