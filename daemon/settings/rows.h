/*
 * The table of settings: each key an admin may write, once. The walker (walk.h) checks files with
 * it, the reference is printed from it, a reload is compared by it.
 *
 * A scope is one kind of map: a file (astrad, partner, channel, policy) or an element of a list or
 * named map inside one. Paths inside a scope are dotted. The options of a plugin are rows too: they
 * are made from its own table (options.h).
 */
#ifndef ASTRAD_SETTINGS_ROWS_H
#define ASTRAD_SETTINGS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "settings/format.h"

enum row_scope {
	SCOPE_ASTRAD = 1,
	SCOPE_LISTEN,
	SCOPE_CONTACT, /* named: the key is the contact's name */
	SCOPE_PARTNER,
	SCOPE_PERSON,
	SCOPE_CHANNEL,
	SCOPE_RECIPIENT,
	SCOPE_POLICY,
	SCOPE_RUNG,
	SCOPE_COUNT,
};

enum row_type {
	ROW_STRING = 1,
	ROW_STRINGS, /* a list; one value is a list of one */
	ROW_INT,
	ROW_BOOL,
	ROW_DURATION,
	ROW_DURATIONS,
	ROW_PATH,
	ROW_FILE,         /* a path to a file that is there */
	ROW_CERTIFICATES, /* the same, of certificates in PEM */
	ROW_ENUM,
	ROW_ENUMS, /* a set of words; the value is their bits */
	ROW_SECRET,
	ROW_SECRETS, /* newest first */
	ROW_LIST,    /* of maps of scope `elements` */
	ROW_MAP,     /* free names to maps of scope `elements` */
	ROW_RAW,     /* a map that code checks further (options, channel_defaults) */
	ROW_ABSENT,  /* promised, not in this version: an error of its own */
};

enum row_flag {
	ROW_REQUIRED = 1,
	ROW_RESTART = 2,      /* a change needs a restart; without it a reload is enough */
	ROW_DEFAULTABLE = 4,  /* may stand in channel_defaults */
	ROW_MADE_BY_INIT = 8, /* `astrad --init` makes the file */
};

struct row {
	enum row_scope scope;
	const char *path;
	enum row_type type;
	unsigned flags;
	/* INT, DURATION(S): the value; STRING, PATH, FILE: length; lists: count. Both 0: the type's
	 * own.
	 */
	int64_t min, max;
	const char *default_value; /* as written in YAML (a list: words parted by blanks) */
	const char *choices; /* ENUM, ENUMS: words parted by '|', numbered from 1. INT: one word
				that means -1 */
	const struct format *format; /* STRING, STRINGS */
	enum row_scope elements;     /* LIST, MAP */
	const char *help;
};

struct rows {
	const struct row *items;
	size_t count;
};

/* The rows of one scope, in the order of the reference. */
struct rows rows_of(enum row_scope scope);
/* NULL when there is none. */
const struct row *rows_find(struct rows rows, const char *path);
/* True when some row's path starts with path and a dot. */
bool rows_has_below(struct rows rows, const char *path);
/* The place of a word in choices, counted from 0, or -1. */
int rows_choice(const char *choices, const char *word);
/* The word at that place; adds "?" to out when there is none. `out` holds size bytes. */
void rows_choice_word(const char *choices, int place, char *out, size_t size);

#endif
