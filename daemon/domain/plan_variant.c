/*
 * The bytes of a plan: one variant for each different (medium, fields, scope, languages), and with
 * it the four ends, so that a stop has nothing to render.
 *
 * Owner: the plan's arena. Variants are numbered in the order of the channels that need them, so
 * the same plan gives the same names.
 */
#include "domain/plan_private.h"

#include <stdio.h>
#include <string.h>

#include "domain/release.h"
#include "domain/route.h"

static bool same_words(const struct words *a, const struct words *b)
{
	if (a->count != b->count) {
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0) {
			return false;
		}
	}
	return true;
}

const char *plan_medium_name(enum medium medium)
{
	static const char *const names[] = {
		[MEDIUM_JSON] = "json", [MEDIUM_SMS] = "sms", [MEDIUM_EMAIL] = "email",
		[MEDIUM_TEXT] = "text", [MEDIUM_CAP] = "cap",
	};

	return names[medium];
}

static size_t find(const struct plan *plan, const struct plan_variant *wanted)
{
	for (size_t i = 0; i < plan->variant_count; i += PLAN_MESSAGES) {
		const struct plan_variant *variant = &plan->variants[i];

		if (variant->medium == wanted->medium && variant->release == wanted->release &&
		    variant->is_public == wanted->is_public &&
		    same_words(&variant->languages, &wanted->languages)) {
			return i;
		}
	}
	return SIZE_MAX;
}

static bool project_cases(const struct plan_work *work, const struct plan_variant *variant,
			  struct render_case *cases, struct error *err)
{
	for (size_t i = 0; i < work->input->case_count; i++) {
		AUTO(buf) struct buf out = {0};

		if (!release_project(work->told[i], variant->release, &out, err)) {
			return error_prefix(err, "case %s", work->input->cases[i].ref);
		}
		cases[i].ref = work->input->cases[i].ref;
		cases[i].released =
			(struct bytes){arena_memdup(work->arena, out.data, out.len), out.len};
	}
	return true;
}

static const struct render_text *texts_of(const struct plan_work *work,
					  const struct words *languages)
{
	struct render_text *texts = arena_array(work->arena, languages->count + 1, sizeof(*texts));

	for (size_t i = 0; i < languages->count; i++) {
		texts[i].language = languages->items[i];
		texts[i].typed = draft_find_text(&work->draft, languages->items[i]);
	}
	return texts;
}

static void keep_preview_body(const struct plan_work *work, struct plan_variant *variant)
{
	AUTO(buf) struct buf body = {0};
	const struct splice_values values = {
		.expires_utc_ms = work->draft.expires_utc_ms,
		.zone = work->input->directory->timezone,
		.is_preview = true,
	};

	render_splice(&variant->rendered, &values, &body);
	variant->body =
		(struct bytes){arena_memdup(work->arena, buf_text(&body), body.len), body.len};
}

/* The version and its four ends, from the base at `first`. */
static bool render_row(struct plan_work *work, size_t first, struct error *err)
{
	struct plan_variant *base = &work->plan->variants[first];
	struct render_case *cases =
		arena_array(work->arena, work->input->case_count + 1, sizeof(*cases));
	uint64_t class_fields =
		base->is_public ? release_allowed(TIER_NATIONAL) : release_allowed(TIER_RESTRICTED);
	struct render_alert alert = {
		.directory = work->input->directory,
		.alert = work->alert,
		.ref = work->input->ref,
		.version = work->input->version,
		.kind = work->input->kind,
		.status = work->draft.status,
		.tier = work->draft.tier,
		.is_public = base->is_public,
		.cases = cases,
		.case_count = work->input->case_count,
		.changed = work->plan->changed & class_fields,
		.retracted = work->plan->retracted & class_fields,
		.texts = texts_of(work, &base->languages),
		.text_count = base->languages.count,
		.contact = directory_find_contact(work->input->directory, work->draft.contact),
		.areas = work->draft.areas,
	};

	if (!project_cases(work, base, cases, err)) {
		return false;
	}
	for (int message = 0; message < PLAN_MESSAGES; message++) {
		struct plan_variant *variant = &work->plan->variants[first + (size_t)message];

		if (message > 0) {
			*variant = *base;
			variant->release = 0; /* an end tells nothing of the case */
			snprintf(variant->id, sizeof(variant->id), "%.20s.%.20s", base->id,
				 end_reason_name((enum end_reason)message));
		}
		variant->message = alert.message = (enum message)message;
		render_alert(&alert, variant->medium, work->arena, &variant->rendered);
		keep_preview_body(work, variant);
	}
	return true;
}

/* An act's variants stand beside those of the version it sends further: "v3-json-1". */
static void name_variant(const struct plan_work *work, struct plan_variant *variant)
{
	const char *medium = plan_medium_name(variant->medium);
	size_t number = work->plan->variant_count / PLAN_MESSAGES + 1;

	if (work->input->act) {
		snprintf(variant->id, sizeof(variant->id), "v%d-%s-%zu", work->input->act->version,
			 medium, number);
	} else {
		snprintf(variant->id, sizeof(variant->id), "%s-%zu", medium, number);
	}
}

bool plan_render_variants(struct plan_work *work, struct error *err)
{
	struct plan *plan = work->plan;

	plan->variants = arena_array(work->arena, (plan->channel_count + 1) * PLAN_MESSAGES,
				     sizeof(*plan->variants));
	for (size_t i = 0; i < plan->channel_count; i++) {
		struct plan_channel *planned = &plan->channels[i];
		struct plan_variant wanted = {
			.medium = planned->channel->medium,
			.release = route_release(planned->channel, &work->draft),
			.is_public = planned->channel->tier >= TIER_REGIONAL,
			.languages = route_languages(work->input->directory, planned->channel,
						     &work->draft, work->arena),
		};
		if (planned->excluded_because) {
			continue;
		}
		planned->variant = find(plan, &wanted);
		if (planned->variant != SIZE_MAX) {
			continue;
		}
		planned->variant = plan->variant_count;
		name_variant(work, &wanted);
		plan->variants[plan->variant_count] = wanted;
		plan->variant_count += PLAN_MESSAGES;
		if (!render_row(work, planned->variant, err)) {
			return false;
		}
	}
	return true;
}
