/*
 * A hash table with open addressing, at most half full, never shrunk.
 *
 * Owner: one load's arena. The hash is FNV-1a without a seed: the names are an admin's own, nobody
 * gains by making them collide.
 */
#include "settings/index.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct slot {
	const char *name; /* NULL = free */
	const void *thing;
};

struct index {
	struct slot *slots;
	size_t mask;
	size_t left;
};

struct index *index_create(struct arena *arena, size_t room)
{
	struct index *index = arena_alloc(arena, sizeof(*index));
	size_t size = 16;
	while (size < room * 2) {
		size *= 2;
	}
	index->slots = arena_array(arena, size, sizeof(index->slots[0]));
	index->mask = size - 1;
	index->left = room;
	return index;
}

static struct slot *slot_of(const struct index *index, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (const char *c = name; *c; c++) {
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
	}
	size_t at = (size_t)(hash ^ (hash >> 32)) & index->mask;
	while (index->slots[at].name && strcmp(index->slots[at].name, name) != 0) {
		at = (at + 1) & index->mask;
	}
	return &index->slots[at];
}

const void *index_add(struct index *index, const char *name, const void *thing)
{
	struct slot *slot = slot_of(index, name);
	if (slot->name) {
		return slot->thing;
	}
	assert(index->left > 0);
	index->left--;
	*slot = (struct slot){.name = name, .thing = thing};
	return NULL;
}

const void *index_find(const struct index *index, const char *name)
{
	return index ? slot_of(index, name)->thing : NULL;
}
