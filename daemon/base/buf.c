/*
 * A growing run of bytes with a hard bound. Growing copies into fresh memory and wipes the old,
 * since realloc would leave pieces of reports behind on the heap. One owner, no thread.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

enum { FIRST_BYTES = 256 };

void buf_finish(struct buf *buf)
{
	if (buf->data != NULL) {
		explicit_bzero(buf->data, buf->cap);
		free(buf->data);
	}
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
	buf->overflow = false;
}

void auto_buf(struct buf *buf)
{
	buf_finish(buf);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
	if (buf->data != NULL) {
		buf->data[0] = '\0';
	}
}

/* Room for `more` bytes and the zero; false when that would pass the bound. */
static bool reserve(struct buf *buf, size_t more)
{
	size_t limit = buf->limit > 0 ? buf->limit : LIMIT_BUF_BYTES;
	size_t cap = buf->cap > 0 ? buf->cap : FIRST_BYTES;
	char *grown;

	if (buf->overflow || buf->len > limit || more > limit - buf->len) {
		buf->overflow = true;
		return false;
	}
	if (buf->len + more < buf->cap) {
		return true;
	}
	while (cap <= buf->len + more) {
		cap *= 2;
	}
	grown = xrealloc(NULL, cap, 1);
	if (buf->data != NULL) {
		memcpy(grown, buf->data, buf->len);
		explicit_bzero(buf->data, buf->cap);
		free(buf->data);
	}
	grown[buf->len] = '\0';
	buf->data = grown;
	buf->cap = cap;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (!reserve(buf, len) || len == 0) {
		return;
	}
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	va_list again;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(len >= 0);
	if (reserve(buf, (size_t)len)) {
		(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again); /* reserved */
		buf->len += (size_t)len;
	}
	va_end(again);
}

static void add_escaped(struct buf *buf, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char *const escapes[] = {"\\\"", "\\\\", "\\b", "\\f", "\\n", "\\r", "\\t"};
	const char *known = memchr(plain, c, sizeof(plain) - 1);

	if (known != NULL) {
		buf_add(buf, escapes[known - plain], 2);
	} else {
		buf_printf(buf, "\\u%04x", c);
	}
}

void buf_add_json_string(struct buf *buf, const char *text)
{
	buf_add(buf, "\"", 1);
	while (*text != '\0') {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' &&
		       text[plain] != '\\') {
			plain++;
		}
		buf_add(buf, text, plain);
		text += plain;
		if (*text != '\0') {
			add_escaped(buf, (unsigned char)*text++);
		}
	}
	buf_add(buf, "\"", 1);
}

void buf_drop_front(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	if (len == 0) {
		return;
	}
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
	buf->data[buf->len] = '\0';
}

const char *buf_text(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}
