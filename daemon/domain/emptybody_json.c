/* An object without members, by the same walker as every other body. No state. */
#include "domain/emptybody.h"

#include <jansson.h>

#include "domain/shape.h"

bool emptybody_check(struct bytes body, struct problems *problems)
{
	static const struct shape NO_MEMBERS[] = {{0}};
	static const struct shape EMPTY = {.kind = SHAPE_OBJECT, .members = NO_MEMBERS};
	json_t *tree;

	if (body.len == 0) {
		return true;
	}
	tree = shape_read(body, &EMPTY, problems);
	json_decref(tree);
	return tree != NULL;
}
