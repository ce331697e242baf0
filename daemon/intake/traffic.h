/* What went through: metrics by route and status, and the access log. An access line holds ids,
 * states and sizes: never a body, a query, a path as it was typed, or a token. */
#ifndef ASTRAD_INTAKE_TRAFFIC_H
#define ASTRAD_INTAKE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "intake/peer.h"

struct request;
struct route;
struct traffic;

struct traffic *traffic_create(const struct route *routes, size_t count) RETURNS_NONNULL;
void traffic_destroy(struct traffic **traffic);
/* peer NULL: the client went away before the answer. */
void traffic_note(struct traffic *traffic, const struct request *request, const struct peer *peer,
		  int status);
void traffic_connected(struct traffic *traffic, bool is_unix);
void traffic_disconnected(struct traffic *traffic, bool is_unix);
/* A connection that got no place, or had to give it up: "full", "address", "token", "evicted",
 * "descriptors". */
void traffic_refused(struct traffic *traffic, const char *why);
/* For latencies, which decide nothing: microseconds of the monotonic clock. */
int64_t traffic_now_us(void);

#endif
