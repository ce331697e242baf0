/*
 * The options of a channel file against the plugin's own table, the same way and with the same
 * findings as the daemon's own settings.
 */
#ifndef ASTRAD_SETTINGS_OPTIONS_H
#define ASTRAD_SETTINGS_OPTIONS_H

#include <stdbool.h>

#include "astrad_channel.h"
#include "settings/walk.h"

/* The plugin's table as rows, in its order; they live in the arena. */
struct rows options_rows(struct arena *arena, const struct astrad_channel *plugin);
/*
 * The values for create(), one a row. NULL when a secret could not be looked at (--check from a
 * shell): then nothing more can be said.
 */
const struct astrad_value *options_values(struct arena *arena, const struct object *object);
/* Where its secrets lie, one a row: see settings_channel. */
const struct words *options_files(struct arena *arena, const struct object *object);
/* Asks the plugin's own check, where it has one; `place` is that of the options. */
void options_ask_plugin(struct walker *walk, const struct astrad_channel *plugin,
			const struct astrad_value *values, struct file_place place);

#endif
