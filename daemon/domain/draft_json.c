/*
 * Drafts as JSON: what an operator posts and patches, and the canonical form the store seals.
 *
 * Owner: trees are this file's and freed before it returns; a draft's texts are the arena's. One
 * table says what a draft may hold, so a patch and a stored draft are judged by the same rows as a
 * new one.
 */
#include "domain/draft_private.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "domain/release.h"

static const char *const status_words[] = {"actual", "exercise", "test", NULL};
const char *const draft_tier_words[] = {"internal", "restricted", "regional", "national", NULL};

const struct shape draft_line_item[2] = {{.kind = SHAPE_LINE}};
const struct shape draft_field_item[2] = {{.kind = SHAPE_FIELD}};
const struct shape draft_text_item[2] = {{.kind = SHAPE_TEXT}};
const struct shape draft_exclude_members[3] = {
	{.key = "channels", .kind = SHAPE_LIST, .members = draft_line_item},
	{.key = "partners", .kind = SHAPE_LIST, .members = draft_line_item},
};

static const struct shape draft_members[] = {
	{.key = "areas", .kind = SHAPE_LIST, .members = draft_line_item},
	{.key = "expires_at", .kind = SHAPE_TIME},
	{.key = "status", .kind = SHAPE_CODE, .words = status_words},
	{.key = "tier", .kind = SHAPE_CODE, .words = draft_tier_words, .is_required = true},
	DRAFT_SET_ROWS,
	{0},
};
static const struct shape draft_shape = {.kind = SHAPE_OBJECT, .members = draft_members};

struct words draft_words_of(const json_t *list, struct arena *arena)
{
	size_t count = json_array_size(list);
	const char **items = arena_array(arena, count ? count : 1, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		items[i] = arena_strdup(arena, json_string_value(json_array_get(list, i)));
	}
	return (struct words){items, count};
}

uint64_t draft_fields_of(const json_t *names)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < json_array_size(names); i++) {
		enum release_field field =
			release_parse(json_string_value(json_array_get(names, i)));
		fields |= field == RELEASE_NONE ? 0 : RELEASE_BIT(field);
	}
	return fields;
}

static void read_texts(const json_t *message, struct arena *arena, struct draft *draft)
{
	size_t count = json_object_size(message);
	struct draft_text *texts = arena_array(arena, count ? count : 1, sizeof(*texts));
	const char *language;
	json_t *text;
	size_t i = 0;

	json_object_foreach((json_t *)message, language, text)
	{
		texts[i].language = arena_strdup(arena, language);
		texts[i].text = arena_strdup(arena, json_string_value(text));
		i++;
	}
	draft->texts = texts;
	draft->text_count = count;
}

void draft_from_tree(const json_t *tree, struct arena *arena, struct draft *ret_draft)
{
	const json_t *exclude = json_object_get(tree, "exclude");

	*ret_draft = (struct draft){
		.status = alert_status_parse(shape_text(tree, "status")),
		.tier = tier_parse(shape_text(tree, "tier")),
		.areas = draft_words_of(json_object_get(tree, "areas"), arena),
		.policy = arena_strdup(arena, shape_text(tree, "policy")),
		.expires_utc_ms = shape_time(tree, "expires_at"),
		.contact = arena_strdup(arena, shape_text(tree, "contact")),
		.fields = draft_fields_of(json_object_get(tree, "fields")),
		.exclude_partners = draft_words_of(json_object_get(exclude, "partners"), arena),
		.exclude_channels = draft_words_of(json_object_get(exclude, "channels"), arena),
	};
	read_texts(json_object_get(tree, "message"), arena, ret_draft);
}

bool draft_read_tree(json_t *tree, struct arena *arena, struct draft *ret_draft,
		     struct problems *problems)
{
	size_t before = problems->count;

	shape_check(tree, &draft_shape, SHAPE_WHOLE, problems);
	if (problems->count > before) {
		return false;
	}
	draft_from_tree(tree, arena, ret_draft);
	return true;
}

json_t *draft_load(struct bytes stored, struct problems *problems)
{
	json_t *tree = json_loadb(stored.data, stored.len, 0, NULL);

	if (!json_is_object(tree)) {
		json_decref(tree);
		problems_add(problems, "", "the stored draft cannot be read");
		return NULL;
	}
	return tree;
}

void draft_merge(json_t *target, json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach(patch, key, value)
	{
		json_t *old = json_object_get(target, key);

		if (json_is_null(value)) {
			(void)json_object_del(target, key); /* it may be absent already */
		} else if (json_is_object(value) && json_is_object(old)) {
			draft_merge(old, value);
		} else if (json_is_object(value)) {
			json_t *fresh = json_object();
			draft_merge(fresh, value);
			(void)json_object_set_new(target, key, fresh); /* key is a valid text */
		} else {
			(void)json_object_set(target, key, value); /* key is a valid text */
		}
	}
}

bool draft_decode(struct bytes body, struct arena *arena, struct draft *ret_draft,
		  struct problems *problems)
{
	json_t *tree = shape_read(body, &draft_shape, problems);

	if (!tree) {
		return false;
	}
	draft_from_tree(tree, arena, ret_draft);
	json_decref(tree);
	return true;
}

static bool patch_tree(json_t *tree, json_t *patch, struct arena *arena, struct draft *ret_draft,
		       struct problems *problems)
{
	size_t before = problems->count;

	shape_check(patch, &draft_shape, SHAPE_PATCH, problems);
	if (json_object_get(patch, "status")) {
		problems_add(problems, "/status", "cannot change");
	}
	if (problems->count > before) {
		return false;
	}
	draft_merge(tree, patch);
	return draft_read_tree(tree, arena, ret_draft, problems);
}

bool draft_patch(struct bytes stored, struct bytes patch, struct arena *arena,
		 struct draft *ret_draft, struct problems *problems)
{
	json_t *tree = draft_load(stored, problems);
	json_t *wanted = tree ? shape_parse(patch, problems) : NULL;
	bool is_done = wanted && problems_are_none(problems) &&
		       patch_tree(tree, wanted, arena, ret_draft, problems);

	json_decref(wanted);
	json_decref(tree);
	return is_done;
}

static void set_words(json_t *tree, const char *key, const struct words *words)
{
	if (words->count == 0) {
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < words->count; i++) {
		(void)json_array_append_new(list, json_string(words->items[i])); /* list is one */
	}
	(void)json_object_set_new(tree, key, list); /* both are valid */
}

static void set_text(json_t *tree, const char *key, const char *text)
{
	if (text) {
		(void)json_object_set_new(tree, key, json_string(text)); /* UTF-8 was checked */
	}
}

static void append_name(const char *name, void *arg)
{
	(void)json_array_append_new(arg, json_string(name)); /* arg is a list */
}

static void set_exclude(json_t *tree, const struct draft *draft)
{
	json_t *exclude = json_object();

	set_words(exclude, "partners", &draft->exclude_partners);
	set_words(exclude, "channels", &draft->exclude_channels);
	if (json_object_size(exclude) > 0) {
		(void)json_object_set(tree, "exclude", exclude); /* both are valid */
	}
	json_decref(exclude);
}

static void set_message(json_t *tree, const struct draft *draft)
{
	json_t *message = json_object();

	for (size_t i = 0; i < draft->text_count; i++) {
		set_text(message, draft->texts[i].language, draft->texts[i].text);
	}
	if (json_object_size(message) > 0) {
		(void)json_object_set(tree, "message", message); /* both are valid */
	}
	json_decref(message);
}

void draft_encode(const struct draft *draft, struct buf *out)
{
	json_t *tree = json_object();
	json_t *fields = json_array();
	char expires[CLOCK_TEXT_BYTES];

	set_words(tree, "areas", &draft->areas);
	set_text(tree, "contact", draft->contact);
	set_exclude(tree, draft);
	if (draft->expires_utc_ms) {
		clock_format_utc(draft->expires_utc_ms, draft->expires_utc_ms % 1000 != 0, expires);
		set_text(tree, "expires_at", expires);
	}
	release_names(draft->fields, append_name, fields);
	if (json_array_size(fields) > 0) {
		(void)json_object_set(tree, "fields", fields); /* both are valid */
	}
	set_message(tree, draft);
	set_text(tree, "policy", draft->policy);
	if (draft->status) {
		set_text(tree, "status", alert_status_name(draft->status));
	}
	set_text(tree, "tier", tier_name(draft->tier));
	shape_render(tree, out);
	json_decref(fields);
	json_decref(tree);
}
