/* Between the files of plan (implementers' header). */
#ifndef ASTRAD_DOMAIN_PLAN_PRIVATE_H
#define ASTRAD_DOMAIN_PLAN_PRIVATE_H

#include "domain/plan.h"

/* What the files of plan share while one is made. */
struct plan_work {
	const struct plan_input *input;
	struct draft draft; /* the input's, with the alert's end where it names none */
	const struct policy *policy;
	const struct bytes *told; /* by case: what is told is filtered from this */
	char alert[ID_TEXT_BYTES];
	struct arena *arena;
	struct plan *plan;
};

/* plan_lint.c: errors and warnings that need no JSON; calls plan_lint_texts. */
bool plan_lint(struct plan_work *work, struct error *err) MUST_USE;
/* plan_lint_json.c: phone numbers in released free text. */
bool plan_lint_texts(struct plan_work *work, struct error *err) MUST_USE;
/* A phone number that is none of the contacts' stands in the text. */
bool plan_has_stray_phone(const struct directory *directory, struct bytes text);

/* plan_change_json.c: told, before all else. An act tells what the current version showed. */
bool plan_read_told(struct plan_work *work, struct error *err) MUST_USE;
/* plan_change_json.c: shown, changed, retracted, narrows. */
bool plan_compare(struct plan_work *work, struct error *err) MUST_USE;

/* plan_channel.c */
void plan_collect_channels(struct plan_work *work);
const char *plan_medium_name(enum medium medium);
/* plan_variant.c: after the channels and the comparison. */
bool plan_render_variants(struct plan_work *work, struct error *err) MUST_USE;
/* plan_json.c: preview and digest. */
void plan_render_preview(struct plan_work *work);

#endif
