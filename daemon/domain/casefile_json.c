/*
 * The case truth: made from the first report, filled by further ones, changed by an operator's
 * merge patch.
 *
 * Each field of the release table has one source, a report or a person; a field with a source is
 * never filled again, also when the operator took its value away. That one rule is "reports never
 * overwrite what an operator has set". Trees live within one call; the truth is bytes. Pure: a
 * store request may run it twice.
 */
#include "domain/casefile.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "domain/casefile_private.h"
#include "domain/person.h"
#include "domain/release_private.h"
#include "domain/report_private.h"
#include "domain/shape.h"

/* Members of a report that are no facts about the child. */
static const char *const report_only[] = {"source", "case_id", "reporter"};

json_t *casefile_load(struct bytes truth, struct error *err)
{
	json_t *tree = json_loadb(truth.data, truth.len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(json_object_get(tree, "fields")) ||
	    !json_is_object(json_object_get(tree, "reporters")) ||
	    !json_is_object(json_object_get(tree, "sources"))) {
		json_decref(tree);
		(void)error_set(err, ERROR_INTERNAL, "a case truth cannot be read");
		return NULL;
	}
	return tree;
}

/* The report's tree; `err` when the canonical bytes are none. */
static json_t *load_report(const struct report *report, struct error *err)
{
	json_t *tree = json_loadb(report->canonical.data, report->canonical.len, 0, NULL);

	if (!json_is_object(tree)) {
		json_decref(tree);
		(void)error_set(err, ERROR_INTERNAL, "a canonical report cannot be read");
		return NULL;
	}
	return tree;
}

struct naming {
	json_t *sources;
	const char *source;
};

static void set_source(const char *name, void *arg)
{
	struct naming *naming = arg;

	(void)json_object_set_new(naming->sources, name, json_string(naming->source));
}

static void set_sources(json_t *tree, uint64_t set, const char *source)
{
	struct naming naming = {json_object_get(tree, "sources"), source};

	release_names(set, set_source, &naming);
}

static uint64_t fields_with_source(const json_t *tree)
{
	const json_t *sources = json_object_get(tree, "sources");
	uint64_t set = 0;
	const char *name;
	json_t *ignored;

	json_object_foreach((json_t *)sources, name, ignored)
	{
		enum release_field field = release_parse(name);

		set |= field == RELEASE_NONE ? 0 : RELEASE_BIT(field);
	}
	return set;
}

/* Moves the report's reporter to the truth and drops what is no fact about the child. */
static void take_reporter(json_t *tree, json_t *report, const char *report_id)
{
	json_t *reporters = json_object_get(tree, "reporters");
	json_t *reporter = json_object_get(report, "reporter");

	if (reporter != NULL && json_object_size(reporters) < LIMIT_LIST_ITEMS) {
		(void)json_object_set(reporters, report_id, reporter);
	}
	for (size_t i = 0; i < ARRAY_LEN(report_only); i++) {
		(void)json_object_del(report, report_only[i]); /* may be absent */
	}
}

void casefile_begin(json_t *fields, const struct report *report, const struct id *report_id,
		    struct buf *out)
{
	char id_text[ID_TEXT_BYTES];
	json_t *tree;

	id_format(report_id, id_text);
	tree = json_pack("{s:o,s:{},s:{}}", "fields", fields, "reporters", "sources");
	take_reporter(tree, fields, id_text);
	set_sources(tree, release_present_in(fields), id_text);
	(void)json_object_set_new(fields, "status", json_string(alert_status_name(report->status)));
	(void)json_object_set_new(fields, "category",
				  json_string(report_category_name(report->category)));
	casefile_mark_names(fields);
	shape_render(tree, out);
	json_decref(tree);
}

bool casefile_create(const struct report *report, const struct id *report_id, struct buf *out,
		     struct error *err)
{
	json_t *fields;

	if (report->truth.len > 0) {
		buf_add(out, report->truth.data, report->truth.len);
		return true;
	}
	fields = load_report(report, err);
	if (fields == NULL) {
		return false;
	}
	casefile_begin(fields, report, report_id, out);
	return true;
}

/* Further reports ------------------------------------------------------------------------------ */

/* Sets what `to` lacks; never replaces. */
static void fill(json_t *to, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)from, key, value)
	{
		json_t *there = json_object_get(to, key);

		if (there == NULL) {
			(void)json_object_set_new(to, key, json_deep_copy(value));
		} else if (json_is_object(there) && json_is_object(value)) {
			fill(there, value);
		}
	}
}

/* Items of two reports cannot be matched with each other: a list is filled whole or not at all. */
static uint64_t fillable_in(const json_t *fields)
{
	static const struct {
		const char *list;
		enum release_field first, last;
	} lists[] = {
		{"vehicles", RELEASE_VEHICLE_MAKE, RELEASE_VEHICLE_COUNTRY},
		{"companions", RELEASE_COMPANION_DESCRIPTION, RELEASE_COMPANION_NAME},
	};
	uint64_t set = UINT64_MAX & ~RELEASE_BIT(RELEASE_STATUS);

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (int field = (int)lists[i].first;
		     field <= (int)lists[i].last && json_object_get(fields, lists[i].list) != NULL;
		     field++) {
			set &= ~RELEASE_BIT(field);
		}
	}
	return set;
}

/* A filled copy of the fields. */
static json_t *filled(const json_t *fields, const json_t *report, uint64_t wanted)
{
	json_t *copy = json_deep_copy(fields);
	json_t *news = release_filter(report, wanted & ~CASEFILE_NAME_FIELDS);

	if ((wanted & RELEASE_BIT(RELEASE_CATEGORY)) != 0 &&
	    json_object_get(news, "category") != NULL) {
		(void)json_object_del(copy, "category"); /* a default, for it has no source */
	}
	fill(copy, news);
	casefile_fill_names(copy, report, wanted);
	casefile_mark_names(copy);
	json_decref(news);
	return copy;
}

static bool obeys_rules(const json_t *fields, int64_t now_utc_ms)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct problems problems;

	problems_init(&problems, arena);
	report_check_rules(fields, now_utc_ms, &problems);
	return problems_are_none(&problems);
}

/* Fields of which one of two reports may contradict the other's. */
#define RULED_FIELDS                                                                               \
	(RELEASE_BIT(RELEASE_AGE) | RELEASE_BIT(RELEASE_BORN) | RELEASE_BIT(RELEASE_SEEN_FROM) |   \
	 RELEASE_BIT(RELEASE_SEEN_TO) | RELEASE_BIT(RELEASE_SEEN_POSITION))

bool casefile_add_report(struct bytes truth, const struct report *report,
			 const struct id *report_id, struct buf *out, uint64_t *ret_changed,
			 struct error *err)
{
	json_t *tree = casefile_load(truth, err);
	json_t *evidence = tree == NULL ? NULL : load_report(report, err);
	char id_text[ID_TEXT_BYTES];
	json_t *before;
	json_t *after;
	uint64_t wanted;

	if (evidence == NULL) {
		json_decref(tree);
		return false;
	}
	id_format(report_id, id_text);
	take_reporter(tree, evidence, id_text);
	before = json_object_get(tree, "fields");
	wanted = fillable_in(before) & ~fields_with_source(tree);
	after = filled(before, evidence, wanted);
	if (!obeys_rules(after, report->decoded_utc_ms)) {
		json_decref(after);
		after = filled(before, evidence, wanted & ~RULED_FIELDS);
	}
	*ret_changed = release_changed_between(before, after);
	set_sources(tree, *ret_changed, id_text);
	(void)json_object_set_new(tree, "fields", after);
	shape_render(tree, out);
	json_decref(evidence);
	json_decref(tree);
	return true;
}

/* Patches -------------------------------------------------------------------------------------- */

static const struct shape reason_rows[] = {
	{.key = "reason", .kind = SHAPE_TEXT, .is_required = true},
	{.key = NULL},
};
static const struct shape reason_shape = {.kind = SHAPE_OBJECT, .members = reason_rows};

/* Takes "reason" out of the body; NULL with a problem when there is none. */
static const char *take_reason(json_t *body, struct arena *arena, struct problems *problems)
{
	json_t *alone = json_object();
	json_t *reason = json_object_get(body, "reason");
	const char *text;

	if (reason != NULL) {
		(void)json_object_set(alone, "reason", reason);
		(void)json_object_del(body, "reason");
	}
	shape_check(alone, &reason_shape, SHAPE_WHOLE, problems);
	text = arena_strdup(arena, shape_text(alone, "reason"));
	json_decref(alone);
	return text;
}

static void refuse_fixed(json_t *body, struct problems *problems)
{
	static const struct {
		const char *key;
		const char *why;
	} fixed[] = {
		{"status", "cannot be changed: whether a case is real is decided when it is made"},
		{"source", "belongs to a report, which is never changed"},
		{"case_id", "belongs to a report, which is never changed"},
		{"reporter", "belongs to a report, which is never changed: send a further report"},
	};

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		struct shape_pointer pointer = {.len = 0};

		if (json_object_get(body, fixed[i].key) != NULL) {
			(void)shape_pointer_enter(&pointer, fixed[i].key);
			problems_add(problems, pointer.text, "%s", fixed[i].why);
			(void)json_object_del(body, fixed[i].key);
		}
	}
}

/* RFC 7396, section 2. The depth is the table's, for the patch was checked against it. */
static void merge(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)patch, key, value)
	{
		json_t *there = json_object_get(target, key);

		if (json_is_null(value)) {
			(void)json_object_del(target, key); /* may be absent */
		} else if (!json_is_object(value)) {
			(void)json_object_set(target, key, value);
		} else {
			if (!json_is_object(there)) {
				there = json_object();
				(void)json_object_set_new(target, key, there);
			}
			merge(there, value);
		}
	}
}

/* The checked patch body; NULL with problems. */
static json_t *read_patch(const struct casefile_patch *patch, struct arena *arena,
			  const char **ret_reason, struct problems *problems)
{
	json_t *body = shape_parse(patch->body, problems);

	if (body == NULL) {
		return NULL;
	}
	if (json_is_object(body)) {
		*ret_reason = take_reason(body, arena, problems);
		refuse_fixed(body, problems);
	}
	shape_check(body, &report_shape, SHAPE_PATCH, problems);
	if (!problems_are_none(problems)) {
		json_decref(body);
		return NULL;
	}
	return body;
}

/* The fields with the patch applied, checked as a whole; NULL with problems. */
static json_t *patched_fields(const json_t *fields, const json_t *patch, int64_t now_utc_ms,
			      struct problems *problems)
{
	json_t *after = json_deep_copy(fields);

	merge(after, patch);
	if (json_object_get(after, "category") == NULL) {
		(void)json_object_set_new(after, "category",
					  json_string(report_category_name(REPORT_UNKNOWN)));
	}
	shape_check(after, &report_shape, SHAPE_WHOLE, problems);
	report_check_rules(after, now_utc_ms, problems);
	casefile_mark_names(after);
	if (!problems_are_none(problems)) {
		json_decref(after);
		return NULL;
	}
	return after;
}

/* Replaces the fields, notes the person as source of what changed. */
static uint64_t settle(json_t *tree, json_t *after, const char *person)
{
	uint64_t changed = release_changed_between(json_object_get(tree, "fields"), after);
	char source[sizeof("person:") + 2 * PERSON_ID_MAX];

	(void)snprintf(source, sizeof(source), "person:%s", person); /* ids are shorter */
	set_sources(tree, changed, source);
	(void)json_object_set_new(tree, "fields", after);
	return changed;
}

bool casefile_patch(struct bytes truth, const struct casefile_patch *patch, struct arena *arena,
		    struct buf *out, struct casefile_patched *ret, struct problems *problems,
		    struct error *err)
{
	const char *reason = NULL;
	json_t *body = read_patch(patch, arena, &reason, problems);
	json_t *tree = body == NULL ? NULL : casefile_load(truth, err);
	json_t *after = NULL;

	if (tree != NULL) {
		after = patched_fields(json_object_get(tree, "fields"), body, patch->now_utc_ms,
				       problems);
	}
	json_decref(body);
	if (after == NULL) {
		json_decref(tree);
		return problems_are_none(problems) ? false : problems_error(problems, err);
	}
	ret->reason = reason;
	ret->changed = settle(tree, after, patch->person);
	ret->category = report_category_parse(shape_text(after, "category"));
	shape_render(tree, out);
	json_decref(tree);
	return true;
}
