/*
 * Refusals: RFC 9457 problem+json. Each kind has one type URI, one title and one status, in one
 * table. The type is FAULT_TYPE_BASE and the kind's slug; it is a name that stays, whether or not
 * a page stands behind it.
 */
#ifndef ASTRAD_INTAKE_FAULT_H
#define ASTRAD_INTAKE_FAULT_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "domain/problem.h"

#define FAULT_TYPE_BASE "https://astrad.dev/problems/"

enum fault_kind {
	FAULT_NONE = 0,
	FAULT_MALFORMED,        /* 400 the bytes are not a request we take */
	FAULT_PARAMETER,        /* 400 a query parameter or cursor */
	FAULT_KEY_MISSING,      /* 400 Idempotency-Key */
	FAULT_KEY_MALFORMED,    /* 400 */
	FAULT_BODY_MISSING,     /* 400 */
	FAULT_BODY_MALFORMED,   /* 400 no JSON */
	FAULT_UNAUTHORIZED,     /* 401 */
	FAULT_FORBIDDEN,        /* 403 */
	FAULT_NOT_FOUND,        /* 404 */
	FAULT_METHOD,           /* 405 */
	FAULT_TIMEOUT,          /* 408 */
	FAULT_CONFLICT,         /* 409 */
	FAULT_KEY_RUNNING,      /* 409 the same Idempotency-Key is still being worked on */
	FAULT_GONE,             /* 410 */
	FAULT_STALE,            /* 412 */
	FAULT_TOO_LARGE,        /* 413 */
	FAULT_MEDIA_TYPE,       /* 415 */
	FAULT_EXPECTATION,      /* 417 */
	FAULT_INVALID,          /* 422 */
	FAULT_KEY_REUSED,       /* 422 */
	FAULT_IF_MATCH_MISSING, /* 428 */
	FAULT_RATE,             /* 429 */
	FAULT_HEAD_TOO_LARGE,   /* 431 */
	FAULT_INTERNAL,         /* 500 */
	FAULT_NOT_IMPLEMENTED,  /* 501 an unknown method or transfer coding */
	FAULT_BUSY,             /* 503 a bound is reached */
	FAULT_VERSION,          /* 505 */
	FAULT_KIND_COUNT,
};

struct fault {
	enum fault_kind kind;
	const char *detail;              /* what to do about it; no personal data; may be NULL */
	bool is_replayed;                /* a kept 409 told again */
	const struct problems *problems; /* field errors; may be NULL */
	unsigned allow;                  /* FAULT_METHOD: 1u << enum method */
	int64_t retry_after_s;           /* 0 = none */
	const char *members;             /* further JSON members: `"reasons":[]`; may be NULL */
};

int fault_status(enum fault_kind kind);
const char *fault_slug(enum fault_kind kind) RETURNS_NONNULL;
enum fault_kind fault_of_error(enum error_code code);
/* {"type","title","status","detail","instance","errors":[{"pointer","detail"}], members}; instance
 * is urn:uuid:ID and left out when id is NULL. */
void fault_render(const struct fault *fault, const struct id *id, struct buf *out);

#endif
