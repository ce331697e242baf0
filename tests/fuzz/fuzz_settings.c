/*
 * Files of settings from anybody: the tree and the walk end within their bounds and tell what they
 * found, whatever the bytes. The first byte chooses the scope. A tree that is merged over itself
 * says the same.
 */
#include <assert.h>

#include "fuzz.h"
#include "settings/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum row_scope scopes[] = {SCOPE_ASTRAD, SCOPE_PARTNER, SCOPE_CHANNEL,
						SCOPE_POLICY};
	if (size == 0) {
		return 0;
	}
	struct walker walk = {.arena = arena_create(),
			      .issues = issues_create(),
			      .folder = "/nonexistent",
			      .is_check = true};
	struct rows rows = rows_of(scopes[data[0] % ARRAY_LEN(scopes)]);
	struct bytes text = {(const char *)data + 1, size - 1};
	const struct node *root = tree_parse(walk.arena, text, "a.yaml", walk.issues);
	if (root) {
		assert(root->weight <= TREE_NODES_MAX + 1);
		root = tree_merge(walk.arena, root, root, 2);
		(void)walk_object(&walk, rows, root, WALK_WHOLE, root->place);
	} else {
		assert(issues_errors(walk.issues) > 0);
	}
	AUTO(buf) struct buf out = {0};
	issues_print(walk.issues, true, &out);
	issues_destroy(&walk.issues);
	arena_destroy(&walk.arena);
	return 0;
}
