/*
 * The release table: every field of a case, its class, and where it stands in the case truth. One
 * const table; a test fails when a report field is in no row. Names are what fields[], remove[],
 * changed[], retracted[], holds.field and missing_for_alert[] use (CONTRACT section 2). Numbers are
 * stored (hold.field, bit sets): never renumber, only append, at most 63.
 *
 * A set of fields is a uint64_t of RELEASE_BIT.
 */
#ifndef ASTRAD_DOMAIN_RELEASE_H
#define ASTRAD_DOMAIN_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/states.h"

enum release_class { RELEASE_INTERNAL = 1, RELEASE_RESTRICTED, RELEASE_PUBLIC };

enum release_field {
	RELEASE_NONE = 0,
	RELEASE_GIVEN,    /* child.given: names that are not nicknames */
	RELEASE_FAMILY,   /* child.family */
	RELEASE_NICKNAME, /* child.nickname: names of kind nickname */
	RELEASE_AGE,      /* with age_min, age_max, age_estimated */
	RELEASE_SEX,
	RELEASE_BORN,
	RELEASE_HEIGHT,
	RELEASE_BUILD,
	RELEASE_HAIR,
	RELEASE_EYES,
	RELEASE_MARKS,    /* with texts{lang}.marks */
	RELEASE_CLOTHING, /* with texts{lang}.clothing */
	RELEASE_BELONGINGS,
	RELEASE_LANGUAGES,
	RELEASE_NATIONALITY,
	RELEASE_NEEDS,
	RELEASE_MEDICAL,
	RELEASE_SEEN_FROM,
	RELEASE_SEEN_TO,
	RELEASE_SEEN_PRECISION,
	RELEASE_SEEN_PLACE,
	RELEASE_SEEN_POSITION, /* last_seen.position: lat, lon, radius_km */
	RELEASE_SEEN_DIRECTION,
	RELEASE_SEEN_TRANSPORT,
	RELEASE_SEEN_DESTINATIONS,
	RELEASE_CIRCUMSTANCES,
	RELEASE_COMPANION_DESCRIPTION,
	RELEASE_COMPANION_RELATION,
	RELEASE_COMPANION_ARMED,
	RELEASE_COMPANION_NAME,
	RELEASE_VEHICLE_MAKE,
	RELEASE_VEHICLE_MODEL,
	RELEASE_VEHICLE_COLOUR,
	RELEASE_VEHICLE_PLATE,
	RELEASE_VEHICLE_COUNTRY,
	RELEASE_GUARDIANS,
	RELEASE_CONSENT,
	RELEASE_RISK,
	RELEASE_POLICE,
	RELEASE_REPORTER,
	RELEASE_RELATED,
	RELEASE_CATEGORY,
	RELEASE_SOURCE,
	RELEASE_STATUS, /* of the case; a message tells it as data.status */
	RELEASE_CASE_ID,
	RELEASE_NOTES, /* not in the truth: the case's notes */
	RELEASE_PHOTO, /* not in the truth: the chosen photo */
	RELEASE_AREA,  /* not in the truth: the alert's areas */
	RELEASE_FIELD_COUNT,
};

#define RELEASE_BIT(field) (UINT64_C(1) << (field))

/* "child.given"; "?" out of range. */
const char *release_name(enum release_field field) RETURNS_NONNULL;
/* By name, or by the path of any member the row covers ("child.hair_text", "last_seen.lat");
 * RELEASE_NONE for an unknown word. */
enum release_field release_parse(const char *word);
enum release_class release_class_of(enum release_field field);
const char *release_class_name(enum release_class class_of) RETURNS_NONNULL;

/* What may leave through a channel of this tier: internal and restricted: restricted and public;
 * regional and national: public. Internal fields: never. */
uint64_t release_allowed(enum tier tier);
/* Every field that may leave at all. */
uint64_t release_releasable(void);

/* Calls fn with each name of the set, in the table's order. */
void release_names(uint64_t set, void (*fn)(const char *name, void *arg), void *arg);
/* Adds a JSON array of the names, in the table's order. */
void release_render_names(uint64_t set, struct buf *out);

/*
 * Adds the JSON object of the truth's fields in `set` and nothing else, keys sorted, compact:
 * {"child":{...},"last_seen":{...},"vehicles":[...]}. Fields the truth lacks are left out, so are
 * list items and objects that become empty. `truth` is domain/casefile.h's; anything else fails
 * with ERROR_INTERNAL.
 */
bool release_project(struct bytes truth, uint64_t set, struct buf *out, struct error *err) MUST_USE;
/* The fields the truth has a value for. */
bool release_present(struct bytes truth, uint64_t *ret_set, struct error *err) MUST_USE;
/* The fields whose values differ between two truths. An empty truth has no field. */
bool release_changed(struct bytes before, struct bytes after, uint64_t *ret_set,
		     struct error *err) MUST_USE;

#endif
