/*
 * What others see of a case truth: the facts that rules ask for, the view of each role, the match
 * of a search. Nothing here changes a truth. Pure; trees are freed before return.
 */
#include "domain/casefile.h"

#include <jansson.h>
#include <string.h>

#include "domain/casefile_private.h"
#include "domain/release_private.h"
#include "domain/report_private.h"
#include "domain/shape.h"

#define ADULT_AGE 18
#define REDACTED  "[redacted]"

bool casefile_read_facts(struct bytes truth, int64_t now_utc_ms, struct casefile_facts *ret,
			 struct error *err)
{
	json_t *tree = casefile_load(truth, err);
	const json_t *fields = json_object_get(tree, "fields");
	struct report_ages ages;

	if (tree == NULL) {
		return false;
	}
	ages = report_ages_of(json_object_get(fields, "child"), now_utc_ms);
	*ret = (struct casefile_facts){
		.status = alert_status_parse(shape_text(fields, "status")),
		.category = report_category_parse(shape_text(fields, "category")),
		.age_low = ages.low,
		.age_high = ages.high,
		.missing = report_gaps(fields),
		.present = release_present_in(fields),
	};
	json_decref(tree);
	return true;
}

bool casefile_is_adult(const struct casefile_facts *facts)
{
	return facts->age_low >= ADULT_AGE;
}

bool casefile_may_be_adult(const struct casefile_facts *facts)
{
	return facts->age_low >= ADULT_AGE || facts->age_high >= ADULT_AGE;
}

/* Views ---------------------------------------------------------------------------------------- */

enum casefile_view casefile_view_of(enum role role)
{
	static const enum casefile_view views[] = {
		[ROLE_OPERATOR] = CASEFILE_FULL,    [ROLE_APPROVER] = CASEFILE_FULL,
		[ROLE_AUTHORITY] = CASEFILE_HIDDEN, [ROLE_AUDITOR] = CASEFILE_REDACTED,
		[ROLE_ADMIN] = CASEFILE_STATES,     [ROLE_PARTNER] = CASEFILE_HIDDEN,
	};

	return (size_t)role < ARRAY_LEN(views) ? views[role] : CASEFILE_HIDDEN;
}

static json_t *redacted(const json_t *value)
{
	json_t *copy;
	const char *key;
	json_t *member;

	if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach((json_t *)value, key, member)
		{
			(void)json_object_set_new(copy, key, redacted(member)); /* a valid key */
		}
		return copy;
	}
	if (json_is_array(value)) {
		copy = json_array();
		for (size_t i = 0; i < json_array_size(value); i++) {
			(void)json_array_append_new(copy, redacted(json_array_get(value, i)));
		}
		return copy;
	}
	return json_string(REDACTED);
}

/* Status and category are states: the store keeps them in clear too. */
static void copy_states(const json_t *fields, json_t *to)
{
	static const char *const states[] = {"status", "category"};

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		(void)json_object_set(to, states[i], json_object_get(fields, states[i]));
	}
}

static json_t *view_of(const json_t *tree, enum casefile_view view)
{
	const json_t *fields = json_object_get(tree, "fields");
	const json_t *reporters = json_object_get(tree, "reporters");
	json_t *shown;

	switch (view) {
	case CASEFILE_FULL:
		shown = json_copy((json_t *)fields);
		(void)json_object_set(shown, "reporters", (json_t *)reporters);
		(void)json_object_set(shown, "sources", json_object_get(tree, "sources"));
		return shown;
	case CASEFILE_REDACTED:
		shown = redacted(fields);
		copy_states(fields, shown);
		(void)json_object_set_new(shown, "reporters", redacted(reporters));
		(void)json_object_set(shown, "sources", json_object_get(tree, "sources"));
		return shown;
	case CASEFILE_STATES:
		shown = json_object();
		copy_states(fields, shown);
		return shown;
	case CASEFILE_HIDDEN:
		break;
	}
	return json_object();
}

bool casefile_render(struct bytes truth, enum casefile_view view, struct buf *out,
		     struct error *err)
{
	json_t *tree = casefile_load(truth, err);
	json_t *shown;

	if (tree == NULL) {
		return false;
	}
	shown = view_of(tree, view);
	shape_render(shown, out);
	json_decref(shown);
	json_decref(tree);
	return true;
}

/* Search --------------------------------------------------------------------------------------- */

static void add_words(struct buf *out, const json_t *object, const char *key)
{
	const char *text = shape_text(object, key);

	if (text != NULL) {
		buf_add_text(out, out->len == 0 ? "" : " ");
		buf_add_text(out, text);
	}
}

/* All names of the child are one text, so that words of a query may be in different scripts. */
static bool child_matches(const json_t *fields, const struct fold_query *query)
{
	const json_t *names = json_object_get(json_object_get(fields, "child"), "names");
	AUTO(buf) struct buf text = {0};

	for (size_t i = 0; i < json_array_size(names); i++) {
		add_words(&text, json_array_get(names, i), "given");
		add_words(&text, json_array_get(names, i), "family");
	}
	return fold_query_matches(query, (struct bytes){buf_text(&text), text.len});
}

static bool person_matches(const json_t *person, const char *name_key,
			   const struct fold_query *query)
{
	const char *name = shape_text(person, name_key);
	const char *phone = shape_text(person, "phone");

	return (name != NULL && fold_query_matches(query, (struct bytes){name, strlen(name)})) ||
	       (phone != NULL &&
		fold_query_matches_phone(query, (struct bytes){phone, strlen(phone)}));
}

static bool any_item_matches(const json_t *list, const struct fold_query *query)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (person_matches(json_array_get(list, i), "name", query)) {
			return true;
		}
	}
	return false;
}

static bool any_reporter_matches(const json_t *reporters, const struct fold_query *query)
{
	const char *key;
	json_t *reporter;

	json_object_foreach((json_t *)reporters, key, reporter)
	{
		if (person_matches(reporter, "name", query)) {
			return true;
		}
	}
	return false;
}

bool casefile_matches(struct bytes truth, const struct fold_query *query)
{
	json_t *tree = casefile_load(truth, NULL);
	const json_t *fields = json_object_get(tree, "fields");
	bool matches = tree != NULL &&
		       (child_matches(fields, query) ||
			any_reporter_matches(json_object_get(tree, "reporters"), query) ||
			any_item_matches(json_object_get(fields, "guardians"), query) ||
			any_item_matches(json_object_get(fields, "companions"), query) ||
			person_matches(json_object_get(fields, "police"), "officer", query));

	json_decref(tree);
	return matches;
}

bool casefile_title(struct bytes truth, struct buf *out, struct error *err)
{
	json_t *tree = casefile_load(truth, err);
	const json_t *child = json_object_get(json_object_get(tree, "fields"), "child");
	const json_t *name = json_array_get(json_object_get(child, "names"), 0);
	AUTO(buf) struct buf title = {0};

	if (tree == NULL) {
		return false;
	}
	add_words(&title, name, "given");
	add_words(&title, name, "family");
	buf_add(out, buf_text(&title), title.len);
	json_decref(tree);
	return true;
}
