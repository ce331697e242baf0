/*
 * One transfer: the options of an easy handle and its callbacks. Handles are kept between calls,
 * because making one costs as much as a request; options that never change are set once, and
 * http_easy_prepare sets every one that differs, so nothing of an earlier call is left over.
 *
 * The address check stands here twice: where a socket is opened and, because a kept connection
 * skips that, before each request. Both read the rules as they are now.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/hook.h"
#include "base/limits.h"
#include "channel/http_private.h"

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *call = arg;
	const char *refusal =
		http_is_warming(call) ? NULL : address_refusal(&address->addr, &call->http->rules);
	call->is_repeated = call->is_begun;
	if (purpose != CURLSOCKTYPE_IPCXN || refusal != NULL) {
		call->refusal = refusal != NULL ? refusal : "not for a request";
		return CURL_SOCKET_BAD;
	}
	call->is_allowed = true;
	http_resolved(call, LOOKUP_KNOWN_MS);
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0) {
		return CURL_SOCKET_BAD;
	}
	http_trust_opened(call->trust, fd);
	return fd;
}

/* The address libcurl says it is connected to; false when it is no address. */
static bool address_parse(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
		return true;
	}
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(ret, &in6, sizeof(in6));
		return true;
	}
	return false;
}

static int on_connected(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	(void)local;
	(void)remote_port;
	(void)local_port;
	struct http_call *call = arg;
	struct sockaddr_storage address;
	const char *refusal = "unknown address";
	if (address_parse(remote, &address)) {
		refusal = address_refusal((const struct sockaddr *)&address, &call->http->rules);
	}
	http_resolved(call, LOOKUP_REUSED_MS);
	call->is_repeated = call->is_begun;
	if (refusal != NULL) {
		call->refusal = refusal;
		return CURL_PREREQFUNC_ABORT;
	}
	if (call->is_final) {
		return CURL_PREREQFUNC_ABORT;
	}
	call->is_begun = true;
	HOOK("channel.http.write");
	return CURL_PREREQFUNC_OK;
}

static void read_status_line(struct http_call *call, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	call->status = blank != NULL ? (int)strtol(blank + 1, NULL, 10) : 0;
	call->retry_after_ms = -1;
}

static size_t on_head(char *line, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;
	static const char retry_after[] = "retry-after:";
	size_t name_len = sizeof(retry_after) - 1;
	call->head_bytes += len;
	if (call->head_bytes > LIMIT_HEAD_BYTES) {
		return 0;
	}
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		read_status_line(call, line, len);
	} else if (len > name_len && strncasecmp(line, retry_after, name_len) == 0) {
		int64_t now = clock_utc_ms(loop_clock(call->http->loop));
		call->retry_after_ms = http_retry_after_ms(line + name_len, len - name_len, now);
	} else if (line[0] == '\r' || line[0] == '\n') {
		call->is_head_complete = call->status >= 200;
	}
	return len;
}

/* Ends the transfer once enough was read: the status is known, the rest of the body means nothing
 * and could go on for ever. The connection is lost; an answer that short-circuits it is rare. */
static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;
	size_t room = LIMIT_RESPONSE_BYTES - call->body.len;
	buf_add(&call->body, bytes, len < room ? len : room);
	return len <= room ? len : 0;
}

static void set_trust(CURL *curl, const struct astrad_http_request *request)
{
	if (request->ca != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca);
	}
	if (request->client_certificate != NULL) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, request->client_certificate);
	}
	if (request->client_key != NULL) {
		struct curl_blob key = {.data = (void *)request->client_key,
					.len = strlen(request->client_key),
					.flags = CURL_BLOB_COPY};
		curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key);
	}
}

struct http_easy *http_easy_create(struct http_trust *trust,
				   const struct astrad_http_request *request)
{
	struct http_easy *easy = xcalloc(1, sizeof(*easy));
	list_init(&easy->link);
	easy->curl = curl_easy_init();
	if (easy->curl == NULL) {
		abort(); /* out of memory, as in xcalloc */
	}
	CURL *curl = easy->curl;
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_SHARE, trust->http->share);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* libcurl keeps the parsed CA file of a multi handle only when no CA folder is set; a file
	 * that changed is another trust set, so what was parsed is good for ever. */
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_CA_CACHE_TIMEOUT, -1L);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, http_trust_close);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, trust);
	curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	set_trust(curl, request);
	return easy;
}

void http_easy_destroy(struct http_easy **easy)
{
	if (*easy == NULL) {
		return;
	}
	list_remove(&(*easy)->link);
	curl_easy_cleanup((*easy)->curl);
	free(*easy);
	*easy = NULL;
}

static bool fail(struct http_call *call, const char *words)
{
	call->failure = ASTRAD_SECURITY;
	size_t len = strlen(words);
	memcpy(call->error, words, len + 1);
	return false;
}

static bool add_header(struct http_call *call, const char *line)
{
	if (strpbrk(line, "\r\n") != NULL) {
		return fail(call, "a header holds a line break");
	}
	struct curl_slist *longer = curl_slist_append(call->headers, line);
	if (longer == NULL) {
		abort(); /* out of memory */
	}
	call->headers = longer;
	return true;
}

static void set_body(CURL *curl, const struct astrad_http_request *request)
{
	bool is_get = strcmp(request->method, "GET") == 0;
	if (is_get) {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
		return;
	}
	bool is_post = strcmp(request->method, "POST") == 0;
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, is_post ? NULL : request->method);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.data : "");
}

bool http_easy_prepare(struct http_call *call, const struct astrad_http_request *request)
{
	CURL *curl = call->easy->curl;
	curl_easy_setopt(curl, CURLOPT_PRIVATE, call);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, call);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, request->allow_http ? "https,http" : "https");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->total_timeout_ms);
	set_body(curl, request);
	if (request->client_key != NULL && request->client_certificate == NULL) {
		return fail(call, "a client key without a client certificate");
	}
	/* No "Expect: 100-continue": it costs a round trip or a second of waiting. */
	if (!add_header(call, "Expect:")) {
		return false;
	}
	for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
		if (!add_header(call, request->headers[i])) {
			return false;
		}
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
	if (curl_easy_setopt(curl, CURLOPT_URL, request->url) != CURLE_OK) {
		return fail(call, "no URL");
	}
	return true;
}
