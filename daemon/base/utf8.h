/* UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF. Pure. */
#ifndef ASTRAD_BASE_UTF8_H
#define ASTRAD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes (1 to 4) of the valid character that text starts with; 0 when there is none. */
size_t utf8_step(const char *text, size_t len);
/* True when all len bytes are whole characters. A zero byte is one. */
bool utf8_is_valid(const char *text, size_t len);
/* The longest length of at most `most` bytes that does not cut a character in two. */
size_t utf8_cut(const char *text, size_t len, size_t most);

#endif
