/*
 * A refusal that was decided in the loop (the preview changed, no version is open, a field is
 * wrong) of a request that carries an Idempotency-Key. It goes through the writer for one reason:
 * the same request may have succeeded before, and then that is its answer. A fresh ERROR_CONFLICT
 * is kept for the next time, as one that an op decides.
 */
#ifndef ASTRAD_STORE_REFUSAL_H
#define ASTRAD_STORE_REFUSAL_H

#include "domain/outcome.h"
#include "store/store.h"

struct store_refusal_in {
	struct error err; /* what the request fails with when it was not answered before */
};
struct store_refusal_out {
	struct outcome outcome; /* of the earlier request */
};
extern const struct store_op store_refusal;

#endif
