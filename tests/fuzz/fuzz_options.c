/*
 * A channel file's options from anybody, against the webhook's own table and check: every fault is
 * told with a place, and what is taken has a value of its type in every row.
 */
#include <assert.h>

#include "fuzz.h"
#include "settings/options.h"

extern const struct astrad_channel astrad_channel; /* the plugin's symbol */

static void assert_values(const struct astrad_value *values)
{
	for (size_t i = 0; astrad_channel.options[i].name; i++) {
		const struct astrad_value *value = &values[i];

		assert(value->text_count == 0 || value->texts);
		for (size_t j = 0; j < value->text_count; j++) {
			assert(value->texts[j]);
		}
		if (astrad_channel.options[i].required) {
			assert(value->is_set);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walker walk = {.arena = arena_create(),
			      .issues = issues_create(),
			      .folder = "/nonexistent",
			      .is_check = true};
	struct bytes text = {(const char *)data, size};
	const struct node *root = tree_parse(walk.arena, text, "a.yaml", walk.issues);

	if (root) {
		struct rows rows = options_rows(walk.arena, &astrad_channel);
		const struct object *object =
			walk_object(&walk, rows, root, WALK_WHOLE, root->place);
		const struct astrad_value *values = options_values(walk.arena, object);

		if (values && issues_errors(walk.issues) == 0) {
			assert_values(values);
			options_ask_plugin(&walk, &astrad_channel, values, root->place);
		}
	}
	issues_destroy(&walk.issues);
	arena_destroy(&walk.arena);
	return 0;
}
