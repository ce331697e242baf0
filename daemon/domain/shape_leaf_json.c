/*
 * The leaves of a JSON body: texts, codes, times, numbers. One function a kind, called by the
 * walker (shape_json.c) through a const table; a new kind is a function and a row here.
 *
 * A detail tells the rule, never the value: values are personal data. Pure.
 */
#include "domain/shape.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/person.h"
#include "domain/release.h"
#include "domain/text.h"

typedef void check_fn(struct shape_walk *walk, json_t *value, const struct shape *shape);

static bool is_trimmed_off(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	size_t start = 0;
	char *copy;

	while (start < len && is_trimmed_off(text[start])) {
		start++;
	}
	while (len > start && is_trimmed_off(text[len - 1])) {
		len--;
	}
	if (start == 0 && len == json_string_length(value)) {
		return;
	}
	copy = xmemdup(text + start, len - start);
	(void)json_string_setn(value, copy, len - start); /* was valid UTF-8 and stays it */
	free(copy);
}

static bool check_text_bounds(struct shape_walk *walk, const json_t *value, size_t max_bytes,
			      bool is_multiline)
{
	struct bytes text = {json_string_value(value), json_string_length(value)};
	size_t at;

	if (text.len > max_bytes) {
		SHAPE_COMPLAIN(walk, "is longer than %zu bytes", max_bytes);
		return false;
	}
	if (text_find_control(text, is_multiline, &at)) {
		SHAPE_COMPLAIN(walk, "holds a control character at byte %zu", at);
		return false;
	}
	return true;
}

/* A trimmed text of one line; NULL, with a problem, when it is none. */
static const char *line_of(struct shape_walk *walk, json_t *value)
{
	if (!json_is_string(value)) {
		SHAPE_COMPLAIN(walk, "must be a text");
		return NULL;
	}
	trim(value);
	return check_text_bounds(walk, value, LIMIT_SHORT_TEXT_BYTES, false)
		       ? json_string_value(value)
		       : NULL;
}

static void check_text(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	(void)shape;
	if (!json_is_string(value)) {
		SHAPE_COMPLAIN(walk, "must be a text");
		return;
	}
	trim(value);
	(void)check_text_bounds(walk, value, LIMIT_TEXT_BYTES, true); /* it complains itself */
}

static void check_line(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	(void)shape;
	(void)line_of(walk, value); /* it complains itself */
}

static void check_code(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *word = line_of(walk, value);
	char known[SHAPE_LIST_BYTES] = "";

	if (word == NULL) {
		return;
	}
	for (size_t i = 0; shape->words[i] != NULL; i++) {
		if (strcmp(shape->words[i], word) == 0) {
			return;
		}
		shape_list_word(known, sizeof(known), shape->words[i]);
	}
	SHAPE_COMPLAIN(walk, "must be one of: %s", known);
}

static void check_time(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *text = line_of(walk, value);
	char with_offset[CLOCK_TEXT_BYTES + 2];
	int64_t ignored;

	(void)shape;
	if (text == NULL || clock_parse(text, strlen(text), &ignored)) {
		return;
	}
	(void)snprintf(with_offset, sizeof(with_offset), "%.38sZ", text); /* a longer one is none */
	if (clock_parse(with_offset, strlen(with_offset), &ignored)) {
		SHAPE_COMPLAIN(walk,
			       "needs an offset, as in 2026-10-25T02:30:00+02:00: on the night the "
			       "clock goes back 02:30 happens twice");
	} else {
		SHAPE_COMPLAIN(walk, "must be a time with offset, as in 2026-11-23T15:40:00+01:00");
	}
}

static void check_date(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *text = line_of(walk, value);
	struct shape_date ignored;

	(void)shape;
	if (text != NULL && !shape_parse_date(text, &ignored)) {
		SHAPE_COMPLAIN(walk, "must be a year, month or day: 2019, 2019-04 or 2019-04-17");
	}
}

bool shape_is_language(const char *tag)
{
	size_t part = 0;
	bool is_first = true;

	for (; *tag != '\0'; tag++) {
		if (*tag == '-') {
			if (part == 0 || (is_first && part < 2)) {
				return false;
			}
			part = 0;
			is_first = false;
			continue;
		}
		if (++part > 8 || !((*tag >= 'a' && *tag <= 'z') || (*tag >= 'A' && *tag <= 'Z') ||
				    (!is_first && *tag >= '0' && *tag <= '9'))) {
			return false;
		}
	}
	return part > (is_first ? 1 : 0);
}

static void check_language(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *tag = line_of(walk, value);

	(void)shape;
	if (tag != NULL && !shape_is_language(tag)) {
		SHAPE_COMPLAIN(walk, "must be a language tag, as in sr-Latn");
	}
}

static void check_case(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *text = line_of(walk, value);
	char ref[REF_TEXT_BYTES];
	struct id id;

	(void)shape;
	if (text != NULL && !id_parse(text, strlen(text), &id) &&
	    !ref_parse(text, strlen(text), ref)) {
		SHAPE_COMPLAIN(walk, "must be the id or ref of a case, as in 26-0147-T");
	}
}

static void check_person(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *text = line_of(walk, value);

	(void)shape;
	if (text != NULL && !person_id_is_valid(text, strlen(text))) {
		SHAPE_COMPLAIN(walk, "must be 2 to 32 of a-z, 0-9, dot, underscore and hyphen");
	}
}

static void check_field(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *name = line_of(walk, value);

	(void)shape;
	if (name != NULL && release_parse(name) == RELEASE_NONE) {
		SHAPE_COMPLAIN(walk, "is no field of the release table, such as child.given, "
				     "child.clothing, last_seen.place, vehicles.plate or photo");
	}
}

/* Numbers -------------------------------------------------------------------------------------- */

static void check_range(struct shape_walk *walk, double number, const struct shape *shape)
{
	if (number < shape->min || number > shape->max) {
		SHAPE_COMPLAIN(walk, "must be between %g and %g", shape->min, shape->max);
	}
}

static void check_integer(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	if (!json_is_integer(value)) {
		SHAPE_COMPLAIN(walk, "must be a whole number");
		return;
	}
	check_range(walk, (double)json_integer_value(value), shape);
}

static void check_number(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	if (!json_is_number(value)) {
		SHAPE_COMPLAIN(walk, "must be a number");
		return;
	}
	check_range(walk, json_number_value(value), shape);
}

static void check_boolean(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	(void)shape;
	if (!json_is_boolean(value)) {
		SHAPE_COMPLAIN(walk, "must be true or false");
	}
}

static check_fn *const checks[SHAPE_KIND_COUNT] = {
	[SHAPE_TEXT] = check_text,         [SHAPE_LINE] = check_line,
	[SHAPE_CODE] = check_code,         [SHAPE_INTEGER] = check_integer,
	[SHAPE_NUMBER] = check_number,     [SHAPE_BOOLEAN] = check_boolean,
	[SHAPE_TIME] = check_time,         [SHAPE_DATE] = check_date,
	[SHAPE_LANGUAGE] = check_language, [SHAPE_CASE] = check_case,
	[SHAPE_PERSON] = check_person,     [SHAPE_FIELD] = check_field,
};

void shape_check_leaf(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	checks[shape->kind](walk, value, shape);
}
