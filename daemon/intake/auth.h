/*
 * Who is asking. A bearer token (RFC 6750, section 2.1) is looked up by its keyed hash; a peer of
 * the Unix socket is known by its credentials. A token outranks the peer's credentials. Root on the
 * Unix socket without a token is person `unix:LOGIN` with role admin only; the daemon's own uid may
 * use the routes marked ROUTE_FIRST_ADMIN while no token exists; everybody else needs a token.
 *
 * Wrong tokens are counted by address: past auth_failures_max a minute the answer is 429 instead of
 * 401. A right token always passes, so nobody behind the same address can lock an operator out.
 */
#ifndef ASTRAD_INTAKE_AUTH_H
#define ASTRAD_INTAKE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/secret.h"
#include "domain/states.h"

#define AUTH_NAME_BYTES 64
/* A new token: "astrad_" and 43 characters of base64url (256 random bits), with the zero. */
#define AUTH_TOKEN_BYTES 51
#define AUTH_TOKEN_MAX   256 /* a longer bearer token is not looked up */

struct principal {
	enum role role;                /* 0 = nobody */
	char person[AUTH_NAME_BYTES];  /* person id or "unix:LOGIN"; "" for a partner */
	char partner[AUTH_NAME_BYTES]; /* partner id; "" for a person */
	struct id token;               /* none for a Unix peer */
	bool is_root;                  /* a Unix peer with uid 0 */
};

/* Where tokens are looked up; calls come in the loop's thread and answer at once from memory. */
struct auth_source {
	struct secret_key key; /* tokens are known by HMAC-SHA256 under this key */
	/* Writes the principal of a token that is neither revoked nor expired and whose person is
	 * not disabled; false when there is none. Comparing whole keyed hashes tells an attacker
	 * nothing about a token. */
	bool (*find)(const uint8_t hash[SECRET_HASH_BYTES], struct principal *ret_principal,
		     void *arg);
	bool (*has_tokens)(void *arg); /* false: the store holds no token at all yet */
	void *arg;
};

/* Makes a token; it is told once and kept only as a hash. */
void auth_token_make(char out[AUTH_TOKEN_BYTES]);
void auth_token_hash(const struct secret_key *key, struct bytes token,
		     uint8_t out[SECRET_HASH_BYTES]);
/* Person or partner id, for audit and log; "nobody" while there is none. */
const char *principal_name(const struct principal *principal) RETURNS_NONNULL;

#endif
