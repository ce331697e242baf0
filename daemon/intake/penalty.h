/* Wrong tokens by address: counted a minute long, to answer 429 instead of 401. A fixed table: a
 * new address may push an old one out, never grow it. */
#ifndef ASTRAD_INTAKE_PENALTY_H
#define ASTRAD_INTAKE_PENALTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "intake/peer.h"

#define PENALTY_WINDOW_MS 60000

struct penalty;

struct penalty *penalty_create(int64_t failures_max) RETURNS_NONNULL;
void penalty_destroy(struct penalty **penalty);
/* Notes one failure; true while it is within the bound, else false with the seconds to wait. */
bool penalty_note(struct penalty *penalty, const struct peer *peer, int64_t now_boot_ms,
		  int64_t *ret_wait_s) MUST_USE;

#endif
