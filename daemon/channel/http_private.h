/* Shared by the http*.c files only. */
#ifndef ASTRAD_CHANNEL_HTTP_PRIVATE_H
#define ASTRAD_CHANNEL_HTTP_PRIVATE_H

#include <curl/curl.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/runq.h"
#include "channel/address.h"
#include "channel/http.h"
#include "channel/lookup.h"

#define HTTP_CALLS_MAX 16384 /* a plugin that starts more is answered ASTRAD_RETRY */

struct http_trust;

/* A descriptor libcurl waits for. */
struct http_socket {
	struct loop_fd *watch; /* NULL = not in the loop */
	int what;              /* what the loop watches */
	bool is_kept;          /* a connection: stays in the loop between transfers */
	bool is_idle;          /* no transfer wants it now */
};

struct http {
	struct loop *loop;
	struct address_rules rules;
	CURLSH *share;       /* one DNS cache over all trust sets */
	struct list trusts;  // struct http_trust::link, latest used first
	struct list waiting; // struct http_call::link, for a look-up
	struct list failed;  // struct http_call::link, to be answered in the next turn
	struct lookup_table *lookups;
	struct http_socket *sockets; /* by descriptor */
	size_t socket_room;
	size_t active;
	bool is_start_deferred;
	struct http_trust *system; /* of the system's authorities alone: never destroyed as idle */
	const char *system_ca;     /* libcurl's file of them; NULL = none */
	struct http_call *warming; /* within http_warm */
	long connections_max;
};

/*
 * Connections of one set of trust: CA file, client certificate and key. libcurl 7.88 compares
 * neither the key nor a replaced file when it looks for a connection to reuse, so each set, named
 * by the files' identity and the key's hash, has a multi handle of its own.
 */
struct http_trust {
	struct list link;
	struct http *http;
	char *name; /* what makes the set: bytes, not a string */
	size_t name_bytes;
	uint64_t hash;
	CURLM *multi;
	struct runq_item timer; /* libcurl's */
	struct runq_item idle;  /* destroys the set when it was unused for a while */
	struct list spare;      // struct http_easy::link
	size_t spare_count;
	size_t calls;
};

/* An easy handle with what never changes set once; kept for the next call. */
struct http_easy {
	struct list link;
	CURL *curl;
};

enum http_state {
	HTTP_WAITING = 1, /* for a look-up: not given to libcurl yet */
	HTTP_RUNNING,
	HTTP_FAILED, /* waits for the next turn to be answered */
};

struct http_call {
	struct list link;
	struct http *http;
	struct http_trust *trust;
	struct http_easy *easy;
	struct curl_slist *headers;
	http_answer_fn *fn;
	void *arg;
	enum http_state state;
	struct runq_item timer; /* HTTP_WAITING: its end */
	char *host;             /* NULL when it is a number and needs no look-up */
	bool holds_lookup;
	size_t body_bytes;
	int64_t started_boot_ms;
	/* what came */
	const char *refusal; /* the kind of the last refused address */
	bool is_allowed;     /* some address was allowed */
	bool is_begun;       /* the request was about to be written */
	bool is_repeated;    /* and libcurl began again */
	bool is_final;       /* a stop waits for its answer: no repeat */
	bool is_head_complete;
	int status;
	size_t head_bytes;
	int64_t retry_after_ms;
	struct buf body;
	/* HTTP_FAILED, or libcurl's words */
	enum astrad_outcome failure;
	char error[CURL_ERROR_SIZE];
};

/* http_easy.c: options and callbacks of one transfer. */
struct http_easy *http_easy_create(struct http_trust *trust,
				   const struct astrad_http_request *request) RETURNS_NONNULL;
void http_easy_destroy(struct http_easy **easy);
/* Sets all that differs between calls; false with call->failure and call->error set. */
bool http_easy_prepare(struct http_call *call, const struct astrad_http_request *request) MUST_USE;

/* http_trust.c: multi handles on the loop. */
struct http_trust *http_trust_get(struct http *http,
				  const struct astrad_http_request *request) RETURNS_NONNULL;
void http_trust_destroy(struct http_trust *trust);
struct http_easy *http_trust_take_easy(struct http_trust *trust,
				       const struct astrad_http_request *request) RETURNS_NONNULL;
void http_trust_give_easy(struct http_trust *trust, struct http_easy *easy);
/* A set with a call is not destroyed. */
void http_trust_hold(struct http_trust *trust);
void http_trust_drop(struct http_trust *trust);
/* A socket was opened: its number may have been another's. */
void http_trust_opened(struct http_trust *trust, int fd);
int http_trust_close(void *trust, curl_socket_t fd);

/* http_warm.c: the call may meet our own socket, whatever the address rules say. */
bool http_is_warming(const struct http_call *call);

/* http.c: ends a running call with libcurl's result; frees it. */
void http_finish(struct http_call *call, CURLcode code);
/* The look-up is over: its slot is free, waiting calls may start. */
void http_resolved(struct http_call *call, int64_t known_ms);

/* http_outcome.c: pure. */
enum astrad_outcome http_outcome(const struct http_call *call, CURLcode code, bool is_written);
/* Retry-After (RFC 9110, section 10.2.3): seconds or HTTP-date; -1 = neither. */
int64_t http_retry_after_ms(const char *value, size_t len, int64_t now_utc_ms);

#endif
