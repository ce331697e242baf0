/*
 * Drafts against the configuration: what is unknown or not allowed, and whether a change only takes
 * away. The JSON side is in draft_json.c.
 *
 * Owner: the caller's arena; nothing here keeps state. The checks run when a draft is made and
 * again in every plan, because a reload may have changed what they look at.
 */
#include "domain/draft.h"

#include <stdio.h>
#include <string.h>

#include "domain/release.h"

#define MINUTE_MS INT64_C(60000)

const char *draft_find_text(const struct draft *draft, const char *language)
{
	for (size_t i = 0; language && i < draft->text_count; i++) {
		if (strcmp(draft->texts[i].language, language) == 0) {
			return draft->texts[i].text;
		}
	}
	return NULL;
}

static const struct policy *policy_for(const struct directory *directory, enum tier tier)
{
	for (size_t i = 0; i < directory->policy_count; i++) {
		if (directory->policies[i].tiers & (1u << tier)) {
			return &directory->policies[i];
		}
	}
	return NULL;
}

void draft_fill(struct draft *draft, const struct directory *directory)
{
	if (!draft->policy) {
		const struct policy *policy = policy_for(directory, draft->tier);
		draft->policy = policy ? policy->id : NULL;
	}
	if (!draft->contact && directory->contact_count > 0) {
		const struct contact *hotline = directory_find_contact(directory, "hotline");
		draft->contact = hotline ? hotline->name : directory->contacts[0].name;
	}
}

static void complain(struct problems *problems, const char *list, size_t index, const char *detail)
{
	char pointer[PROBLEM_POINTER_BYTES];

	snprintf(pointer, sizeof(pointer), "%s/%zu", list, index);
	problems_add(problems, pointer, "%s", detail);
}

static void check_names(const struct draft *draft, const struct directory *directory,
			struct problems *problems)
{
	for (size_t i = 0; i < draft->areas.count; i++) {
		if (!directory_find_area(directory, draft->areas.items[i])) {
			complain(problems, "/areas", i, "is no configured area");
		}
	}
	for (size_t i = 0; i < draft->exclude_partners.count; i++) {
		if (!directory_find_partner(directory, draft->exclude_partners.items[i])) {
			complain(problems, "/exclude/partners", i, "is no configured partner");
		}
	}
	for (size_t i = 0; i < draft->exclude_channels.count; i++) {
		if (!directory_find_channel(directory, draft->exclude_channels.items[i])) {
			complain(problems, "/exclude/channels", i, "is no configured channel");
		}
	}
	if (draft->contact && !directory_find_contact(directory, draft->contact)) {
		problems_add(problems, "/contact", "is none of the configured contacts");
	}
}

static void check_languages(const struct draft *draft, const struct directory *directory,
			    struct problems *problems)
{
	for (size_t i = 0; i < draft->text_count; i++) {
		if (!words_contain(&directory->languages, draft->texts[i].language)) {
			char pointer[PROBLEM_POINTER_BYTES];
			snprintf(pointer, sizeof(pointer), "/message/%s", draft->texts[i].language);
			problems_add(problems, pointer,
				     "is none of the configured languages; nobody would get it");
		}
	}
}

static void check_policy(const struct draft *draft, const struct directory *directory,
			 int64_t now_utc_ms, struct problems *problems)
{
	const struct policy *policy = directory_find_policy(directory, draft->policy);

	if (!policy) {
		problems_add(problems, "/policy",
			     draft->policy ? "is no configured policy"
					   : "is required: no policy is for this tier");
		return;
	}
	if (!(policy->tiers & (1u << draft->tier))) {
		problems_add(problems, "/policy", "is not for tier %s", tier_name(draft->tier));
	}
	if (draft->expires_utc_ms && policy->expires_max_ms > 0 &&
	    draft->expires_utc_ms > now_utc_ms + policy->expires_max_ms + MINUTE_MS) {
		problems_add(problems, "/expires_at", "is later than the policy allows (%lld min)",
			     (long long)(policy->expires_max_ms / MINUTE_MS));
	}
}

void draft_check(const struct draft *draft, const struct directory *directory, int64_t now_utc_ms,
		 struct problems *problems)
{
	uint64_t internal = draft->fields & ~release_releasable();

	if (draft->status == STATUS_ACTUAL && directory->environment != ENVIRONMENT_PRODUCTION) {
		problems_add(problems, "/status",
			     "an actual alert exists in the production environment only");
	}
	if (draft->tier == TIER_INTERNAL) {
		problems_add(problems, "/tier", "an alert is never internal");
	}
	check_names(draft, directory, problems);
	check_languages(draft, directory, problems);
	check_policy(draft, directory, now_utc_ms, problems);
	if (draft->expires_utc_ms && draft->expires_utc_ms <= now_utc_ms) {
		problems_add(problems, "/expires_at", "has passed");
	}
	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		if (internal & RELEASE_BIT(field)) {
			problems_add(problems, "/fields", "%s never leaves the hotline",
				     release_name((enum release_field)field));
		}
	}
}

bool area_is_within(const struct directory *directory, const char *area, const char *wide)
{
	const struct area *at = directory_find_area(directory, area);

	if (strcmp(area, wide) == 0) {
		return true;
	}
	/* Bounded: settings refuses a circle, a test may build one. */
	for (size_t step = 0; at && step <= directory->area_count; step++) {
		if (strcmp(at->id, wide) == 0) {
			return true;
		}
		at = at->parent;
	}
	return false;
}

bool areas_meet(const struct directory *directory, const struct words *a, const struct words *b)
{
	if (a->count == 0 || b->count == 0) {
		return true;
	}
	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < b->count; j++) {
			if (area_is_within(directory, a->items[i], b->items[j]) ||
			    area_is_within(directory, b->items[j], a->items[i])) {
				return true;
			}
		}
	}
	return false;
}

static bool is_within_one(const struct directory *directory, const char *area,
			  const struct words *wide)
{
	for (size_t i = 0; i < wide->count; i++) {
		if (area_is_within(directory, area, wide->items[i])) {
			return true;
		}
	}
	return false;
}

bool areas_are_within(const struct directory *directory, const struct words *areas,
		      const struct words *wide)
{
	if (wide->count == 0) {
		return true;
	}
	for (size_t i = 0; i < areas->count; i++) {
		if (!is_within_one(directory, areas->items[i], wide)) {
			return false;
		}
	}
	return areas->count > 0;
}

static bool is_same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool contains_all(const struct words *words, const struct words *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (!words_contain(words, wanted->items[i])) {
			return false;
		}
	}
	return true;
}

/* 0 counts from approval: with nothing to compare it is no earlier end. */
static bool ends_no_later(const struct draft *old, const struct draft *draft)
{
	if (draft->expires_utc_ms == 0 || old->expires_utc_ms == 0) {
		return draft->expires_utc_ms == old->expires_utc_ms;
	}
	return draft->expires_utc_ms <= old->expires_utc_ms;
}

bool draft_only_narrows(const struct draft *old, const struct draft *draft,
			const struct directory *directory)
{
	if (draft->status != old->status || draft->tier != old->tier ||
	    !is_same(draft->policy, old->policy) || !is_same(draft->contact, old->contact)) {
		return false;
	}
	for (size_t i = 0; i < draft->text_count; i++) {
		if (!is_same(draft->texts[i].text,
			     draft_find_text(old, draft->texts[i].language))) {
			return false;
		}
	}
	return (draft->fields & ~old->fields) == 0 &&
	       areas_are_within(directory, &draft->areas, &old->areas) &&
	       ends_no_later(old, draft) &&
	       contains_all(&draft->exclude_partners, &old->exclude_partners) &&
	       contains_all(&draft->exclude_channels, &old->exclude_channels);
}
