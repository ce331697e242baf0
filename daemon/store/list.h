/*
 * Recipient lists in numbered generations. Loading is a chain: begin, pages of at most
 * LIMIT_STORE_ROWS, finish until done. A generation that never finished is never pinned. Addresses
 * are sealed; lookups go by keyed hash.
 */
#ifndef ASTRAD_STORE_LIST_H
#define ASTRAD_STORE_LIST_H

#include "store/store.h"

struct store_list_begin_in {
	const char *channel;
	uint8_t source_hash[SECRET_HASH_BYTES]; /* of the file or the inline list */
	int64_t now_utc_ms;
};
struct store_list_begin_out {
	bool is_same; /* the newest complete generation has this hash: nothing to do */
	int64_t generation;
	int64_t recipients; /* of that generation, when is_same */
};
extern const struct store_op store_list_begin;

struct store_list_item {
	const char *name;
	const char *address;
};
/* A name that this generation has already is ERROR_INVALID. */
struct store_list_page_in {
	const char *channel;
	int64_t generation;
	const struct store_list_item *items;
	size_t count;
};
struct store_list_page_out {
	int added;
};
extern const struct store_op store_list_page;

/* How far the finish has come: zeroed at first, then what the last answer said. */
struct store_list_progress {
	int64_t after;      /* recipients up to this number were looked at */
	int64_t recipients; /* of them, in the list */
	int64_t last;       /* the highest of those */
};
/* Removes what the new list lacks, a page of recipients a call; the last one completes it. */
struct store_list_finish_in {
	const char *channel;
	int64_t generation;
	struct store_list_progress progress;
};
struct store_list_finish_out {
	bool has_more; /* call again, with this progress */
	struct store_list_progress progress;
};
extern const struct store_op store_list_finish;

#endif
