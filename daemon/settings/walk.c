/*
 * The walk over one map.
 *
 * Stateless; recursion is bounded by the depth of the tree and of the table. Two passes: what is
 * written is looked up in the rows (so an unknown key is found wherever it stands), then each row
 * that nothing was written for gets its default or is told to be missing. A value that was written
 * wrongly stays unset and is not told to be missing as well.
 */
#include "settings/walk.h"

#include <assert.h>
#include <string.h>

#include "settings/guess.h"
#include "settings/value.h"

#define KEY_PATH_BYTES 256

struct visit {
	struct walker *walk;
	struct object *object;
	bool *is_written; /* one a row */
	enum walk_how how;
};

static const struct object *walk_element(struct walker *walk, const struct row *row,
					 const struct node *node, const char *key)
{
	struct object *object = (struct object *)walk_object(walk, rows_of(row->elements), node,
							     WALK_WHOLE, node->place);
	object->key = key;
	return object;
}

static bool read_list(struct walker *walk, const struct row *row, const struct node *node,
		      struct value *value)
{
	if (node->kind != NODE_LIST) {
		issues_add(walk->issues, "E102", &node->place, "start each entry with a dash",
			   "%s must be a list", row->path);
		return false;
	}
	if ((int64_t)node->count < row->min || (int64_t)node->count > row->max) {
		issues_add(walk->issues, "E102", &node->place, NULL,
			   "%s must have %lld to %lld entries", row->path, (long long)row->min,
			   (long long)row->max);
		return false;
	}
	struct object *items = arena_array(walk->arena, node->count + 1, sizeof(items[0]));
	for (size_t i = 0; i < node->count; i++) {
		items[i] = *walk_element(walk, row, node->items[i], NULL);
	}
	value->items = items;
	value->count = node->count;
	return true;
}

static bool read_map(struct walker *walk, const struct row *row, const struct node *node,
		     struct value *value)
{
	if (node->kind != NODE_MAP || (int64_t)node->count < row->min ||
	    (int64_t)node->count > row->max) {
		issues_add(walk->issues, "E102", &node->place, NULL,
			   "%s must be a map of %lld to %lld names", row->path, (long long)row->min,
			   (long long)row->max);
		return false;
	}
	struct object *items = arena_array(walk->arena, node->count + 1, sizeof(items[0]));
	bool is_right = true;
	for (size_t i = 0; i < node->count; i++) {
		const struct node *key = node->entries[i].key;
		if (!format_name.fits(key->text)) {
			issues_add(walk->issues, "E102", &key->place, NULL,
				   "a name in %s must be %s", row->path, format_name.what);
			is_right = false;
		}
		items[i] = *walk_element(walk, row, node->entries[i].value, key->text);
		items[i].place = key->place;
	}
	value->items = items;
	value->count = node->count;
	return is_right;
}

static bool read_raw(struct walker *walk, const struct row *row, const struct node *node)
{
	if (node->kind == NODE_MAP || tree_is_empty(node)) {
		return true;
	}
	issues_add(walk->issues, "E102", &node->place, NULL, "%s must be a map", row->path);
	return false;
}

static void read_row(struct visit *visit, const struct row *row, const struct node_entry *entry)
{
	struct walker *walk = visit->walk;
	size_t place = (size_t)(row - visit->object->rows.items);
	struct value *value = &visit->object->values[place];
	visit->is_written[place] = true;
	value->node = entry->value;
	if (visit->how == WALK_DEFAULTS && !(row->flags & ROW_DEFAULTABLE)) {
		issues_add(walk->issues, "E101", &entry->key->place, NULL,
			   "%s cannot stand in channel_defaults: each channel says it itself",
			   row->path);
		return;
	}
	switch (row->type) {
	case ROW_LIST:
		value->is_set = read_list(walk, row, entry->value, value);
		break;
	case ROW_MAP:
		value->is_set = read_map(walk, row, entry->value, value);
		break;
	case ROW_RAW:
		value->is_set = read_raw(walk, row, entry->value);
		break;
	case ROW_ABSENT:
		issues_add(walk->issues, "E106", &entry->key->place, "leave the key out",
			   "%s is not available in this version", row->help);
		break;
	default:
		value->is_set = value_read(walk, row, entry->value, value);
		break;
	}
}

/* The word of a path between prefix and the next dot. False when the path is not below prefix. */
static bool segment_of(const char *path, const char *prefix, char out[KEY_PATH_BYTES])
{
	size_t len = strlen(prefix);
	if (strncmp(path, prefix, len) != 0) {
		return false;
	}
	size_t word = strcspn(path + len, ".");
	memcpy(out, path + len, word);
	out[word] = '\0';
	return true;
}

static void tell_unknown(struct visit *visit, const char *prefix, const struct node *key)
{
	struct guess guess;
	char segment[KEY_PATH_BYTES];
	guess_start(&guess, key->text);
	for (size_t i = 0; i < visit->object->rows.count; i++) {
		if (segment_of(visit->object->rows.items[i].path, prefix, segment)) {
			guess_try(&guess, arena_strdup(visit->walk->arena, segment));
		}
	}
	issues_add(visit->walk->issues, "E101", &key->place, guess_hint(&guess, visit->walk->arena),
		   "unknown key \"%s%s\"", prefix, key->text);
}

/* A path of the table is not a key: "store.path" would stand beside store: {path: ...} unseen. */
static bool is_path(struct visit *visit, const struct node *key)
{
	if (!strchr(key->text, '.')) {
		return false;
	}
	issues_add(visit->walk->issues, "E101", &key->place,
		   "write a map: the part behind the dot goes into it", "unknown key \"%s\"",
		   key->text);
	return true;
}

static void visit_map(struct visit *visit, const char *prefix, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *entry = &map->entries[i];
		if (is_path(visit, entry->key)) {
			continue;
		}
		const char *path =
			arena_printf(visit->walk->arena, "%s%s", prefix, entry->key->text);
		const struct row *row = rows_find(visit->object->rows, path);
		bool has_below = !row && rows_has_below(visit->object->rows, path);
		if (row) {
			read_row(visit, row, entry);
		} else if (!has_below) {
			tell_unknown(visit, prefix, entry->key);
		} else if (entry->value->kind == NODE_MAP) {
			visit_map(visit, arena_printf(visit->walk->arena, "%s.", path),
				  entry->value);
		} else if (!tree_is_empty(entry->value)) {
			issues_add(visit->walk->issues, "E102", &entry->value->place, NULL,
				   "%s must be a map", path);
		}
	}
}

/* The innermost map that a row's path leads to, so that a missing key is told where it belongs. */
static struct file_place place_above(const struct object *object, const char *path)
{
	struct file_place place = object->place;
	const struct node *map = object->node;
	for (const char *dot; (dot = strchr(path, '.')) && map; path = dot + 1) {
		char segment[KEY_PATH_BYTES];
		(void)segment_of(path, "", segment);
		map = tree_find(map, segment);
		place = map && map->kind == NODE_MAP ? map->place : place;
	}
	return place;
}

static void fill_rest(struct visit *visit)
{
	struct object *object = visit->object;
	for (size_t i = 0; i < object->rows.count; i++) {
		const struct row *row = &object->rows.items[i];
		object->values[i].row = row;
		if (visit->is_written[i] || visit->how != WALK_WHOLE) {
			continue;
		}
		if (row->flags & ROW_REQUIRED) {
			struct file_place place = place_above(object, row->path);
			issues_add(visit->walk->issues, "E103", &place, NULL, "%s is missing",
				   row->path);
		} else if (row->type != ROW_ABSENT) {
			value_use_default(visit->walk, row, &object->values[i]);
		}
	}
}

const struct object *walk_object(struct walker *walk, struct rows rows, const struct node *node,
				 enum walk_how how, struct file_place place)
{
	struct object *object = arena_alloc(walk->arena, sizeof(*object));
	*object = (struct object){
		.node = node,
		.place = place,
		.rows = rows,
		.values = arena_array(walk->arena, rows.count + 1, sizeof(struct value)),
	};
	struct visit visit = {
		.walk = walk,
		.object = object,
		.is_written = arena_array(walk->arena, rows.count + 1, sizeof(bool)),
		.how = how,
	};
	if (node && node->kind == NODE_MAP) {
		visit_map(&visit, "", node);
	} else if (node && !tree_is_empty(node)) {
		issues_add(walk->issues, "E102", &node->place, NULL, "here must be a map");
		return object;
	}
	fill_rest(&visit);
	return object;
}

const struct value *object_get(const struct object *object, const char *path)
{
	const struct row *row = rows_find(object->rows, path);
	assert(row);
	return &object->values[row - object->rows.items];
}

const char *object_text(const struct object *object, const char *path)
{
	const struct value *value = object_get(object, path);
	return value->is_set ? value->text : NULL;
}

int64_t object_number(const struct object *object, const char *path)
{
	const struct value *value = object_get(object, path);
	return value->is_set ? value->number : 0;
}

struct file_place object_place(const struct object *object, const char *path)
{
	const struct value *value = object_get(object, path);
	return value->node ? value->node->place : place_above(object, path);
}

struct file_place value_place(const struct object *object, const struct value *value, size_t i)
{
	if (!value->node) {
		return object->place;
	}
	return value->node->kind == NODE_LIST && i < value->node->count
		       ? value->node->items[i]->place
		       : value->node->place;
}
