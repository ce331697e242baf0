/*
 * The table behind lookup.h: a sorted array of host names, one entry a name that was looked up in
 * the last LOOKUP_KNOWN_MS or is being looked up. Owner: the HTTP client. Nothing is kept over a
 * restart. Entries that say nothing any more are dropped when the array has doubled, so its size
 * is bounded by twice the names in use.
 */
#include "channel/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

#define SWEEP_FLOOR 64

struct entry {
	char *host;
	int64_t known_until_boot_ms;
	bool is_pending;
};

struct lookup_table {
	struct entry *entries; /* by host */
	size_t count;
	size_t sweep_at;
	size_t pending;
};

struct lookup_table *lookup_create(void)
{
	struct lookup_table *table = xcalloc(1, sizeof(*table));
	table->sweep_at = SWEEP_FLOOR;
	return table;
}

void lookup_destroy(struct lookup_table **table)
{
	if (*table == NULL) {
		return;
	}
	for (size_t i = 0; i < (*table)->count; i++) {
		free((*table)->entries[i].host);
	}
	free((*table)->entries);
	free(*table);
	*table = NULL;
}

/* Where host is, or where it belongs. */
static size_t place_of(const struct lookup_table *table, const char *host, bool *ret_is_there)
{
	size_t low = 0;
	size_t high = table->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(table->entries[middle].host, host);
		if (order == 0) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret_is_there = false;
	return low;
}

static void sweep(struct lookup_table *table, int64_t now_boot_ms)
{
	size_t kept = 0;
	for (size_t i = 0; i < table->count; i++) {
		struct entry *entry = &table->entries[i];
		if (entry->is_pending || entry->known_until_boot_ms > now_boot_ms) {
			table->entries[kept++] = *entry;
		} else {
			free(entry->host);
		}
	}
	table->count = kept;
	table->sweep_at = kept * 2 > SWEEP_FLOOR ? kept * 2 : SWEEP_FLOOR;
}

static struct entry *entry_get(struct lookup_table *table, const char *host, int64_t now_boot_ms)
{
	bool is_there = false;
	size_t place = place_of(table, host, &is_there);
	if (is_there) {
		return &table->entries[place];
	}
	if (table->count >= table->sweep_at) {
		sweep(table, now_boot_ms);
		place = place_of(table, host, &is_there);
	}
	table->entries = xrealloc(table->entries, table->count + 1, sizeof(struct entry));
	memmove(&table->entries[place + 1], &table->entries[place],
		(table->count - place) * sizeof(struct entry));
	table->entries[place] = (struct entry){.host = xstrdup(host)};
	table->count++;
	return &table->entries[place];
}

enum lookup_answer lookup_begin(struct lookup_table *table, const char *host, int64_t now_boot_ms)
{
	struct entry *entry = entry_get(table, host, now_boot_ms);
	if (entry->known_until_boot_ms > now_boot_ms) {
		return LOOKUP_KNOWN;
	}
	if (entry->is_pending || table->pending >= LIMIT_PENDING_LOOKUPS) {
		return LOOKUP_WAIT;
	}
	entry->is_pending = true;
	table->pending++;
	return LOOKUP_STARTED;
}

void lookup_end(struct lookup_table *table, const char *host, int64_t known_ms, int64_t now_boot_ms)
{
	bool is_there = false;
	size_t place = place_of(table, host, &is_there);
	if (!is_there || !table->entries[place].is_pending) {
		return;
	}
	table->entries[place].is_pending = false;
	table->entries[place].known_until_boot_ms = now_boot_ms + known_ms;
	table->pending--;
}

size_t lookup_pending(const struct lookup_table *table)
{
	return table->pending;
}
