/*
 * Lint: what would make an alert wrong, harmful or useless, told before anybody approves it.
 *
 * Owner: the plan's two problem lists. Errors refuse submit and approve; warnings are for eyes.
 * Past alerts went out with the wrong phone number, without text, for adults and for the wrong
 * place: each rule here is one of them.
 */
#include "domain/plan_private.h"

#include <stdio.h>
#include <string.h>

#include "domain/casefile.h"
#include "domain/phrase.h"
#include "domain/release.h"
#include "domain/text.h"

#define TEXT_CHARACTERS_MAX 1000 /* more is read by nobody in a street */
#define TEXT_CHARACTERS_MIN 20

bool plan_has_stray_phone(const struct directory *directory, struct bytes text)
{
	struct text_phone found;

	for (size_t from = 0; text_find_phone(text, from, &found);
	     from = found.offset + found.len) {
		bool is_ours = false;

		for (size_t i = 0; i < directory->contact_count && !is_ours; i++) {
			const char *phone = directory->contacts[i].phone;
			struct text_phone own;

			is_ours = text_find_phone((struct bytes){phone, strlen(phone)}, 0, &own) &&
				  strcmp(own.digits, found.digits) == 0;
		}
		if (!is_ours) {
			return true;
		}
	}
	return false;
}

static void lint_message(struct plan_work *work)
{
	const struct directory *directory = work->input->directory;
	struct problems *warnings = &work->plan->warnings;

	for (size_t i = 0; i < work->draft.text_count; i++) {
		const struct draft_text *one = &work->draft.texts[i];
		struct bytes text = {one->text, strlen(one->text)};
		size_t length = text_length(text);
		char pointer[PROBLEM_POINTER_BYTES];

		snprintf(pointer, sizeof(pointer), "/message/%s", one->language);
		if (plan_has_stray_phone(directory, text)) {
			problems_add(&work->plan->errors, pointer,
				     "holds a phone number that is none of the contacts'");
		}
		if (length > TEXT_CHARACTERS_MAX) {
			problems_add(warnings, pointer, "is longer than %d characters",
				     TEXT_CHARACTERS_MAX);
		}
		if (length < TEXT_CHARACTERS_MIN) {
			problems_add(warnings, pointer, "says hardly anything");
		}
	}
	if (work->draft.text_count == 0) {
		problems_add(warnings, "/message", "is empty: only the built-in phrases are sent");
	} else if (directory->languages.count > 0 &&
		   !draft_find_text(&work->draft, directory->languages.items[0])) {
		problems_add(warnings, "/message", "has no text in the first language, %s",
			     directory->languages.items[0]);
	}
}

static void lint_holds(struct plan_work *work, const struct plan_case *one)
{
	uint64_t held = one->held_fields & work->draft.fields;

	for (int field = 1; field < RELEASE_FIELD_COUNT; field++) {
		if (held & RELEASE_BIT(field)) {
			problems_add(&work->plan->errors, "/fields", "%s of case %s is held back",
				     release_name((enum release_field)field), one->ref);
		}
	}
}

static bool lint_case(struct plan_work *work, const struct plan_case *one, struct error *err)
{
	struct problems *errors = &work->plan->errors;
	struct casefile_facts facts;

	if (!casefile_read_facts(one->truth, work->input->now_utc_ms, &facts, err)) {
		return error_prefix(err, "case %s", one->ref);
	}
	if (one->status != work->draft.status) {
		problems_add(errors, "/status", "is not that of case %s", one->ref);
	}
	if (case_state_is_ended(one->state)) {
		problems_add(errors, "", "case %s is over", one->ref);
	}
	if (one->is_unverified) {
		problems_add(&work->plan->warnings, "",
			     "case %s was closed without verification: nothing is approved until "
			     "that is verified or the case reopened",
			     one->ref);
	}
	if (facts.category == REPORT_HISTORIC) {
		problems_add(errors, "", "case %s is historic: it is never broadcast", one->ref);
	}
	if (casefile_is_adult(&facts)) {
		problems_add(errors, "", "case %s is about somebody of 18 or over", one->ref);
	} else if (casefile_may_be_adult(&facts)) {
		problems_add(&work->plan->warnings, "", "case %s may be about somebody of 18",
			     one->ref);
	}
	if ((facts.present & work->draft.fields) == 0) {
		problems_add(&work->plan->warnings, "/fields",
			     "tells nothing of case %s: none of them has a value", one->ref);
	}
	lint_holds(work, one);
	return true;
}

static bool is_reached(const struct plan *plan, int rung)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct plan_channel *planned = &plan->channels[i];

		if (planned->rung == rung && planned->use == PLAN_RUNG &&
		    (!planned->excluded_because || planned->is_approved)) {
			return true;
		}
	}
	return false;
}

static void lint_ladder(struct plan_work *work)
{
	const struct ladder_def *ladder = &work->policy->alert;

	for (size_t i = 0; i < ladder->rung_count; i++) {
		if (!is_reached(work->plan, (int)i)) {
			problems_add(&work->plan->warnings, "/policy",
				     "rung %s reaches nobody with this alert",
				     ladder->rungs[i].name);
		}
	}
}

static void lint_channels(struct plan_work *work)
{
	bool is_sent = false;

	for (size_t i = 0; i < work->plan->channel_count; i++) {
		const struct plan_channel *planned = &work->plan->channels[i];

		is_sent |= planned->is_approved && planned->use == PLAN_RUNG;
		if (planned->excluded_because) {
			continue;
		}
		is_sent |= planned->use == PLAN_RUNG;
		if (planned->recipients == 0) {
			problems_add(&work->plan->warnings, "", "channel %s has no recipient",
				     planned->channel->name);
		}
	}
	if (!is_sent) {
		problems_add(&work->plan->errors, "", "no channel of any rung would get it");
	}
	if (work->input->act && !work->plan->widens) {
		problems_add(&work->plan->warnings, "", "nobody gets it newly");
	}
}

bool plan_lint(struct plan_work *work, struct error *err)
{
	const struct plan_input *input = work->input;

	draft_check(&work->draft, input->directory, input->now_utc_ms, &work->plan->errors);
	lint_message(work);
	for (size_t i = 0; i < input->case_count; i++) {
		if (!lint_case(work, &input->cases[i], err)) {
			return false;
		}
	}
	if (work->draft.areas.count == 0) {
		problems_add(&work->plan->warnings, "/areas",
			     "is missing: the alert is for "
			     "everywhere");
	}
	if (work->draft.fields == 0) {
		problems_add(&work->plan->warnings, "/fields", "is empty: no field is released");
	}
	if (input->has_open_duplicate) {
		problems_add(&work->plan->warnings, "", "another alert of this case is open");
	}
	if (work->policy && !(input->act && input->act->channel)) {
		lint_ladder(work);
	}
	lint_channels(work);
	return plan_lint_texts(work, err);
}
