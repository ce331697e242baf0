/*
 * Between the connection and the handlers: everything that is decided before the first body byte,
 * in this order: path 404, method 405, caller 401, role 403, the token's share 503, query 400,
 * If-Match 428, Idempotency-Key 400, media type 415, length 413.
 */
#ifndef ASTRAD_INTAKE_GATE_H
#define ASTRAD_INTAKE_GATE_H

#include <stdbool.h>

#include "base/attr.h"
#include "intake/fault.h"
#include "intake/head.h"
#include "intake/peer.h"
#include "intake/places.h"
#include "intake/request.h"

/* What the gate knows of the connection; place NULL in tests. */
struct gate_side {
	const struct peer *peer;
	struct place *place;
};

/* Fills the request in from a judged head. False: answer ret_fault; the body is not to be read. */
bool gate_admit(struct request *request, const struct head *head, const struct gate_side *side,
		struct fault *ret_fault) MUST_USE;
/* The whole body is in body_buf: checks what only a whole request can tell and calls the handler.
 * The request may be answered, and gone, when this returns. */
void gate_run(struct request *request);

#endif
