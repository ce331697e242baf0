/* One channel's secrets, read again: see reread.h. Stateless. */
#include "settings/reread.h"

#include <string.h>

#include "astrad_channel.h"
#include "settings/secret_source.h"

static size_t count_options(const struct settings_channel *channel)
{
	size_t count = 0;
	while (channel->plugin->options[count].name != NULL) {
		count++;
	}
	return count;
}

static bool reread_value(const struct words *files, struct arena *arena, struct astrad_value *value,
			 bool *changed, struct error *err)
{
	const char **texts = arena_array(arena, value->text_count + 1, sizeof(texts[0]));
	bool is_one = value->text != NULL;
	for (size_t i = 0; i < value->text_count; i++) {
		texts[i] = value->texts[i];
		if (i < files->count && files->items[i] != NULL &&
		    !secret_source_again(files->items[i], arena, &texts[i], err)) {
			return false;
		}
		*changed = *changed || strcmp(texts[i], value->texts[i]) != 0;
	}
	value->texts = texts;
	value->text = is_one ? texts[0] : NULL;
	return true;
}

bool settings_reread(const struct settings_channel *channel, const struct astrad_value *now,
		     struct arena *arena, const struct astrad_value **ret_values, bool *ret_changed,
		     struct error *err)
{
	size_t count = count_options(channel);
	struct astrad_value *values = arena_array(arena, count + 1, sizeof(values[0]));
	*ret_changed = false;
	for (size_t i = 0; i < count; i++) {
		values[i] = now[i];
		if (channel->secret_files != NULL && channel->secret_files[i].count > 0 &&
		    !reread_value(&channel->secret_files[i], arena, &values[i], ret_changed, err)) {
			return false;
		}
	}
	*ret_values = values;
	return true;
}
