/*
 * The small bodies of alert actions: one table of rows each, read by the common walker.
 *
 * Owner: trees are this file's and freed before it returns; texts are the arena's.
 */
#include "domain/alertbody.h"

#include <jansson.h>
#include <string.h>

#include "domain/shape.h"

#define MINUTE_MS INT64_C(60000)

static const char *const cancel_words[] = {"resolved", "withdrawn", "issued_in_error", NULL};

static const struct shape decision_members[] = {
	{.key = "digest", .kind = SHAPE_LINE, .is_required = true},
	{.key = "version", .kind = SHAPE_INTEGER, .is_required = true, .min = 1, .max = 1000000},
	{0},
};
static const struct shape reason_members[] = {
	{.key = "reason", .kind = SHAPE_TEXT},
	{0},
};
static const struct shape required_reason_members[] = {
	{.key = "reason", .kind = SHAPE_TEXT, .is_required = true},
	{0},
};
static const struct shape cancel_members[] = {
	{.key = "note", .kind = SHAPE_TEXT},
	{.key = "reason", .kind = SHAPE_CODE, .words = cancel_words, .is_required = true},
	{0},
};
static const struct shape ack_members[] = {
	{.key = "by", .kind = SHAPE_LINE},
	{.key = "declined", .kind = SHAPE_TEXT},
	{.key = "how", .kind = SHAPE_LINE},
	{.key = "lease_minutes", .kind = SHAPE_INTEGER, .min = 1, .max = 24 * 60},
	{.key = "note", .kind = SHAPE_TEXT},
	{.key = "on_behalf_of", .kind = SHAPE_LINE},
	{.key = "reference", .kind = SHAPE_LINE},
	{0},
};
static const struct shape repolicy_members[] = {
	{.key = "policy", .kind = SHAPE_LINE, .is_required = true},
	{.key = "reason", .kind = SHAPE_TEXT},
	{0},
};
static const struct shape send_members[] = {
	{.key = "channel", .kind = SHAPE_LINE, .is_required = true},
	{.key = "reason", .kind = SHAPE_TEXT},
	{0},
};

static json_t *read_body(struct bytes body, const struct shape *members, struct problems *problems)
{
	const struct shape shape = {.kind = SHAPE_OBJECT, .members = members};

	return shape_read(body, &shape, problems);
}

static const char *keep(const json_t *tree, const char *key, struct arena *arena)
{
	return arena_strdup(arena, shape_text(tree, key));
}

bool alertbody_decode_decision(struct bytes body, struct arena *arena,
			       struct alertbody_decision *ret, struct problems *problems)
{
	json_t *tree = read_body(body, decision_members, problems);

	if (!tree) {
		return false;
	}
	*ret = (struct alertbody_decision){
		.version = (int)json_integer_value(json_object_get(tree, "version")),
		.digest = keep(tree, "digest", arena),
	};
	json_decref(tree);
	return true;
}

bool alertbody_decode_reason(struct bytes body, bool is_required, struct arena *arena,
			     struct alertbody_reason *ret, struct problems *problems)
{
	if (body.len == 0 && !is_required) {
		*ret = (struct alertbody_reason){0};
		return true;
	}
	json_t *tree =
		read_body(body, is_required ? required_reason_members : reason_members, problems);
	if (!tree) {
		return false;
	}
	*ret = (struct alertbody_reason){.reason = keep(tree, "reason", arena)};
	json_decref(tree);
	return true;
}

bool alertbody_decode_cancel(struct bytes body, struct arena *arena, struct alertbody_cancel *ret,
			     struct problems *problems)
{
	json_t *tree = read_body(body, cancel_members, problems);

	if (!tree) {
		return false;
	}
	*ret = (struct alertbody_cancel){
		.reason = end_reason_parse(shape_text(tree, "reason")),
		.note = keep(tree, "note", arena),
	};
	json_decref(tree);
	return true;
}

/* A refusal says nothing else. */
static bool check_declined(const json_t *tree, struct problems *problems)
{
	if (shape_text(tree, "declined") && json_object_size(tree) > 1) {
		problems_add(problems, "/declined", "stands alone: {\"declined\": reason}");
		return false;
	}
	return true;
}

bool alertbody_decode_ack(struct bytes body, struct arena *arena, struct alertbody_ack *ret,
			  struct problems *problems)
{
	AUTO(buf) struct buf canonical = {0};
	json_t *tree = read_body(body, ack_members, problems);
	bool is_done = tree && check_declined(tree, problems);

	if (is_done) {
		json_int_t minutes = json_integer_value(json_object_get(tree, "lease_minutes"));

		shape_render(tree, &canonical);
		*ret = (struct alertbody_ack){
			.by = keep(tree, "by", arena),
			.reference = keep(tree, "reference", arena),
			.how = keep(tree, "how", arena),
			.on_behalf_of = keep(tree, "on_behalf_of", arena),
			.lease_ms = (int64_t)minutes * MINUTE_MS,
			.note = keep(tree, "note", arena),
			.declined = keep(tree, "declined", arena),
			.canonical = {arena_memdup(arena, canonical.data, canonical.len),
				      canonical.len},
		};
	}
	json_decref(tree);
	return is_done;
}

static bool decode_word(struct bytes body, const struct shape *members, const char *key,
			struct arena *arena, struct alertbody_word *ret, struct problems *problems)
{
	json_t *tree = read_body(body, members, problems);

	if (!tree) {
		return false;
	}
	*ret = (struct alertbody_word){
		.word = keep(tree, key, arena),
		.reason = keep(tree, "reason", arena),
	};
	json_decref(tree);
	return true;
}

bool alertbody_decode_repolicy(struct bytes body, struct arena *arena, struct alertbody_word *ret,
			       struct problems *problems)
{
	return decode_word(body, repolicy_members, "policy", arena, ret, problems);
}

bool alertbody_decode_send(struct bytes body, struct arena *arena, struct alertbody_word *ret,
			   struct problems *problems)
{
	return decode_word(body, send_members, "channel", arena, ret, problems);
}
