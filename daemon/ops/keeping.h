/*
 * What a daemon does for its own well-being while nobody asks: every ten seconds it looks how the
 * store and the loop are and says so in base/health and base/metric. At start and every hour it
 * starts the store's housekeeping, goes on with purges that were cut (ops/purges.h), looks through
 * the audit chain (ops/trail.h) and writes its head to the log, so that a chain cut at its end
 * shows there. Loop thread only.
 */
#ifndef ASTRAD_OPS_KEEPING_H
#define ASTRAD_OPS_KEEPING_H

#include "base/attr.h"
#include "base/health.h"
#include "base/loop.h"

struct store; /* store/store.h */
struct keeping;

struct keeping_params {
	struct loop *loop; /* all three outlive it, but for the store: see keeping_stop */
	struct store *store;
	struct health *health;
};

/* The first look is now, the first hourly work soon after. */
struct keeping *keeping_create(const struct keeping_params *params) RETURNS_NONNULL;
/* No look and no work any more: before the store is closed. Twice is fine, NULL as well. */
void keeping_stop(struct keeping *keeping);
/* After the store answered everything (store_close, and the loop turned). NULL is fine; sets NULL.
 */
void keeping_destroy(struct keeping **keeping);

#endif
