/*
 * The route table: who may call what, with how large a body, decided before the first body byte.
 *
 * A pattern is literal segments and `{name}` segments ("/v1/cases/{id}/notes"). A `{name}` takes
 * one segment of 1..ROUTE_PARAM_MAX characters of [A-Za-z0-9._:~-] (percent-encoding is decoded
 * first); anything else is 404. A literal wins over a `{name}`. GET routes answer HEAD too.
 */
#ifndef ASTRAD_INTAKE_ROUTE_H
#define ASTRAD_INTAKE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "domain/states.h"
#include "intake/method.h"

struct request;

#define ROUTE_PARAMS    4
#define ROUTE_PARAM_MAX 64

enum route_flag {
	ROUTE_OPEN = 1,          /* no authentication */
	ROUTE_KEY_REQUIRED = 2,  /* without Idempotency-Key: 400; every other POST honours one */
	ROUTE_IF_MATCH = 4,      /* without If-Match: 428 */
	ROUTE_FIRST_ADMIN = 8,   /* the daemon's own uid may call it while no token exists */
	ROUTE_QUIET = 16,        /* its access line is logged at debug: probes come every second */
	ROUTE_BODY_OPTIONAL = 32 /* an empty body is the handler's matter; else 400 */
};

struct route {
	enum method method;
	const char *pattern;
	/*
	 * Runs once the whole request is there. It must answer exactly once with a reply_*
	 * function, now or later; the request is gone when that returns.
	 */
	void (*handle)(struct request *request);
	unsigned roles;    /* ROLE_BIT mask of who may; others 403; ignored with ROUTE_OPEN */
	size_t body_bytes; /* largest body: 413 above; 0 = none */
	unsigned flags;
	const char *query; /* the query parameters it knows, separated by blanks; others are 400 */
};

/* Every route of the daemon (routes.c). */
extern const struct route intake_routes[];
extern const size_t intake_route_count;

struct route_match {
	const struct route *route; /* NULL: see allow */
	unsigned allow;            /* methods the path has, 1u << enum method; 0 = no such path */
	const char *params[ROUTE_PARAMS]; /* in the arena, in the order of the pattern */
	size_t param_count;
};

/* path: without query. */
void route_find(const struct route *routes, size_t count, enum method method, struct bytes path,
		struct arena *arena, struct route_match *ret_match);
/* "GET, HEAD, POST" into out. */
void route_allow_text(unsigned allow, struct buf *out);
/* False with the reason when a table is wrong: a duplicate, a body on GET, no roles, ... For the
 * test that walks it, and asserted by intake_create. */
bool route_table_is_sound(const struct route *routes, size_t count, const char **ret_why);

#endif
