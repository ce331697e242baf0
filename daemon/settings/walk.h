/*
 * The generic walk: a map of a file against the rows of its scope. Every fault is told with its
 * place; what is right becomes a value, what is left out becomes its row's default.
 */
#ifndef ASTRAD_SETTINGS_WALK_H
#define ASTRAD_SETTINGS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "domain/directory.h"
#include "settings/issues.h"
#include "settings/rows.h"
#include "settings/tree.h"

/* What every step of one load needs. */
struct walker {
	struct arena *arena; /* the snapshot's */
	struct issues *issues;
	const char *folder; /* absolute; relative paths start here */
	bool is_check;
	bool is_init;
};

/* The value of one row in one map. */
struct value {
	const struct row *row;
	const struct node *node; /* where it stands; NULL = it is the default, or there is none */
	bool is_set;             /* written and right, or the default */
	int64_t number;          /* INT, BOOL, DURATION, ENUM, ENUMS (bits of 1 << number) */
	const char *text;        /* STRING, PATH, FILE, ENUM, SECRET (its content) */
	struct words texts;      /* STRINGS, ENUMS (the words), SECRETS (contents) */
	struct words sources;    /* SECRET, SECRETS: "file: secrets/a" */
	const char *source_path; /* SECRET: the file it came from, NULL for env */
	struct words paths; /* SECRET, SECRETS: what may be read again; NULL for env, credential */
	const int64_t *numbers;     /* DURATIONS */
	const struct object *items; /* LIST, MAP */
	size_t count;               /* of numbers or items */
};

/* One map with all rows of its scope. */
struct object {
	const struct node *node;
	const char *key;         /* its name inside a ROW_MAP, else NULL */
	struct file_place place; /* of the map, or of its key */
	struct rows rows;
	struct value *values; /* one a row */
};

enum walk_how {
	WALK_WHOLE,
	WALK_DEFAULTS, /* a part: nothing is required or filled in, ROW_DEFAULTABLE rows only */
	WALK_PART,     /* a part: nothing is required or filled in */
};

/* node may be NULL (nothing was written). The object and what it points to live in walk->arena. */
const struct object *walk_object(struct walker *walk, struct rows rows, const struct node *node,
				 enum walk_how how, struct file_place place) RETURNS_NONNULL;

/* The value of a row that exists (asserted). */
const struct value *object_get(const struct object *object, const char *path) RETURNS_NONNULL;
/* Shorthands; an unset text is NULL, an unset number 0. */
const char *object_text(const struct object *object, const char *path);
int64_t object_number(const struct object *object, const char *path);
/* Where the value stands; the object's place when it is the default. */
struct file_place object_place(const struct object *object, const char *path);
/* Where entry i of a list stands. */
struct file_place value_place(const struct object *object, const struct value *value, size_t i);

#endif
