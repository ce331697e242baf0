/*
 * Areas from GeoJSON (RFC 7946): a feature's `id` and its property `parent`.
 *
 * Stateless. Geometry comes with another work; until then two areas meet when one is the other or
 * lies above it in the tree of parents, so what matters here is that the tree is one: no unknown
 * parent, no loop, no id twice.
 */
#include "settings/areas.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define AREA_ID_BYTES 64

static bool is_area_id(const char *id)
{
	return id && id[0] != '\0' && strlen(id) <= AREA_ID_BYTES && !strpbrk(id, " \t\r\n\"',");
}

static bool add_feature(struct walker *walk, const json_t *feature, struct file_place place,
			struct area_list *list)
{
	const char *id = json_string_value(json_object_get(feature, "id"));
	const json_t *parent = json_object_get(json_object_get(feature, "properties"), "parent");
	if (!is_area_id(id)) {
		issues_add(walk->issues, "E601", &place, NULL,
			   "a feature has no id of 1 to %d bytes without blanks", AREA_ID_BYTES);
		return false;
	}
	if (parent && !json_is_null(parent) && !is_area_id(json_string_value(parent))) {
		issues_add(walk->issues, "E601", &place, NULL,
			   "parent of feature \"%s\" is not the id of a feature", id);
		return false;
	}
	const struct area_source *before = index_find(list->by_id, id);
	if (before) {
		issues_add(walk->issues, "E105", &place, NULL,
			   "area \"%s\" stands twice, first in %s", id, before->place.file);
		return false;
	}
	if (list->count == AREAS_MAX) {
		issues_add(walk->issues, "E107", &place, NULL, "more than %d areas", AREAS_MAX);
		return false;
	}
	const char *parent_id = json_string_value(parent);
	struct area_source *source = &list->items[list->count++];
	*source = (struct area_source){
		.id = arena_strdup(walk->arena, id),
		.parent = parent_id ? arena_strdup(walk->arena, parent_id) : NULL,
		.place = place,
	};
	(void)index_add(list->by_id, source->id, source); /* looked up above */
	return true;
}

void areas_init(struct walker *walk, struct area_list *list)
{
	*list = (struct area_list){
		.items = arena_array(walk->arena, AREAS_MAX, sizeof(list->items[0])),
		.by_id = index_create(walk->arena, AREAS_MAX),
	};
}

bool areas_read(struct walker *walk, struct bytes text, const char *file, struct area_list *list)
{
	json_error_t error;
	struct file_place place = {.file = arena_strdup(walk->arena, file)};
	json_t *root =
		json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		place.line = error.line;
		place.column = error.column > 0 ? error.column : 1;
		issues_add(walk->issues, "E601", &place, NULL, "not JSON: %s", error.text);
		return false;
	}
	const char *type = json_string_value(json_object_get(root, "type"));
	const json_t *features = json_object_get(root, "features");
	bool is_whole = true;
	if (type && strcmp(type, "Feature") == 0) {
		is_whole = add_feature(walk, root, place, list);
	} else if (type && strcmp(type, "FeatureCollection") == 0 && json_is_array(features)) {
		for (size_t i = 0; i < json_array_size(features); i++) {
			const json_t *feature = json_array_get(features, i);
			is_whole = add_feature(walk, feature, place, list) && is_whole;
		}
	} else {
		issues_add(walk->issues, "E601", &place, NULL,
			   "neither a FeatureCollection nor a Feature");
		is_whole = false;
	}
	json_decref(root);
	return is_whole;
}

/* True when the parents of area lead back to it. A loop that area only leads into is told at its
 * own members. */
static bool is_in_loop(const struct area *area, size_t count)
{
	const struct area *above = area->parent;
	for (size_t i = 0; above && i <= count; i++) {
		if (above == area) {
			return true;
		}
		above = above->parent;
	}
	return false;
}

const struct area *areas_link(struct walker *walk, const struct area_list *list)
{
	struct area *areas = arena_array(walk->arena, list->count + 1, sizeof(areas[0]));
	for (size_t i = 0; i < list->count; i++) {
		areas[i].id = list->items[i].id;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct area_source *source = &list->items[i];
		const struct area_source *parent =
			source->parent ? index_find(list->by_id, source->parent) : NULL;
		areas[i].parent = parent ? &areas[parent - list->items] : NULL;
		if (source->parent && !areas[i].parent && !list->has_broken) {
			issues_add(walk->issues, "E104", &source->place, NULL,
				   "area \"%s\" names unknown parent \"%s\"", source->id,
				   source->parent);
		}
	}
	for (size_t i = 0; i < list->count; i++) {
		if (is_in_loop(&areas[i], list->count)) {
			issues_add(walk->issues, "E602", &list->items[i].place, NULL,
				   "area \"%s\" is its own ancestor", areas[i].id);
		}
	}
	return areas;
}
