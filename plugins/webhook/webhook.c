/*
 * webhook: one signed POST to the partner's URLs, tried in order (Standard Webhooks 1.0).
 *
 * An attempt goes to the first URL; when that one certainly has not got it, the next is tried under
 * the same id. An uncertain answer ends the attempt at once, because a second URL would make a
 * duplicate certain. When every URL failed, the answer that promises most is the attempt's: a URL
 * that is down comes back, so another one's 404 or 410 must not hold the channel. Signing is
 * sign.c; the outcome of a status is outcome_of below, the table of the README.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhook.h"

const struct astrad_option webhook_options[] = {
	[OPTION_URLS] = {.name = "urls",
			 .type = ASTRAD_OPTION_URLS,
			 .required = 1,
			 .min = 1,
			 .max = 8,
			 .help = "The partner's endpoints, tried in order"},
	[OPTION_SECRETS] = {.name = "secrets",
			    .type = ASTRAD_OPTION_SECRETS,
			    .max = 10,
			    .help = "whsec_ keys, newest first; each signs (v1) while rotating"},
	[OPTION_SIGNING] = {.name = "signing",
			    .type = ASTRAD_OPTION_ENUM,
			    .default_value = "v1",
			    .choices = "v1|v1a|both",
			    .help = "v1 (HMAC-SHA256), v1a (ed25519) or both"},
	[OPTION_PRIVATE_KEYS] = {.name = "private_keys",
				 .type = ASTRAD_OPTION_SECRETS,
				 .max = 10,
				 .help = "whsk_ keys for v1a, newest first"},
	[OPTION_ALLOW_HTTP] =
		{.name = "allow_http",
		 .type = ASTRAD_OPTION_BOOL,
		 .default_value = "false",
		 .help = "Clear text for receivers on this machine; never over a network"},
	[OPTION_CA] = {.name = "ca",
		       .type = ASTRAD_OPTION_CERTIFICATES,
		       .help = "PEM file of the authorities that may sign the partner's "
			       "certificate; without it the system's"},
	[OPTION_CLIENT_CERTIFICATE] = {.name = "client_certificate",
				       .type = ASTRAD_OPTION_CERTIFICATES,
				       .help = "PEM file with our certificate, for mutual TLS"},
	[OPTION_CLIENT_KEY] = {.name = "client_key",
			       .type = ASTRAD_OPTION_SECRET,
			       .help = "PEM text of its key"},
	[OPTION_COUNT] = {.name = NULL},
};

struct attempt {
	struct attempt *next;
	struct webhook *webhook;
	const struct astrad_delivery *delivery;
	struct astrad_http *http;
	size_t url;
	int is_final; /* a stop waits for its answer: no other URL is tried */
	char id[80];
	char timestamp[48];
	char signature[SIGNATURE_BYTES];
	const char *headers[6];
	struct astrad_result best; /* of the URLs so far; outcome 0 = none yet */
	char detail[96];
};

/* --- options --- */

int webhook_check(const struct astrad_value *values, char *why, size_t why_size)
{
	const char *signing = values[OPTION_SIGNING].text;
	int wants_v1 = signing == NULL || strcmp(signing, "v1a") != 0;
	int wants_v1a = signing != NULL && strcmp(signing, "v1") != 0;

	if (wants_v1 && values[OPTION_SECRETS].text_count == 0) {
		snprintf(why, why_size, "signing v1 needs secrets");
		return 1;
	}
	if (wants_v1a && values[OPTION_PRIVATE_KEYS].text_count == 0) {
		snprintf(why, why_size, "signing v1a needs private_keys");
		return 1;
	}
	if (values[OPTION_CLIENT_CERTIFICATE].is_set != values[OPTION_CLIENT_KEY].is_set) {
		snprintf(why, why_size, "client_certificate and client_key go together");
		return 1;
	}
	for (size_t i = 0; i < values[OPTION_URLS].text_count; i++) {
		if (!values[OPTION_ALLOW_HTTP].number &&
		    strncmp(values[OPTION_URLS].texts[i], "https://", 8) != 0) {
			snprintf(why, why_size, "url %zu is not https (allow_http is for tests)",
				 i + 1);
			return 1;
		}
	}
	return sign_check(values, why, why_size);
}

static void *webhook_create(const struct astrad_services *services, void *host,
			    const struct astrad_value *values, char *why, size_t why_size)
{
	struct webhook *webhook = calloc(1, sizeof(*webhook));

	if (webhook == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	webhook->services = services;
	webhook->host = host;
	webhook->values = values;
	if (!sign_keys(webhook, why, why_size)) {
		sign_forget(webhook);
		free(webhook);
		return NULL;
	}
	return webhook;
}

static void webhook_destroy(void *channel)
{
	struct webhook *webhook = channel;

	sign_forget(webhook);
	free(webhook);
}

/* --- outcomes --- */

/* DELIVERY section 3: what a status means. */
int webhook_outcome_of(int status)
{
	static const struct {
		int status;
		int outcome;
	} rows[] = {
		{408, ASTRAD_RETRY},      {410, ASTRAD_GONE},       {425, ASTRAD_RETRY},
		{429, ASTRAD_THROTTLED},  {502, ASTRAD_SLOW_RETRY}, {503, ASTRAD_THROTTLED},
		{504, ASTRAD_SLOW_RETRY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status == status) {
			return rows[i].outcome;
		}
	}
	if (status >= 200 && status < 300) {
		return ASTRAD_DELIVERED;
	}
	return status >= 500 ? ASTRAD_RETRY : ASTRAD_FIXABLE;
}

static void forget_attempt(struct attempt *attempt)
{
	struct attempt **link = (struct attempt **)&attempt->webhook->attempts;

	while (*link != attempt) {
		link = &(*link)->next;
	}
	*link = attempt->next;
	free(attempt);
}

static void finish(struct attempt *attempt, const struct astrad_result *result)
{
	struct webhook *webhook = attempt->webhook;

	/* done() copies the result, which may lie in the attempt. */
	webhook->services->done(webhook->host, attempt->delivery->token, result);
	forget_attempt(attempt);
}

static void post(struct attempt *attempt);

/* Only what certainly did not arrive may go to another URL within the same attempt. */
static int may_try_next(const struct attempt *attempt, int outcome)
{
	return !attempt->is_final &&
	       attempt->url + 1 < attempt->webhook->values[OPTION_URLS].text_count &&
	       outcome != ASTRAD_DELIVERED && outcome != ASTRAD_UNCERTAIN;
}

/* How much it promises: that it arrived, that it will with patience, that it will when mended. */
static int rank(int outcome)
{
	static const int ranks[] = {
		[ASTRAD_DELIVERED] = 9,  [ASTRAD_UNCERTAIN] = 8, [ASTRAD_RETRY] = 7,
		[ASTRAD_SLOW_RETRY] = 6, [ASTRAD_THROTTLED] = 5, [ASTRAD_FIXABLE] = 4,
		[ASTRAD_GONE] = 3,       [ASTRAD_SECURITY] = 2,
	};
	return ranks[outcome];
}

static void keep_best(struct attempt *attempt, const struct astrad_http_answer *answer, int outcome)
{
	struct astrad_result *best = &attempt->best;

	if (best->outcome != 0 && rank(outcome) < rank(best->outcome)) {
		return;
	}
	best->outcome = outcome;
	best->status = answer->outcome != 0 ? 0 : answer->status;
	best->retry_after_ms = answer->retry_after_ms;
	if (answer->outcome != 0) {
		snprintf(attempt->detail, sizeof(attempt->detail), "url %zu: %s", attempt->url + 1,
			 answer->error != NULL ? answer->error : "no answer");
	} else {
		snprintf(attempt->detail, sizeof(attempt->detail), "url %zu: HTTP %d",
			 attempt->url + 1, answer->status);
	}
}

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	struct attempt *attempt = arg;
	int outcome = answer->outcome != 0 ? answer->outcome : webhook_outcome_of(answer->status);

	attempt->http = NULL;
	keep_best(attempt, answer, outcome);
	if (outcome == ASTRAD_SECURITY) {
		attempt->webhook->services->log(attempt->webhook->host, 4, attempt->detail);
	}
	if (may_try_next(attempt, outcome)) {
		attempt->url++;
		post(attempt);
		return;
	}
	if (attempt->best.outcome == outcome) {
		attempt->best.reply = answer->body; /* of the last answer only: it is borrowed */
	}
	finish(attempt, &attempt->best);
}

/* --- sending --- */

static void post(struct attempt *attempt)
{
	const struct webhook *webhook = attempt->webhook;
	const struct astrad_value *values = webhook->values;
	const struct astrad_http_request request = {
		.method = "POST",
		.url = values[OPTION_URLS].texts[attempt->url],
		.headers = attempt->headers,
		.body = attempt->delivery->body,
		.ca = values[OPTION_CA].text,
		.client_certificate = values[OPTION_CLIENT_CERTIFICATE].text,
		.client_key = values[OPTION_CLIENT_KEY].text,
		.allow_http = values[OPTION_ALLOW_HTTP].number != 0,
	};

	attempt->http = webhook->services->http(webhook->host, &request, on_answer, attempt);
	if (attempt->http == NULL) {
		const struct astrad_result result = {.outcome = ASTRAD_RETRY,
						     .retry_after_ms = -1,
						     .detail = "too many requests are under way"};

		finish(attempt, &result);
	}
}

static void webhook_send(void *channel, const struct astrad_delivery *delivery)
{
	struct webhook *webhook = channel;
	long long seconds = (long long)(webhook->services->now_utc_ms(webhook->host) / 1000);
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (attempt == NULL) {
		const struct astrad_result result = {
			.outcome = ASTRAD_RETRY, .retry_after_ms = -1, .detail = "out of memory"};

		webhook->services->done(webhook->host, delivery->token, &result);
		return;
	}
	attempt->webhook = webhook;
	attempt->delivery = delivery;
	attempt->best.detail = attempt->detail;
	attempt->next = webhook->attempts;
	webhook->attempts = attempt;
	snprintf(attempt->id, sizeof(attempt->id), "webhook-id: %s", delivery->message_id);
	snprintf(attempt->timestamp, sizeof(attempt->timestamp), "webhook-timestamp: %lld",
		 seconds);
	sign(webhook, delivery, seconds, attempt->signature);
	attempt->headers[0] = "content-type: application/json";
	attempt->headers[1] = "user-agent: astrad";
	attempt->headers[2] = attempt->id;
	attempt->headers[3] = attempt->timestamp;
	attempt->headers[4] = attempt->signature;
	post(attempt);
}

static struct attempt *find_attempt(const struct webhook *webhook, uint64_t token)
{
	struct attempt *attempt = webhook->attempts;

	while (attempt != NULL && attempt->delivery->token != token) {
		attempt = attempt->next;
	}
	return attempt;
}

static void webhook_cancel(void *channel, uint64_t token)
{
	struct webhook *webhook = channel;
	struct attempt *attempt = find_attempt(webhook, token);
	struct astrad_result result = {
		.outcome = ASTRAD_CANCELLED, .retry_after_ms = -1, .detail = "stopped"};

	if (attempt == NULL) {
		return;
	}
	if (attempt->http != NULL && webhook->services->http_cancel(webhook->host, attempt->http)) {
		result.outcome = ASTRAD_CANCELLED_MAYBE;
	}
	finish(attempt, &result);
}

static int webhook_on_wire(void *channel, uint64_t token)
{
	struct webhook *webhook = channel;
	struct attempt *attempt = find_attempt(webhook, token);

	if (attempt == NULL || attempt->http == NULL ||
	    !webhook->services->http_on_wire(webhook->host, attempt->http)) {
		return 0;
	}
	attempt->is_final = 1;
	return 1;
}

const struct astrad_channel astrad_channel = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_channel),
	.name = "webhook",
	.summary = "Signed webhooks to a partner agency (Standard Webhooks 1.0)",
	.medium = ASTRAD_MEDIUM_JSON,
	.options = webhook_options,
	.takes_recipients = 0,
	.create = webhook_create,
	.destroy = webhook_destroy,
	.send = webhook_send,
	.cancel = webhook_cancel,
	.check = webhook_check,
	.on_wire = webhook_on_wire,
};
