/*
 * Keys that stand twice and trees that are too deep. Jansson keeps the last of two equal keys
 * silently, or stops at the first pair without saying where; an operator needs every place, so
 * this walks the text once more. It runs only on what the parser accepted, which keeps it short,
 * and still believes nothing: every step is bounded by the end of the text, the recursion by
 * LIMIT_JSON_DEPTH and the members of an object by SHAPE_KEYS_MAX.
 */
#include "domain/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* The keys of one object so far, newest first; in the arena of the problems. */
struct key {
	const char *text;
	const struct key *before;
};

struct scan {
	struct bytes body;
	size_t at;
	struct shape_pointer pointer;
	struct problems *problems;
};

static void scan_value(struct scan *scan, unsigned depth);

static char peek(const struct scan *scan)
{
	return scan->at < scan->body.len ? scan->body.data[scan->at] : '\0';
}

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->body.len && strchr(" \t\r\n", scan->body.data[scan->at]) != NULL) {
		scan->at++;
	}
}

static unsigned hex_value(const char *digits)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];

		value = value * 16 +
			(unsigned)(isdigit(c) ? c - '0' : (tolower(c) - 'a' + 10) & 15);
	}
	return value;
}

/* Two writings of a key are one key: the escape of an ASCII letter becomes the letter. Other
 * escapes stay as they stand in lower case: enough to find twins, for both are treated alike
 * unless a non-ASCII key is written once escaped and once not, and no body has such keys. */
static void add_escape(struct scan *scan, char *out, size_t *len)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	char c = peek(scan);
	unsigned code;

	scan->at++;
	if (c != 'u') {
		const char *found = strchr(escapes, c);

		out[(*len)++] = found == NULL || c == '\0' ? c : found[1];
		return;
	}
	if (scan->body.len - scan->at < 4) {
		scan->at = scan->body.len;
		return;
	}
	code = hex_value(scan->body.data + scan->at);
	scan->at += 4;
	if (code >= 0x20 && code < 0x7f) {
		out[(*len)++] = (char)code;
	} else {
		*len += (size_t)snprintf(out + *len, 7, "\\u%04x", code);
	}
}

/* Reads a string (the quote is next) and keeps its first SHAPE_KEY_MAX bytes in `out`. */
static void scan_string(struct scan *scan, char out[SHAPE_KEY_MAX + 8])
{
	size_t len = 0;

	scan->at++;
	while (scan->at < scan->body.len && peek(scan) != '"') {
		char scratch[8];
		size_t scratch_len = 0;
		char c = peek(scan);

		scan->at++;
		if (c == '\\') {
			add_escape(scan, scratch, &scratch_len);
		} else {
			scratch[scratch_len++] = c;
		}
		if (len + scratch_len <= SHAPE_KEY_MAX) {
			memcpy(out + len, scratch, scratch_len);
			len += scratch_len;
		}
	}
	scan->at++;
	out[len] = '\0';
}

static const struct key *add_key(struct scan *scan, const struct key *keys, const char *text)
{
	struct key *key = arena_alloc(scan->problems->arena, sizeof(*key));

	for (const struct key *twin = keys; twin != NULL; twin = twin->before) {
		if (strcmp(twin->text, text) == 0) {
			problems_add(scan->problems, scan->pointer.text,
				     "stands twice in the same object: say it once");
			break;
		}
	}
	key->text = arena_strdup(scan->problems->arena, text);
	key->before = keys;
	return key;
}

static const struct key *scan_member(struct scan *scan, unsigned depth, const struct key *keys)
{
	char text[SHAPE_KEY_MAX + 8];
	size_t mark;

	scan_string(scan, text);
	mark = shape_pointer_enter(&scan->pointer, text);
	keys = add_key(scan, keys, text);
	skip_blanks(scan);
	scan->at++; /* the colon */
	scan_value(scan, depth + 1);
	shape_pointer_leave(&scan->pointer, mark);
	return keys;
}

static void scan_object(struct scan *scan, unsigned depth)
{
	const struct key *keys = NULL;
	size_t count = 0;

	scan->at++;
	skip_blanks(scan);
	while (scan->at < scan->body.len && peek(scan) == '"') {
		if (count++ == SHAPE_KEYS_MAX) {
			problems_add(scan->problems, scan->pointer.text, "has more than %d members",
				     SHAPE_KEYS_MAX);
			scan->at = scan->body.len;
			return;
		}
		keys = scan_member(scan, depth, keys);
		skip_blanks(scan);
		if (peek(scan) == ',') {
			scan->at++;
			skip_blanks(scan);
		}
	}
	scan->at++;
}

static void scan_list(struct scan *scan, unsigned depth)
{
	size_t index = 0;

	scan->at++;
	skip_blanks(scan);
	while (scan->at < scan->body.len && peek(scan) != ']') {
		size_t mark = shape_pointer_enter_index(&scan->pointer, index++);

		scan_value(scan, depth + 1);
		shape_pointer_leave(&scan->pointer, mark);
		skip_blanks(scan);
		if (peek(scan) == ',') {
			scan->at++;
			skip_blanks(scan);
		}
	}
	scan->at++;
}

static void scan_value(struct scan *scan, unsigned depth)
{
	char ignored[SHAPE_KEY_MAX + 8];

	skip_blanks(scan);
	if (depth > LIMIT_JSON_DEPTH) {
		problems_add(scan->problems, scan->pointer.text, "is nested deeper than %d levels",
			     LIMIT_JSON_DEPTH);
		scan->at = scan->body.len;
		return;
	}
	switch (peek(scan)) {
	case '{':
		scan_object(scan, depth);
		break;
	case '[':
		scan_list(scan, depth);
		break;
	case '"':
		scan_string(scan, ignored);
		break;
	default:
		do {
			scan->at++;
		} while (scan->at < scan->body.len && strchr(",]} \t\r\n", peek(scan)) == NULL);
	}
}

void shape_scan_keys(struct bytes body, struct problems *problems)
{
	struct scan scan = {.body = body, .problems = problems};

	scan_value(&scan, 1);
}
