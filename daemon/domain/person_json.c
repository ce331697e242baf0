/*
 * The bodies of POST /v1/persons and POST /v1/tokens. A token is a person's, with a role, or a
 * partner's, whose role is partner: both or neither is an error, for nobody could say later who
 * acted. Whether person and partner exist is for the caller to ask. Pure.
 */
#include "domain/person.h"

#include <jansson.h>

#include "domain/shape.h"

static const struct shape person_rows[] = {
	{.key = "id", .kind = SHAPE_PERSON, .is_required = true},
	{.key = "name", .kind = SHAPE_LINE, .is_required = true},
	{.key = NULL},
};
static const struct shape person_shape = {.kind = SHAPE_OBJECT, .members = person_rows};

static const char *const roles[] = {"operator", "approver", "authority", "auditor", "admin", NULL};

static const struct shape token_rows[] = {
	{.key = "name", .kind = SHAPE_LINE, .is_required = true},
	{.key = "person", .kind = SHAPE_PERSON},
	{.key = "partner", .kind = SHAPE_LINE},
	{.key = "role", .kind = SHAPE_CODE, .words = roles},
	{.key = "expires_at", .kind = SHAPE_TIME},
	{.key = NULL},
};
static const struct shape token_shape = {.kind = SHAPE_OBJECT, .members = token_rows};

bool person_decode(struct bytes body, struct arena *arena, struct person_request *ret,
		   struct problems *problems)
{
	json_t *tree = shape_read(body, &person_shape, problems);

	if (tree == NULL) {
		return false;
	}
	*ret = (struct person_request){
		.id = arena_strdup(arena, shape_text(tree, "id")),
		.name = arena_strdup(arena, shape_text(tree, "name")),
	};
	json_decref(tree);
	return true;
}

static void check_owner(const struct person_token_request *request, bool has_role,
			struct problems *problems)
{
	if ((request->person != NULL) == (request->partner != NULL)) {
		problems_add(
			problems, "/person",
			"a token is a person's or a partner's: name one of person and partner");
	}
	if (request->person != NULL && !has_role) {
		problems_add(problems, "/role", "is required for a person's token");
	}
	if (request->partner != NULL && has_role) {
		problems_add(problems, "/role", "is not for a partner's token");
	}
}

bool person_decode_token(struct bytes body, int64_t now_utc_ms, struct arena *arena,
			 struct person_token_request *ret, struct problems *problems)
{
	json_t *tree = shape_read(body, &token_shape, problems);
	struct person_token_request request;
	size_t before = problems->count;
	bool has_role;

	if (tree == NULL) {
		return false;
	}
	has_role = shape_text(tree, "role") != NULL;
	request = (struct person_token_request){
		.name = arena_strdup(arena, shape_text(tree, "name")),
		.person = arena_strdup(arena, shape_text(tree, "person")),
		.partner = arena_strdup(arena, shape_text(tree, "partner")),
		.role = has_role ? role_parse(shape_text(tree, "role")) : ROLE_PARTNER,
		.expires_utc_ms = shape_time(tree, "expires_at"),
	};
	json_decref(tree);
	check_owner(&request, has_role, problems);
	if (request.expires_utc_ms != 0 && request.expires_utc_ms <= now_utc_ms) {
		problems_add(problems, "/expires_at", "is past");
	}
	if (problems->count != before) {
		return false;
	}
	*ret = request;
	return true;
}
