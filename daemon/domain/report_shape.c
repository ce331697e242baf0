/*
 * Every field of a report, once: CONTRACT section 2 "Report fields". The decoder, the merge patch
 * of a case and the test that walks the release table all read these rows. Codes that are stored
 * as numbers stand in the order of their enums (domain/report.h).
 *
 * Coded members have a *_text beside them for what no code says; codes are for search and for
 * rendering in other languages.
 */
#include "domain/report.h"

#include <string.h>

#include "base/limits.h"
#include "domain/report_private.h"

#define LINE(name)                                                                                 \
	{                                                                                          \
		.key = name, .kind = SHAPE_LINE                                                    \
	}
#define TEXT(name)                                                                                 \
	{                                                                                          \
		.key = name, .kind = SHAPE_TEXT                                                    \
	}
#define FLAG(name)                                                                                 \
	{                                                                                          \
		.key = name, .kind = SHAPE_BOOLEAN                                                 \
	}
#define TIME(name)                                                                                 \
	{                                                                                          \
		.key = name, .kind = SHAPE_TIME                                                    \
	}
#define CODE(name, list)                                                                           \
	{                                                                                          \
		.key = name, .kind = SHAPE_CODE, .words = list                                     \
	}
#define NUMBER(name, low, high)                                                                    \
	{                                                                                          \
		.key = name, .kind = SHAPE_NUMBER, .min = low, .max = high                         \
	}
#define INTEGER(name, low, high)                                                                   \
	{                                                                                          \
		.key = name, .kind = SHAPE_INTEGER, .min = low, .max = high                        \
	}
#define OBJECT(name, rows)                                                                         \
	{                                                                                          \
		.key = name, .kind = SHAPE_OBJECT, .members = rows                                 \
	}
#define LIST(name, item)                                                                           \
	{                                                                                          \
		.key = name, .kind = SHAPE_LIST, .members = item                                   \
	}
#define END                                                                                        \
	{                                                                                          \
		.key = NULL                                                                        \
	}

static const char *const statuses[] = {"actual", "exercise", "test", NULL};
static const char *const categories[] = {
	"runaway",
	"parental_abduction",
	"criminal_abduction",
	"lost",
	"migrant",
	"other",
	"unknown",
	"historic",
	NULL,
};
static const char *const sources[] = {"call", "chat", "mail", "web", NULL};
static const char *const scripts[] = {"Latn", "Cyrl", NULL};
static const char *const name_kinds[] = {"legal", "nickname", NULL};
static const char *const sexes[] = {"female", "male", "other", "unknown", NULL};
static const char *const builds[] = {"thin",  "slim",  "medium",  "strong",
				     "heavy", "other", "unknown", NULL};
static const char *const hairs[] = {
	"black", "dark_brown", "brown", "light_brown", "blond",   "red", "grey",
	"white", "dyed",       "bald",  "other",       "unknown", NULL,
};
static const char *const eyes[] = {"brown", "hazel", "green",   "blue", "grey",
				   "black", "other", "unknown", NULL};
static const char *const levels[] = {"low", "medium", "high", "unknown", NULL};

static const struct shape line_item[] = {{.kind = SHAPE_LINE}};
static const struct shape language_item[] = {{.kind = SHAPE_LANGUAGE}};

static const struct shape name_rows[] = {
	CODE("script", scripts), LINE("given"), LINE("family"), CODE("kind", name_kinds), END,
};
static const struct shape name_item[] = {{.kind = SHAPE_OBJECT, .members = name_rows}};

static const struct shape child_rows[] = {
	LIST("names", name_item),
	CODE("sex", sexes),
	INTEGER("age", 0, 120),
	INTEGER("age_min", 0, 120),
	INTEGER("age_max", 0, 120),
	FLAG("age_estimated"),
	{.key = "born", .kind = SHAPE_DATE},
	INTEGER("height_cm", 20, 250),
	CODE("build", builds),
	LINE("build_text"),
	CODE("hair", hairs),
	LINE("hair_text"),
	CODE("eyes", eyes),
	LINE("eyes_text"),
	TEXT("marks"),
	TEXT("clothing"),
	TEXT("belongings"),
	LIST("languages", language_item),
	LINE("nationality"),
	TEXT("needs"),
	TEXT("medical"),
	END,
};

static const struct shape last_seen_rows[] = {
	TIME("from"),
	TIME("to"),
	LINE("precision"),
	LINE("place"),
	NUMBER("lat", -90, 90),
	NUMBER("lon", -180, 180),
	NUMBER("radius_km", 0, 20000),
	LINE("direction"),
	LINE("transport"),
	LIST("destinations", line_item),
	END,
};

static const struct shape companion_rows[] = {
	TEXT("description"), LINE("relation"), LINE("name"), FLAG("armed"), END,
};
static const struct shape companion_item[] = {{.kind = SHAPE_OBJECT, .members = companion_rows}};

static const struct shape vehicle_rows[] = {
	LINE("make"), LINE("model"), LINE("colour"), LINE("plate"), LINE("country"), END,
};
static const struct shape vehicle_item[] = {{.kind = SHAPE_OBJECT, .members = vehicle_rows}};

static const struct shape guardian_rows[] = {
	LINE("name"), LINE("phone"), LINE("relation"), LINE("address"), END,
};
static const struct shape guardian_item[] = {{.kind = SHAPE_OBJECT, .members = guardian_rows}};

static const struct shape consent_rows[] = {
	FLAG("guardian"), FLAG("child"), LINE("by"), TIME("at"), END,
};

static const struct shape risk_rows[] = {CODE("level", levels), LIST("reasons", line_item), END};

static const struct shape police_rows[] = {
	FLAG("informed"), LINE("unit"), LINE("officer"), LINE("phone"), LINE("reference"),
	TIME("at"),       END,
};

static const struct shape reporter_rows[] = {
	LINE("name"), LINE("phone"), LINE("relation"), FLAG("anonymous"), END,
};

static const struct shape related_rows[] = {
	{.key = "case", .kind = SHAPE_CASE},
	LINE("relation"),
	END,
};
static const struct shape related_item[] = {{.kind = SHAPE_OBJECT, .members = related_rows}};

static const struct shape text_rows[] = {TEXT("marks"), TEXT("clothing"), END};
static const struct shape text_item[] = {{.kind = SHAPE_OBJECT, .members = text_rows}};

static const struct shape report_rows[] = {
	CODE("status", statuses),
	CODE("category", categories),
	CODE("source", sources),
	{.key = "case_id", .kind = SHAPE_CASE},
	OBJECT("child", child_rows),
	OBJECT("last_seen", last_seen_rows),
	{.key = "circumstances", .kind = SHAPE_TEXT, .is_required = true},
	LIST("companions", companion_item),
	LIST("vehicles", vehicle_item),
	LIST("guardians", guardian_item),
	OBJECT("consent", consent_rows),
	OBJECT("risk", risk_rows),
	OBJECT("police", police_rows),
	OBJECT("reporter", reporter_rows),
	LIST("related", related_item),
	{.key = "texts", .kind = SHAPE_BY_LANGUAGE, .members = text_item},
	END,
};

const struct shape report_shape = {.kind = SHAPE_OBJECT, .members = report_rows};

/* 1 for the first word of a list, 0 for none. */
static int place_of(const char *const *words, const char *word)
{
	for (int i = 0; word != NULL && words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0) {
			return i + 1;
		}
	}
	return 0;
}

const char *report_category_name(enum report_category category)
{
	return category >= REPORT_RUNAWAY && category <= REPORT_HISTORIC ? categories[category - 1]
									 : "?";
}

enum report_category report_category_parse(const char *word)
{
	return (enum report_category)place_of(categories, word);
}

const char *report_source_name(enum report_source source)
{
	return source >= REPORT_CALL && source <= REPORT_WEB ? sources[source - 1] : "?";
}

enum report_source report_source_parse(const char *word)
{
	return (enum report_source)place_of(sources, word);
}

static const struct {
	enum report_gap gap;
	enum release_field field;
} gap_fields[] = {
	{REPORT_GAP_GIVEN, RELEASE_GIVEN},
	{REPORT_GAP_AGE, RELEASE_AGE},
	{REPORT_GAP_SEX, RELEASE_SEX},
	{REPORT_GAP_HEIGHT, RELEASE_HEIGHT},
	{REPORT_GAP_HAIR, RELEASE_HAIR},
	{REPORT_GAP_EYES, RELEASE_EYES},
	{REPORT_GAP_CLOTHING, RELEASE_CLOTHING},
	{REPORT_GAP_SEEN_FROM, RELEASE_SEEN_FROM},
	{REPORT_GAP_SEEN_PLACE, RELEASE_SEEN_PLACE},
	{REPORT_GAP_PLATE, RELEASE_VEHICLE_PLATE},
	{REPORT_GAP_PHOTO, RELEASE_PHOTO},
};

enum release_field report_gap_field(enum report_gap gap)
{
	for (size_t i = 0; i < ARRAY_LEN(gap_fields); i++) {
		if (gap_fields[i].gap == gap) {
			return gap_fields[i].field;
		}
	}
	return RELEASE_NONE;
}

uint64_t report_gap_fields(uint32_t missing)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_LEN(gap_fields); i++) {
		if ((missing & gap_fields[i].gap) != 0) {
			set |= RELEASE_BIT(gap_fields[i].field);
		}
	}
	return set;
}
