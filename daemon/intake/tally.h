/* Counts by a 16-byte key (an address, a token): how many connections each has. A key exists only
 * while its count is above zero, so the table is bounded by the connections. */
#ifndef ASTRAD_INTAKE_TALLY_H
#define ASTRAD_INTAKE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define TALLY_KEY_BYTES 16

struct tally;

/* expected: about how many keys there may be; more work too, only slower. */
struct tally *tally_create(size_t expected) RETURNS_NONNULL;
void tally_destroy(struct tally **tally);
size_t tally_count(const struct tally *tally, const uint8_t key[TALLY_KEY_BYTES]);
void tally_add(struct tally *tally, const uint8_t key[TALLY_KEY_BYTES]);
void tally_drop(struct tally *tally, const uint8_t key[TALLY_KEY_BYTES]); /* one was added before */

#endif
