/*
 * The ids of a long list that were met so far. An id costs the same wherever it stands in the list,
 * a microsecond: a check that reads a million of them in steps has no long one at the end.
 *
 * Two ids with one 64-bit hash would be called equal: with a million lines the chance is one in
 * forty million, and the finding names a line to look at.
 */
#ifndef ASTRAD_SETTINGS_SEEN_H
#define ASTRAD_SETTINGS_SEEN_H

#include "base/attr.h"

struct seen;

struct seen *seen_create(void) RETURNS_NONNULL;
void seen_destroy(struct seen **seen); /* NULL is fine; sets NULL */
/* line > 0. The line of the latest one with this id, 0 = it is the first. */
int seen_add(struct seen *seen, const char *id, int line);

#endif
