/*
 * Finding and loading channel plugins: `<dir>/<name>.so` with the data symbol `astrad_channel`
 * (plugins/astrad_channel.h). A plugin is loaded at its first use and stays until the set is
 * destroyed; in sanitized builds it is never unloaded, so that reports keep their symbols.
 *
 * Settings checks a channel file against what plugin_find gives: the option table, the medium,
 * takes_recipients. Settings is a lower room, so app hands it plugin_find as a callback.
 */
#ifndef ASTRAD_CHANNEL_PLUGIN_H
#define ASTRAD_CHANNEL_PLUGIN_H

#include <stdbool.h>

#include "astrad_channel.h"
#include "base/attr.h"
#include "base/error.h"

struct plugin_set;

/* dir: `paths.plugins`; NULL = where this build installs its plugins. Nothing is loaded yet. */
struct plugin_set *plugin_set_create(const char *dir) RETURNS_NONNULL;
/* Every channel made from the set's plugins must be destroyed before. NULL is fine; sets NULL. */
void plugin_set_destroy(struct plugin_set **set);

/*
 * The plugin of that name, loaded if need be. It belongs to the set. A plugin built against an
 * older header of the same ABI is given as a copy whose missing fields are zero, so every field may
 * be read. Failure (no such file, another ABI, a broken table) says what to do; it is not
 * remembered, so a repaired file is found by the next reload.
 */
const struct astrad_channel *plugin_find(struct plugin_set *set, const char *name,
					 struct error *err) MUST_USE;

/* Makes a plugin of this process known by its own name, without a file: for tests and mocks. It is
 * checked like a loaded one and borrowed for the life of the set. */
bool plugin_register(struct plugin_set *set, const struct astrad_channel *plugin,
		     struct error *err) MUST_USE;

#endif
