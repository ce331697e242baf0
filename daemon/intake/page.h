/*
 * Pages {items, next}: `limit` and `after` of a query. A cursor is the base64url of the key of the
 * last item told; clients treat it as opaque.
 */
#ifndef ASTRAD_INTAKE_PAGE_H
#define ASTRAD_INTAKE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "base/limits.h"
#include "intake/query.h"

#define PAGE_DEFAULT_ITEMS 50
#define PAGE_KEY_MAX       64

struct page {
	int limit;         /* 1..LIMIT_PAGE_ITEMS */
	const char *after; /* key of the last item of the page before, or NULL: the first page */
};

/* Reads `limit` and `after`; ERROR_INVALID (answer FAULT_PARAMETER) when either is wrong. */
bool page_parse(const struct query *query, struct arena *arena, struct page *ret_page,
		struct error *err) MUST_USE;
/* As above for lists keyed by id: ret_after is none on the first page. */
bool page_parse_id(const struct query *query, struct arena *arena, int *ret_limit,
		   struct id *ret_after, struct error *err) MUST_USE;
/* Adds `"next":"..."` or, with key NULL (the last page), `"next":null`. */
void page_add_next(struct buf *out, const char *key);

#endif
