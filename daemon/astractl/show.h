/* Answers as people read them. What comes from outside is cleaned of control characters first: a
 * report must not be able to move an operator's cursor. */
#ifndef ASTRAD_ASTRACTL_SHOW_H
#define ASTRAD_ASTRACTL_SHOW_H

#include "astractl/ask.h"
#include "astractl/verbs.h"

struct json_t;

/* One line a member: `path: value`; null members are left out. */
void show_members(const struct json_t *document);
/* A table of the items; columns as in struct verb. Empty columns are left out. */
void show_table(const struct json_t *items, const char *columns);
/* What is to be read before it is submitted or approved. */
void show_preview(const struct json_t *preview);
/* A refusal, on stderr: problem+json, or whatever came. */
void show_refusal(const struct answer *answer);

#endif
