/*
 * A channel's own copy of its option values. It outlives the settings they came from, because an
 * instance may have something on the wire while a reload has long replaced the files. It lies in
 * the host's arena, which wipes what it held (secrets).
 */
#include "channel/host_private.h"

static const char *const *copy_texts(struct arena *arena, const struct astrad_value *value)
{
	const char **texts = arena_array(arena, value->text_count + 1, sizeof(char *));
	for (size_t i = 0; i < value->text_count; i++) {
		texts[i] = arena_strdup(arena, value->texts[i]);
	}
	return texts;
}

static size_t count_options(const struct astrad_channel *plugin)
{
	size_t count = 0;
	while (plugin->options[count].name != NULL) {
		count++;
	}
	return count;
}

struct astrad_value *host_options_copy(struct arena *arena, const struct astrad_channel *plugin,
				       const struct astrad_value *values)
{
	size_t count = count_options(plugin);
	struct astrad_value *copy = arena_array(arena, count + 1, sizeof(struct astrad_value));
	for (size_t i = 0; i < count; i++) {
		copy[i] = values[i];
		copy[i].text = arena_strdup(arena, values[i].text);
		copy[i].texts = copy_texts(arena, &values[i]);
	}
	return copy;
}

size_t host_options_urls(const struct astrad_channel *plugin, const struct astrad_value *values)
{
	size_t most = 1;
	for (size_t i = 0; plugin->options[i].name != NULL; i++) {
		if (plugin->options[i].type == ASTRAD_OPTION_URLS && values[i].text_count > most) {
			most = values[i].text_count;
		}
	}
	return most;
}
