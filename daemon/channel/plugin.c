/*
 * Loading of channel plugins. Owner: app, one set a daemon. Each plugin is loaded once, checked,
 * and kept with its handle until the set goes; a plugin that fails its check is closed again and
 * forgotten, so that a reload finds the repaired file.
 *
 * The check asks of a table what the rest of the daemon relies on (names, mandatory functions, a
 * known medium, sane option rows): afterwards nobody has to ask again.
 */
#include "channel/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"

#ifndef ASTRAD_PLUGIN_DIR
#define ASTRAD_PLUGIN_DIR "/usr/lib/astrad/plugins"
#endif

#define OPTIONS_MAX    64
#define NAME_MAX_BYTES 32
#define SYMBOL         "astrad_channel"

/* What every plugin of ABI 1 has; later fields may be missing. */
#define SIZE_LEAST offsetof(struct astrad_channel, check)

struct plugin {
	struct list link;
	char *name;
	void *handle;                  /* NULL = registered */
	struct astrad_channel channel; /* the copy everybody reads */
};

struct plugin_set {
	char *dir;
	struct list plugins; // struct plugin::link
};

struct plugin_set *plugin_set_create(const char *dir)
{
	struct plugin_set *set = xcalloc(1, sizeof(*set));
	set->dir = xstrdup(dir != NULL ? dir : ASTRAD_PLUGIN_DIR);
	list_init(&set->plugins);
	return set;
}

static void unload(void *handle)
{
#ifndef ASTRAD_SANITIZED
	if (handle != NULL) {
		(void)dlclose(handle); /* nothing could be done about a failure */
	}
#else
	(void)handle;
#endif
}

void plugin_set_destroy(struct plugin_set **set)
{
	if (*set == NULL) {
		return;
	}
	LIST_FOR_EACH (node, &(*set)->plugins) {
		struct plugin *plugin = LIST_ENTRY(node, struct plugin, link);
		list_remove(&plugin->link);
		unload(plugin->handle);
		free(plugin->name);
		free(plugin);
	}
	free((*set)->dir);
	free(*set);
	*set = NULL;
}

/* [a-z][a-z0-9_-]*: it becomes a part of a path. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len <= NAME_MAX_BYTES && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static bool check_abi(const struct astrad_channel *channel, struct error *err)
{
	if (channel->abi != ASTRAD_CHANNEL_ABI) {
		return error_set(err, ERROR_INVALID,
				 "it was built for channel ABI %u, this daemon has %u; rebuild it "
				 "with this version's astrad_channel.h",
				 channel->abi, ASTRAD_CHANNEL_ABI);
	}
	if (channel->size < SIZE_LEAST) {
		return error_set(err, ERROR_INVALID,
				 "its struct astrad_channel has %u bytes, ABI %u needs %zu; set "
				 ".size = sizeof(struct astrad_channel)",
				 channel->size, ASTRAD_CHANNEL_ABI, SIZE_LEAST);
	}
	return true;
}

static bool check_option(const struct astrad_option *option, struct error *err)
{
	if (option->type < ASTRAD_OPTION_STRING || option->type > ASTRAD_OPTION_CERTIFICATES) {
		return error_set(err, ERROR_INVALID, "its option %.32s has the unknown type %d",
				 option->name, (int)option->type);
	}
	if (option->help == NULL) {
		return error_set(err, ERROR_INVALID, "its option %.32s has no help text",
				 option->name);
	}
	if (option->type == ASTRAD_OPTION_ENUM && option->choices == NULL) {
		return error_set(err, ERROR_INVALID, "its option %.32s has no choices",
				 option->name);
	}
	return true;
}

static bool check_options(const struct astrad_option *options, struct error *err)
{
	if (options == NULL) {
		return error_set(err, ERROR_INVALID,
				 "it has no option table; an empty one is a row without a name");
	}
	size_t count = 0;
	for (const struct astrad_option *option = options; option->name != NULL; option++) {
		if (++count > OPTIONS_MAX) {
			return error_set(err, ERROR_INVALID,
					 "its option table has more than %d rows; is the last row "
					 "without a name missing?",
					 OPTIONS_MAX);
		}
		if (!check_option(option, err)) {
			return false;
		}
	}
	return true;
}

static bool check_channel(const struct astrad_channel *channel, struct error *err)
{
	if (channel->name == NULL || !is_name(channel->name) || channel->summary == NULL) {
		return error_set(err, ERROR_INVALID, "it has no proper name or no summary");
	}
	if (channel->medium < ASTRAD_MEDIUM_JSON || channel->medium > ASTRAD_MEDIUM_CAP) {
		return error_set(err, ERROR_INVALID, "it asks for the unknown medium %d",
				 (int)channel->medium);
	}
	if (channel->create == NULL || channel->destroy == NULL || channel->send == NULL ||
	    channel->cancel == NULL) {
		return error_set(err, ERROR_INVALID,
				 "create, destroy, send or cancel is missing in its table");
	}
	return check_options(channel->options, err);
}

/* name: what the file calls it; NULL = no file. */
static const struct astrad_channel *add(struct plugin_set *set,
					const struct astrad_channel *channel, const char *name,
					void *handle, struct error *err)
{
	struct astrad_channel copy = {0};
	if (!check_abi(channel, err)) {
		return NULL;
	}
	memcpy(&copy, channel, channel->size < sizeof(copy) ? channel->size : sizeof(copy));
	copy.size = sizeof(copy);
	if (!check_channel(&copy, err)) {
		return NULL;
	}
	if (name != NULL && strcmp(copy.name, name) != 0) {
		error_set(err, ERROR_INVALID, "it calls itself %s; rename the file", copy.name);
		return NULL;
	}
	struct plugin *plugin = xcalloc(1, sizeof(*plugin));
	plugin->channel = copy;
	plugin->name = xstrdup(copy.name);
	plugin->handle = handle;
	list_append(&set->plugins, &plugin->link);
	return &plugin->channel;
}

static const struct astrad_channel *find_loaded(const struct plugin_set *set, const char *name)
{
	LIST_FOR_EACH (node, &set->plugins) {
		const struct plugin *plugin = LIST_ENTRY(node, struct plugin, link);
		if (strcmp(plugin->name, name) == 0) {
			return &plugin->channel;
		}
	}
	return NULL;
}

/* <dir>/<name>.so as installed, or <dir>/<name>/<name>.so as built. */
static char *path_of(const struct plugin_set *set, const char *name)
{
	char *path = xasprintf("%s/%s.so", set->dir, name);
	if (access(path, F_OK) != 0) {
		free(path);
		path = xasprintf("%s/%s/%s.so", set->dir, name, name);
	}
	return path;
}

static const struct astrad_channel *load(struct plugin_set *set, const char *name,
					 struct error *err)
{
	AUTO(free) char *path = path_of(set, name);
	if (access(path, F_OK) != 0) {
		error_set(err, ERROR_NOT_FOUND, "there is no %.32s.so in %.150s (paths.plugins)",
			  name, set->dir);
		return NULL;
	}
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		error_set(err, ERROR_INVALID, "%.200s", dlerror());
		return NULL;
	}
	const struct astrad_channel *channel = NULL;
	const struct astrad_channel *symbol = dlsym(handle, SYMBOL);
	if (symbol == NULL) {
		error_set(err, ERROR_INVALID,
			  "%.120s has no data symbol " SYMBOL "; is it a channel plugin?", path);
	} else {
		channel = add(set, symbol, name, handle, err);
	}
	if (channel == NULL) {
		unload(handle);
	}
	return channel;
}

const struct astrad_channel *plugin_find(struct plugin_set *set, const char *name,
					 struct error *err)
{
	const struct astrad_channel *channel = find_loaded(set, name);
	if (channel != NULL) {
		return channel;
	}
	if (!is_name(name)) {
		error_set(err, ERROR_INVALID,
			  "%.40s is no plugin name (lower-case letters, digits, - and _)", name);
		return NULL;
	}
	channel = load(set, name, err);
	if (channel == NULL) {
		error_prefix(err, "plugin %s", name);
	}
	return channel;
}

bool plugin_register(struct plugin_set *set, const struct astrad_channel *plugin, struct error *err)
{
	return add(set, plugin, NULL, NULL, err) != NULL;
}
