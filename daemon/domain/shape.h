/*
 * For domain's own files (implementers' header): what a JSON body looks like, as const tables, and
 * one walker for all of them. A decoder is a table, a call of shape_read and a few lines that pick
 * what it needs. struct json_t is Jansson's; only *_json.c files look into it.
 *
 * The walker collects every error with its JSON Pointer and normalises in place: texts are
 * trimmed, null and blank members are dropped, lists and objects that become empty too.
 */
#ifndef ASTRAD_DOMAIN_SHAPE_H
#define ASTRAD_DOMAIN_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "domain/problem.h"

struct json_t;

enum shape_kind {
	SHAPE_OBJECT = 1,  /* members: rows up to one without a key */
	SHAPE_LIST,        /* members: one row, the item; at most LIMIT_LIST_ITEMS */
	SHAPE_BY_LANGUAGE, /* an object of language tags; members: one row, the value */
	SHAPE_TEXT,        /* LIMIT_TEXT_BYTES, may hold newlines */
	SHAPE_LINE,        /* LIMIT_SHORT_TEXT_BYTES, one line */
	SHAPE_CODE,        /* one of words */
	SHAPE_INTEGER,     /* min..max */
	SHAPE_NUMBER,      /* min..max */
	SHAPE_BOOLEAN,
	SHAPE_TIME,     /* RFC 3339 with offset */
	SHAPE_DATE,     /* 2019, 2019-04 or 2019-04-17 */
	SHAPE_LANGUAGE, /* a BCP 47 tag */
	SHAPE_CASE,     /* a case id or ref */
	SHAPE_PERSON,   /* a person id */
	SHAPE_FIELD,    /* a name of the release table */
	SHAPE_KIND_COUNT,
};

struct shape {
	const char *key;
	enum shape_kind kind;
	bool is_required;
	double min, max;
	const struct shape *members;
	const char *const *words; /* up to NULL */
};

enum shape_mode {
	SHAPE_WHOLE, /* a complete body */
	SHAPE_PATCH, /* a merge patch: null removes (blank texts become null), nothing is
			required */
};

/* Parses: syntax, UTF-8, duplicate keys, depth. NULL when there is no tree at all; with a tree
 * there may be problems too. The caller frees it with json_decref. */
struct json_t *shape_parse(struct bytes body, struct problems *problems);
/* Walks value against the table, from the given pointer. */
void shape_check(struct json_t *value, const struct shape *shape, enum shape_mode mode,
		 struct problems *problems);
/* Both: a checked tree, or NULL with problems. */
struct json_t *shape_read(struct bytes body, const struct shape *shape, struct problems *problems);

/* Adds a problem for every key that stands twice in one object, and for a nesting deeper than
 * LIMIT_JSON_DEPTH. `body` is valid JSON. */
void shape_scan_keys(struct bytes body, struct problems *problems);
#define SHAPE_KEYS_MAX 256 /* members of one object; more is an error of its own */
#define SHAPE_KEY_MAX  128 /* bytes of a key that are compared and shown */

/* The tree of a body in which shape_parse finds no problem; NULL when it may have some, or cannot
 * be taken by the short way: then Jansson and shape_scan_keys have to judge it. */
struct json_t *shape_parse_fast(struct bytes body);
/* For the fuzzer: dies when the short way takes what the long way does not. */
void shape_fuzz(const uint8_t *bytes, size_t len);

/* A JSON Pointer under construction. A step that does not fit is left out, with all below it. */
struct shape_pointer {
	char text[PROBLEM_POINTER_BYTES];
	size_t len;
};
/* Appends "/key" and returns the length before, for shape_pointer_leave. */
size_t shape_pointer_enter(struct shape_pointer *pointer, const char *key);
size_t shape_pointer_enter_index(struct shape_pointer *pointer, size_t index);
void shape_pointer_leave(struct shape_pointer *pointer, size_t len);

/* Between the walker and its leaves. */
struct shape_walk {
	struct shape_pointer pointer;
	enum shape_mode mode;
	struct problems *problems;
};
#define SHAPE_COMPLAIN(walk, ...) problems_add((walk)->problems, (walk)->pointer.text, __VA_ARGS__)
void shape_check_leaf(struct shape_walk *walk, struct json_t *value, const struct shape *shape);
bool shape_is_language(const char *tag);
/* "a, b, c", and "..." once nothing more fits. */
#define SHAPE_LIST_BYTES 200
void shape_list_word(char *list, size_t size, const char *word);

/* A sorted, compact rendering. */
void shape_render(const struct json_t *value, struct buf *out);
/* A member's text; NULL when it is absent or no text. Borrowed from the tree. */
const char *shape_text(const struct json_t *object, const char *key);
/* A member's time in UTC milliseconds; 0 when it is absent. */
int64_t shape_time(const struct json_t *object, const char *key);
bool shape_flag(const struct json_t *object, const char *key);
/* Year, month and day of a SHAPE_DATE; month and day are 0 when it has none. */
struct shape_date {
	int year, month, day;
};
bool shape_parse_date(const char *text, struct shape_date *ret);

#endif
