/* Between draft_json.c and draft_update_json.c (implementers' header). */
#ifndef ASTRAD_DOMAIN_DRAFT_PRIVATE_H
#define ASTRAD_DOMAIN_DRAFT_PRIVATE_H

#include "domain/draft.h"
#include "domain/shape.h"

/* The members an update's `set` may change too. */
#define DRAFT_SET_ROWS                                                                             \
	{.key = "contact", .kind = SHAPE_LINE},                                                    \
		{.key = "exclude", .kind = SHAPE_OBJECT, .members = draft_exclude_members},        \
		{.key = "fields", .kind = SHAPE_LIST, .members = draft_field_item},                \
		{.key = "message", .kind = SHAPE_BY_LANGUAGE, .members = draft_text_item},         \
	{                                                                                          \
		.key = "policy", .kind = SHAPE_LINE                                                \
	}

extern const struct shape draft_line_item[2];
extern const struct shape draft_field_item[2];
extern const struct shape draft_text_item[2];
extern const struct shape draft_exclude_members[3];
extern const char *const draft_tier_words[];

/* RFC 7396 on a tree of ours. */
void draft_merge(struct json_t *target, struct json_t *patch);
/* A checked tree of the stored form. */
void draft_from_tree(const struct json_t *tree, struct arena *arena, struct draft *ret_draft);
/* Checks and reads a merged tree. */
bool draft_read_tree(struct json_t *tree, struct arena *arena, struct draft *ret_draft,
		     struct problems *problems) MUST_USE;
/* What the store gave back: our own bytes, or an error is told as a problem of the whole body. */
struct json_t *draft_load(struct bytes stored, struct problems *problems);
uint64_t draft_fields_of(const struct json_t *names);
struct words draft_words_of(const struct json_t *list, struct arena *arena);

#endif
