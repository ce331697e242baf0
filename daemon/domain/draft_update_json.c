/*
 * Updates: the approved draft with a request applied, and what of the request belongs into the
 * case.
 *
 * Owner: trees are this file's and freed before it returns. `set` speaks of two things, as
 * operators do: what the alert says (message, contact, fields) and what is true of the child. The
 * latter is parted off before the rows are checked: it becomes a case patch, judged by the case's
 * own table, so that the alert and the case can never tell two stories.
 */
#include "domain/draft_private.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "domain/release.h"

static const char *const kind_words[] = {"information", "correction", NULL};
/* Members of a case an update may bring. */
static const char *const case_sections[] = {"child", "companions", "last_seen", "vehicles"};
/* Names of the release table that are no single member of a report. */
static const char *const composed[] = {"child.given", "child.family", "child.nickname",
				       "last_seen.position"};

static const struct shape set_members[] = {DRAFT_SET_ROWS, {0}};
static const struct shape update_members[] = {
	{.key = "areas", .kind = SHAPE_LIST, .members = draft_line_item},
	{.key = "expires_at", .kind = SHAPE_TIME},
	{.key = "kind", .kind = SHAPE_CODE, .words = kind_words},
	{.key = "reason", .kind = SHAPE_TEXT},
	{.key = "remove", .kind = SHAPE_LIST, .members = draft_field_item},
	{.key = "set", .kind = SHAPE_OBJECT, .members = set_members},
	{.key = "tier", .kind = SHAPE_CODE, .words = draft_tier_words},
	{0},
};
static const struct shape update_shape = {.kind = SHAPE_OBJECT, .members = update_members};

/* What `set` says of the case. */
struct case_part {
	json_t *patch;   /* owned */
	uint64_t fields; /* what it gives a value, as far as it may ever leave */
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0) {
			return true;
		}
	}
	return false;
}

static void note_field(struct case_part *part, const char *name, const json_t *value)
{
	enum release_field field = release_parse(name);

	/* A name is told only when `fields` says so: setting one never releases it. */
	if (field != RELEASE_NONE && !json_is_null(value) &&
	    !is_one_of(release_name(field), composed, ARRAY_LEN(composed))) {
		part->fields |= RELEASE_BIT(field) & release_releasable();
	}
}

static void take_section(struct case_part *part, const char *section, json_t *value)
{
	const char *key;
	json_t *member;
	json_t *old = json_object_get(part->patch, section);

	if (json_is_object(old) && json_is_object(value)) {
		(void)json_object_update(old, value); /* a null stays: it removes later */
	} else {
		(void)json_object_set(part->patch, section, value); /* both are valid */
	}
	if (!json_is_object(value)) {
		return;
	}
	json_object_foreach(value, key, member)
	{
		char name[128];
		snprintf(name, sizeof(name), "%s.%s", section, key);
		note_field(part, name, member);
	}
}

/* "child.clothing": "..." becomes {"child": {"clothing": "..."}}. */
static void take_dotted(struct case_part *part, const char *name, json_t *value,
			struct problems *problems)
{
	const char *dot = strchr(name, '.');
	char section[32];
	char pointer[PROBLEM_POINTER_BYTES];

	snprintf(section, sizeof(section), "%.*s", (int)(dot - name), name);
	bool is_plain = strcmp(section, "child") == 0 || strcmp(section, "last_seen") == 0;
	if (!is_plain || release_parse(name) == RELEASE_NONE ||
	    is_one_of(name, composed, ARRAY_LEN(composed))) {
		snprintf(pointer, sizeof(pointer), "/set/%.200s", name);
		problems_add(problems, pointer,
			     "send it as in a report, for example \"child\": {\"names\": [...]}");
		return;
	}
	json_t *nested = json_object();
	(void)json_object_set(nested, dot + 1, value); /* both are valid */
	take_section(part, section, nested);
	json_decref(nested);
}

/* Moves the case's members out of `set`. */
static void take_case_part(json_t *set, struct case_part *part, struct problems *problems)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(set, next, key, value)
	{
		if (is_one_of(key, case_sections, ARRAY_LEN(case_sections))) {
			take_section(part, key, value);
		} else if (strchr(key, '.')) {
			take_dotted(part, key, value, problems);
		} else {
			continue;
		}
		(void)json_object_del(set, key); /* it is there */
	}
}

static void apply(struct draft_update *update, const json_t *request, struct arena *arena)
{
	struct draft *draft = &update->draft;
	const json_t *areas = json_object_get(request, "areas");
	const char *tier = shape_text(request, "tier");
	int64_t expires_utc_ms = shape_time(request, "expires_at");

	draft->fields &= ~draft_fields_of(json_object_get(request, "remove"));
	if (json_is_array(areas)) {
		draft->areas = draft_words_of(areas, arena);
	}
	if (tier) {
		draft->tier = tier_parse(tier);
	}
	if (expires_utc_ms) {
		draft->expires_utc_ms = expires_utc_ms;
	}
}

static void keep_case_patch(struct draft_update *update, struct case_part *part,
			    struct arena *arena)
{
	AUTO(buf) struct buf out = {0};

	if (json_object_size(part->patch) == 0) {
		return;
	}
	(void)json_object_set_new(part->patch, "reason", json_string(update->reason)); /* UTF-8 */
	shape_render(part->patch, &out);
	update->case_patch = (struct bytes){arena_memdup(arena, out.data, out.len), out.len};
}

static void check_request(const json_t *request, const struct case_part *part,
			  struct problems *problems)
{
	if (!shape_text(request, "kind")) {
		problems_add(problems, "/kind", "is required");
	}
	if (!shape_text(request, "reason")) {
		problems_add(problems, "/reason", "is required: it stays with us");
	}
	if (draft_fields_of(json_object_get(request, "remove")) & part->fields) {
		problems_add(problems, "/remove", "names a field that `set` gives a value");
	}
}

static bool read_update(json_t *tree, json_t *request, struct case_part *part, struct arena *arena,
			struct draft_update *update, struct problems *problems)
{
	json_t *set = json_object_get(request, "set");

	if (json_is_object(set)) {
		take_case_part(set, part, problems);
	}
	shape_check(request, &update_shape, SHAPE_PATCH, problems);
	check_request(request, part, problems);
	if (!problems_are_none(problems)) {
		return false;
	}
	if (set) {
		draft_merge(tree, set);
	}
	if (!draft_read_tree(tree, arena, &update->draft, problems)) {
		return false;
	}
	bool is_correction = strcmp(shape_text(request, "kind"), "correction") == 0;
	update->kind = is_correction ? VERSION_CORRECTION : VERSION_UPDATE;
	update->reason = arena_strdup(arena, shape_text(request, "reason"));
	update->draft.fields |= part->fields;
	apply(update, request, arena);
	keep_case_patch(update, part, arena);
	return true;
}

bool draft_decode_update(struct bytes stored, struct bytes body, struct arena *arena,
			 struct draft_update *ret_update, struct problems *problems)
{
	AUTO(buf) struct buf canonical = {0};
	struct draft_update update = {0};
	struct case_part part = {.patch = json_object()};
	json_t *tree = draft_load(stored, problems);
	json_t *request = tree ? shape_parse(body, problems) : NULL;
	bool is_done = false;

	if (request && problems_are_none(problems)) {
		shape_render(request, &canonical);
		is_done = read_update(tree, request, &part, arena, &update, problems);
	}
	json_decref(part.patch);
	json_decref(request);
	json_decref(tree);
	if (is_done) {
		update.canonical = (struct bytes){
			arena_memdup(arena, canonical.data, canonical.len), canonical.len};
		*ret_update = update;
	}
	return is_done;
}
