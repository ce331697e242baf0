/*
 * The bodies of PUT and DELETE /holds. `why` is what the store seals beside the field and its end:
 * who demands the hold is nobody's business outside the hotline. Pure.
 */
#include "domain/hold.h"

#include <jansson.h>

#include "domain/shape.h"

static const struct shape hold_rows[] = {
	{.key = "field", .kind = SHAPE_FIELD, .is_required = true},
	{.key = "by", .kind = SHAPE_LINE, .is_required = true},
	{.key = "reference", .kind = SHAPE_LINE},
	{.key = "until", .kind = SHAPE_TIME},
	{.key = NULL},
};
static const struct shape hold_shape = {.kind = SHAPE_OBJECT, .members = hold_rows};

static const struct shape release_rows[] = {
	{.key = "field", .kind = SHAPE_FIELD, .is_required = true},
	{.key = NULL},
};
static const struct shape release_shape = {.kind = SHAPE_OBJECT, .members = release_rows};

/* What stays is the text the store seals. */
static struct bytes why_of(json_t *tree, struct arena *arena)
{
	AUTO(buf) struct buf text = {0};

	(void)json_object_del(tree, "field");
	(void)json_object_del(tree, "until"); /* may be absent */
	shape_render(tree, &text);
	return (struct bytes){arena_memdup(arena, buf_text(&text), text.len), text.len};
}

bool hold_decode(struct bytes body, int64_t now_utc_ms, struct arena *arena,
		 struct hold_request *ret, struct problems *problems)
{
	json_t *tree = shape_read(body, &hold_shape, problems);
	struct hold_request request;

	if (tree == NULL) {
		return false;
	}
	request = (struct hold_request){
		.hold = {release_parse(shape_text(tree, "field")), shape_time(tree, "until")},
		.by = arena_strdup(arena, shape_text(tree, "by")),
		.reference = arena_strdup(arena, shape_text(tree, "reference")),
	};
	if (request.hold.until_utc_ms != 0 && request.hold.until_utc_ms <= now_utc_ms) {
		problems_add(problems, "/until", "is past: a hold would end at once");
		json_decref(tree);
		return false;
	}
	request.why = why_of(tree, arena);
	json_decref(tree);
	*ret = request;
	return true;
}

bool hold_decode_release(struct bytes body, enum release_field *ret, struct problems *problems)
{
	json_t *tree = shape_read(body, &release_shape, problems);

	if (tree == NULL) {
		return false;
	}
	*ret = release_parse(shape_text(tree, "field"));
	json_decref(tree);
	return true;
}
