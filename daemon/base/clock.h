/*
 * Time and chance, injected: nothing in the daemon asks the system by itself, so tests replay days
 * in milliseconds. utc_ms: milliseconds since 1970 UTC (CLOCK_REALTIME). boot_ms: CLOCK_BOOTTIME,
 * never goes back, counts suspend.
 */
#ifndef ASTRAD_BASE_CLOCK_H
#define ASTRAD_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct clock {
	int64_t (*utc_ms)(const struct clock *clock);
	int64_t (*boot_ms)(const struct clock *clock);
	/* true when the kernel says the wall clock is disciplined (adjtimex); a purge demands it */
	bool (*is_synchronised)(const struct clock *clock);
	/* true when time passes by itself, so that the loop may wait for it; NULL: it stands until
	 * it is told to move */
	bool (*is_flowing)(const struct clock *clock);
};

const struct clock *clock_system(void) RETURNS_NONNULL; /* thread-safe */
int64_t clock_utc_ms(const struct clock *clock);
int64_t clock_boot_ms(const struct clock *clock);
bool clock_is_synchronised(const struct clock *clock);
bool clock_is_flowing(const struct clock *clock);

/* A clock that stands until it is told to move. Embed it first; hand &fake.clock to what wants a
 * clock. */
struct clock_fake {
	struct clock clock;
	int64_t utc_ms;
	int64_t boot_ms;
	bool synchronised;
};
void clock_fake_init(struct clock_fake *fake, int64_t utc_ms);
void clock_fake_advance(struct clock_fake *fake, int64_t ms); /* both clocks */

/* Reproducible chance for jitter and spreading; never for keys or ids (secret_random does those).
 */
struct rng {
	uint64_t state[4];
};
void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Uniform in [low, high]. */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);

/* RFC 3339 with offset. */
#define CLOCK_TEXT_BYTES 40
/* "2026-11-23T15:31:07Z"; with milliseconds when with_ms. `out` holds CLOCK_TEXT_BYTES. */
void clock_format_utc(int64_t utc_ms, bool with_ms, char *out);
/* As above in the IANA zone, e.g. "2026-11-23T16:31:07+01:00"; false (and UTC text) when the zone
 * is unknown. */
bool clock_format_zone(int64_t utc_ms, const char *zone, char *out);
/* Reads an RFC 3339 date-time; the offset is required. False when it is not one or is out of
 * 1900..9999. */
bool clock_parse(const char *text, size_t len, int64_t *ret_utc_ms) MUST_USE;
/* True when tzdata knows the zone. */
bool clock_zone_exists(const char *zone);

#endif
