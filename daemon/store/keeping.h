/* What the store does for its own tidiness, in short requests of class KEEPING. Loop thread. */
#ifndef ASTRAD_STORE_KEEPING_H
#define ASTRAD_STORE_KEEPING_H

#include "store/store.h"

/* Starts the chain that deletes idempotency records past 72 h, a page a request. Call it about once
 * an hour; calling it while one runs starts a second, harmless one. */
void store_keeping_run(struct store *store);

#endif
