/* What the store does for its own tidiness, in short requests of class KEEPING. Loop thread. */
#ifndef ASTRAD_STORE_KEEPING_H
#define ASTRAD_STORE_KEEPING_H

#include "store/store.h"

/* Starts the chains that delete idempotency records past 72 h and partner events past retention, a
 * page a request. Call it about once an hour; calling it while one runs starts a second, harmless
 * one. */
void store_keeping_run(struct store *store);

/* Writes a little and syncs it: whether the disk takes a write again is known only by one. */
struct store_keeping_prove_in {
	char unused;
};
struct store_keeping_prove_out {
	int64_t proofs; /* so far */
};
extern const struct store_op store_keeping_prove;

#endif
