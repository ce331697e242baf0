/*
 * The case truth seen through the release table. A filter copies only leaves whose field is in the
 * set and what holds them together; so a projection cannot contain what nobody named, whatever the
 * tree looks like. Pure; trees are freed before return.
 */
#include "domain/release.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "domain/release_private.h"
#include "domain/shape.h"

#define PATH_BYTES 160

struct filter {
	uint64_t set;
	uint64_t present; /* fields met with a value */
	char path[PATH_BYTES];
};

static json_t *filter_value(struct filter *filter, const json_t *value);

/* Walks into a step; false, and nothing changed, when the path would be longer than any row's. */
static bool enter(struct filter *filter, const char *step, size_t *ret_mark)
{
	size_t len = strlen(filter->path);
	size_t more = strlen(step);
	char *end = filter->path + len;

	if (more + 2 > PATH_BYTES - len) {
		return false;
	}
	if (len > 0) {
		*end++ = '/';
	}
	memcpy(end, step, more + 1);
	*ret_mark = len;
	return true;
}

static json_t *filter_step(struct filter *filter, const char *step, const json_t *value)
{
	json_t *kept = NULL;
	size_t mark;

	if (enter(filter, step, &mark)) {
		kept = filter_value(filter, value);
		filter->path[mark] = '\0';
	}
	return kept;
}

/* Script and kind of a name go with the name, never alone. */
static void add_structure(struct filter *filter, const json_t *from, json_t *to)
{
	const char *key;
	json_t *member;
	size_t mark;

	json_object_foreach((json_t *)from, key, member)
	{
		if (enter(filter, key, &mark)) {
			if (release_is_structure(filter->path) && !json_is_object(member) &&
			    !json_is_array(member)) {
				(void)json_object_set(to, key, member); /* a key that was valid */
			}
			filter->path[mark] = '\0';
		}
	}
}

static json_t *filter_object(struct filter *filter, const json_t *value)
{
	bool is_by_language = strcmp(filter->path, "texts") == 0;
	json_t *kept = json_object();
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
	{
		json_t *part = filter_step(filter, is_by_language ? "*" : key, member);

		if (part != NULL) {
			(void)json_object_set_new(kept, key, part); /* a key that was valid */
		}
	}
	if (json_object_size(kept) == 0) {
		json_decref(kept);
		return NULL;
	}
	add_structure(filter, value, kept);
	return kept;
}

static bool is_nickname(const json_t *item)
{
	const char *kind = shape_text(item, "kind");

	return kind != NULL && strcmp(kind, "nickname") == 0;
}

static json_t *filter_item(struct filter *filter, const json_t *item)
{
	char saved[PATH_BYTES];
	json_t *part;

	if (strcmp(filter->path, "child/names") != 0 || !is_nickname(item)) {
		return filter_step(filter, "*", item);
	}
	memcpy(saved, filter->path, sizeof(saved));
	(void)snprintf(filter->path, PATH_BYTES, "child/nicknames"); /* shorter than PATH_BYTES */
	part = filter_step(filter, "*", item);
	memcpy(filter->path, saved, sizeof(saved));
	return part;
}

static json_t *filter_list(struct filter *filter, const json_t *value)
{
	json_t *kept = json_array();

	for (size_t i = 0; i < json_array_size(value); i++) {
		json_t *part = filter_item(filter, json_array_get(value, i));

		if (part != NULL) {
			(void)json_array_append_new(kept, part); /* out of memory aborts */
		}
	}
	if (json_array_size(kept) == 0) {
		json_decref(kept);
		return NULL;
	}
	return kept;
}

static json_t *filter_value(struct filter *filter, const json_t *value)
{
	enum release_field field;

	if (json_is_object(value)) {
		return filter_object(filter, value);
	}
	if (json_is_array(value)) {
		return filter_list(filter, value);
	}
	field = release_field_at(filter->path);
	if (field == RELEASE_NONE) {
		return NULL;
	}
	filter->present |= RELEASE_BIT(field);
	return (filter->set & RELEASE_BIT(field)) != 0 ? json_incref((json_t *)value) : NULL;
}

json_t *release_filter(const json_t *fields, uint64_t set)
{
	struct filter filter = {.set = set};

	return json_is_object(fields) ? filter_value(&filter, fields) : NULL;
}

uint64_t release_present_in(const json_t *fields)
{
	struct filter filter = {.set = 0};

	if (json_is_object(fields)) {
		json_decref(filter_value(&filter, fields));
	}
	return filter.present;
}

static bool is_same(const json_t *before, const json_t *after, uint64_t set)
{
	json_t *a = release_filter(before, set);
	json_t *b = release_filter(after, set);
	bool same = (a == NULL && b == NULL) || (a != NULL && b != NULL && json_equal(a, b));

	json_decref(a);
	json_decref(b);
	return same;
}

uint64_t release_changed_between(const json_t *before, const json_t *after)
{
	uint64_t set = 0;

	if (is_same(before, after, UINT64_MAX)) {
		return 0;
	}
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		if (!is_same(before, after, RELEASE_BIT(field))) {
			set |= RELEASE_BIT(field);
		}
	}
	return set;
}

/* Truths --------------------------------------------------------------------------------------- */

/* A truth's tree; an empty truth is an empty tree. */
static json_t *load(struct bytes truth, struct error *err)
{
	json_t *tree = truth.len == 0
			       ? json_object()
			       : json_loadb(truth.data, truth.len, JSON_REJECT_DUPLICATES, NULL);

	if (tree == NULL) {
		(void)error_set(err, ERROR_INTERNAL, "a case truth cannot be read");
	}
	return tree;
}

bool release_project(struct bytes truth, uint64_t set, struct buf *out, struct error *err)
{
	json_t *tree = load(truth, err);
	json_t *kept;

	if (tree == NULL) {
		return false;
	}
	kept = release_filter(json_object_get(tree, "fields"), set & release_releasable());
	if (kept == NULL) {
		buf_add_text(out, "{}");
	} else {
		shape_render(kept, out);
	}
	json_decref(kept);
	json_decref(tree);
	return true;
}

bool release_present(struct bytes truth, uint64_t *ret_set, struct error *err)
{
	json_t *tree = load(truth, err);

	if (tree == NULL) {
		return false;
	}
	*ret_set = release_present_in(json_object_get(tree, "fields"));
	json_decref(tree);
	return true;
}

bool release_changed(struct bytes before, struct bytes after, uint64_t *ret_set, struct error *err)
{
	json_t *old = load(before, err);
	json_t *new = old == NULL ? NULL : load(after, err);

	if (new == NULL) {
		json_decref(old);
		return false;
	}
	*ret_set = release_changed_between(json_object_get(old, "fields"),
					   json_object_get(new, "fields"));
	json_decref(old);
	json_decref(new);
	return true;
}
