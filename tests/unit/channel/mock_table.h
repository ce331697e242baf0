/* The rest of a table for the loader's mocks: it is never called. */
#ifndef ASTRAD_TESTS_CHANNEL_MOCK_TABLE_H
#define ASTRAD_TESTS_CHANNEL_MOCK_TABLE_H

#include "astrad_channel.h"

static const struct astrad_option mock_options[] = {{.name = NULL}};

static void *mock_create(const struct astrad_services *services, void *host,
			 const struct astrad_value *values, char *why, size_t why_size)
{
	(void)services;
	(void)host;
	(void)values;
	(void)why;
	(void)why_size;
	return NULL;
}

static void mock_destroy(void *channel)
{
	(void)channel;
}

static void mock_send(void *channel, const struct astrad_delivery *delivery)
{
	(void)channel;
	(void)delivery;
}

static void mock_cancel(void *channel, uint64_t token)
{
	(void)channel;
	(void)token;
}

static int mock_on_wire(void *channel, uint64_t token)
{
	(void)channel;
	(void)token;
	return 1;
}

#define MOCK_TABLE(...)                                                                            \
	const struct astrad_channel astrad_channel = {__VA_ARGS__,                                 \
						      .summary = "A mock",                         \
						      .medium = ASTRAD_MEDIUM_JSON,                \
						      .options = mock_options,                     \
						      .create = mock_create,                       \
						      .destroy = mock_destroy,                     \
						      .send = mock_send,                           \
						      .cancel = mock_cancel,                       \
						      .on_wire = mock_on_wire}

#endif
