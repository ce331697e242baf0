/*
 * Who is asking. A token is hashed under the daemon's key and the hash is looked up; the look-up
 * compares hashes of which an attacker can predict no bit, so its timing tells nothing. The text of
 * a token is never logged, a wrong one least of all: it may be a right one with a typing error.
 */
#include "intake/caller.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/secret.h"
#include "intake/intake_private.h"
#include "intake/route.h"

static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void auth_token_make(char out[AUTH_TOKEN_BYTES])
{
	static const char PREFIX[] = "astrad_";
	uint8_t random[AUTH_TOKEN_BYTES - sizeof(PREFIX)];
	char *at = out + sizeof(PREFIX) - 1;

	/* 6 bits of each of 43 bytes: 258 random bits */
	secret_random(random, sizeof(random));
	memcpy(out, PREFIX, sizeof(PREFIX) - 1);
	for (size_t i = 0; i < sizeof(random); i++) {
		at[i] = BASE64URL[random[i] & 63];
	}
	at[sizeof(random)] = '\0';
	secret_wipe(random, sizeof(random));
}

void auth_token_hash(const struct secret_key *key, struct bytes token,
		     uint8_t out[SECRET_HASH_BYTES])
{
	secret_hmac(key->bytes, SECRET_KEY_BYTES, token.data, token.len, out);
}

const char *principal_name(const struct principal *principal)
{
	if (principal->person[0] != '\0') {
		return principal->person;
	}
	return principal->partner[0] != '\0' ? principal->partner : "nobody";
}

void caller_unix_name(uid_t uid, char out[AUTH_NAME_BYTES])
{
	char memory[4096];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) == 0 && found != NULL) {
		(void)snprintf(out, AUTH_NAME_BYTES, "unix:%.58s", found->pw_name);
	} else {
		(void)snprintf(out, AUTH_NAME_BYTES, "unix:%u", (unsigned)uid);
	}
}

/* The token behind "Bearer " (RFC 6750, section 2.1). */
static bool read_bearer(struct bytes field, struct bytes *ret_token)
{
	static const char SCHEME[] = "Bearer ";
	size_t skip = sizeof(SCHEME) - 1;

	if (field.len <= skip || strncasecmp(field.data, SCHEME, skip) != 0) {
		return false;
	}
	while (skip < field.len && field.data[skip] == ' ') {
		skip++;
	}
	*ret_token = (struct bytes){.data = field.data + skip, .len = field.len - skip};
	return ret_token->len > 0 && ret_token->len <= AUTH_TOKEN_MAX;
}

static bool identify_token(struct intake *intake, const struct peer *peer, struct bytes field,
			   struct principal *ret_principal, struct fault *fault)
{
	const struct auth_source *source = &intake->deps.auth;
	uint8_t hash[SECRET_HASH_BYTES];
	struct bytes token;

	*fault = (struct fault){.kind = FAULT_UNAUTHORIZED,
				.detail = "send Authorization: Bearer TOKEN"};
	if (read_bearer(field, &token)) {
		fault->detail = "the token is not known, revoked or expired";
		auth_token_hash(&source->key, token, hash);
		if (source->find(hash, ret_principal, source->arg)) {
			return true;
		}
	}
	if (!penalty_note(intake->penalty, peer, clock_boot_ms(loop_clock(intake->deps.loop)),
			  &fault->retry_after_s)) {
		fault->kind = FAULT_RATE;
		fault->detail = "too many wrong tokens came from this address";
	}
	return false;
}

static bool identify_peer(struct intake *intake, const struct route *route, const struct peer *peer,
			  struct principal *ret_principal)
{
	const char *name = NULL;

	if (!peer->is_unix) {
		return false;
	}
	if (peer->uid == 0) {
		name = intake->root_name;
	} else if (peer->uid == intake->own_uid && (route->flags & ROUTE_FIRST_ADMIN) != 0 &&
		   !intake->deps.auth.has_tokens(intake->deps.auth.arg)) {
		name = intake->own_name;
	}
	if (name == NULL) {
		return false;
	}
	*ret_principal = (struct principal){.role = ROLE_ADMIN, .is_root = peer->uid == 0};
	(void)snprintf(ret_principal->person, sizeof(ret_principal->person), "%s", name);
	return true;
}

bool caller_identify(struct intake *intake, const struct route *route, const struct peer *peer,
		     struct bytes authorization, struct principal *ret_principal,
		     struct fault *ret_fault)
{
	struct principal principal = {0};

	if (authorization.data != NULL) {
		if (!identify_token(intake, peer, authorization, &principal, ret_fault)) {
			return false;
		}
	} else if (!identify_peer(intake, route, peer, &principal)) {
		*ret_fault = (struct fault){.kind = FAULT_UNAUTHORIZED,
					    .detail = "send Authorization: Bearer TOKEN"};
		return false;
	}
	*ret_principal = principal;
	return true;
}
