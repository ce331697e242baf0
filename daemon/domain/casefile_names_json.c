/*
 * Names in a case truth: the mark of a case that is not actual, and names that come with further
 * reports.
 *
 * An exercise that is taken for a real child is the field's oldest accident, so the mark is part
 * of the name itself: no template, partner or screen has to remember to show it. Names are filled
 * only where nothing can be contradicted: first callers often know a given name alone. Pure.
 */
#include "domain/casefile.h"

#include <jansson.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "domain/casefile_private.h"
#include "domain/release_private.h"
#include "domain/shape.h"

/* Marks by status and script; the blank is part of a mark. */
static const struct {
	enum alert_status status;
	const char *latin;
	const char *cyrillic;
} marks[] = {
	{STATUS_EXERCISE, "VEŽBA ", "ВЕЖБА "},
	{STATUS_TEST, "TEST ", "ТЕСТ "},
};

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* By the script that is said, else by the first letter: Cyrillic is U+0400..U+04FF. */
static bool is_cyrillic(const json_t *item, const char *name)
{
	const char *script = shape_text(item, "script");

	if (script != NULL) {
		return strcmp(script, "Cyrl") == 0;
	}
	return (unsigned char)name[0] >= 0xd0 && (unsigned char)name[0] <= 0xd3;
}

static void mark_name(json_t *item, const char *latin, const char *cyrillic)
{
	const char *key = shape_text(item, "given") != NULL ? "given" : "family";
	const char *name = shape_text(item, key);
	AUTO(buf) struct buf marked = {0};

	if (name == NULL || starts_with(name, latin) || starts_with(name, cyrillic)) {
		return;
	}
	buf_add_text(&marked, is_cyrillic(item, name) ? cyrillic : latin);
	buf_add_text(&marked, name);
	marked.len = utf8_cut(marked.data, marked.len, LIMIT_SHORT_TEXT_BYTES);
	(void)json_object_set_new(item, key, json_stringn(marked.data, marked.len)); /* UTF-8 */
}

static json_t *names_of(const json_t *fields)
{
	return json_object_get(json_object_get(fields, "child"), "names");
}

void casefile_mark_names(json_t *fields)
{
	enum alert_status status = alert_status_parse(shape_text(fields, "status"));
	json_t *names = names_of(fields);

	for (size_t m = 0; m < ARRAY_LEN(marks); m++) {
		for (size_t i = 0; marks[m].status == status && i < json_array_size(names); i++) {
			mark_name(json_array_get(names, i), marks[m].latin, marks[m].cyrillic);
		}
	}
}

static const char *unmarked(const char *name)
{
	for (size_t m = 0; m < ARRAY_LEN(marks); m++) {
		if (starts_with(name, marks[m].latin)) {
			return name + strlen(marks[m].latin);
		}
		if (starts_with(name, marks[m].cyrillic)) {
			return name + strlen(marks[m].cyrillic);
		}
	}
	return name;
}

static bool is_same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(unmarked(a), unmarked(b)) == 0;
}

static bool is_same_script(const json_t *a, const json_t *b)
{
	const char *one = shape_text(a, "script");
	const char *other = shape_text(b, "script");

	return one == NULL || other == NULL || strcmp(one, other) == 0;
}

/* The part of a name `item` lacks, from a name of the report that has the other part alike. */
static void fill_part(json_t *item, const json_t *reported, const char *lacking, const char *shared)
{
	if (json_object_get(item, lacking) != NULL) {
		return;
	}
	for (size_t i = 0; i < json_array_size(reported); i++) {
		const json_t *other = json_array_get(reported, i);

		if (is_same_script(item, other) && shape_text(other, lacking) != NULL &&
		    is_same_text(shape_text(item, shared), shape_text(other, shared))) {
			(void)json_object_set(item, lacking, json_object_get(other, lacking));
			return;
		}
	}
}

static bool has_legal_name(const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *kind = shape_text(json_array_get(names, i), "kind");

		if (kind == NULL || strcmp(kind, "nickname") != 0) {
			return true;
		}
	}
	return false;
}

/* The report's names of these fields; new, or NULL. */
static json_t *names_among(const json_t *report, uint64_t set)
{
	json_t *filtered = set == 0 ? NULL : release_filter(report, set);
	json_t *names = json_incref(names_of(filtered));

	json_decref(filtered);
	return names;
}

static json_t *names_for_writing(json_t *fields)
{
	json_t *child = json_object_get(fields, "child");
	json_t *names;

	if (child == NULL) {
		child = json_object();
		(void)json_object_set_new(fields, "child", child); /* out of memory aborts */
	}
	names = json_object_get(child, "names");
	if (names == NULL) {
		names = json_array();
		(void)json_object_set_new(child, "names", names);
	}
	return names;
}

void casefile_fill_names(json_t *fields, const json_t *report, uint64_t wanted)
{
	const uint64_t legal = RELEASE_BIT(RELEASE_GIVEN) | RELEASE_BIT(RELEASE_FAMILY);
	bool has_legal = has_legal_name(names_of(fields));
	json_t *reported = names_among(report, legal);
	json_t *added = names_among(report, wanted & (has_legal ? ~legal : ~UINT64_C(0)) &
						    CASEFILE_NAME_FIELDS);

	for (size_t i = 0; has_legal && i < json_array_size(names_of(fields)); i++) {
		json_t *item = json_array_get(names_of(fields), i);

		if ((wanted & RELEASE_BIT(RELEASE_FAMILY)) != 0) {
			fill_part(item, reported, "family", "given");
		}
		if ((wanted & RELEASE_BIT(RELEASE_GIVEN)) != 0) {
			fill_part(item, reported, "given", "family");
		}
	}
	if (json_array_size(added) > 0) {
		(void)json_array_extend(names_for_writing(fields), added); /* memory aborts */
	}
	json_decref(reported);
	json_decref(added);
}
