/*
 * One request, as a handler sees it. States:
 *
 *	waiting   head judged, route and caller known, body on its way    the connection owns it
 *	running   the handler has it and owes one answer                  the handler owns it
 *	answered  reply_* was called: the request and its arena are gone
 *
 * A running request outlives its connection: when the client goes away the request is cut loose,
 *the handler's store calls finish as usual, and its answer is dropped. So a handler needs no care:
 *keep the pointer in its call, answer once.
 */
#ifndef ASTRAD_INTAKE_REQUEST_H
#define ASTRAD_INTAKE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/list.h"
#include "intake/auth.h"
#include "intake/etag.h"
#include "intake/method.h"
#include "intake/query.h"
#include "intake/route.h"
#include "store/store.h"

struct conn;
struct intake;
struct intake_services;

struct request {
	/* For handlers to read; everything lives until the answer. */
	struct intake_services *services;
	const struct route *route;
	enum method method; /* HEAD comes as METHOD_GET: answer as to a GET */
	struct id id;       /* told in problem+json as instance and in the access log */
	struct arena *arena;
	const char *params[ROUTE_PARAMS]; /* `{...}` segments in order */
	struct query query;
	struct principal principal;
	struct bytes body; /* whole, zero-terminated; len 0 when there is none */
	struct if_match if_match;
	struct store_idempotency
		idempotency; /* copy into the store call; use = false without key */
	const struct clock *clock;
	int64_t now_utc_ms; /* when the handler was called */
	void *ctx;          /* the handler's own */

	/* The connection layer's. */
	struct intake *intake; /* NULL once the intake is gone */
	struct conn *conn;     /* NULL once the client is gone */
	struct list link;      /* intake.c's list of running requests */
	struct buf body_buf;
	int64_t began_us; /* traffic_now_us */
	bool is_head;
	bool is_running;
	bool was_key_unquoted; /* told by a Warning header in the answer */
};

/* For the connection layer. */
struct request *request_create(struct intake *intake) RETURNS_NONNULL;
void request_destroy(struct request **request);

/* The `{...}` segment as an id; false when it is none (answer 404 or try ref_parse). */
bool request_param_id(const struct request *request, size_t index, struct id *ret_id) MUST_USE;

#endif
