/*
 * The audit chain is looked through in the daemon itself: all of it after each start, then what was
 * added since, every hour, a page at a time on a reader. A row that was changed, taken out or put
 * in is told loudly; nothing is mended. Loop thread only.
 */
#ifndef ASTRAD_OPS_TRAIL_H
#define ASTRAD_OPS_TRAIL_H

#include "base/attr.h"
#include "base/health.h"

struct store; /* store/store.h */
struct trail;

/* Both are borrowed and outlive it, but for the store: see trail_stop. */
struct trail *trail_create(struct store *store, struct health *health) RETURNS_NONNULL;
/* Goes on from where it came to, up to the newest row. Nothing while it is at it. */
void trail_run(struct trail *trail);
/* No request any more: before the store is closed. NULL is fine. */
void trail_stop(struct trail *trail);
/* After the store answered everything. NULL is fine; sets NULL. */
void trail_destroy(struct trail **trail);

#endif
