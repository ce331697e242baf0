/* Private to the store: a run of equal rows that grows in an arena, doubled, so that n rows cost
 * O(n). */
#ifndef ASTRAD_STORE_ROWS_H
#define ASTRAD_STORE_ROWS_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/id.h"

struct rows {
	void *data;
	size_t count;
	size_t capacity;
	size_t size; /* of one row: set by the owner */
};

/* A zeroed row at the end; earlier pointers into the run are stale afterwards. */
void *rows_add(struct rows *rows, struct arena *arena);
/* A ref column's text into its fixed place; NULL gives "". */
void rows_copy_ref(char out[REF_TEXT_BYTES], const char *ref);

#endif
