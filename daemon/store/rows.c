/* Rows of an answer: they live in the call's arena and die with it; nothing is freed singly. */
#include "store/rows.h"

#include <string.h>

void *rows_add(struct rows *rows, struct arena *arena)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity == 0 ? 8 : rows->capacity * 2;
		void *grown = arena_array(arena, capacity, rows->size);

		if (rows->count > 0) {
			memcpy(grown, rows->data, rows->count * rows->size);
		}
		rows->data = grown;
		rows->capacity = capacity;
	}
	return (char *)rows->data + rows->count++ * rows->size;
}

void rows_copy_ref(char out[REF_TEXT_BYTES], const char *ref)
{
	memset(out, 0, REF_TEXT_BYTES);
	if (ref != NULL) {
		memcpy(out, ref, strnlen(ref, REF_TEXT_BYTES - 1));
	}
}
