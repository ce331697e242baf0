/*
 * The case truth: what is known about one child at present, made from reports and an operator's
 * patches. It is JSON bytes that the store seals:
 *
 *	{"fields": {category, status, child, last_seen, circumstances, ...},    report fields
 *	 "reporters": {"<report id>": {name, phone, relation, anonymous}},
 *	 "sources": {"child.given": "<report id>", "child.hair": "person:vera"}}   by release field
 *
 * The first report makes it, further reports only fill gaps, a merge patch (RFC 7396) of an
 * operator changes it. Every function is pure: truth in, truth out. A truth that cannot be read is
 * ERROR_INTERNAL: it was ours.
 *
 * A case that is not actual carries a marked fictional name: every name gets the mark as its first
 * word ("VEŽBA", "TEST"; in Cyrillic "ВЕЖБА", "ТЕСТ") when the truth is made, filled or patched, so
 * every view, search and rendering shows it and none can forget it. The report as received stays
 * as it was.
 */
#ifndef ASTRAD_DOMAIN_CASEFILE_H
#define ASTRAD_DOMAIN_CASEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "domain/fold.h"
#include "domain/problem.h"
#include "domain/report.h"
#include "domain/states.h"

/* From the first report (report.canonical). */
bool casefile_create(const struct report *report, const struct id *report_id, struct buf *out,
		     struct error *err) MUST_USE;

/* Adds a further report: fills what is empty, overwrites nothing, keeps the reporter.
 * ret_changed: fields that changed (enum release_field bits). */
bool casefile_add_report(struct bytes truth, const struct report *report,
			 const struct id *report_id, struct buf *out, uint64_t *ret_changed,
			 struct error *err) MUST_USE;

struct casefile_patch {
	struct bytes body;  /* the request: a merge patch of the fields beside "reason" */
	const char *person; /* becomes the source of what it changes */
	int64_t now_utc_ms;
};
struct casefile_patched {
	uint64_t changed;              /* bits of enum release_field */
	const char *reason;            /* required; arena's */
	enum report_category category; /* after the patch */
};
/* False with problems (the body is wrong; err says ERROR_INVALID) or with err alone. `out` is
 * written only on success. status, source, case_id and reporter cannot be patched. */
bool casefile_patch(struct bytes truth, const struct casefile_patch *patch, struct arena *arena,
		    struct buf *out, struct casefile_patched *ret, struct problems *problems,
		    struct error *err) MUST_USE;

/* What rules and lint ask about a case. */
struct casefile_facts {
	enum alert_status status;
	enum report_category category;
	int age_low;      /* certainly not younger; 0 when unknown */
	int age_high;     /* certainly not older; -1 when unknown */
	uint32_t missing; /* enum report_gap */
	uint64_t present; /* bits of enum release_field */
};
bool casefile_read_facts(struct bytes truth, int64_t now_utc_ms, struct casefile_facts *ret,
			 struct error *err) MUST_USE;
/* 18 or over for certain: an alert is refused. */
bool casefile_is_adult(const struct casefile_facts *facts);
/* Could be 18 or over: an alert is warned of. */
bool casefile_may_be_adult(const struct casefile_facts *facts);

/* What a role sees of a case (one table, walked by a test). The authority's work is to come, a
 * partner sees alerts, never cases. */
enum casefile_view {
	CASEFILE_HIDDEN = 0, /* not even that it has fields */
	CASEFILE_STATES,     /* status and category */
	CASEFILE_REDACTED,   /* the structure, every value replaced by "[redacted]" */
	CASEFILE_FULL,
};
enum casefile_view casefile_view_of(enum role role);
/*
 * Adds the members a view shows, as a JSON object: the fields, "reporters" and "sources".
 * CASEFILE_HIDDEN adds {}. Reporters in a truth are this hotline's own: another hotline's reporter
 * never enters a truth.
 */
bool casefile_render(struct bytes truth, enum casefile_view view, struct buf *out,
		     struct error *err) MUST_USE;

/* True when every word of the query is found in the case's names, or its number in a phone of the
 * case (reporters, guardians, police). For store's search on a reader thread. */
bool casefile_matches(struct bytes truth, const struct fold_query *query);
/* The name a list of search results shows: "Đorđe Živković", "" when there is none. */
bool casefile_title(struct bytes truth, struct buf *out, struct error *err) MUST_USE;

#endif
