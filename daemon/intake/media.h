/* The type of a body (RFC 9110, section 8.3.1). */
#ifndef ASTRAD_INTAKE_MEDIA_H
#define ASTRAD_INTAKE_MEDIA_H

#include "base/attr.h"
#include "base/buf.h"
#include "intake/method.h"

/* application/json, for PATCH application/merge-patch+json too. A charset may only be utf-8, quoted
 * or not; other parameters are well-formed and mean nothing to us. */
bool media_is_json(struct bytes type, enum method method) MUST_USE;

#endif
