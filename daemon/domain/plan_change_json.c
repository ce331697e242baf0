/*
 * What a version changes: it remembers what it shows of each case, and is compared with what the
 * approved version before it showed.
 *
 *	shown = {"26-0146-S": {"fields": {released fields}}, ...}
 *
 * Owner: trees are this file's and freed before it returns. The comparison is by value, so a fact
 * that changed in the case without anybody touching the draft is told as well; where no memory of
 * the earlier version is left, the drafts are compared.
 */
#include "domain/plan_private.h"

#include <jansson.h>
#include <string.h>

#include "domain/release.h"
#include "domain/shape.h"

/* The case as the current version showed it, in the shape of a truth. */
static bool read_shown(const struct plan_work *work, const json_t *shown, struct bytes *told,
		       struct error *err)
{
	for (size_t i = 0; i < work->input->case_count; i++) {
		const char *ref = work->input->cases[i].ref;
		const json_t *one = json_object_get(shown, ref);
		AUTO(buf) struct buf text = {0};

		if (!one) {
			return error_set(err, ERROR_INTERNAL,
					 "what the current version showed of case %s is not kept",
					 ref);
		}
		shape_render(one, &text);
		told[i] = (struct bytes){arena_memdup(work->arena, text.data, text.len), text.len};
	}
	return true;
}

bool plan_read_told(struct plan_work *work, struct error *err)
{
	const struct plan_act *act = work->input->act;
	struct bytes *told = arena_array(work->arena, work->input->case_count + 1, sizeof(*told));

	work->told = told;
	if (!act) {
		for (size_t i = 0; i < work->input->case_count; i++) {
			told[i] = work->input->cases[i].truth;
		}
		return true;
	}
	json_t *shown = json_loadb(act->shown.data, act->shown.len, 0, NULL);
	bool is_done = read_shown(work, shown, told, err);
	json_decref(shown);
	return is_done;
}

static bool keep_shown(struct plan_work *work, struct error *err)
{
	AUTO(buf) struct buf out = {0};

	buf_add_text(&out, "{");
	for (size_t i = 0; i < work->input->case_count; i++) {
		const struct plan_case *one = &work->input->cases[i];

		buf_add_text(&out, i > 0 ? "," : "");
		buf_add_json_string(&out, one->ref);
		buf_add_text(&out, ":{\"fields\":");
		if (!release_project(work->told[i], work->draft.fields, &out, err)) {
			return error_prefix(err, "case %s", one->ref);
		}
		buf_add_text(&out, "}");
	}
	buf_add_text(&out, "}");
	work->plan->shown = (struct bytes){arena_memdup(work->arena, out.data, out.len), out.len};
	return true;
}

/* Fields whose shown values differ, and those of them that are not shown any more. */
struct difference {
	uint64_t differs;
	uint64_t gone;
	uint64_t added;
};

static bool compare_case(const json_t *before, const json_t *after, struct difference *difference,
			 struct error *err)
{
	AUTO(buf) struct buf old = {0};
	AUTO(buf) struct buf now = {0};
	uint64_t differs, had, has;

	if (before) {
		shape_render(before, &old);
	}
	if (after) {
		shape_render(after, &now);
	}
	struct bytes old_bytes = {buf_text(&old), old.len};
	struct bytes now_bytes = {buf_text(&now), now.len};
	if (!release_changed(old_bytes, now_bytes, &differs, err) ||
	    !release_present(old_bytes, &had, err) || !release_present(now_bytes, &has, err)) {
		return false;
	}
	difference->differs |= differs;
	difference->gone |= had & ~has;
	difference->added |= has & ~had;
	return true;
}

static bool compare_shown(const struct plan_work *work, const json_t *before, const json_t *after,
			  struct difference *difference, struct error *err)
{
	for (size_t i = 0; i < work->input->case_count; i++) {
		const char *ref = work->input->cases[i].ref;

		if (!compare_case(json_object_get(before, ref), json_object_get(after, ref),
				  difference, err)) {
			return error_prefix(err, "case %s", ref);
		}
	}
	return true;
}

static bool find_difference(const struct plan_work *work, struct difference *difference,
			    struct error *err)
{
	const struct bytes *old = &work->input->previous_shown;
	const struct bytes *now = &work->plan->shown;

	if (old->len == 0) {
		difference->gone = work->input->previous->fields & ~work->draft.fields;
		difference->added = work->draft.fields & ~work->input->previous->fields;
		difference->differs = difference->gone | difference->added;
		return true;
	}
	json_t *before = json_loadb(old->data, old->len, 0, NULL);
	json_t *after = json_loadb(now->data, now->len, 0, NULL);
	bool is_done = before && after && compare_shown(work, before, after, difference, err);
	if (!before || !after) {
		error_set(err, ERROR_INTERNAL, "what a version showed cannot be read");
	}
	json_decref(before);
	json_decref(after);
	return is_done;
}

static bool same_areas(const struct words *a, const struct words *b)
{
	bool is_same = a->count == b->count;

	for (size_t i = 0; i < a->count && is_same; i++) {
		is_same = words_contain(b, a->items[i]);
	}
	return is_same;
}

/* The files may have changed since the version that stands: whom it did not name is no narrowing.
 */
static bool is_newly_routed(const struct plan_work *work)
{
	const struct words *approved = &work->input->approved_channels;

	for (size_t i = 0; i < work->plan->channel_count; i++) {
		const struct plan_channel *planned = &work->plan->channels[i];

		if (!planned->excluded_because && approved->count > 0 &&
		    !words_contain(approved, planned->name)) {
			return true;
		}
	}
	return false;
}

bool plan_compare(struct plan_work *work, struct error *err)
{
	const struct plan_input *input = work->input;
	struct difference difference = {0};

	if (!keep_shown(work, err)) {
		return false;
	}
	if (!input->previous) {
		return true;
	}
	if (!find_difference(work, &difference, err)) {
		return false;
	}
	work->plan->changed = difference.differs & ~difference.gone;
	work->plan->retracted = difference.gone;
	if (input->kind == VERSION_CORRECTION) {
		/* What was wrong was shown before: a field that is only new retracts nothing. */
		work->plan->retracted |= difference.differs & ~difference.added;
	}
	struct draft previous = *input->previous;
	if (previous.expires_utc_ms == 0) {
		previous.expires_utc_ms = input->expires_utc_ms;
	}
	bool is_update = input->kind == VERSION_UPDATE || input->kind == VERSION_CORRECTION;
	work->plan->narrows = is_update && work->plan->changed == 0 && !is_newly_routed(work) &&
			      draft_only_narrows(&previous, &work->draft, input->directory);
	if (!same_areas(&previous.areas, &work->draft.areas)) {
		work->plan->changed |= RELEASE_BIT(RELEASE_AREA);
	}
	return true;
}
