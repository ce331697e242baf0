/*
 * Calls of the HTTP client, from start to answer. Owner: the channel set, one a daemon. A call is
 * waiting for a look-up, running in libcurl, or failed before it got there; each ends in one answer
 * and is gone. Nothing is kept over a crash: what was on the wire is found `sending` in the store.
 */
#include "channel/http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "channel/http_private.h"

#define CONNECTIONS_MIN 64
#define CONNECTIONS_MAX 16384

static void start_waiting(void *arg);
static void answer_failed(void *arg);

/* MAXCONNECTS has to be above the number of hosts (FIGURES: 7,800/s instead of 13,600/s), and half
 * of the descriptors belong to others. */
static long connections_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > CONNECTIONS_MAX) {
		return CONNECTIONS_MAX;
	}
	long half = (long)(limit.rlim_cur / 2);
	return half < CONNECTIONS_MIN ? CONNECTIONS_MIN : half;
}

struct http *http_create(struct loop *loop, struct error *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_set(err, ERROR_INTERNAL, "libcurl cannot be initialised");
		return NULL;
	}
	struct http *http = xcalloc(1, sizeof(*http));
	http->loop = loop;
	list_init(&http->trusts);
	list_init(&http->waiting);
	list_init(&http->failed);
	http->lookups = lookup_create();
	http->connections_max = connections_max();
	http->system_ca = curl_version_info(CURLVERSION_NOW)->cainfo;
	http->share = curl_share_init();
	if (http->share == NULL) {
		abort(); /* out of memory */
	}
	curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	return http;
}

void http_destroy(struct http **http)
{
	if (*http == NULL) {
		return;
	}
	struct http *self = *http;
	LIST_FOR_EACH (node, &self->trusts) {
		http_trust_destroy(LIST_ENTRY(node, struct http_trust, link));
	}
	loop_undefer(self->loop, answer_failed, self);
	loop_undefer(self->loop, start_waiting, self);
	curl_share_cleanup(self->share);
	lookup_destroy(&self->lookups);
	address_rules_finish(&self->rules);
	free(self->sockets);
	free(self);
	curl_global_cleanup();
	*http = NULL;
}

bool http_allow_ranges(struct http *http, const char *ranges, struct error *err)
{
	struct address_rules rules;
	if (!address_rules_parse(ranges, &rules, err)) {
		return false;
	}
	address_rules_finish(&http->rules);
	http->rules = rules;
	return true;
}

size_t http_active(const struct http *http)
{
	return http->active;
}

static int64_t now_boot_ms(const struct http *http)
{
	return clock_boot_ms(loop_clock(http->loop));
}

/* Frees the call; what libcurl still has of it is taken back first. */
static void call_destroy(struct http_call *call)
{
	if (call->state == HTTP_RUNNING) {
		curl_multi_remove_handle(call->trust->multi, call->easy->curl);
	}
	http_trust_give_easy(call->trust, call->easy);
	http_trust_drop(call->trust);
	runq_cancel(loop_runq(call->http->loop), &call->timer);
	list_remove(&call->link);
	curl_slist_free_all(call->headers);
	buf_finish(&call->body);
	free(call->host);
	call->http->active--;
	free(call);
}

static void answer(struct http_call *call, enum astrad_outcome outcome, const char *error)
{
	struct http *http = call->http;
	struct astrad_http_answer reply = {
		.outcome = (int)outcome,
		.status = outcome == 0 ? call->status : 0,
		.retry_after_ms = outcome == 0 ? call->retry_after_ms : -1,
		.latency_ms = now_boot_ms(http) - call->started_boot_ms,
		.body = {.data = buf_text(&call->body), .len = outcome == 0 ? call->body.len : 0},
		.error = outcome == 0 ? "" : error,
	};
	/* Out of libcurl before the callback, which may start the next call on this connection. */
	if (call->state == HTTP_RUNNING) {
		curl_multi_remove_handle(call->trust->multi, call->easy->curl);
		call->state = HTTP_FAILED;
	}
	call->fn(&reply, call->arg);
	call_destroy(call);
}

/* Answers in the next turn. */
static void fail_later(struct http_call *call, enum astrad_outcome outcome, const char *error)
{
	struct http *http = call->http;
	call->failure = outcome;
	if (error != call->error) {
		snprintf(call->error, sizeof(call->error), "%s", error);
	}
	call->state = HTTP_FAILED;
	runq_cancel(loop_runq(http->loop), &call->timer);
	list_remove(&call->link);
	if (list_is_empty(&http->failed)) {
		loop_defer(http->loop, answer_failed, http);
	}
	list_append(&http->failed, &call->link);
}

static void answer_failed(void *arg)
{
	struct http *http = arg;
	for (struct list *node; (node = list_take_first(&http->failed)) != NULL;) {
		struct http_call *call = LIST_ENTRY(node, struct http_call, link);
		answer(call, call->failure, call->error);
	}
}

static void on_waited(void *arg)
{
	fail_later(arg, ASTRAD_RETRY, "too many name look-ups are under way");
}

static void run(struct http_call *call)
{
	call->state = HTTP_RUNNING;
	runq_cancel(loop_runq(call->http->loop), &call->timer);
	list_remove(&call->link);
	CURLMcode code = curl_multi_add_handle(call->trust->multi, call->easy->curl);
	if (code != CURLM_OK) {
		call->state = HTTP_FAILED;
		fail_later(call, ASTRAD_RETRY, curl_multi_strerror(code));
	}
}

/* False when the call has to wait for a look-up. */
static bool try_run(struct http_call *call)
{
	enum lookup_answer may = LOOKUP_KNOWN;
	if (call->host != NULL) {
		may = lookup_begin(call->http->lookups, call->host, now_boot_ms(call->http));
	}
	if (may == LOOKUP_WAIT) {
		return false;
	}
	call->holds_lookup = may == LOOKUP_STARTED;
	run(call);
	return true;
}

static void start_waiting(void *arg)
{
	struct http *http = arg;
	http->is_start_deferred = false;
	LIST_FOR_EACH (node, &http->waiting) {
		try_run(LIST_ENTRY(node, struct http_call, link));
	}
}

void http_resolved(struct http_call *call, int64_t known_ms)
{
	struct http *http = call->http;
	if (!call->holds_lookup) {
		return;
	}
	call->holds_lookup = false;
	lookup_end(http->lookups, call->host, known_ms, now_boot_ms(http));
	if (!list_is_empty(&http->waiting) && !http->is_start_deferred) {
		/* In the next turn: libcurl may be on the stack. */
		http->is_start_deferred = true;
		loop_defer(http->loop, start_waiting, http);
	}
}

/* The name was not found: who waits for the same one need not ask again. */
static void fail_same_host(struct http_call *call, const char *error)
{
	LIST_FOR_EACH (node, &call->http->waiting) {
		struct http_call *other = LIST_ENTRY(node, struct http_call, link);
		if (strcmp(other->host, call->host) == 0) {
			fail_later(other, ASTRAD_RETRY, error);
		}
	}
}

/* Body bytes are counted only when they were given to the socket. */
static bool is_written(const struct http_call *call, bool *ret_any)
{
	curl_off_t uploaded = 0;
	long request = 0;
	curl_easy_getinfo(call->easy->curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	curl_easy_getinfo(call->easy->curl, CURLINFO_REQUEST_SIZE, &request);
	*ret_any = request > 0 || call->is_repeated;
	return call->is_repeated || (request > 0 && (size_t)uploaded >= call->body_bytes);
}

void http_finish(struct http_call *call, CURLcode code)
{
	bool is_any = false;
	bool is_whole = is_written(call, &is_any);
	const char *error = call->error[0] != '\0' ? call->error : curl_easy_strerror(code);
	if (call->holds_lookup) {
		fail_same_host(call, error);
		http_resolved(call, 0);
	}
	if (call->is_head_complete) {
		answer(call, 0, "");
		return;
	}
	enum astrad_outcome outcome = http_outcome(call, code, is_whole);
	if (outcome == ASTRAD_SECURITY && call->refusal != NULL) {
		snprintf(call->error, sizeof(call->error), "refused address (%s)", call->refusal);
		error = call->error;
	}
	answer(call, outcome, error);
}

/* The host name of a URL that has to be looked up; NULL when it is an address, or no URL at all
 * (which libcurl will say). */
static char *host_of(const char *url)
{
	char *host = NULL;
	char *copy = NULL;
	uint8_t address[16];
	CURLU *parts = curl_url();
	if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] != '[' &&
	    inet_pton(AF_INET, host, address) != 1) {
		copy = xstrdup(host);
	}
	curl_free(host);
	curl_url_cleanup(parts);
	return copy;
}

struct http_call *http_start(struct http *http, const struct astrad_http_request *request,
			     http_answer_fn *fn, void *arg)
{
	struct http_call *call = xcalloc(1, sizeof(*call));
	call->http = http;
	call->fn = fn;
	call->arg = arg;
	call->state = HTTP_WAITING;
	call->body_bytes = request->body.len;
	call->started_boot_ms = now_boot_ms(http);
	call->retry_after_ms = -1;
	call->body.limit = LIMIT_RESPONSE_BYTES;
	list_init(&call->link);
	runq_item_init(&call->timer, on_waited, call);
	call->trust = http_trust_get(http, request);
	http_trust_hold(call->trust);
	call->easy = http_trust_take_easy(call->trust, request);
	http->active++;
	if (!http_easy_prepare(call, request)) {
		fail_later(call, call->failure, call->error);
	} else if (http->active > HTTP_CALLS_MAX) {
		fail_later(call, ASTRAD_RETRY, "too many requests are under way");
	} else {
		call->host = host_of(request->url);
		if (!try_run(call)) {
			list_append(&http->waiting, &call->link);
			runq_schedule_in(loop_runq(http->loop), &call->timer,
					 request->connect_timeout_ms);
		}
	}
	return call;
}

bool http_on_wire(struct http_call *call)
{
	bool is_any = false;
	bool is_on_wire = call->state == HTTP_RUNNING && is_written(call, &is_any);
	call->is_final = call->is_final || is_on_wire;
	return is_on_wire;
}

bool http_cancel(struct http_call *call)
{
	bool is_any = false;
	if (call->state == HTTP_RUNNING) {
		(void)is_written(call, &is_any);
		http_resolved(call, 0);
	}
	call_destroy(call);
	return is_any;
}
