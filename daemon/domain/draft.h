/*
 * A draft: what operators say an alert shall be. Its canonical JSON (sorted, compact) is what the
 * store seals with each version; every version's draft is complete in itself.
 *
 *	{"areas":["RS-06"],"contact":"police","exclude":{"channels":[],"partners":["x"]},
 *	 "expires_at":"2026-11-24T16:00:00+01:00","fields":["child.given","child.age"],
 *	 "message":{"sr-Latn":"..."},"policy":"restricted","status":"exercise","tier":"restricted"}
 *
 * Decoding knows nothing of the configuration; draft_check does. Both tell all errors with JSON
 * Pointers. Pure.
 */
#ifndef ASTRAD_DOMAIN_DRAFT_H
#define ASTRAD_DOMAIN_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "domain/directory.h"
#include "domain/problem.h"
#include "domain/states.h"

struct draft_text {
	const char *language; /* "sr-Latn" */
	const char *text;     /* as typed */
};

/* Memory is the arena's. Absent: NULL, 0, empty. */
struct draft {
	enum alert_status status; /* 0 = the case's */
	enum tier tier;
	struct words areas;     /* none = everywhere */
	const char *policy;     /* NULL = draft_fill chooses */
	int64_t expires_utc_ms; /* 0 = the policy's default, counted from approval */
	const char *contact;    /* NULL = draft_fill chooses */
	const struct draft_text *texts;
	size_t text_count;
	uint64_t fields; /* bits of domain/release.h */
	struct words exclude_partners;
	struct words exclude_channels;
};

/* POST /v1/cases/{id}/alerts, and the stored form. False with problems. */
bool draft_decode(struct bytes body, struct arena *arena, struct draft *ret_draft,
		  struct problems *problems) MUST_USE;
/* PATCH /v1/alerts/{id}/draft: merge patch (RFC 7396) on the stored form; status cannot change. */
bool draft_patch(struct bytes stored, struct bytes patch, struct arena *arena,
		 struct draft *ret_draft, struct problems *problems) MUST_USE;
/* Adds the canonical JSON. */
void draft_encode(const struct draft *draft, struct buf *out);

/* POST /v1/alerts/{id}/updates {kind, set, remove[], areas, tier, expires_at, reason}. */
struct draft_update {
	enum version_kind kind; /* VERSION_UPDATE or VERSION_CORRECTION */
	const char *reason;     /* required; stays with us */
	struct draft draft;     /* the approved draft with everything applied */
	/*
	 * `set` may hold draft members (message, contact, fields, exclude, policy) and case fields,
	 * as in a case patch ("child": {...}) or by release name ("child.clothing": "..."). Case
	 * fields are the operator's present truth: they go into the case, as PATCH /v1/cases would
	 * take them, before the version is rendered. Empty when there are none; else the body of a
	 * casefile_patch, reason included. The fields it names are in draft.fields already.
	 */
	struct bytes case_patch;
	struct bytes canonical; /* the whole request: what the store seals */
};
/* `stored` is the approved draft. */
bool draft_decode_update(struct bytes stored, struct bytes body, struct arena *arena,
			 struct draft_update *ret_update, struct problems *problems) MUST_USE;

/* Policy and contact an operator left out: the first policy for the tier; "hotline", else the first
 * contact. Stays NULL when there is none. */
void draft_fill(struct draft *draft, const struct directory *directory);
/*
 * What the configuration has to say: unknown area, policy, contact, language, partner, channel; a
 * tier the policy is not for, an internal tier, an internal field, an end in the past or past the
 * policy's bound, an actual alert outside production.
 */
void draft_check(const struct draft *draft, const struct directory *directory, int64_t now_utc_ms,
		 struct problems *problems);

/* Equal to `wide` or below it. */
bool area_is_within(const struct directory *directory, const char *area, const char *wide);
/* Equal, ancestor or descendant; a list without an item is everywhere. */
bool areas_meet(const struct directory *directory, const struct words *a, const struct words *b);
/* Every area of `areas` is equal to or below one of `wide`. */
bool areas_are_within(const struct directory *directory, const struct words *areas,
		      const struct words *wide);

/*
 * True when `draft` only takes away from `old`: fields removed, areas within the old ones, an
 * earlier end, more excluded, no new text, the same tier, policy and contact. Its author alone may
 * approve it, provided that no released value changed either (plan.narrows says both).
 */
bool draft_only_narrows(const struct draft *old, const struct draft *draft,
			const struct directory *directory);

/* The text in a language, or NULL. */
const char *draft_find_text(const struct draft *draft, const char *language);

#endif
