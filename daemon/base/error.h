/*
 * One error type for the whole daemon.
 *
 * A function that can fail returns bool, is MUST_USE, takes `struct error *err` last and writes it
 * only on failure. Out parameters are written only on success. Codes map once to an HTTP status
 * (intake) and once to an exit code (app). `text` is for operators: it says what is wrong and what
 * to do, never a secret, never personal data.
 */
#ifndef ASTRAD_BASE_ERROR_H
#define ASTRAD_BASE_ERROR_H

#include <stdbool.h>

#include "base/attr.h"

enum error_code {
	ERROR_NONE = 0,
	ERROR_INVALID,   /* the input is wrong: 422 */
	ERROR_DENIED,    /* the caller may not: 403 */
	ERROR_NOT_FOUND, /* 404 */
	ERROR_CONFLICT,  /* the state does not allow it, or changed since: 409 */
	ERROR_STALE,     /* If-Match did not match: 412 */
	ERROR_REUSED,    /* Idempotency-Key used before with another body: 422 */
	ERROR_GONE,      /* it was there and is purged or past retention: 410 */
	ERROR_LIMIT,     /* a bound is reached, nothing happened, try later: 503 with Retry-After */
	ERROR_TEMPORARY, /* something outside failed, nothing happened, try later: 503 with
			    Retry-After */
	ERROR_INTERNAL,  /* our own bug or broken storage: 500, always logged */
	ERROR_CODE_COUNT,
};

struct error {
	enum error_code code;
	char text[256];
};

/* Sets code and text and returns false, so that callers can write `return error_set(err, ...)`. err
 * may be NULL. */
bool error_set(struct error *err, enum error_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "prefix: " before the text; cuts at the end when it grows too long. Returns false. err may
 * be NULL. */
bool error_prefix(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Stable lower-case name of a code ("invalid", "not_found", ...); "unknown" for a value out of
 * range. */
const char *error_code_name(enum error_code code) RETURNS_NONNULL;

#endif
