/* The rows of the release table, for domain's own files and the test that walks them. */
#ifndef ASTRAD_DOMAIN_RELEASE_PRIVATE_H
#define ASTRAD_DOMAIN_RELEASE_PRIVATE_H

#include "domain/release.h"

struct json_t;

#define RELEASE_PATHS_MAX 5

/*
 * Where a field stands: paths into the report fields without a leading slash, "*" for any item of
 * a list or any language. A path covers all below it. Names of kind nickname are walked as
 * child/nicknames, the others as child/names, so that a row can tell them apart.
 */
struct release_row {
	const char *name;
	enum release_class class_of;
	const char *paths[RELEASE_PATHS_MAX];
};
const struct release_row *release_row(enum release_field field) RETURNS_NONNULL;

/* The field that covers a path; RELEASE_NONE for structure (child/names/x/script), which goes with
 * whatever stands beside it, and for what is in no row. */
enum release_field release_field_at(const char *path);
bool release_is_structure(const char *path);

/* A new tree of what the set covers of report fields, internal fields too; NULL when nothing is
 * left. The caller frees it. */
struct json_t *release_filter(const struct json_t *fields, uint64_t set);
/* The fields that have a value. */
uint64_t release_present_in(const struct json_t *fields);
uint64_t release_changed_between(const struct json_t *before, const struct json_t *after);

#endif
