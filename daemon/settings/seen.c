/*
 * A hash table in parts, each with open addressing and at most three quarters full. A part alone
 * grows, so growing is as short as everything else. The hash's first byte chooses the part.
 *
 * Owner: one list's check. Keyed by SHA-256: a list may come from elsewhere, and nobody shall be
 * able to make its ids collide.
 */
#include "settings/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

#define PARTS      256
#define FIRST_ROOM 16 /* a power of two */

struct entry {
	uint64_t hash;
	int line; /* 0 = free */
};

struct part {
	struct entry *entries;
	size_t room, count;
};

struct seen {
	struct part parts[PARTS];
};

static uint64_t hash_of(const char *id)
{
	uint8_t bytes[SECRET_HASH_BYTES];
	uint64_t hash;

	secret_sha256(id, strlen(id), bytes);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

struct seen *seen_create(void)
{
	return xcalloc(1, sizeof(struct seen));
}

void seen_destroy(struct seen **seen)
{
	struct seen *gone = take_ptr(seen);

	for (size_t i = 0; gone != NULL && i < PARTS; i++) {
		free(gone->parts[i].entries);
	}
	free(gone);
}

/* The entry of the hash, or the free one where it belongs. */
static struct entry *place_of(const struct part *part, uint64_t hash)
{
	size_t at = (size_t)(hash / PARTS) & (part->room - 1);

	while (part->entries[at].line != 0 && part->entries[at].hash != hash) {
		at = (at + 1) & (part->room - 1);
	}
	return &part->entries[at];
}

static void grow(struct part *part)
{
	struct part next = {.room = part->room > 0 ? part->room * 2 : FIRST_ROOM,
			    .count = part->count};

	next.entries = xcalloc(next.room, sizeof(*next.entries));
	for (size_t i = 0; i < part->room; i++) {
		if (part->entries[i].line != 0) {
			*place_of(&next, part->entries[i].hash) = part->entries[i];
		}
	}
	free(part->entries);
	*part = next;
}

int seen_add(struct seen *seen, const char *id, int line)
{
	uint64_t hash = hash_of(id);
	struct part *part = &seen->parts[hash % PARTS];
	struct entry *entry;
	int before;

	if (part->count * 4 >= part->room * 3) {
		grow(part);
	}
	entry = place_of(part, hash);
	before = entry->line;
	part->count += before == 0 ? 1 : 0;
	*entry = (struct entry){.hash = hash, .line = line};
	return before;
}
