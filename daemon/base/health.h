/*
 * Named reasons why the daemon is not well. A room raises a reason while it holds and clears it
 * after; intake renders them in /readyz. HEALTH_DOWN makes /readyz 503 (only: reports cannot be
 * stored, no alert channel can send, the clock is behind, a timer is over 30 s late);
 * HEALTH_DEGRADED keeps 200 and says so. Keys: ids and states, never personal data. Loop thread
 * only; another thread posts to the loop. Each change is logged once, by this file's callback (see
 * health_on_change).
 */
#ifndef ASTRAD_BASE_HEALTH_H
#define ASTRAD_BASE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum health_level { HEALTH_OK, HEALTH_DEGRADED, HEALTH_DOWN };

struct health;

struct health *health_create(void) RETURNS_NONNULL;
void health_destroy(struct health **health);

/* reason: a stable word ("channel_dead", "reload_failed"); subject: what it is about ("mup-ns") or
 * NULL; detail: for the operator. */
void health_raise(struct health *health, enum health_level level, const char *reason,
		  const char *subject, const char *detail);
void health_clear(struct health *health, const char *reason, const char *subject);
enum health_level health_level(const struct health *health);
bool health_is_raised(const struct health *health, const char *reason, const char *subject);
/* {"status":"ready|degraded|down","reasons":[{"reason","subject","level","detail"}]} */
void health_render(const struct health *health, struct buf *out);
/* fn hears of a reason that appears, changes its level or (raised false) goes; not of a new detail.
 * subject is NULL when there is none. One listener. */
void health_on_change(struct health *health,
		      void (*fn)(enum health_level level, const char *reason, const char *subject,
				 bool raised, void *arg),
		      void *arg);

#endif
