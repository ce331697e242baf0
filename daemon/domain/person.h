/* Persons and tokens: ids and the bodies of POST /v1/persons and POST /v1/tokens. */
#ifndef ASTRAD_DOMAIN_PERSON_H
#define ASTRAD_DOMAIN_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "domain/problem.h"
#include "domain/states.h"

#define PERSON_ID_MAX 32

/* [a-z0-9._-]{2,32} */
bool person_id_is_valid(const char *text, size_t len);

struct person_request {
	const char *id;
	const char *name;
};
bool person_decode(struct bytes body, struct arena *arena, struct person_request *ret,
		   struct problems *problems) MUST_USE;

/* Exactly one of person (with a role) and partner. */
struct person_token_request {
	const char *name;
	const char *person;     /* or NULL */
	const char *partner;    /* or NULL */
	enum role role;         /* ROLE_PARTNER with partner */
	int64_t expires_utc_ms; /* 0 = never; in the future otherwise */
};
bool person_decode_token(struct bytes body, int64_t now_utc_ms, struct arena *arena,
			 struct person_token_request *ret, struct problems *problems) MUST_USE;

#endif
