/*
 * An arena: blocks in a chain, objects handed out from the newest one by moving a mark. A request
 * that does not fit starts a new block, twice as large as the last up to BLOCK_BYTES_MAX, or of its
 * own size when it is larger than that. The unused end of a block is given up: arenas are
 * short-lived and a first fit over old blocks would cost more than it saves.
 *
 * Under a sanitizer each object has a block of its own, so that writing past it is seen.
 *
 * Wiped before it is freed: an arena holds decoded reports.
 */
#include "base/alloc.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ASTRAD_SANITIZED
enum { BLOCK_BYTES_MIN = 1, BLOCK_BYTES_MAX = 1 };
#else
enum { BLOCK_BYTES_MIN = 4096, BLOCK_BYTES_MAX = 65536 };
#endif

struct block {
	struct block *older;
	size_t used;
	size_t size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *newest;
	size_t next_bytes;
	size_t handed_out;
};

struct arena *arena_create(void)
{
	struct arena *arena = xcalloc(1, sizeof(*arena));

	arena->next_bytes = BLOCK_BYTES_MIN;
	return arena;
}

void arena_destroy(struct arena **arena)
{
	struct arena *gone = take_ptr(arena);

	if (gone == NULL) {
		return;
	}
	while (gone->newest != NULL) {
		struct block *block = gone->newest;

		gone->newest = block->older;
		explicit_bzero(block->bytes, block->used);
		free(block);
	}
	free(gone);
}

void arena_adopt(struct arena *arena, struct arena **other)
{
	struct arena *gone = take_ptr(other);
	struct block **end = &arena->newest;

	if (gone == NULL) {
		return;
	}
	while (*end != NULL) {
		end = &(*end)->older;
	}
	*end = gone->newest;
	arena->handed_out += gone->handed_out;
	free(gone);
}

void auto_arena(struct arena **arena)
{
	arena_destroy(arena);
}

static void add_block(struct arena *arena, size_t wanted)
{
	size_t size = wanted > arena->next_bytes ? wanted : arena->next_bytes;
	struct block *block;

	assert(size <= SIZE_MAX - sizeof(*block));
	block = xcalloc(1, sizeof(*block) + size);
	block->size = size;
	block->older = arena->newest;
	arena->newest = block;
	if (arena->next_bytes < BLOCK_BYTES_MAX) {
		arena->next_bytes *= 2;
	}
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->newest;
	size_t start = block == NULL ? 0 : (block->used + align - 1) / align * align;

	if (block == NULL || start > block->size || bytes > block->size - start) {
		add_block(arena, bytes);
		block = arena->newest;
		start = 0;
	}
	block->used = start + bytes;
	arena->handed_out += bytes;
	return block->bytes + start;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	bool overflows = __builtin_mul_overflow(count, size, &bytes);

	assert(!overflows);
	(void)overflows;
	return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_memdup(arena, text, strlen(text));
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len > 0) {
		memcpy(copy, bytes, len);
	}
	return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_list again;
	char *text;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(len >= 0);
	text = arena_alloc(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, again); /* measured above */
	va_end(again);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->handed_out;
}
