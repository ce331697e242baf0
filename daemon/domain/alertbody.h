/* The small bodies of alert actions. Texts are the arena's; an absent member is NULL or 0. */
#ifndef ASTRAD_DOMAIN_ALERTBODY_H
#define ASTRAD_DOMAIN_ALERTBODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "domain/problem.h"
#include "domain/states.h"

#define ALERTBODY_DIGEST_BYTES 72 /* "sha256:", 64 hex digits and the zero */

/* POST /submit, /approve {version, digest}: one approves what one read. */
struct alertbody_decision {
	int version;
	const char *digest;
};
bool alertbody_decode_decision(struct bytes body, struct arena *arena,
			       struct alertbody_decision *ret, struct problems *problems) MUST_USE;

/* POST /return, /reject {reason}: required. POST /withdraw, /suspend, /resume {reason}: optional,
 * and so is the body. */
struct alertbody_reason {
	const char *reason;
};
bool alertbody_decode_reason(struct bytes body, bool is_required, struct arena *arena,
			     struct alertbody_reason *ret, struct problems *problems) MUST_USE;

/* POST /cancel {reason resolved|withdrawn|issued_in_error, note} */
struct alertbody_cancel {
	enum end_reason reason;
	const char *note;
};
bool alertbody_decode_cancel(struct bytes body, struct arena *arena, struct alertbody_cancel *ret,
			     struct problems *problems) MUST_USE;

/* POST /acks {by, reference, how, on_behalf_of, lease_minutes, note} or {declined: reason} */
struct alertbody_ack {
	const char *by;
	const char *reference;
	const char *how;
	const char *on_behalf_of; /* a partner's id: an operator took the call */
	int64_t lease_ms;         /* 0 = the policy's */
	const char *note;
	const char *declined;   /* not NULL: refused, with this reason; all else is absent */
	struct bytes canonical; /* what the store seals */
};
bool alertbody_decode_ack(struct bytes body, struct arena *arena, struct alertbody_ack *ret,
			  struct problems *problems) MUST_USE;

/* POST /repolicy {policy, reason}, POST /send {channel, reason}: `word` is the policy or channel.
 */
struct alertbody_word {
	const char *word;
	const char *reason;
};
bool alertbody_decode_repolicy(struct bytes body, struct arena *arena, struct alertbody_word *ret,
			       struct problems *problems) MUST_USE;
bool alertbody_decode_send(struct bytes body, struct arena *arena, struct alertbody_word *ret,
			   struct problems *problems) MUST_USE;

#endif
