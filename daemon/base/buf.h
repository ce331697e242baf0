/*
 * A growing run of bytes with a hard bound. `data` is always zero-terminated one byte past `len`
 * once anything was added (the zero is not counted), so a text buffer can be read as a string. A
 * buf that would pass `limit` (0 means LIMIT_BUF_BYTES) sets `overflow`, keeps what it has and adds
 * nothing more: check once, at the end.
 */
#ifndef ASTRAD_BASE_BUF_H
#define ASTRAD_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct buf {
	char *data; /* owned; NULL while empty */
	size_t len;
	size_t cap;
	size_t limit;
	bool overflow;
};

/* A borrowed run of bytes; lives as long as its owner says. Not zero-terminated unless the owner
 * says so. */
struct bytes {
	const char *data;
	size_t len;
};

void buf_finish(struct buf *buf); /* wipes and frees; the buf is empty and usable again */
void auto_buf(struct buf *buf);
void buf_reset(struct buf *buf); /* len 0, memory kept */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Adds text as a JSON string with its quotes; text is UTF-8 (control characters become \u00XX). */
void buf_add_json_string(struct buf *buf, const char *text);
void buf_drop_front(struct buf *buf, size_t len);            /* removes the first len bytes */
const char *buf_text(const struct buf *buf) RETURNS_NONNULL; /* "" while empty */

#endif
