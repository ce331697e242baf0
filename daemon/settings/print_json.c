/*
 * The snapshot as JSON, for an admin who asks what the daemon runs with.
 *
 * Pure. Rows are printed from the same objects that the snapshot was made of, defaults filled in.
 * Secrets are printed as their source: the content of a ROW_SECRET is never handed to Jansson.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "settings/load.h"

static json_t *object_json(const struct object *object);

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();
	for (size_t i = 0; i < words->count; i++) {
		(void)json_array_append_new(list, json_string(words->items[i]));
	}
	return list;
}

static json_t *duration_json(int64_t ms)
{
	char text[FORMAT_DURATION_BYTES];
	format_duration_text(ms, text);
	return json_string(text);
}

static json_t *durations_json(const struct value *value)
{
	json_t *list = json_array();
	for (size_t i = 0; i < value->count; i++) {
		(void)json_array_append_new(list, duration_json(value->numbers[i]));
	}
	return list;
}

static json_t *items_json(const struct value *value)
{
	bool is_map = value->row->type == ROW_MAP;
	json_t *all = is_map ? json_object() : json_array();
	for (size_t i = 0; i < value->count; i++) {
		json_t *item = object_json(&value->items[i]);
		if (is_map) {
			(void)json_object_set_new(all, value->items[i].key, item);
		} else {
			(void)json_array_append_new(all, item);
		}
	}
	return all;
}

/* NULL for what is not shown. */
static json_t *value_json(const struct value *value)
{
	switch (value->row->type) {
	case ROW_STRING:
	case ROW_PATH:
	case ROW_FILE:
	case ROW_CERTIFICATES:
	case ROW_ENUM:
		return json_string(value->text);
	case ROW_STRINGS:
	case ROW_ENUMS:
		return words_json(&value->texts);
	case ROW_INT:
		return value->text ? json_string(value->text) : json_integer(value->number);
	case ROW_BOOL:
		return json_boolean(value->number);
	case ROW_DURATION:
		return duration_json(value->number);
	case ROW_DURATIONS:
		return durations_json(value);
	case ROW_SECRET:
	case ROW_SECRETS:
		return words_json(&value->sources);
	case ROW_LIST:
	case ROW_MAP:
		return items_json(value);
	case ROW_RAW:
	case ROW_ABSENT:
		break;
	}
	return NULL;
}

/* Sets a dotted path, making the maps on its way. Takes the value. */
static void set_path(json_t *root, const char *path, json_t *value)
{
	json_t *map = root;
	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		char key[128] = "";
		memcpy(key, path, (size_t)(dot - path) < sizeof(key) ? (size_t)(dot - path) : 0);
		json_t *inner = json_object_get(map, key);
		if (!inner) {
			inner = json_object();
			(void)json_object_set_new(map, key, inner);
		}
		map = inner;
	}
	(void)json_object_set_new(map, path, value);
}

static json_t *object_json(const struct object *object)
{
	json_t *root = json_object();
	for (size_t i = 0; i < object->rows.count; i++) {
		const struct value *value = &object->values[i];
		json_t *item = value->is_set ? value_json(value) : NULL;
		if (item) {
			set_path(root, object->rows.items[i].path, item);
		}
	}
	return root;
}

static json_t *source_json(const struct source *source)
{
	json_t *item = object_json(source->object);
	if (source->options) {
		(void)json_object_set_new(item, "options", object_json(source->options));
	}
	return item;
}

static json_t *sources_json(const struct sources *sources)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sources->count; i++) {
		(void)json_array_append_new(list, source_json(&sources->items[i]));
	}
	return list;
}

/* Takes the root. */
static void add_json(json_t *root, struct buf *out)
{
	char *text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	buf_add_text(out, text ? text : "{}");
	free(text);
}

void settings_print(const struct settings *settings, struct buf *out)
{
	const struct settings_values *values = settings->values;
	json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:s}", "astrad", object_json(values->astrad),
				 "partners", sources_json(&values->partners), "channels",
				 sources_json(&values->channels), "policies",
				 sources_json(&values->policies), "digest", settings->digest);
	add_json(root, out);
}

void settings_print_channel(const struct settings *settings, const struct settings_channel *channel,
			    struct buf *out)
{
	/* the order of settings->channels is that of the sources they were built from */
	add_json(source_json(&settings->values->channels.items[channel - settings->channels]), out);
}
