/*
 * A YAML file as a tree of nodes that know their file, line and column. Types are not decided here:
 * a scalar is its text, and the table of settings says what it means, so `NO` stays a string.
 *
 * Aliases share nodes (a tree is a graph without loops) and `<<` is already merged; both are
 * counted as if they were written out, up to TREE_NODES_MAX. Nodes live in the arena.
 */
#ifndef ASTRAD_SETTINGS_TREE_H
#define ASTRAD_SETTINGS_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "settings/issues.h"

#define TREE_FILE_BYTES  (1u << 20) /* a larger file is an error: long lists go to a CSV */
#define TREE_NODES_MAX   100000     /* after aliases and merges */
#define TREE_DEPTH_MAX   32
#define TREE_ENTRIES_MAX 1000 /* keys of one map */

enum node_kind { NODE_SCALAR = 1, NODE_LIST, NODE_MAP };

struct node_entry {
	const struct node *key; /* a scalar */
	const struct node *value;
	bool is_merged; /* came by `<<` or from channel_defaults */
};

struct node {
	enum node_kind kind;
	bool is_plain; /* a scalar without quotes */
	struct file_place place;
	size_t weight;              /* nodes in and below it, aliases written out */
	const char *text;           /* scalar */
	const struct node **items;  /* list */
	struct node_entry *entries; /* map */
	size_t count;               /* items or entries */
};

/*
 * Reads one file's bytes; `file` is the name that findings carry. Adds every finding. NULL when
 * there is nothing to look at (syntax error, empty file); with findings that leave a usable tree,
 * such as a key that stands twice, the tree is given.
 */
const struct node *tree_parse(struct arena *arena, struct bytes text, const char *file,
			      struct issues *issues);

/* The value of a key, NULL when there is none or node is no map. */
const struct node *tree_find(const struct node *map, const char *key);
/* True for `key:` with nothing after it, and for `~` and `null`. */
bool tree_is_empty(const struct node *node);
/*
 * A map that has over's entries and those of `under` that over has not; where both have a map
 * under one key, those are merged in the same way, `levels` deep. Either may be NULL.
 */
const struct node *tree_merge(struct arena *arena, const struct node *over,
			      const struct node *under, int levels);

#endif
