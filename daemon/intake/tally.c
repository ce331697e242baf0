/*
 * A chained hash table of counts. The hash is seeded by chance, so that nobody who may choose his
 * addresses can put them all into one chain. Owner: places.c. Nothing survives a crash, nor do the
 * connections.
 */
#include "intake/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

struct entry {
	uint8_t key[TALLY_KEY_BYTES];
	size_t count;
	struct entry *next;
};

struct tally {
	struct entry **chains;
	size_t chain_count; /* a power of two */
	uint64_t seed;
};

struct tally *tally_create(size_t expected)
{
	struct tally *tally = xcalloc(1, sizeof(*tally));

	tally->chain_count = 16;
	while (tally->chain_count < expected) {
		tally->chain_count *= 2;
	}
	tally->chains = xcalloc(tally->chain_count, sizeof(*tally->chains));
	secret_random(&tally->seed, sizeof(tally->seed));
	return tally;
}

void tally_destroy(struct tally **tally)
{
	if (*tally == NULL) {
		return;
	}
	for (size_t i = 0; i < (*tally)->chain_count; i++) {
		struct entry *entry = (*tally)->chains[i];

		while (entry != NULL) {
			struct entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free((*tally)->chains);
	free(*tally);
	*tally = NULL;
}

/* FNV-1a from a seeded start. */
static size_t chain_of(const struct tally *tally, const uint8_t *key)
{
	uint64_t hash = tally->seed;

	for (size_t i = 0; i < TALLY_KEY_BYTES; i++) {
		hash = (hash ^ key[i]) * UINT64_C(1099511628211);
	}
	return (size_t)(hash ^ hash >> 32) & (tally->chain_count - 1);
}

/* Where the entry of the key hangs, or where a new one would. */
static struct entry **find(const struct tally *tally, const uint8_t *key)
{
	struct entry **at = &tally->chains[chain_of(tally, key)];

	while (*at != NULL && memcmp((*at)->key, key, TALLY_KEY_BYTES) != 0) {
		at = &(*at)->next;
	}
	return at;
}

size_t tally_count(const struct tally *tally, const uint8_t key[TALLY_KEY_BYTES])
{
	const struct entry *entry = *find(tally, key);

	return entry != NULL ? entry->count : 0;
}

void tally_add(struct tally *tally, const uint8_t key[TALLY_KEY_BYTES])
{
	struct entry **at = find(tally, key);

	if (*at == NULL) {
		*at = xcalloc(1, sizeof(**at));
		memcpy((*at)->key, key, TALLY_KEY_BYTES);
	}
	(*at)->count++;
}

void tally_drop(struct tally *tally, const uint8_t key[TALLY_KEY_BYTES])
{
	struct entry **at = find(tally, key);
	struct entry *entry = *at;

	assert(entry != NULL && entry->count > 0);
	entry->count--;
	if (entry->count == 0) {
		*at = entry->next;
		free(entry);
	}
}
