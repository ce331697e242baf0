/*
 * Bytes as text: hex and base64 (RFC 4648, section 4). Decoding takes secrets as partners' tools
 * write them: padding may be missing (the reference libraries accept that too), unused bits in the
 * last character are ignored as theirs do; anything else is refused. Pure but for the buffer.
 */
#include "base/secret.h"

#include <string.h>

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

void secret_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 0x0f];
	}
	*out = '\0';
}

void secret_base64(const void *bytes, size_t len, struct buf *out)
{
	const unsigned char *in = bytes;

	for (size_t at = 0; at < len; at += 3) {
		size_t given = len - at < 3 ? len - at : 3;
		unsigned group = (unsigned)in[at] << 16;
		char text[4];

		group |= given > 1 ? (unsigned)in[at + 1] << 8 : 0;
		group |= given > 2 ? in[at + 2] : 0;
		text[0] = ALPHABET[group >> 18];
		text[1] = ALPHABET[group >> 12 & 63];
		text[2] = ALPHABET[group >> 6 & 63];
		text[3] = ALPHABET[group & 63];
		memset(text + 1 + given, '=', 3 - given);
		buf_add(out, text, sizeof(text));
	}
}

/* 0..63; 64 for a character outside the alphabet. */
static unsigned value_of(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return (unsigned)(c - 'A');
	}
	if (c >= 'a' && c <= 'z') {
		return (unsigned)(c - 'a') + 26;
	}
	if (c >= '0' && c <= '9') {
		return (unsigned)(c - '0') + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Length without padding; padding that is there must be complete. */
static bool strip_padding(const char *text, size_t len, size_t *ret_len)
{
	size_t bare = len;

	while (bare > 0 && len - bare < 2 && text[bare - 1] == '=') {
		bare--;
	}
	if ((bare < len && len % 4 != 0) || bare % 4 == 1) {
		return false;
	}
	*ret_len = bare;
	return true;
}

bool secret_base64_decode(const char *text, size_t len, struct buf *out)
{
	if (!strip_padding(text, len, &len)) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (value_of(text[i]) > 63) {
			return false;
		}
	}
	for (size_t at = 0; at < len; at += 4) {
		size_t given = len - at < 4 ? len - at : 4;
		unsigned group = 0;
		char bytes[3];

		for (size_t i = 0; i < 4; i++) {
			group = group << 6 | (i < given ? value_of(text[at + i]) : 0);
		}
		bytes[0] = (char)(group >> 16);
		bytes[1] = (char)(group >> 8);
		bytes[2] = (char)group;
		buf_add(out, bytes, given - 1);
	}
	return true;
}
