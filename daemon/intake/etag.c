/*
 * Entity tags. Ours are strong and hold the counter of a row ("17"). Tags of another form are
 * understood (RFC 9110 allows any) but can never match; a weak tag never matches because If-Match
 * compares strongly. No state.
 */
#include "intake/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NEVER (-1) /* a tag that is none of ours */

void etag_format(int64_t etag, char out[ETAG_TEXT_BYTES])
{
	(void)snprintf(out, ETAG_TEXT_BYTES, "\"%" PRId64 "\"", etag);
}

/* The counter within the quotes, or NEVER. */
static int64_t read_counter(const char *text, size_t len)
{
	int64_t value = 0;

	if (len == 0 || len > 18 || text[0] == '0') {
		return NEVER;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return NEVER;
		}
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* Takes one entity-tag from the front of text; false when there is none. */
static bool take_tag(struct bytes *text, int64_t *ret_counter)
{
	bool is_weak = text->len >= 2 && memcmp(text->data, "W/", 2) == 0;
	const char *start = text->data + (is_weak ? 2 : 0);
	size_t left = text->len - (is_weak ? 2 : 0);
	const char *end;

	if (left < 2 || start[0] != '"') {
		return false;
	}
	end = memchr(start + 1, '"', left - 1);
	if (end == NULL) {
		return false;
	}
	*ret_counter = is_weak ? NEVER : read_counter(start + 1, (size_t)(end - start - 1));
	text->len -= (size_t)(end + 1 - text->data);
	text->data = end + 1;
	return true;
}

static void skip_blanks(struct bytes *text)
{
	while (text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\t')) {
		text->data++;
		text->len--;
	}
}

bool etag_parse_if_match(struct bytes text, struct if_match *ret_match)
{
	struct if_match match = {.is_given = true};
	int seen = 0;

	if (text.len == 1 && text.data[0] == '*') {
		match.is_any = true;
		*ret_match = match;
		return true;
	}
	for (;; seen++) {
		int64_t counter = NEVER;

		skip_blanks(&text);
		if (seen == IF_MATCH_TAGS || !take_tag(&text, &counter)) {
			return false;
		}
		if (counter != NEVER) {
			match.tags[match.count++] = counter;
		}
		skip_blanks(&text);
		if (text.len == 0) {
			break;
		}
		if (text.data[0] != ',') {
			return false;
		}
		text.data++;
		text.len--;
	}
	*ret_match = match;
	return true;
}

bool etag_matches(const struct if_match *match, int64_t etag)
{
	if (!match->is_given || match->is_any) {
		return true;
	}
	for (int i = 0; i < match->count; i++) {
		if (match->tags[i] == etag) {
			return true;
		}
	}
	return false;
}

int64_t etag_expected(const struct if_match *match)
{
	if (!match->is_given || match->is_any) {
		return 0;
	}
	return match->count > 0 ? match->tags[0] : NEVER;
}
