/* Between casefile's own files. */
#ifndef ASTRAD_DOMAIN_CASEFILE_PRIVATE_H
#define ASTRAD_DOMAIN_CASEFILE_PRIVATE_H

#include "domain/casefile.h"

struct json_t;

/* A truth's tree with an object "fields", "reporters" and "sources" each; NULL and ERROR_INTERNAL
 * when the bytes are none. The caller frees it with json_decref. */
struct json_t *casefile_load(struct bytes truth, struct error *err);

/* Puts the mark of the case's status before every name that does not have it. */
void casefile_mark_names(struct json_t *fields);
/* Fills names a truth lacks from a report's: a list where there was none, a family name beside the
 * same given name (and the other way round), nicknames. `wanted` says which fields may be filled.
 */
void casefile_fill_names(struct json_t *fields, const struct json_t *report, uint64_t wanted);
#define CASEFILE_NAME_FIELDS                                                                       \
	(RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_FAMILY) | RELEASE_BIT(RELEASE_NICKNAME))

struct report;
struct id;
/* The truth of a new case from the checked tree of its first report. Takes the tree. */
void casefile_begin(struct json_t *fields, const struct report *report, const struct id *report_id,
		    struct buf *out);

#endif
