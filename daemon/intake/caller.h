/* From an Authorization field and a peer to a principal: the rules of auth.h. */
#ifndef ASTRAD_INTAKE_CALLER_H
#define ASTRAD_INTAKE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/buf.h"
#include "intake/auth.h"
#include "intake/fault.h"
#include "intake/peer.h"

struct intake;
struct route;

/* authorization: data NULL when the field is absent. False: ret_fault is 401 or 429.
 * Whether the caller's role may call the route is not asked here. */
bool caller_identify(struct intake *intake, const struct route *route, const struct peer *peer,
		     struct bytes authorization, struct principal *ret_principal,
		     struct fault *ret_fault) MUST_USE;
/* "unix:LOGIN" of a uid, or "unix:NUMBER" when it has no name. Reads the user database, which may
 * block: at start only. */
void caller_unix_name(uid_t uid, char out[AUTH_NAME_BYTES]);

#endif
