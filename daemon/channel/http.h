/*
 * The HTTP client: libcurl multi on the loop, for HTTP and HTTPS only. Redirects are not followed,
 * there is no proxy, TLS is always verified, every address is checked (channel/address.h) when a
 * connection is opened and again before each request on it.
 *
 * Nothing queues inside libcurl, whose time-out runs while a transfer waits. What this file lets
 * wait are calls to a host whose name is not resolved yet: one look-up a host and
 * LIMIT_PENDING_LOOKUPS at once, because each occupies a thread of libcurl's resolver.
 *
 * Every started call gets exactly one answer, never from within http_start, unless it is
 * cancelled. An answer callback may start and cancel other calls. Loop thread only.
 */
#ifndef ASTRAD_CHANNEL_HTTP_H
#define ASTRAD_CHANNEL_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "astrad_channel.h"
#include "base/attr.h"
#include "base/error.h"
#include "base/loop.h"

struct http;
struct http_call; /* valid until its answer callback was entered or it was cancelled */

typedef void http_answer_fn(const struct astrad_http_answer *answer, void *arg);

struct http *http_create(struct loop *loop, struct error *err) MUST_USE;
/* No call may be under way. NULL is fine; sets NULL. */
void http_destroy(struct http **http);

/* Ranges as address_rules_parse reads them; they count from the next request on. */
bool http_allow_ranges(struct http *http, const char *ranges, struct error *err) MUST_USE;

/*
 * The request is copied but for its body, which is borrowed until the answer. Both time-outs must
 * be set; connect_timeout_ms covers name, TCP and TLS, and as much again may pass before, waiting
 * for a look-up. total_timeout_ms counts from the start of the transfer. Answers:
 *   outcome 0                 a whole status line and head came, whatever happened after
 *   ASTRAD_SECURITY           certificate, refused address, unreadable CA or key, http not allowed
 *   ASTRAD_UNCERTAIN          it failed after the request was wholly written
 *   ASTRAD_RETRY              it failed before: the receiver cannot have it
 * A request that libcurl repeated and that failed is uncertain, however far the repeat got.
 */
struct http_call *http_start(struct http *http, const struct astrad_http_request *request,
			     http_answer_fn *fn, void *arg) RETURNS_NONNULL;
/* The request is wholly written; its answer is awaited. After true it is not written again: libcurl
 * repeats a request by itself when a kept connection turns out to be dead. */
bool http_on_wire(struct http_call *call);
/* True when some byte of the request may have left. The callback does not come. */
bool http_cancel(struct http_call *call) MUST_USE;

/*
 * Parses the system's authorities and returns when that is done (140 certificates, 30 to 100 ms: no
 * turn of the loop may take so long) or after a second. It is kept: at the start nobody waits, with
 * the first alert after eight months everybody would.
 */
void http_warm(struct http *http);

/* Calls whose answer has not come. */
size_t http_active(const struct http *http);

#endif
