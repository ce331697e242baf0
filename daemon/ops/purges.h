/*
 * Purges that were begun and are not done: after a crash in the middle, or while the key file's
 * copy was away. Each is gone on with until nothing of its case can be read, for a case that is
 * half purged still tells what it should not. Nothing is decided here: who may purge was decided
 * when the purge was begun. Loop thread only.
 */
#ifndef ASTRAD_OPS_PURGES_H
#define ASTRAD_OPS_PURGES_H

#include "base/attr.h"
#include "base/clock.h"
#include "base/health.h"

struct store; /* store/store.h */
struct purges;

/* All three are borrowed and outlive it, but for the store: see purges_stop. */
struct purges *purges_create(struct store *store, const struct clock *clock,
			     struct health *health) RETURNS_NONNULL;
/*
 * Goes through what is pending once, a page of rows a request: at start, and every hour. Nothing
 * while it is at it, or while the wall clock stands before what the store has seen: with a clock
 * that is wrong nothing is destroyed for ever. What cannot be finished keeps the health reason
 * purge_waits and is tried again next time.
 */
void purges_run(struct purges *purges);
/* No request any more: before the store is closed. NULL is fine. */
void purges_stop(struct purges *purges);
/* After the store answered everything. NULL is fine; sets NULL. */
void purges_destroy(struct purges **purges);

#endif
