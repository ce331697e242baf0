/*
 * UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7; RFC 3629, section 4): a lead
 * byte says how many bytes follow and narrows the range of the first of them, which is what keeps
 * surrogates and overlong forms out. Pure functions, any thread.
 */
#include "base/utf8.h"

#include "base/attr.h"

static const struct {
	unsigned char lead_first, lead_last;
	unsigned char second_first, second_last;
	unsigned char bytes;
} FORMS[] = {
	{0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool is_tail(const unsigned char *bytes, size_t form)
{
	if (bytes[1] < FORMS[form].second_first || bytes[1] > FORMS[form].second_last) {
		return false;
	}
	for (size_t i = 2; i < FORMS[form].bytes; i++) {
		if (bytes[i] < 0x80 || bytes[i] > 0xbf) {
			return false;
		}
	}
	return true;
}

size_t utf8_step(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t form = 0; len > 0 && form < ARRAY_LEN(FORMS); form++) {
		if (bytes[0] < FORMS[form].lead_first || bytes[0] > FORMS[form].lead_last) {
			continue;
		}
		if (FORMS[form].bytes == 1) {
			return 1;
		}
		return len >= FORMS[form].bytes && is_tail(bytes, form) ? FORMS[form].bytes : 0;
	}
	return 0;
}

bool utf8_is_valid(const char *text, size_t len)
{
	for (size_t at = 0, step; at < len; at += step) {
		step = utf8_step(text + at, len - at);
		if (step == 0) {
			return false;
		}
	}
	return true;
}

size_t utf8_cut(const char *text, size_t len, size_t most)
{
	if (len <= most) {
		return len;
	}
	/* text[most] is the first byte dropped: a tail byte means that its character began before
	 */
	while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
		most--;
	}
	return most;
}
