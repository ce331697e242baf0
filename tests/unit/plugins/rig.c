#include "rig.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"

static void on_log(void *host, int level, const char *text)
{
	struct rig *rig = host;

	assert_in_range(level, 3, 7);
	assert_non_null(text);
	rig->log_count++;
}

static int64_t utc_ms(void *host)
{
	return ((struct rig *)host)->utc_ms;
}

static void hmac_sha256(void *host, struct astrad_bytes key, const struct astrad_bytes *parts,
			size_t count, uint8_t out[32])
{
	struct secret_hmac *hmac = secret_hmac_create(key.data, key.len);
	struct bytes bytes[4];

	(void)host;
	assert_in_range(count, 1, 4);
	for (size_t i = 0; i < count; i++) {
		bytes[i] = (struct bytes){parts[i].data, parts[i].len};
	}
	secret_hmac_run(hmac, bytes, count, out);
	secret_hmac_destroy(&hmac);
}

static int ed25519(void *host, const uint8_t seed[32], struct astrad_bytes text, uint8_t out[64])
{
	struct bytes bytes = {text.data, text.len};

	(void)host;
	return secret_ed25519_sign(seed, &bytes, out, NULL) ? 0 : -1;
}

static struct astrad_http *http(void *host, const struct astrad_http_request *request,
				void (*fn)(const struct astrad_http_answer *answer, void *arg),
				void *arg)
{
	struct rig *rig = host;
	struct astrad_http *http = &rig->https[rig->http_count];

	if (rig->http_refuses) {
		return NULL;
	}
	assert_in_range(rig->http_count, 0, RIG_MAX - 1);
	assert_in_range(request->body.len, 0, sizeof(http->body) - 1);
	rig->http_count++;
	http->is_open = 1;
	http->request = *request;
	http->fn = fn;
	http->arg = arg;
	snprintf(http->url, sizeof(http->url), "%s", request->url);
	memcpy(http->body, request->body.data, request->body.len);
	for (size_t i = 0; request->headers[i] != NULL; i++) {
		size_t len = strlen(http->headers);
		snprintf(http->headers + len, sizeof(http->headers) - len, "%s\n",
			 request->headers[i]);
	}
	return http;
}

static int http_cancel(void *host, struct astrad_http *http)
{
	assert_true(http->is_open);
	http->is_open = 0;
	return ((struct rig *)host)->cancel_written;
}

static int http_on_wire(void *host, const struct astrad_http *http)
{
	assert_true(http->is_open);
	return ((struct rig *)host)->on_wire;
}

/* Copies all, as the daemon does. */
static void done(void *host, uint64_t token, const struct astrad_result *result)
{
	struct rig *rig = host;
	struct rig_result *kept = &rig->results[rig->result_count];

	assert_in_range(rig->result_count, 0, RIG_MAX - 1);
	rig->result_count++;
	kept->token = token;
	kept->result = *result;
	snprintf(kept->detail, sizeof(kept->detail), "%s",
		 result->detail != NULL ? result->detail : "");
	assert_in_range(result->reply.len, 0, sizeof(kept->reply) - 1);
	if (result->reply.len > 0) {
		memcpy(kept->reply, result->reply.data, result->reply.len);
	}
}

void rig_init(struct rig *rig)
{
	*rig = (struct rig){
		.services = {.abi = ASTRAD_CHANNEL_ABI,
			     .size = sizeof(struct astrad_services),
			     .log = on_log,
			     .now_utc_ms = utc_ms,
			     .http = http,
			     .http_cancel = http_cancel,
			     .http_on_wire = http_on_wire,
			     .hmac_sha256 = hmac_sha256,
			     .ed25519 = ed25519,
			     .done = done},
		.utc_ms = 1614265330999,
	};
}

static void answer(struct rig *rig, int i, const struct astrad_http_answer *answer)
{
	assert_in_range(i, 0, rig->http_count - 1);
	assert_true(rig->https[i].is_open);
	rig->https[i].is_open = 0;
	rig->https[i].fn(answer, rig->https[i].arg);
}

void rig_answer(struct rig *rig, int i, int status, const char *body)
{
	const struct astrad_http_answer said = {
		.status = status, .retry_after_ms = -1, .body = {body, strlen(body)}, .error = ""};

	answer(rig, i, &said);
}

void rig_answer_later(struct rig *rig, int i, int status, int64_t retry_after_ms)
{
	const struct astrad_http_answer said = {
		.status = status, .retry_after_ms = retry_after_ms, .error = ""};

	answer(rig, i, &said);
}

void rig_fail(struct rig *rig, int i, int outcome, const char *error)
{
	const struct astrad_http_answer said = {
		.outcome = outcome, .retry_after_ms = -1, .error = error};

	answer(rig, i, &said);
}
