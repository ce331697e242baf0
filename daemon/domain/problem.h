/*
 * Field errors of one body: what problem+json tells under "errors". A decoder goes on after an
 * error, so that a tired operator sees all of them at once. Pointers are JSON Pointers (RFC 6901)
 * into the body ("" is the whole body). A detail says what is wrong and what would be right; it
 * never repeats the value, for values are personal data.
 */
#ifndef ASTRAD_DOMAIN_PROBLEM_H
#define ASTRAD_DOMAIN_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define PROBLEM_POINTER_BYTES 256 /* a longer pointer is cut at a whole step */

struct problem {
	const char *pointer;
	const char *detail;
};

/* At most LIMIT_FIELD_ERRORS are kept; `more` counts the rest. */
struct problems {
	struct arena *arena; /* borrowed: items live in it */
	struct problem *items;
	size_t count;
	size_t more;
	bool is_malformed; /* the body is no JSON at all: 400, not 422 */
};

void problems_init(struct problems *problems, struct arena *arena);
void problems_add(struct problems *problems, const char *pointer, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
bool problems_are_none(const struct problems *problems);
/* Sets ERROR_INVALID with the first field error and the number of the others, as a sentence for the
 * operator: "/child/age must be between 0 and 120, and 3 more errors". Returns false. */
bool problems_error(const struct problems *problems, struct error *err);
/* A JSON array [{"pointer":"/child/age","detail":"..."}]; when some were dropped, a last entry with
 * pointer "" says how many. */
void problems_render(const struct problems *problems, struct buf *out);

#endif
