/*
 * The head of a request, judged strictly (RFC 9112): first byte by byte while it comes in, then as
 * a whole. What is refused here never reaches llhttp, which lets bare line feeds, folded lines and
 * odd transfer codings through; what passes here llhttp must read the same way (intake/wire.h).
 */
#ifndef ASTRAD_INTAKE_HEAD_H
#define ASTRAD_INTAKE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "intake/fault.h"
#include "intake/method.h"

#define HEAD_FIELDS_MAX 64 /* lines of fields; more are 431 */

/* Fields somebody reads; each may come once. All others are ignored. */
enum head_field {
	HEAD_HOST,
	HEAD_CONTENT_LENGTH,
	HEAD_TRANSFER_ENCODING,
	HEAD_EXPECT,
	HEAD_AUTHORIZATION,
	HEAD_CONTENT_TYPE,
	HEAD_CONTENT_ENCODING,
	HEAD_IF_MATCH,
	HEAD_IDEMPOTENCY_KEY,
	HEAD_FIELD_COUNT,
};

enum head_result { HEAD_MORE, HEAD_DONE, HEAD_REFUSED };

struct head {
	struct buf raw; /* the bytes of the head, its empty line included */
	int scan;       /* head.c's: where in a line the scan stands */
	int lines;      /* whole lines so far, the request line included */
	bool is_in_value;
	bool had_empty_line;

	/* Written by head_judge; they point into raw. */
	enum method method;
	struct bytes path;
	struct bytes query;
	int minor;                             /* HTTP/1.minor: 0 or 1 */
	struct bytes fields[HEAD_FIELD_COUNT]; /* data NULL = absent; blanks around are cut */
	int64_t content_length;                /* -1 = none */
	bool is_chunked;
	bool is_kept_alive;
	bool says_close; /* Connection: close outranks keep-alive */
	bool wants_continue;
};

void head_init(struct head *head);
void head_finish(struct head *head); /* wipes the bytes: they hold a token */
/* Ready for the next request. */
void head_reset(struct head *head);

/*
 * Takes bytes up to the end of the head and says how many it took. HEAD_MORE: it took them all.
 * HEAD_REFUSED: ret_fault says why; the connection has to go, its framing is unknown.
 */
enum head_result head_feed(struct head *head, struct bytes bytes, size_t *ret_used,
			   struct fault *ret_fault);
/* Judges a whole head. False: refuse with ret_fault and close. */
bool head_judge(struct head *head, struct fault *ret_fault) MUST_USE;
bool head_has_body(const struct head *head); /* a judged head: some body bytes follow */

#endif
