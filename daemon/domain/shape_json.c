/*
 * The walker of every JSON body: a tree against a table of rows, all errors with their pointers.
 * Structures here, leaves in shape_leaf_json.c; a decoder adds rows, never code.
 *
 * Trees come from Jansson and belong to the caller. Memory is bounded by the body, whose size the
 * caller bounded; the recursion by the table, for an unknown key is not walked into. Pure.
 */
#include "domain/shape.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/limits.h"
#include "domain/text.h"

static void check(struct shape_walk *walk, json_t *value, const struct shape *shape);

/* null or a blank text: as if it were not there. */
static bool is_absent(const json_t *value)
{
	return json_is_null(value) ||
	       (json_is_string(value) &&
		text_is_blank((struct bytes){json_string_value(value), json_string_length(value)}));
}

/* In a whole body an empty list or object says nothing either. */
static bool is_empty(const json_t *value, enum shape_mode mode)
{
	return is_absent(value) ||
	       (mode == SHAPE_WHOLE && ((json_is_object(value) && json_object_size(value) == 0) ||
					(json_is_array(value) && json_array_size(value) == 0)));
}

static void check_required(struct shape_walk *walk, const json_t *object, const struct shape *shape)
{
	for (const struct shape *row = shape->members; row->key != NULL; row++) {
		size_t mark;

		if (!row->is_required || json_object_get(object, row->key) != NULL) {
			continue;
		}
		mark = shape_pointer_enter(&walk->pointer, row->key);
		SHAPE_COMPLAIN(walk, "is required");
		shape_pointer_leave(&walk->pointer, mark);
	}
}

static const struct shape *find_row(const struct shape *shape, const char *key)
{
	for (const struct shape *row = shape->members; row->key != NULL; row++) {
		if (strcmp(row->key, key) == 0) {
			return row;
		}
	}
	return NULL;
}

/* A blank text removes a text, but never a whole object or list: that takes a null. */
static bool is_structure(const struct shape *row)
{
	return row->kind == SHAPE_OBJECT || row->kind == SHAPE_LIST ||
	       row->kind == SHAPE_BY_LANGUAGE;
}

static void check_member(struct shape_walk *walk, json_t *value, const struct shape *shape,
			 const char *key)
{
	const struct shape *row = shape->members;
	char known[SHAPE_LIST_BYTES] = "";

	assert(row != NULL);
	if (shape->kind == SHAPE_BY_LANGUAGE) {
		if (!shape_is_language(key)) {
			SHAPE_COMPLAIN(walk, "must be named by a language tag, as in sr-Latn");
			return;
		}
	} else {
		row = find_row(shape, key);
	}
	if (row == NULL) {
		for (row = shape->members; row->key != NULL; row++) {
			shape_list_word(known, sizeof(known), row->key);
		}
		SHAPE_COMPLAIN(walk, "is not known here; known: %s",
			       known[0] != '\0' ? known : "none");
	} else if (!is_absent(value) ||
		   (is_structure(row) && walk->mode == SHAPE_PATCH && !json_is_null(value))) {
		check(walk, value, row);
	}
}

/* Drops what says nothing; in a patch a blank text becomes the null that removes. */
static void drop_empty(json_t *object, const char *key, const json_t *value, enum shape_mode mode)
{
	if (!is_empty(value, mode)) {
		return;
	}
	if (mode == SHAPE_WHOLE) {
		(void)json_object_del(object, key); /* it is there */
	} else if (!json_is_null(value)) {
		(void)json_object_set_new(object, key, json_null()); /* key was valid */
	}
}

static void check_object(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	const char *key;
	json_t *member;
	void *next;

	if (!json_is_object(value)) {
		SHAPE_COMPLAIN(walk, "must be an object");
		return;
	}
	if (json_object_size(value) > LIMIT_LIST_ITEMS && shape->kind == SHAPE_BY_LANGUAGE) {
		SHAPE_COMPLAIN(walk, "has more than %d members", LIMIT_LIST_ITEMS);
		return;
	}
	json_object_foreach_safe(value, next, key, member)
	{
		size_t mark = shape_pointer_enter(&walk->pointer, key);

		check_member(walk, member, shape, key);
		shape_pointer_leave(&walk->pointer, mark);
		drop_empty(value, key, member, walk->mode);
	}
	if (walk->mode == SHAPE_WHOLE && shape->kind == SHAPE_OBJECT) {
		check_required(walk, value, shape);
	}
}

/* What stands in a list is whole, also in a patch: a merge patch replaces lists. */
static void check_list(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	enum shape_mode mode = walk->mode;

	if (!json_is_array(value)) {
		SHAPE_COMPLAIN(walk, "must be a list");
		return;
	}
	if (json_array_size(value) > LIMIT_LIST_ITEMS) {
		SHAPE_COMPLAIN(walk, "has more than %d items", LIMIT_LIST_ITEMS);
		return;
	}
	walk->mode = SHAPE_WHOLE;
	for (size_t i = 0, index = 0; index < json_array_size(value); i++) {
		json_t *item = json_array_get(value, index);
		size_t mark = shape_pointer_enter_index(&walk->pointer, i);

		if (!is_absent(item)) {
			check(walk, item, shape->members);
		}
		shape_pointer_leave(&walk->pointer, mark);
		if (is_empty(item, SHAPE_WHOLE)) {
			(void)json_array_remove(value, index); /* it is there */
		} else {
			index++;
		}
	}
	walk->mode = mode;
}

static void check(struct shape_walk *walk, json_t *value, const struct shape *shape)
{
	switch (shape->kind) {
	case SHAPE_OBJECT:
	case SHAPE_BY_LANGUAGE:
		check_object(walk, value, shape);
		break;
	case SHAPE_LIST:
		check_list(walk, value, shape);
		break;
	default:
		shape_check_leaf(walk, value, shape);
	}
}

void shape_check(json_t *value, const struct shape *shape, enum shape_mode mode,
		 struct problems *problems)
{
	struct shape_walk walk = {.mode = mode, .problems = problems};

	check(&walk, value, shape);
}

/* The parser's own text quotes the body, so it is not used: bodies are personal data. */
static void complain_of_syntax(const json_error_t *error, struct problems *problems)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		problems->is_malformed = true;
		problems_add(problems, "", "is not valid UTF-8, at byte %d", error->position);
		break;
	case json_error_stack_overflow:
		problems_add(problems, "", "is nested deeper than %d levels", LIMIT_JSON_DEPTH);
		break;
	case json_error_numeric_overflow:
		problems_add(problems, "", "holds a number that is too large, line %d column %d",
			     error->line, error->column);
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		problems_add(problems, "", "holds the character \\u0000, line %d column %d",
			     error->line, error->column);
		break;
	default:
		problems->is_malformed = true;
		problems_add(problems, "", "is not valid JSON from line %d column %d on",
			     error->line, error->column);
	}
}

json_t *shape_parse(struct bytes body, struct problems *problems)
{
	json_t *tree = shape_parse_fast(body);
	json_error_t error;

	if (tree != NULL) {
		return tree;
	}
	if (text_is_blank(body)) {
		problems_add(problems, "", "is empty: a JSON object is needed");
		return NULL;
	}
	tree = json_loadb(body.data, body.len, 0, &error);
	if (tree == NULL) {
		complain_of_syntax(&error, problems);
		return NULL;
	}
	shape_scan_keys(body, problems);
	return tree;
}

json_t *shape_read(struct bytes body, const struct shape *shape, struct problems *problems)
{
	size_t before = problems->count;
	json_t *tree = shape_parse(body, problems);

	if (tree == NULL) {
		return NULL;
	}
	shape_check(tree, shape, SHAPE_WHOLE, problems);
	if (problems->count != before || problems->more > 0) {
		json_decref(tree);
		return NULL;
	}
	return tree;
}
