/*
 * The small bodies of case actions: one table of rows each, read by the common walker. What a close
 * means for alerts is one table too. Trees are freed before return; texts are the arena's. Pure.
 */
#include "domain/casebody.h"

#include <jansson.h>
#include <string.h>

#include "domain/shape.h"

static const char *const outcomes[] = {
	"found", "returned", "deceased", "aged_out", "withdrawn", "hoax", NULL,
};
static const char *const statuses[] = {"actual", "exercise", "test", NULL};
static const struct shape status_item[] = {{.kind = SHAPE_CODE, .words = statuses}};

static const struct shape note_rows[] = {
	{.key = "text", .kind = SHAPE_TEXT, .is_required = true},
	{.key = "due_at", .kind = SHAPE_TIME},
	{.key = NULL},
};
static const struct shape assign_rows[] = {
	{.key = "person", .kind = SHAPE_PERSON},
	{.key = NULL},
};
static const struct shape verified_rows[] = {
	{.key = "name", .kind = SHAPE_LINE, .is_required = true},
	{.key = "unit", .kind = SHAPE_LINE},
	{.key = "how", .kind = SHAPE_TEXT},
	{.key = "at", .kind = SHAPE_TIME},
	{.key = NULL},
};
static const struct shape close_rows[] = {
	{.key = "outcome", .kind = SHAPE_CODE, .words = outcomes, .is_required = true},
	{.key = "verified_by", .kind = SHAPE_OBJECT, .members = verified_rows},
	{.key = "note", .kind = SHAPE_TEXT},
	{.key = NULL},
};
static const struct shape reopen_rows[] = {
	{.key = "reason", .kind = SHAPE_TEXT, .is_required = true},
	{.key = NULL},
};
static const struct shape search_rows[] = {
	{.key = "query", .kind = SHAPE_LINE, .is_required = true},
	{.key = "statuses", .kind = SHAPE_LIST, .members = status_item},
	{.key = NULL},
};

static json_t *read_body(struct bytes body, const struct shape *rows, struct problems *problems)
{
	const struct shape shape = {.kind = SHAPE_OBJECT, .members = rows};

	return shape_read(body, &shape, problems);
}

static const char *keep(const json_t *tree, const char *key, struct arena *arena)
{
	return arena_strdup(arena, shape_text(tree, key));
}

bool casebody_decode_note(struct bytes body, struct arena *arena, struct casebody_note *ret,
			  struct problems *problems)
{
	json_t *tree = read_body(body, note_rows, problems);

	if (tree == NULL) {
		return false;
	}
	*ret = (struct casebody_note){keep(tree, "text", arena), shape_time(tree, "due_at")};
	json_decref(tree);
	return true;
}

bool casebody_decode_assign(struct bytes body, struct arena *arena, struct casebody_assign *ret,
			    struct problems *problems)
{
	json_t *tree = read_body(body, assign_rows, problems);

	if (tree == NULL) {
		return false;
	}
	*ret = (struct casebody_assign){keep(tree, "person", arena)};
	json_decref(tree);
	return true;
}

bool casebody_decode_close(struct bytes body, struct arena *arena, struct casebody_close *ret,
			   struct problems *problems)
{
	json_t *tree = read_body(body, close_rows, problems);
	const json_t *verified = json_object_get(tree, "verified_by");
	AUTO(buf) struct buf canonical = {0};

	if (tree == NULL) {
		return false;
	}
	shape_render(tree, &canonical);
	*ret = (struct casebody_close){
		.outcome = case_state_parse(shape_text(tree, "outcome")),
		.is_verified = verified != NULL,
		.verified_utc_ms = shape_time(verified, "at"),
		.note = keep(tree, "note", arena),
		.canonical = {arena_memdup(arena, buf_text(&canonical), canonical.len),
			      canonical.len},
	};
	json_decref(tree);
	return true;
}

enum end_reason casebody_end_of(enum case_state outcome)
{
	switch (outcome) {
	case CASE_FOUND:
	case CASE_RETURNED:
	case CASE_DECEASED:
		return END_RESOLVED;
	case CASE_HOAX:
		return END_ISSUED_IN_ERROR;
	default:
		return END_WITHDRAWN;
	}
}

bool casebody_decode_reopen(struct bytes body, struct arena *arena, struct casebody_reopen *ret,
			    struct problems *problems)
{
	json_t *tree = read_body(body, reopen_rows, problems);

	if (tree == NULL) {
		return false;
	}
	*ret = (struct casebody_reopen){keep(tree, "reason", arena)};
	json_decref(tree);
	return true;
}

bool casebody_decode_search(struct bytes body, struct arena *arena, struct casebody_search *ret,
			    struct problems *problems)
{
	json_t *tree = read_body(body, search_rows, problems);
	const json_t *asked = json_object_get(tree, "statuses");
	unsigned set = 0;

	if (tree == NULL) {
		return false;
	}
	for (size_t i = 0; i < json_array_size(asked); i++) {
		set |= STATUS_BIT(alert_status_parse(json_string_value(json_array_get(asked, i))));
	}
	*ret = (struct casebody_search){
		.query = keep(tree, "query", arena),
		.statuses = set == 0 ? STATUS_BIT(STATUS_ACTUAL) : set,
	};
	json_decref(tree);
	return true;
}
