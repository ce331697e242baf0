/* Names to things, for the length of one load: thousands of channels are looked up by name. */
#ifndef ASTRAD_SETTINGS_INDEX_H
#define ASTRAD_SETTINGS_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

struct index;

/* Holds at most `room` names. It lives in the arena; names and things are borrowed. */
struct index *index_create(struct arena *arena, size_t room) RETURNS_NONNULL;
/* What was there before under the name, else NULL after the thing was added. */
const void *index_add(struct index *index, const char *name, const void *thing);
/* NULL when there is none; index may be NULL. */
const void *index_find(const struct index *index, const char *name);

#endif
