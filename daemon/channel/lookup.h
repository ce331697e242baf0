/*
 * Which host names may be looked up now. A look-up occupies a thread of libcurl's resolver that
 * nothing can stop, so there is one at once a host and LIMIT_PENDING_LOOKUPS in all. A host that
 * was found lately is known: libcurl's DNS cache answers for it.
 */
#ifndef ASTRAD_CHANNEL_LOOKUP_H
#define ASTRAD_CHANNEL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Below libcurl's DNS_CACHE_TIMEOUT of 60 s by more than a call lasts before it connects. */
#define LOOKUP_KNOWN_MS 45000
/* A connection was reused, nothing was looked up: others may try the same for so long. */
#define LOOKUP_REUSED_MS 2000

struct lookup_table;

enum lookup_answer {
	LOOKUP_KNOWN = 1, /* go; nothing to end */
	LOOKUP_STARTED,   /* go; call lookup_end when the name is found or not */
	LOOKUP_WAIT,      /* another looks it up, or all places are taken */
};

struct lookup_table *lookup_create(void) RETURNS_NONNULL;
void lookup_destroy(struct lookup_table **table);
enum lookup_answer lookup_begin(struct lookup_table *table, const char *host, int64_t now_boot_ms);
/* known_ms: how long further calls need no look-up; 0 = it was not found. */
void lookup_end(struct lookup_table *table, const char *host, int64_t known_ms,
		int64_t now_boot_ms);
size_t lookup_pending(const struct lookup_table *table);

#endif
