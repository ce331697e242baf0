/*
 * Escalation: makes timer rows happen. It keeps the next due times in memory, and when one comes
 * it asks casework to act (a rung, the end of a lease, an expiry); casework decides on the rows as
 * they are then, and commits with compare-and-set. Nothing is decided from memory, so a row that
 * somebody else changed first is only looked at again.
 *
 * Rungs and leases fire at the earlier of wall and boot clock, an expiry only when both say so. A
 * timer that cannot be carried out is tried again; one that is more than 30 s late makes /readyz
 * red (`timer_late`). ARCHITECTURE section 8, DELIVERY section 4.
 *
 * App owns the wiring: casework's wake.timers calls escalation_wake; the outbox's events.dead and
 * events.page call escalation_channel_dead and escalation_page. Loop thread only.
 */
#ifndef ASTRAD_ESCALATION_ESCALATION_H
#define ASTRAD_ESCALATION_ESCALATION_H

#include "base/attr.h"
#include "base/health.h"
#include "base/id.h"
#include "base/loop.h"

struct store;    /* store/store.h */
struct casework; /* casework/casework.h */
struct escalation;

struct escalation_params {
	struct store *store;       /* outlives the room */
	struct loop *loop;         /* outlives the room */
	struct casework *casework; /* outlives the room */
	struct health *health;     /* NULL = reasons are not raised */
	struct id boot_id;         /* of this boot; none = timers go by the wall clock alone */
};

/* Does nothing until escalation_start. */
struct escalation *escalation_create(const struct escalation_params *params) RETURNS_NONNULL;
/* After escalation_drain has called back, or after the store was stopped. NULL is fine; sets NULL.
 */
void escalation_destroy(struct escalation **escalation);

/*
 * Once, when the outbox is ready: reads what is due, also what became due while the daemon was
 * down, and begins to watch for late timers and a clock that is behind the store.
 */
void escalation_start(struct escalation *escalation);

/* Timer rows changed: look again for the next due. Cheap, may be called often. */
void escalation_wake(struct escalation *escalation);

/*
 * A channel cannot reach anybody (breaker open too long, suspended). Rungs count it as deaf from
 * here on, and a ladder whose newest rung has no other way goes on to its next one now. Well again:
 * only the counting ends.
 */
void escalation_channel_dead(struct escalation *escalation, const char *channel);
void escalation_channel_well(struct escalation *escalation, const char *channel);

/* Staff hear of a channel by every other internal one (notice.channel_dead). */
void escalation_page(struct escalation *escalation, const char *channel, const char *reason);

/* Fires nothing more; done when nothing is under way, once, never from within the call. What is due
 * stays in its row. */
void escalation_drain(struct escalation *escalation, loop_fn *done, void *arg);

#endif
