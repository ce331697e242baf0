/*
 * Two plugins for tests of the rooms that send: `mock` (one recipient, like a webhook) and
 * `mocklist` (a list of recipients, like the journal). Every send is written into one ledger, which
 * outlives instances and simulated crashes as a receiver's memory would; what becomes of it the
 * test decides.
 */
#ifndef ASTRAD_TESTS_MOCK_CHANNEL_H
#define ASTRAD_TESTS_MOCK_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "astrad_channel.h"

struct mock_send {
	char channel[32]; /* option `tag` of the instance */
	char message_id[40];
	char delivery_ref[24];
	char recipient[64];
	char address[64];
	char *body;
	int attempt;
	bool is_probe;
	int outcome; /* 0 = still out */
	/* private */
	void *instance;
	uint64_t token;
};

struct mock_ledger {
	struct mock_send *sends;
	size_t count;
	size_t out;      /* without an outcome */
	size_t out_most; /* ever */
	/* What a send ends in, asked as it comes: an enum astrad_outcome, or 0: the test ends it
	 * with mock_end. NULL = ASTRAD_DELIVERED. */
	int (*decide)(const struct mock_send *send, void *arg);
	void *arg;
	int cancelled_as; /* what a cut one ends in; 0 = ASTRAD_CANCELLED_MAYBE */
	int retry_after_ms;
	int status;               /* given with each result */
	const char *provider_ref; /* given with each result */
};

extern const struct astrad_channel mock_plugin, mock_list_plugin;
/* Where sends are written from now on; the test owns it. */
void mock_use(struct mock_ledger *ledger);
void mock_ledger_finish(struct mock_ledger *ledger);
/* Ends one that is out. */
void mock_end(struct mock_ledger *ledger, size_t index, int outcome);
void mock_end_all(struct mock_ledger *ledger, int outcome);
/* What is out was cut by a crash: nobody will end it. */
void mock_crash(struct mock_ledger *ledger);
/* Sends to a recipient (NULL = any) through a channel (NULL = any) whose body contains text (NULL =
 * any). */
size_t mock_count(const struct mock_ledger *ledger, const char *channel, const char *recipient,
		  const char *text);

#endif
