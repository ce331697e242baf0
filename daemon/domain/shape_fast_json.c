/*
 * Reads the bodies that operators' programs send, in one pass: text to tree, with every check that
 * shape_parse promises. It is a short cut and decides nothing: at whatever it does not take, a
 * mistake, a twin key, too deep a tree or a writing it does not know, it gives up, and Jansson and
 * shape_scan_keys judge the text again and say what is wrong with it. The fuzzer of this file holds
 * them together: what is taken here, those two take, and they read the same.
 *
 * The reason is the hour of many reports: Jansson takes a byte at a time through its stream and its
 * buffer, and is a third of what a report costs. Pure; the recursion is bounded by
 * LIMIT_JSON_DEPTH.
 */
#include "domain/shape.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#define NUMBER_BYTES   40 /* a longer one is left to Jansson */
#define INTEGER_DIGITS 18 /* fit any json_int_t */

struct reader {
	const char *at;
	const char *end;
	struct buf unescaped; /* of the string being read; its memory is used again */
};

static json_t *read_value(struct reader *reader, unsigned depth);

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
					    *reader->at == '\t' || *reader->at == '\r')) {
		reader->at++;
	}
}

/* Steps over `c` and the blanks before it. */
static bool skip(struct reader *reader, char c)
{
	skip_blanks(reader);
	if (reader->at == reader->end || *reader->at != c) {
		return false;
	}
	reader->at++;
	return true;
}

/* Steps over what needs no escape; false at what may not stand in a string. */
static bool skip_plain(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\\') {
		unsigned char c = (unsigned char)*reader->at;
		size_t step =
			c < 0x80 ? 1 : utf8_step(reader->at, (size_t)(reader->end - reader->at));

		if (c < 0x20 || step == 0) {
			return false;
		}
		reader->at += step;
	}
	return reader->at < reader->end;
}

static bool read_hex(struct reader *reader, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (reader->end - reader->at < 4) {
		return false;
	}
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = memchr(digits, *reader->at++, sizeof(digits) - 1);

		if (digit == NULL) {
			return false;
		}
		code = code << 4 | (uint32_t)((digit - digits) & 15);
	}
	*ret_code = code;
	return true;
}

static void add_code(struct buf *out, uint32_t code)
{
	char bytes[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; code >>= 6) {
		bytes[i] = (char)(0x80 | (code & 0x3f));
	}
	bytes[0] = (char)(leads[len] | code);
	buf_add(out, bytes, len);
}

/* \uXXXX, or two of them for one character beyond the first 65,536. */
static bool read_code(struct reader *reader)
{
	uint32_t code, low;

	if (!read_hex(reader, &code) || code == 0 || (code >= 0xdc00 && code <= 0xdfff)) {
		return false;
	}
	if (code >= 0xd800 && code <= 0xdbff) {
		if (reader->end - reader->at < 2 || memcmp(reader->at, "\\u", 2) != 0) {
			return false;
		}
		reader->at += 2;
		if (!read_hex(reader, &low) || low < 0xdc00 || low > 0xdfff) {
			return false;
		}
		code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
	}
	add_code(&reader->unescaped, code);
	return true;
}

/* The backslash is behind. */
static bool read_escape(struct reader *reader)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (reader->at == reader->end) {
		return false;
	}
	if (*reader->at == 'u') {
		reader->at++;
		return read_code(reader);
	}
	name = memchr(names, *reader->at++, sizeof(names) - 1);
	if (name == NULL) {
		return false;
	}
	buf_add(&reader->unescaped, &meant[name - names], 1);
	return true;
}

/* The quote is behind; `ret` is borrowed until the next string. */
static bool read_string(struct reader *reader, struct bytes *ret)
{
	const char *start = reader->at;

	if (!skip_plain(reader)) {
		return false;
	}
	if (*reader->at == '"') {
		*ret = (struct bytes){start, (size_t)(reader->at++ - start)};
		return true;
	}
	buf_reset(&reader->unescaped);
	while (*reader->at == '\\') {
		buf_add(&reader->unescaped, start, (size_t)(reader->at - start));
		reader->at++;
		if (!read_escape(reader)) {
			return false;
		}
		start = reader->at;
		if (!skip_plain(reader)) {
			return false;
		}
	}
	buf_add(&reader->unescaped, start, (size_t)(reader->at - start));
	reader->at++;
	*ret = (struct bytes){buf_text(&reader->unescaped), reader->unescaped.len};
	return !reader->unescaped.overflow;
}

static json_t *read_text(struct reader *reader)
{
	struct bytes text;

	return read_string(reader, &text) ? json_stringn_nocheck(text.data, text.len) : NULL;
}

static size_t digits_at(const char *text)
{
	size_t len = 0;

	while (text[len] >= '0' && text[len] <= '9') {
		len++;
	}
	return len;
}

/* The length of a number as RFC 8259 writes it, 0 when it is none or may be too large. */
static size_t number_len(const char *text, bool *ret_is_integer)
{
	const char *at = text + (*text == '-' ? 1 : 0);
	size_t digits = digits_at(at);

	if (digits == 0 || (digits > 1 && *at == '0')) {
		return 0;
	}
	at += digits;
	*ret_is_integer = *at != '.' && *at != 'e' && *at != 'E';
	if (*ret_is_integer && digits > INTEGER_DIGITS) {
		return 0;
	}
	if (*at == '.') {
		digits = digits_at(++at);
		at += digits;
	}
	if (digits > 0 && (*at == 'e' || *at == 'E')) {
		at += at[1] == '+' || at[1] == '-' ? 2 : 1;
		digits = digits_at(at);
		at += digits;
	}
	return digits == 0 ? 0 : (size_t)(at - text);
}

static json_t *read_number(struct reader *reader)
{
	char text[NUMBER_BYTES + 1] = "";
	size_t most = (size_t)(reader->end - reader->at);
	bool is_integer;
	double value;
	size_t len;

	memcpy(text, reader->at, most < NUMBER_BYTES ? most : NUMBER_BYTES);
	len = number_len(text, &is_integer);
	if (len == 0 || len == NUMBER_BYTES) {
		return NULL;
	}
	reader->at += len;
	if (is_integer) {
		return json_integer(strtoll(text, NULL, 10));
	}
	text[len] = '\0';
	value = strtod(text, NULL);
	return isfinite(value) ? json_real(value) : NULL;
}

static bool skip_word(struct reader *reader, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0) {
		return false;
	}
	reader->at += len;
	return true;
}

/* A member into `object`. A key written with an escape may be the twin of one without, and a key
 * too long is not compared whole by shape_scan_keys: both are left to it. */
static bool read_member(struct reader *reader, json_t *object, unsigned depth)
{
	size_t before = json_object_size(object);
	struct bytes key;
	json_t *value;

	if (before == SHAPE_KEYS_MAX || !skip(reader, '"') || !read_string(reader, &key) ||
	    key.data == reader->unescaped.data || key.len > SHAPE_KEY_MAX || !skip(reader, ':')) {
		return false;
	}
	value = read_value(reader, depth + 1);
	return value != NULL &&
	       json_object_setn_new_nocheck(object, key.data, key.len, value) == 0 &&
	       json_object_size(object) > before; /* else it stood there already */
}

static json_t *read_object(struct reader *reader, unsigned depth)
{
	json_t *object = json_object();

	if (skip(reader, '}')) {
		return object;
	}
	do {
		if (!read_member(reader, object, depth)) {
			json_decref(object);
			return NULL;
		}
	} while (skip(reader, ','));
	if (!skip(reader, '}')) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *read_list(struct reader *reader, unsigned depth)
{
	json_t *list = json_array();

	if (skip(reader, ']')) {
		return list;
	}
	do {
		json_t *item = read_value(reader, depth + 1);

		if (item == NULL || json_array_append_new(list, item) != 0) {
			json_decref(list);
			return NULL;
		}
	} while (skip(reader, ','));
	if (!skip(reader, ']')) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *read_value(struct reader *reader, unsigned depth)
{
	skip_blanks(reader);
	if (reader->at == reader->end || depth > LIMIT_JSON_DEPTH) {
		return NULL;
	}
	switch (*reader->at) {
	case '{':
		reader->at++;
		return read_object(reader, depth);
	case '[':
		reader->at++;
		return read_list(reader, depth);
	case '"':
		reader->at++;
		return read_text(reader);
	case 't':
		return skip_word(reader, "true") ? json_true() : NULL;
	case 'f':
		return skip_word(reader, "false") ? json_false() : NULL;
	case 'n':
		return skip_word(reader, "null") ? json_null() : NULL;
	default:
		return read_number(reader);
	}
}

json_t *shape_parse_fast(struct bytes body)
{
	struct reader reader = {.at = body.data, .end = body.data + body.len};
	json_t *tree = NULL;

	skip_blanks(&reader);
	if (reader.at < reader.end && (*reader.at == '{' || *reader.at == '[')) {
		tree = read_value(&reader, 1);
	}
	skip_blanks(&reader);
	if (reader.at < reader.end) {
		json_decref(tree);
		tree = NULL;
	}
	buf_finish(&reader.unescaped);
	return tree;
}

void shape_fuzz(const uint8_t *bytes, size_t len)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct bytes text = {(const char *)bytes, len};
	AUTO(buf) struct buf written = {0};
	json_t *fast = shape_parse_fast(text);
	struct problems problems;
	json_t *slow, *again;

	problems_init(&problems, arena);
	if (fast == NULL) {
		return;
	}
	slow = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	assert(slow != NULL && json_equal(fast, slow));
	shape_scan_keys(text, &problems);
	assert(problems_are_none(&problems));
	shape_render(fast, &written);
	again = json_loadb(buf_text(&written), written.len, JSON_REJECT_DUPLICATES, NULL);
	assert(again != NULL);
	json_decref(again);
	json_decref(slow);
	json_decref(fast);
}
