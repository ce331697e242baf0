/*
 * When a delivery is tried again: schedules, jitter and what a receiver's Retry-After may change.
 * Pure. DELIVERY section 3.
 *
 * A schedule is the list of delays between attempts: entry 0 stands before the second attempt. A
 * channel file may write the first attempt's own "0s" in front; it is passed over.
 */
#ifndef ASTRAD_DOMAIN_BACKOFF_H
#define ASTRAD_DOMAIN_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "domain/directory.h"
#include "domain/message.h"

#define BACKOFF_END           (-1) /* no further attempt: the schedule is over */
#define BACKOFF_FLOOR_MS      1000
#define BACKOFF_SLOW_FLOOR_MS 60000 /* after 502 and 504 */
#define BACKOFF_ENTRIES_MAX   64
#define BACKOFF_QUICK_TRIES   3 /* what an operator must mend is tried so often, then held */

/*
 * Milliseconds from the end of attempt `attempt` (1..) to the next one, without jitter, or
 * BACKOFF_END. The channel's own schedule wins over the one of the message's class; limits may be
 * NULL.
 */
int64_t backoff_delay_ms(const struct channel_limits *limits, enum message_class class_of,
			 int attempt);
/* delay x U(0.8, 1.2), never below BACKOFF_FLOOR_MS. */
int64_t backoff_jitter_ms(int64_t delay_ms, struct rng *rng);
/* clamp(Retry-After, d, max(2d, 60 s)); retry_after_ms < 0: the receiver named no time. */
int64_t backoff_throttle_ms(int64_t delay_ms, int64_t retry_after_ms);
/* As jitter, but never sooner than delay_ms: for a time the receiver asked for. */
int64_t backoff_jitter_up_ms(int64_t delay_ms, struct rng *rng);
/* From the first to the last attempt. Settings warns when a channel's own is under 24 h. */
int64_t backoff_span_ms(const int64_t *schedule_ms, size_t count);
/* Not empty, no entry smaller than the one before, none negative, at most BACKOFF_ENTRIES_MAX. */
bool backoff_is_valid(const int64_t *schedule_ms, size_t count);

#endif
