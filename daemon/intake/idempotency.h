/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a structured-field String in
 * quotes (RFC 9651, section 3.3.3). The unquoted form is taken too and told of by a Warning header.
 */
#ifndef ASTRAD_INTAKE_IDEMPOTENCY_H
#define ASTRAD_INTAKE_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/secret.h"
#include "intake/auth.h"
#include "intake/method.h"

#define IDEMPOTENCY_KEY_MAX 128

/* 1..IDEMPOTENCY_KEY_MAX printable ASCII characters. ret_key points into text (an escaped key is
 * refused: nobody needs quotes in a key). */
bool idempotency_parse(struct bytes text, struct bytes *ret_key, bool *ret_is_quoted) MUST_USE;
/* HMAC of person or partner, method, path and key, each with its length. */
void idempotency_scope(const struct secret_key *hmac_key, const struct principal *principal,
		       enum method method, const struct bytes path_and_key[2],
		       uint8_t out[SECRET_HASH_BYTES]);
void idempotency_fingerprint(const struct secret_key *hmac_key, struct bytes body,
			     uint8_t out[SECRET_HASH_BYTES]);

#endif
