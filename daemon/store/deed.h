/*
 * What was done outside the database (a reload, a probe, a channel's suspension): its audit entry
 * and, with an Idempotency-Key, its outcome for the next time. It changes no row of its own.
 */
#ifndef ASTRAD_STORE_DEED_H
#define ASTRAD_STORE_DEED_H

#include "domain/outcome.h"
#include "store/store.h"

struct store_deed_in {
	struct outcome outcome;
};
struct store_deed_out {
	struct outcome outcome; /* the same */
};
extern const struct store_op store_deed;

#endif
