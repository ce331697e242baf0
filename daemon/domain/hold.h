/*
 * Holds: a field of the release table that must not be published until a time, asked for by the
 * police or an authority. A held field is left out of nothing silently: an unapproved version that
 * contains one is refused (409).
 */
#ifndef ASTRAD_DOMAIN_HOLD_H
#define ASTRAD_DOMAIN_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "domain/problem.h"
#include "domain/release.h"

struct hold {
	enum release_field field;
	int64_t until_utc_ms; /* 0 = until it is taken back; in a request: in the future */
};

/* The body of PUT /holds. */
struct hold_request {
	struct hold hold;
	const char *by;        /* who demands it; required */
	const char *reference; /* or NULL */
	struct bytes why;      /* canonical JSON {"by","reference"}: what the store seals */
};
bool hold_decode(struct bytes body, int64_t now_utc_ms, struct arena *arena,
		 struct hold_request *ret, struct problems *problems) MUST_USE;
/* The body of DELETE /holds: {"field": "child.given"}. */
bool hold_decode_release(struct bytes body, enum release_field *ret,
			 struct problems *problems) MUST_USE;

/* The fields held at a time. */
uint64_t hold_fields(const struct hold *holds, size_t count, int64_t now_utc_ms);

#endif
