/*
 * From files to checked objects: astrad.yaml first, because it names the folders; then every file
 * of every folder, in the order of their names.
 *
 * A folder that is not there is empty. In a folder only *.yaml (or *.geojson) is read; what an
 * editor or dpkg left behind is told and passed over; `.yml` is an error, because somebody means it
 * to be read. A file that cannot be parsed is one finding and keeps its file name as the name that
 * others may refer to, so that one broken channel file does not make ten policies look wrong.
 */
#include "settings/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "settings/file.h"
#include "settings/options.h"

#define FILES_MAX    (LIMIT_CHANNELS + 100)
#define FILES_A_STEP 25 /* a few milliseconds */

/* A folder of settings files and what becomes of each. */
struct folder {
	const char *row; /* its path in astrad.yaml's rows */
	const char *suffix;
	const char *wrong_suffix;
	size_t bytes_max;
	size_t sources; /* offset of its struct sources in the values; 0 = areas, which have none */
	/* False when the file gives no name that others could refer to. */
	bool (*take)(struct load *load, struct bytes text, const char *file);
};

static void remember_hash(struct load *load, const char *file, struct bytes text)
{
	uint8_t hash[SECRET_HASH_BYTES];
	secret_sha256(text.data ? text.data : "", text.len, hash);
	buf_add(&load->hashes, file, strlen(file) + 1);
	buf_add(&load->hashes, hash, sizeof(hash));
}

/* Reads one file whole; tells when it cannot. */
static bool read_file(struct load *load, const char *path, const char *file, struct buf *out)
{
	const char *why;
	issues_counts(load->walk.issues)->files++;
	if (!file_read(path, out, NULL, &why)) {
		struct file_place place = {.file = file};
		issues_add(load->walk.issues, "E001", &place, NULL, "cannot read it: %s", why);
		return false;
	}
	remember_hash(load, file, (struct bytes){out->data, out->len});
	return true;
}

static const struct node *parse(struct load *load, struct bytes text, const char *file)
{
	const struct node *root = tree_parse(load->walk.arena, text, file, load->walk.issues);
	if (root && root->kind != NODE_MAP) {
		issues_add(load->walk.issues, "E102", &root->place, NULL,
			   "the file must be a map of keys");
		return NULL;
	}
	return root;
}

/* Others may refer to what this file would have held: they are not told that it is unknown. */
static void remember_broken(struct load *load, const struct folder *folder, const char *name)
{
	if (folder->sources == 0) {
		load->areas.has_broken = true;
		return;
	}
	struct sources *sources = (struct sources *)((char *)load->values + folder->sources);
	const char *dot = strrchr(name, '.'); /* there is one: the name ends in a suffix */
	name = arena_memdup(load->walk.arena, name, (size_t)(dot - name));
	(void)index_add(sources->broken, name, name); /* twice is once */
	sources->broken_count++;
}

static struct source *add_source(struct sources *sources)
{
	return &sources->items[sources->count++];
}

/* The name of a walked file; "" when it has none or the name is taken. */
static const char *name_of(struct load *load, struct sources *sources, const struct object *object,
			   const char *row)
{
	const char *name = object_text(object, row);
	const struct object *before = name ? index_add(sources->by_name, name, object) : NULL;
	if (before) {
		struct file_place place = object_place(object, row);
		issues_add(load->walk.issues, "E105", &place, NULL,
			   "%s \"%s\" stands twice, first in %s", row, name, before->place.file);
		return "";
	}
	return name ? name : "";
}

static bool take_simple(struct load *load, struct sources *sources, enum row_scope scope,
			struct bytes text, const char *file)
{
	const struct node *root = parse(load, text, file);
	if (!root) {
		return false;
	}
	const struct object *object =
		walk_object(&load->walk, rows_of(scope), root, WALK_WHOLE, root->place);
	const char *name = name_of(load, sources, object, "id");
	*add_source(sources) = (struct source){.object = object, .name = name};
	return name[0] != '\0';
}

static bool take_partner(struct load *load, struct bytes text, const char *file)
{
	return take_simple(load, &load->values->partners, SCOPE_PARTNER, text, file);
}

static bool take_policy(struct load *load, struct bytes text, const char *file)
{
	issues_counts(load->walk.issues)->policies++;
	return take_simple(load, &load->values->policies, SCOPE_POLICY, text, file);
}

static bool take_areas(struct load *load, struct bytes text, const char *file)
{
	return areas_read(&load->walk, text, file, &load->areas);
}

/* NULL with a finding when there is no such plugin. */
static const struct astrad_channel *find_plugin(struct load *load, const char *name,
						struct file_place place)
{
	const struct settings_plugins *plugins = load->how->plugins;
	struct error err = {0};
	const struct astrad_channel *plugin = plugins->find(
		object_text(load->values->astrad, "paths.plugins"), name, &err, plugins->arg);
	if (!plugin) {
		issues_add(load->walk.issues, "E109", &place, NULL, "no plugin \"%s\": %s", name,
			   err.text);
	}
	return plugin;
}

/* The channel file's own keys over channel_defaults.PLUGIN. */
static const struct node *with_defaults(struct load *load, const struct node *root)
{
	const struct node *plugin = tree_find(root, "plugin");
	const struct node *defaults = object_get(load->values->astrad, "channel_defaults")->node;
	if (!plugin || plugin->kind != NODE_SCALAR) {
		return root;
	}
	return tree_merge(load->walk.arena, root, tree_find(defaults, plugin->text), 2);
}

static const struct object *walk_options(struct load *load, const struct astrad_channel *plugin,
					 const struct node *node, enum walk_how how,
					 struct file_place place)
{
	return walk_object(&load->walk, options_rows(load->walk.arena, plugin), node, how, place);
}

static bool take_channel(struct load *load, struct bytes text, const char *file)
{
	struct sources *channels = &load->values->channels;
	issues_counts(load->walk.issues)->channels++;
	const struct node *root = parse(load, text, file);
	if (!root) {
		return false;
	}
	const struct node *whole = with_defaults(load, root);
	struct source source = {.object = walk_object(&load->walk, rows_of(SCOPE_CHANNEL), whole,
						      WALK_WHOLE, root->place)};
	const char *plugin = object_text(source.object, "plugin");
	source.name = name_of(load, channels, source.object, "name");
	if (plugin) {
		source.plugin = find_plugin(load, plugin, object_place(source.object, "plugin"));
	}
	if (source.plugin) {
		source.options = walk_options(load, source.plugin, tree_find(whole, "options"),
					      WALK_WHOLE, object_place(source.object, "options"));
	}
	*add_source(channels) = source;
	return source.name[0] != '\0';
}

/* channel_defaults by themselves: also those that no channel uses must be right. */
static void check_defaults(struct load *load)
{
	const struct value *defaults = object_get(load->values->astrad, "channel_defaults");
	size_t count =
		defaults->is_set && defaults->node->kind == NODE_MAP ? defaults->node->count : 0;
	for (size_t i = 0; i < count; i++) {
		const struct node_entry *entry = &defaults->node->entries[i];
		const struct astrad_channel *plugin =
			find_plugin(load, entry->key->text, entry->key->place);
		(void)walk_object(&load->walk, rows_of(SCOPE_CHANNEL), entry->value, WALK_DEFAULTS,
				  entry->key->place);
		if (plugin) {
			(void)walk_options(load, plugin, tree_find(entry->value, "options"),
					   WALK_PART, entry->key->place);
		}
	}
}

/* Tells of a name that is not read. */
static void tell_unread(struct load *load, const struct folder *folder, enum file_kind kind,
			const char *file)
{
	struct file_place place = {.file = file};
	if (kind == FILE_WRONG_SUFFIX) {
		issues_add(load->walk.issues, "E005", &place, "rename it", "only *%s is read",
			   folder->suffix);
	} else if (kind == FILE_LEFTOVER) {
		issues_add(load->walk.issues, "N007", &place, NULL,
			   "ignored: a leftover of an editor or of the package manager, or hidden");
	} else {
		issues_add(load->walk.issues, "N007", &place, NULL, "ignored: not a *%s file",
			   folder->suffix);
	}
}

const char *load_shown_path(const struct load *load, const char *path)
{
	size_t len = strlen(load->walk.folder);
	bool is_below = strncmp(path, load->walk.folder, len) == 0 && path[len] == '/';
	return is_below ? path + len + 1 : path;
}

static const struct folder folders[] = {
	{"paths.partners", ".yaml", ".yml", TREE_FILE_BYTES,
	 offsetof(struct settings_values, partners), take_partner},
	{"paths.channels", ".yaml", ".yml", TREE_FILE_BYTES,
	 offsetof(struct settings_values, channels), take_channel},
	{"paths.policies", ".yaml", ".yml", TREE_FILE_BYTES,
	 offsetof(struct settings_values, policies), take_policy},
	{"paths.areas", ".geojson", ".json", AREAS_FILE_BYTES, 0, take_areas},
};

/* Lists the folder; one that cannot be read is told and has no files. */
static void open_folder(struct load *load, const struct folder *folder)
{
	struct load_files_cursor *cursor = &load->files;
	const char *why;
	*cursor = (struct load_files_cursor){.folder = cursor->folder, .is_open = true};
	cursor->path = object_text(load->values->astrad, folder->row);
	if (!cursor->path) {
		return; /* the row was wrong, and told */
	}
	cursor->shown = load_shown_path(load, cursor->path);
	if (!file_list(load->walk.arena, cursor->path, FILES_MAX, &cursor->list, &why)) {
		struct file_place place = {.file = cursor->shown};
		issues_add(load->walk.issues, "E001", &place, NULL, "cannot read the folder: %s",
			   why);
		return;
	}
	if (cursor->list.is_missing && object_get(load->values->astrad, folder->row)->node) {
		struct file_place place = object_place(load->values->astrad, folder->row);
		issues_add(load->walk.issues, "E001", &place, NULL, "there is no folder %s",
			   cursor->shown);
	}
}

static void take_file(struct load *load, const struct folder *folder, const char *name)
{
	const struct load_files_cursor *cursor = &load->files;
	const char *file = arena_printf(load->walk.arena, "%s/%s", cursor->shown, name);
	const char *full = arena_printf(load->walk.arena, "%s/%s", cursor->path, name);
	AUTO(buf) struct buf text = {.limit = folder->bytes_max};
	enum file_kind kind = file_classify(name, folder->suffix, folder->wrong_suffix);
	if (kind != FILE_WANTED) {
		tell_unread(load, folder, kind, file);
	}
	bool is_taken = kind == FILE_WANTED && read_file(load, full, file, &text) &&
			folder->take(load, (struct bytes){text.data, text.len}, file);
	if (!is_taken && (kind == FILE_WANTED || kind == FILE_WRONG_SUFFIX)) {
		remember_broken(load, folder, name);
	}
}

bool load_files_step(struct load *load)
{
	struct load_files_cursor *cursor = &load->files;
	const struct folder *folder = &folders[cursor->folder];
	if (!cursor->is_open) {
		open_folder(load, folder);
	}
	for (size_t i = 0; i < FILES_A_STEP && cursor->next < cursor->list.count; i++) {
		take_file(load, folder, cursor->list.names[cursor->next++]);
	}
	if (cursor->next >= cursor->list.count) {
		cursor->folder++;
		cursor->is_open = false;
	}
	return cursor->folder < ARRAY_LEN(folders);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void init_sources(struct arena *arena, struct sources *sources)
{
	*sources = (struct sources){
		.items = arena_array(arena, FILES_MAX, sizeof(sources->items[0])),
		.by_name = index_create(arena, FILES_MAX),
		.broken = index_create(arena, FILES_MAX),
	};
}

bool load_astrad(struct load *load)
{
	AUTO(buf) struct buf text = {.limit = TREE_FILE_BYTES};
	const char *file = base_name(load->how->path);
	if (!read_file(load, load->how->path, file, &text)) {
		return false;
	}
	const struct node *root = parse(load, (struct bytes){text.data, text.len}, file);
	if (!root) {
		return false;
	}
	load->values->astrad =
		walk_object(&load->walk, rows_of(SCOPE_ASTRAD), root, WALK_WHOLE, root->place);
	init_sources(load->walk.arena, &load->values->partners);
	init_sources(load->walk.arena, &load->values->channels);
	init_sources(load->walk.arena, &load->values->policies);
	areas_init(&load->walk, &load->areas);
	check_defaults(load);
	return true;
}
