/*
 * IANA time zones, read from the system's tzdata (RFC 8536 files under /usr/share/zoneinfo) without
 * the process-wide TZ of the C library. Thread-safe. A zone is read once and again when its file
 * has changed, so a tzdata update needs no restart.
 */
#ifndef ASTRAD_BASE_ZONE_H
#define ASTRAD_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Seconds east of UTC at that time; false when the zone is unknown or its file is broken. */
bool zone_offset(const char *zone, int64_t utc_seconds, int *ret_offset) MUST_USE;

#endif
