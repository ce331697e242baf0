/* ETag and If-Match (RFC 9110, sections 8.8.3 and 13.1.1): strong tags over a row's counter. */
#ifndef ASTRAD_INTAKE_ETAG_H
#define ASTRAD_INTAKE_ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

#define ETAG_TEXT_BYTES 24
#define IF_MATCH_TAGS   8

struct if_match {
	bool is_given;
	bool is_any; /* "*": whatever is there, but something must be */
	int64_t tags[IF_MATCH_TAGS];
	int count; /* tags that are ours; others can never match */
};

void etag_format(int64_t etag, char out[ETAG_TEXT_BYTES]); /* "17" with its quotes */
/* False when the text is not `*` or a list of entity tags. A weak tag never matches. */
bool etag_parse_if_match(struct bytes text, struct if_match *ret_match) MUST_USE;
/* False: answer 412 (FAULT_STALE). Always true when no If-Match was given. */
bool etag_matches(const struct if_match *match, int64_t etag);
/* For store calls that compare inside the transaction: the first tag; 0 = any, -1 = matches
 * nothing. */
int64_t etag_expected(const struct if_match *match);

#endif
