/*
 * JSON by hand, for answers made of ids, states and times: each call adds `"name":value`, with a
 * comma before it where one is needed. What is parsed, and what holds a child's data, is a JSON
 * library's matter.
 */
#ifndef ASTRAD_BASE_JSON_H
#define ASTRAD_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"

void json_text(struct buf *out, const char *name, const char *text); /* NULL gives null */
void json_int(struct buf *out, const char *name, int64_t value);
void json_bool(struct buf *out, const char *name, bool value);
void json_id(struct buf *out, const char *name, const struct id *id); /* none gives null */
void json_time(struct buf *out, const char *name, int64_t utc_ms);    /* UTC; 0 gives null */
void json_raw(struct buf *out, const char *name, struct bytes json);  /* empty gives null */
/* `"name":` with its comma, before an object or array of the caller's. */
void json_name(struct buf *out, const char *name);
/* A comma, unless out is empty or ends in an opening bracket or a colon. */
void json_comma(struct buf *out);

#endif
