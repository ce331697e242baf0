/*
 * A plugin's option table made into rows, and checked values made into what its create() takes.
 *
 * Stateless; everything lives in the snapshot's arena, and a channel's instance borrows its values
 * from there, so it holds a reference to the snapshot (or copies them). Why rows at all: one walker
 * means that a plugin's option is refused in the same words, with the same line numbers and the
 * same "did you mean" as a setting of the daemon.
 */
#include "settings/options.h"

#include <string.h>

#define NAME_MAX_BYTES 64
#define OPTIONS_MAX    128

static enum row_type type_of(enum astrad_option_type type)
{
	switch (type) {
	case ASTRAD_OPTION_STRING:
		return ROW_STRING;
	case ASTRAD_OPTION_INT:
		return ROW_INT;
	case ASTRAD_OPTION_BOOL:
		return ROW_BOOL;
	case ASTRAD_OPTION_DURATION:
		return ROW_DURATION;
	case ASTRAD_OPTION_PATH:
		return ROW_PATH;
	case ASTRAD_OPTION_STRINGS:
	case ASTRAD_OPTION_URLS:
		return ROW_STRINGS;
	case ASTRAD_OPTION_SECRET:
		return ROW_SECRET;
	case ASTRAD_OPTION_SECRETS:
		return ROW_SECRETS;
	case ASTRAD_OPTION_ENUM:
		return ROW_ENUM;
	case ASTRAD_OPTION_FILE:
		return ROW_FILE;
	case ASTRAD_OPTION_CERTIFICATES:
		return ROW_CERTIFICATES;
	}
	return ROW_RAW; /* of a newer ABI: refused by the loader */
}

static struct row row_of(const struct astrad_option *option)
{
	unsigned flags = (option->required ? ROW_REQUIRED : 0u) |
			 (option->restart ? ROW_RESTART : 0u) | ROW_DEFAULTABLE;
	return (struct row){
		.path = option->name,
		.type = type_of(option->type),
		.flags = flags,
		.min = option->min,
		.max = option->max,
		.default_value = option->default_value,
		.choices = option->type == ASTRAD_OPTION_ENUM ? option->choices : NULL,
		.format = option->type == ASTRAD_OPTION_URLS ? &format_url : NULL,
		.help = option->help,
	};
}

struct rows options_rows(struct arena *arena, const struct astrad_channel *plugin)
{
	struct rows rows = {0};
	const struct astrad_option *table = plugin->options;
	size_t count = 0;
	while (table && count < OPTIONS_MAX && table[count].name &&
	       strlen(table[count].name) <= NAME_MAX_BYTES) {
		count++;
	}
	struct row *items = arena_array(arena, count + 1, sizeof(items[0]));
	for (size_t i = 0; i < count; i++) {
		items[i] = row_of(&table[i]);
	}
	rows.items = items;
	rows.count = count;
	return rows;
}

const struct astrad_value *options_values(struct arena *arena, const struct object *object)
{
	struct astrad_value *out = arena_array(arena, object->rows.count + 1, sizeof(out[0]));
	for (size_t i = 0; i < object->rows.count; i++) {
		const struct value *value = &object->values[i];
		if (value->is_set && value->texts.count < value->sources.count) {
			return NULL;
		}
		if (value->is_set) {
			out[i] = (struct astrad_value){
				.is_set = 1,
				.number = value->number,
				.text = value->text,
				.texts = value->texts.items,
				.text_count = value->texts.count,
			};
		}
	}
	return out;
}

const struct words *options_files(struct arena *arena, const struct object *object)
{
	struct words *out = arena_array(arena, object->rows.count + 1, sizeof(out[0]));
	for (size_t i = 0; i < object->rows.count; i++) {
		out[i] = object->values[i].paths;
	}
	return out;
}

void options_ask_plugin(struct walker *walk, const struct astrad_channel *plugin,
			const struct astrad_value *values, struct file_place place)
{
	char why[256] = "";
	if (plugin->check && plugin->check(values, why, sizeof(why)) != 0) {
		issues_add(walk->issues, "E110", &place, NULL, "%s refuses its options: %s",
			   plugin->name, why[0] ? why : "no reason given");
	}
}
