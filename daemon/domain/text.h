/* Facts about UTF-8 text (RFC 3629). Any bytes are safe. Thread-safe. */
#ifndef ASTRAD_DOMAIN_TEXT_H
#define ASTRAD_DOMAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

#define TEXT_INVALID 0xFFFFFFFFu

/* The code point at *offset, which moves past it; TEXT_INVALID moves one byte. At the end: 0 and no
 * move. */
uint32_t text_next(struct bytes text, size_t *offset);
bool text_is_utf8(struct bytes text);
/* Code points; an invalid byte counts as one. */
size_t text_length(struct bytes text);
/* The first code point a text field may not hold: control characters (but tab and newline when
 * is_multiline), line and paragraph separators, direction overrides, noncharacters. False when
 * there is none. */
bool text_find_control(struct bytes text, bool is_multiline, size_t *ret_offset);
/* Only white space, or nothing. */
bool text_is_blank(struct bytes text);

/* 0..9 for a digit (ASCII, Arabic-Indic, Persian, full-width), else -1. */
int text_digit(uint32_t code);

/* A run of text that reads as a phone number. */
struct text_phone {
	size_t offset; /* bytes */
	size_t len;
	char digits[20]; /* ASCII, without separators; a leading + becomes 00 */
};
/*
 * The next phone number in free text at or after `from`: 6 to 15 digits with the usual separators
 * that begin with +, 0 or six digits in a row, or are more than six. Dates, times, ranges of years
 * and digits within words (plates) are no phone numbers. Digits of other scripts count. False when
 * there is none.
 */
bool text_find_phone(struct bytes text, size_t from, struct text_phone *ret_phone);

#endif
