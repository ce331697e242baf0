/*
 * llhttp behind a small face. It gives the second opinion on a judged head and takes a body apart.
 * A head that it reads otherwise than head_judge did is refused: two readers who disagree is what
 * request smuggling lives on.
 */
#ifndef ASTRAD_INTAKE_WIRE_H
#define ASTRAD_INTAKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "intake/head.h"

struct wire;

enum wire_result { WIRE_MORE, WIRE_DONE, WIRE_REFUSED, WIRE_TOO_LARGE };

struct wire *wire_create(void) RETURNS_NONNULL;
void wire_destroy(struct wire **wire);

/* Starts a request. False when llhttp refuses the head or reads it otherwise. */
bool wire_start(struct wire *wire, const struct head *head) MUST_USE;
/*
 * Body bytes as they come; what they carry is added to out, at most out->limit. ret_used: how many
 * belong to this request. WIRE_DONE: the body is whole, further bytes are the next request's.
 * Chunk extensions and trailers are refused: no client of ours sends any, and both hide bytes.
 */
enum wire_result wire_body(struct wire *wire, struct bytes bytes, struct buf *out,
			   size_t *ret_used);

#endif
