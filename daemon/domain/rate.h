/*
 * A token bucket: how many sends a channel may start now. One second's worth of burst. A part of
 * the tokens is kept for alerts, so that notices cannot delay them. Pure; times are clock_boot_ms.
 */
#ifndef ASTRAD_DOMAIN_RATE_H
#define ASTRAD_DOMAIN_RATE_H

#include <stdint.h>

#include "domain/message.h"

#define RATE_THROTTLED_MS        60000 /* a receiver that throttles gets half the rate so long */
#define RATE_THROTTLED_UNBOUNDED 10    /* what an unbounded rate shrinks to meanwhile */

struct rate {
	int64_t per_second;   /* 0 = unbounded */
	int64_t micro_tokens; /* a millionth of a send */
	int64_t filled_boot_ms;
	int64_t throttled_until_boot_ms;
};

/* Starts full. */
void rate_init(struct rate *rate, int64_t per_second, int64_t now_boot_ms);
/* A reload changed the rate: tokens that do not fit any more are gone. */
void rate_change(struct rate *rate, int64_t per_second, int64_t now_boot_ms);
/* Sends of this class that may start now; INT64_MAX when unbounded. */
int64_t rate_available(struct rate *rate, enum message_class class_of, int64_t now_boot_ms);
/* Takes `sends` tokens; the caller asked rate_available before. */
void rate_take(struct rate *rate, int64_t sends, int64_t now_boot_ms);
/* Milliseconds until rate_available gives at least one; 0 = now. */
int64_t rate_wait_ms(struct rate *rate, enum message_class class_of, int64_t now_boot_ms);
/* The receiver answered 429 or 503: half the rate for RATE_THROTTLED_MS from now. */
void rate_throttle(struct rate *rate, int64_t now_boot_ms);

#endif
