/* An answer as bytes: status line, the headers every answer has, and the body. */
#ifndef ASTRAD_INTAKE_ANSWER_H
#define ASTRAD_INTAKE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct answer {
	int status;
	const char *content_type; /* NULL only without body */
	struct bytes body;
	const char *location;
	int64_t etag;
	int64_t retry_after_s;
	unsigned allow;        /* 405 */
	const char *challenge; /* 401: WWW-Authenticate */
	bool is_replayed;
	bool is_key_unquoted;
	bool is_head; /* Content-Length tells the body, which is left out */
	bool is_closing;
	bool is_kept_alive_by_word; /* an HTTP/1.0 client wants to be told */
};

void answer_render(const struct answer *answer, int64_t now_utc_ms, struct buf *out);

#endif
