/*
 * Lint of released free text: a phone number an operator noted under marks or clothing would go out
 * with the field. Each field is projected alone, so that the finding can name it.
 *
 * Owner: trees are this file's and freed before it returns. Only texts are looked at: numbers of a
 * position or a height are no phone numbers.
 */
#include "domain/plan_private.h"

#include <jansson.h>
#include <string.h>

#include "base/limits.h"
#include "domain/release.h"

static bool has_phone(const struct directory *directory, const json_t *value, int depth)
{
	const char *key;
	json_t *member;

	if (json_is_string(value)) {
		return plan_has_stray_phone(directory, (struct bytes){json_string_value(value),
								      json_string_length(value)});
	}
	if (depth == 0) {
		return false;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (has_phone(directory, json_array_get(value, i), depth - 1)) {
			return true;
		}
	}
	json_object_foreach((json_t *)value, key, member)
	{
		if (has_phone(directory, member, depth - 1)) {
			return true;
		}
	}
	return false;
}

static bool lint_field(struct plan_work *work, size_t index, enum release_field field,
		       struct error *err)
{
	const struct plan_case *one = &work->input->cases[index];
	AUTO(buf) struct buf out = {0};

	if (!release_project(work->told[index], RELEASE_BIT(field), &out, err)) {
		return error_prefix(err, "case %s", one->ref);
	}
	json_t *tree = json_loadb(out.data, out.len, 0, NULL);
	if (has_phone(work->input->directory, tree, LIMIT_JSON_DEPTH)) {
		problems_add(&work->plan->errors, "/fields",
			     "%s of case %s holds a phone number that is none of the contacts'",
			     release_name(field), one->ref);
	}
	json_decref(tree);
	return true;
}

bool plan_lint_texts(struct plan_work *work, struct error *err)
{
	uint64_t told = work->draft.fields & release_releasable();

	for (size_t i = 0; i < work->input->case_count; i++) {
		for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
			if ((told & RELEASE_BIT(field)) &&
			    !lint_field(work, i, (enum release_field)field, err)) {
				return false;
			}
		}
	}
	return true;
}
