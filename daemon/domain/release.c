/*
 * The release table: CONTRACT section 2. What the contract names public is public, nothing else
 * is; what it names internal never leaves; everything between is restricted. So a field that comes
 * new into a report is in no row and fails the test, and nobody can release it by accident.
 *
 * Const data and look-ups; no memory, any thread.
 */
#include "domain/release.h"

#include <string.h>

#include "domain/release_private.h"

#define INTERNAL   RELEASE_INTERNAL
#define RESTRICTED RELEASE_RESTRICTED
#define PUBLIC     RELEASE_PUBLIC

static const struct release_row rows[RELEASE_FIELD_COUNT] = {
	[RELEASE_GIVEN] = {"child.given", PUBLIC, {"child/names/*/given"}},
	[RELEASE_FAMILY] = {"child.family",
			    RESTRICTED,
			    {"child/names/*/family", "child/nicknames/*/family"}},
	[RELEASE_NICKNAME] = {"child.nickname", PUBLIC, {"child/nicknames/*/given"}},
	[RELEASE_AGE] = {"child.age",
			 PUBLIC,
			 {"child/age", "child/age_min", "child/age_max", "child/age_estimated"}},
	[RELEASE_SEX] = {"child.sex", PUBLIC, {"child/sex"}},
	[RELEASE_BORN] = {"child.born", INTERNAL, {"child/born"}},
	[RELEASE_HEIGHT] = {"child.height_cm", PUBLIC, {"child/height_cm"}},
	[RELEASE_BUILD] = {"child.build", PUBLIC, {"child/build", "child/build_text"}},
	[RELEASE_HAIR] = {"child.hair", PUBLIC, {"child/hair", "child/hair_text"}},
	[RELEASE_EYES] = {"child.eyes", PUBLIC, {"child/eyes", "child/eyes_text"}},
	[RELEASE_MARKS] = {"child.marks", PUBLIC, {"child/marks", "texts/*/marks"}},
	[RELEASE_CLOTHING] = {"child.clothing", PUBLIC, {"child/clothing", "texts/*/clothing"}},
	[RELEASE_BELONGINGS] = {"child.belongings", RESTRICTED, {"child/belongings"}},
	[RELEASE_LANGUAGES] = {"child.languages", RESTRICTED, {"child/languages"}},
	[RELEASE_NATIONALITY] = {"child.nationality", RESTRICTED, {"child/nationality"}},
	[RELEASE_NEEDS] = {"child.needs", RESTRICTED, {"child/needs"}},
	[RELEASE_MEDICAL] = {"child.medical", INTERNAL, {"child/medical"}},
	[RELEASE_SEEN_FROM] = {"last_seen.from", RESTRICTED, {"last_seen/from"}},
	[RELEASE_SEEN_TO] = {"last_seen.to", RESTRICTED, {"last_seen/to"}},
	[RELEASE_SEEN_PRECISION] = {"last_seen.precision", RESTRICTED, {"last_seen/precision"}},
	[RELEASE_SEEN_PLACE] = {"last_seen.place", RESTRICTED, {"last_seen/place"}},
	[RELEASE_SEEN_POSITION] = {"last_seen.position",
				   RESTRICTED,
				   {"last_seen/lat", "last_seen/lon", "last_seen/radius_km"}},
	[RELEASE_SEEN_DIRECTION] = {"last_seen.direction", RESTRICTED, {"last_seen/direction"}},
	[RELEASE_SEEN_TRANSPORT] = {"last_seen.transport", RESTRICTED, {"last_seen/transport"}},
	[RELEASE_SEEN_DESTINATIONS] = {"last_seen.destinations",
				       RESTRICTED,
				       {"last_seen/destinations"}},
	[RELEASE_CIRCUMSTANCES] = {"circumstances", INTERNAL, {"circumstances"}},
	[RELEASE_COMPANION_DESCRIPTION] = {"companions.description",
					   RESTRICTED,
					   {"companions/*/description"}},
	[RELEASE_COMPANION_RELATION] = {"companions.relation",
					RESTRICTED,
					{"companions/*/relation"}},
	[RELEASE_COMPANION_ARMED] = {"companions.armed", RESTRICTED, {"companions/*/armed"}},
	[RELEASE_COMPANION_NAME] = {"companions.name", INTERNAL, {"companions/*/name"}},
	[RELEASE_VEHICLE_MAKE] = {"vehicles.make", RESTRICTED, {"vehicles/*/make"}},
	[RELEASE_VEHICLE_MODEL] = {"vehicles.model", RESTRICTED, {"vehicles/*/model"}},
	[RELEASE_VEHICLE_COLOUR] = {"vehicles.colour", RESTRICTED, {"vehicles/*/colour"}},
	[RELEASE_VEHICLE_PLATE] = {"vehicles.plate", RESTRICTED, {"vehicles/*/plate"}},
	[RELEASE_VEHICLE_COUNTRY] = {"vehicles.country", RESTRICTED, {"vehicles/*/country"}},
	[RELEASE_GUARDIANS] = {"guardians", INTERNAL, {"guardians"}},
	[RELEASE_CONSENT] = {"consent", INTERNAL, {"consent"}},
	[RELEASE_RISK] = {"risk", INTERNAL, {"risk"}},
	[RELEASE_POLICE] = {"police", INTERNAL, {"police"}},
	[RELEASE_REPORTER] = {"reporter", INTERNAL, {"reporter"}},
	[RELEASE_RELATED] = {"related", INTERNAL, {"related"}},
	[RELEASE_CATEGORY] = {"category", INTERNAL, {"category"}},
	[RELEASE_SOURCE] = {"source", INTERNAL, {"source"}},
	[RELEASE_STATUS] = {"status", INTERNAL, {"status"}},
	[RELEASE_CASE_ID] = {"case_id", INTERNAL, {"case_id"}},
	[RELEASE_NOTES] = {"notes", INTERNAL, {NULL}},
	[RELEASE_PHOTO] = {"photo", PUBLIC, {NULL}},
	[RELEASE_AREA] = {"area", PUBLIC, {NULL}},
};

_Static_assert(RELEASE_FIELD_COUNT <= 64, "a set of fields is 64 bits");

static const char *const structure[] = {
	"child/names/*/script",
	"child/names/*/kind",
	"child/nicknames/*/script",
	"child/nicknames/*/kind",
};

static bool is_field(enum release_field field)
{
	return field > RELEASE_NONE && field < RELEASE_FIELD_COUNT;
}

const struct release_row *release_row(enum release_field field)
{
	static const struct release_row none = {"?", RELEASE_INTERNAL, {NULL}};

	return is_field(field) ? &rows[field] : &none;
}

const char *release_name(enum release_field field)
{
	return release_row(field)->name;
}

enum release_class release_class_of(enum release_field field)
{
	return release_row(field)->class_of;
}

const char *release_class_name(enum release_class class_of)
{
	static const char *const names[] = {"?", "internal", "restricted", "public"};

	return class_of >= RELEASE_INTERNAL && class_of <= RELEASE_PUBLIC ? names[class_of] : "?";
}

/* True when path is row_path or below it. */
static bool covers(const char *row_path, const char *path)
{
	while (*row_path != '\0' && *row_path == *path) {
		row_path++;
		path++;
	}
	return *row_path == '\0' && (*path == '\0' || *path == '/');
}

enum release_field release_field_at(const char *path)
{
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		for (size_t i = 0; i < RELEASE_PATHS_MAX && rows[field].paths[i] != NULL; i++) {
			if (covers(rows[field].paths[i], path)) {
				return (enum release_field)field;
			}
		}
	}
	return RELEASE_NONE;
}

bool release_is_structure(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(structure); i++) {
		if (strcmp(structure[i], path) == 0) {
			return true;
		}
	}
	return false;
}

/* "child.hair_text" names the path "child/hair_text", "vehicles.plate" the path
 * "vehicles/x/plate": the dots of a word against the steps of a path, items left out. */
static bool is_word_of_path(const char *word, const char *path)
{
	while (*path != '\0') {
		size_t step = strcspn(path, "/");

		if (step != 1 || *path != '*') {
			if (strncmp(word, path, step) != 0) {
				return false;
			}
			word += step;
			if (*word != '\0' && *word++ != '.') {
				return false;
			}
		}
		path += step + (path[step] == '/' ? 1 : 0);
	}
	return *word == '\0';
}

enum release_field release_parse(const char *word)
{
	for (int field = 1; word != NULL && field < RELEASE_FIELD_COUNT; field++) {
		if (strcmp(rows[field].name, word) == 0) {
			return (enum release_field)field;
		}
	}
	for (int field = 1; word != NULL && field < RELEASE_FIELD_COUNT; field++) {
		for (size_t i = 0; i < RELEASE_PATHS_MAX && rows[field].paths[i] != NULL; i++) {
			if (is_word_of_path(word, rows[field].paths[i])) {
				return (enum release_field)field;
			}
		}
	}
	return RELEASE_NONE;
}

static uint64_t from_class(enum release_class lowest)
{
	uint64_t set = 0;

	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		if (rows[field].class_of >= lowest) {
			set |= RELEASE_BIT(field);
		}
	}
	return set;
}

uint64_t release_allowed(enum tier tier)
{
	switch (tier) {
	case TIER_INTERNAL:
	case TIER_RESTRICTED:
		return from_class(RELEASE_RESTRICTED);
	case TIER_REGIONAL:
	case TIER_NATIONAL:
		return from_class(RELEASE_PUBLIC);
	}
	return 0;
}

uint64_t release_releasable(void)
{
	return from_class(RELEASE_RESTRICTED);
}

void release_names(uint64_t set, void (*fn)(const char *name, void *arg), void *arg)
{
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		if ((set & RELEASE_BIT(field)) != 0) {
			fn(rows[field].name, arg);
		}
	}
}

struct rendering {
	struct buf *out;
	bool is_first;
};

static void render_name(const char *name, void *arg)
{
	struct rendering *rendering = arg;

	buf_add_text(rendering->out, rendering->is_first ? "" : ",");
	buf_add_json_string(rendering->out, name);
	rendering->is_first = false;
}

void release_render_names(uint64_t set, struct buf *out)
{
	struct rendering rendering = {out, true};

	buf_add_text(out, "[");
	release_names(set, render_name, &rendering);
	buf_add_text(out, "]");
}
