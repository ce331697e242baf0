/*
 * Memory. Every allocator aborts when memory is out: all state is in the store, the service manager
 * restarts us. Whatever is sized by a peer is bounded (base/limits.h) before it gets here.
 */
#ifndef ASTRAD_BASE_ALLOC_H
#define ASTRAD_BASE_ALLOC_H

#include <stddef.h>

#include "base/attr.h"

void *xcalloc(size_t count,
	      size_t size) RETURNS_NONNULL; /* zeroed; checked for overflow; free() it */
void *xrealloc(void *ptr, size_t count, size_t size) RETURNS_NONNULL; /* new bytes are not zeroed */
char *xstrdup(const char *text) RETURNS_NONNULL;
void *xmemdup(const void *bytes,
	      size_t len) RETURNS_NONNULL; /* one zero byte is put after the copy */
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) RETURNS_NONNULL;

/* AUTO(free) char *text = xstrdup("..."); */
void auto_free(void *ptr_to_ptr);
/* return take_ptr(&text): hands the pointer over and leaves NULL behind, so that AUTO(free) frees
 * nothing. */
void *take_ptr_raw(void *ptr_to_ptr);
#define take_ptr(ptr) ((__typeof__(*(ptr)))take_ptr_raw(ptr))

/*
 * An arena owns many small objects that die together: a decoded report, a store call with its
 * answer, a rendered plan. Objects are zeroed and aligned for any type; nothing is freed singly.
 * Not thread-safe: it may be handed from one thread to another, never shared. arena_destroy wipes
 * the memory (it may hold personal data) before it is freed.
 */
struct arena;

struct arena *arena_create(void) RETURNS_NONNULL;
void arena_destroy(struct arena **arena); /* NULL is fine; sets NULL */
void auto_arena(struct arena **arena);
void *arena_alloc(struct arena *arena, size_t bytes) RETURNS_NONNULL;
void *arena_array(struct arena *arena, size_t count,
		  size_t size) RETURNS_NONNULL;            /* checked for overflow */
char *arena_strdup(struct arena *arena, const char *text); /* NULL gives NULL */
void *arena_memdup(struct arena *arena, const void *bytes,
		   size_t len) RETURNS_NONNULL; /* + one zero byte */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) RETURNS_NONNULL;
/* What `other` holds lives and dies with `arena` from now on. Takes other; NULL is fine. */
void arena_adopt(struct arena *arena, struct arena **other);
size_t arena_used(const struct arena *arena); /* bytes handed out */

#endif
