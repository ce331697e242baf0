/*
 * Files that the daemon writes: each must be one file with one use. A journal that appends to the
 * database, or a key file that is the database, would destroy what no backup of the other holds.
 *
 * Looks at the file system, because one file has many names (links, dots); a file that is not there
 * yet is known by its folder and its name.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "settings/load.h"

/* What a path is for. Two uses of one kind may share a file: lines of two journals do not mix. */
struct use {
	const char *what;
	const void *kind;
	struct file_place place;
};

/* The one name of a file, as far as its folder is there. */
static const char *true_name(struct arena *arena, const char *path)
{
	char resolved[PATH_MAX];
	const char *slash = strrchr(path, '/');
	if (realpath(path, resolved)) {
		return arena_strdup(arena, resolved);
	}
	if (!slash) {
		return path;
	}
	const char *folder = arena_memdup(arena, path, (size_t)(slash - path));
	if (!realpath(folder[0] ? folder : "/", resolved)) {
		return path;
	}
	return arena_printf(arena, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, slash + 1);
}

static void claim(struct load *load, struct index *uses, const char *path, struct use use)
{
	if (!path) {
		return; /* not set, or written wrongly and told */
	}
	struct stat found;
	struct use *added = arena_alloc(load->walk.arena, sizeof(*added));
	*added = use;
	const struct use *before = index_add(uses, true_name(load->walk.arena, path), added);
	if (before && before->kind != use.kind) {
		issues_add(load->walk.issues, "E209", &use.place, NULL,
			   "%s and %s are one file: each would write over the other", use.what,
			   before->what);
	} else if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
		issues_add(load->walk.issues, "E102", &use.place, NULL,
			   "%s must be a file; it is a folder", use.what);
	}
}

/* What astrad.yaml names. */
static void claim_own(struct load *load, struct index *uses)
{
	static const char *const rows[] = {"store.path", "store.key_file", "store.key_copy",
					   "control.socket"};
	const struct object *astrad = load->values->astrad;
	claim(load, uses, load->settings->config_path,
	      (struct use){.what = "astrad.yaml", .kind = astrad});
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		claim(load, uses, object_text(astrad, rows[i]),
		      (struct use){.what = rows[i],
				   .kind = rows[i],
				   .place = object_place(astrad, rows[i])});
	}
}

static void check_folder(struct load *load, const char *path, const char *what,
			 struct file_place place)
{
	struct stat found;
	const char *folder =
		arena_memdup(load->walk.arena, path, (size_t)(strrchr(path, '/') - path));
	if (stat(folder[0] ? folder : "/", &found) != 0 || !S_ISDIR(found.st_mode)) {
		issues_add(load->walk.issues, "W211", &place, NULL,
			   "the folder of %s is not there: nothing can be written to it", what);
	}
}

/* Paths among a plugin's options: the plugin writes there. */
static void claim_options(struct load *load, struct index *uses, const struct source *source)
{
	const struct object *options = source->options;
	for (size_t i = 0; options && i < options->rows.count; i++) {
		const struct row *row = &options->rows.items[i];
		const struct value *value = &options->values[i];
		if (row->type != ROW_PATH || !value->is_set) {
			continue;
		}
		struct use use = {.what = arena_printf(load->walk.arena, "%s of channel \"%s\"",
						       row->path, source->name),
				  .kind = source->plugin,
				  .place = object_place(options, row->path)};
		claim(load, uses, value->text, use);
		check_folder(load, value->text, use.what, use.place);
	}
}

void check_paths(struct load *load)
{
	const struct sources *channels = &load->values->channels;
	size_t room = 8;
	for (size_t i = 0; i < channels->count; i++) {
		room += channels->items[i].options ? channels->items[i].options->rows.count : 0;
	}
	struct index *uses = index_create(load->walk.arena, room);
	claim_own(load, uses);
	for (size_t i = 0; i < channels->count; i++) {
		claim_options(load, uses, &channels->items[i]);
	}
}
