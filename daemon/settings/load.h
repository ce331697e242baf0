/*
 * One load on its way: from files to objects (load_files.c), from objects to the snapshot
 * (build_*.c), and the checks across files (check_*.c). Each step goes on after findings, so one
 * load tells all of them; what a step could not read is left out or zero, and later steps keep
 * quiet about it. Private to this room.
 */
#ifndef ASTRAD_SETTINGS_LOAD_H
#define ASTRAD_SETTINGS_LOAD_H

#include "astrad_channel.h"
#include "settings/areas.h"
#include "settings/file.h"
#include "settings/index.h"
#include "settings/settings.h"
#include "settings/walk.h"

/* One file of a folder that could be read. */
struct source {
	const struct object *object;
	const char *name; /* its id or name; "" when it has none that can be used */
	/* channels only */
	const struct astrad_channel *plugin; /* NULL = not found, told */
	const struct object *options;        /* NULL without a plugin */
	bool is_list_empty;                  /* its CSV has no line */
};

struct sources {
	struct source *items;
	size_t count;
	struct index *by_name; /* to the object of the file that has the name */
	/* Names that files which could not be used would have had: nobody is told that they are
	 * unknown. */
	struct index *broken;
	size_t broken_count;
};

enum load_noun { NOUN_PARTNER, NOUN_CHANNEL, NOUN_AREA, NOUN_COUNT };

/* What a snapshot keeps beside struct settings. */
struct settings_values {
	const struct object *astrad;
	struct sources partners;
	struct sources channels;
	struct sources policies;
	struct index *names[NOUN_COUNT]; /* to the directory's structs */
};

/* Where a load in steps stands. */
struct load_files_cursor {
	size_t folder;
	bool is_open;
	struct file_list list;
	const char *path, *shown;
	size_t next; /* of the list */
};

struct load_lists_cursor {
	size_t channel;
	struct recipients *open; /* the channel's list, NULL between two */
	struct seen *seen;       /* ids of the open list */
	bool has_ids;
	bool has_bad; /* a line of it was told to be wrong */
};

struct load {
	struct walker walk;
	const struct settings_load *how;
	struct settings *settings; /* being filled */
	struct settings_values *values;
	struct area_list areas;
	struct buf hashes; /* of every file, for the digest */
	struct load_files_cursor files;
	struct load_lists_cursor lists;
};

/* A path as findings name it: relative to astrad.yaml's folder where it lies below it. */
const char *load_shown_path(const struct load *load, const char *path);

/* Reads astrad.yaml. False when it gives nothing to go on with. */
bool load_astrad(struct load *load) MUST_USE;
/* Reads some more files of the folders. True: there are more. */
bool load_files_step(struct load *load) MUST_USE;

/* Keeps only the sources that have a name, so that they stand in the directory's order; how many.
 */
size_t build_drop_unnamed(struct sources *sources);
void build_astrad(struct load *load);
void build_partners(struct load *load);
void build_channels(struct load *load);
void build_policies(struct load *load);

void check_astrad(struct load *load);
void check_channels(struct load *load);
void check_paths(struct load *load);
/* Reads some more lines of the CSV lists. True: there are more. */
bool check_lists_step(struct load *load) MUST_USE;
void check_lists_close(struct load *load); /* where a load is given up between two steps */
void check_policies(struct load *load);

/* Why a channel cannot take an alert of a tier (TIER_INTERNAL: a notice), NULL when it can. */
const char *check_cannot_receive(const struct load *load, const struct channel *channel,
				 enum tier tier);

/* What a name in a file stands for; NULL when there is none. */
const void *load_name(const struct load *load, enum load_noun noun, const char *name);
/* As above, and tells an unknown name with the nearest known one. */
/* `who` begins the sentence: `rung "north"`. */
const void *load_find(struct load *load, enum load_noun noun, const char *name, const char *who,
		      struct file_place place);

#endif
