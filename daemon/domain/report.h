/*
 * A report body: one table of fields (report_shape.c) says what POST /v1/reports accepts; decoding
 * collects all errors. Intake never refuses a frightened caller: only `circumstances` is required,
 * and null or blank members count as absent. CONTRACT section 2 "Report fields".
 */
#ifndef ASTRAD_DOMAIN_REPORT_H
#define ASTRAD_DOMAIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/id.h"
#include "domain/problem.h"
#include "domain/release.h"
#include "domain/states.h"

/* Stored: never renumber, only append. */
enum report_category {
	REPORT_RUNAWAY = 1,
	REPORT_PARENTAL_ABDUCTION,
	REPORT_CRIMINAL_ABDUCTION,
	REPORT_LOST,
	REPORT_MIGRANT,
	REPORT_OTHER,
	REPORT_UNKNOWN, /* the default */
	REPORT_HISTORIC /* never broadcast */
};

/* Stored. REPORT_CALL is the default. */
enum report_source { REPORT_CALL = 1, REPORT_CHAT, REPORT_MAIL, REPORT_WEB };

/* missing_for_alert[]: what an alert would need and the case does not have. Bits are stored in
 * idempotency records: never renumber. */
enum report_gap {
	REPORT_GAP_GIVEN = 1u << 0,
	REPORT_GAP_AGE = 1u << 1, /* a date of birth is none: it is never released */
	REPORT_GAP_SEX = 1u << 2,
	REPORT_GAP_HEIGHT = 1u << 3,
	REPORT_GAP_HAIR = 1u << 4,
	REPORT_GAP_EYES = 1u << 5,
	REPORT_GAP_CLOTHING = 1u << 6,
	REPORT_GAP_SEEN_FROM = 1u << 7,
	REPORT_GAP_SEEN_PLACE = 1u << 8, /* neither place nor position */
	REPORT_GAP_PLATE = 1u << 9,      /* a vehicle, but no plate */
	REPORT_GAP_PHOTO = 1u << 10,
};

/* What the store needs in clear, and what it seals. Memory is the arena's. */
struct report {
	enum alert_status status; /* STATUS_ACTUAL when the body names none */
	bool has_status;          /* the body names one: with a case it must equal the case's */
	enum report_category category;
	enum report_source source;
	struct id case_id;             /* evidence for this case; none = a new case */
	char case_ref[REF_TEXT_BYTES]; /* the same, said as a ref; "" = none */
	uint32_t missing;              /* enum report_gap, of this report alone */
	int64_t decoded_utc_ms;        /* `now` of report_decode */
	struct bytes canonical; /* the validated body: keys sorted, compact, absent members left
				   out, texts trimmed */
	/* report_decode_new of a report that names no case: the truth of its new case
	 * (domain/casefile.h), made in the same pass; canonical is empty then. */
	struct bytes truth;
};

/* True and a report, or false and problems (which may hold earlier entries of the caller's). now
 * is used to compare ages with dates of birth, for nothing else. `body` is borrowed. */
bool report_decode(struct bytes body, int64_t now_utc_ms, struct arena *arena,
		   struct report *ret_report, struct problems *problems) MUST_USE;

/* As report_decode, for POST /v1/reports: report_id will be the report's. Parsing once and writing
 * once is most of what a report costs. */
bool report_decode_new(struct bytes body, int64_t now_utc_ms, const struct id *report_id,
		       struct arena *arena, struct report *ret_report,
		       struct problems *problems) MUST_USE;

const char *report_category_name(enum report_category category) RETURNS_NONNULL;
enum report_category report_category_parse(const char *word); /* 0 = unknown word */
const char *report_source_name(enum report_source source) RETURNS_NONNULL;
enum report_source report_source_parse(const char *word);

/* The release field a gap is named by; a set of gaps as a set of fields (release_render_names). */
enum release_field report_gap_field(enum report_gap gap);
uint64_t report_gap_fields(uint32_t missing);

/* Any bytes in; asserts that a refusal has a reason and that a canonical body decodes to itself.
 * For the fuzzer. */
void report_fuzz(const uint8_t *bytes, size_t len);

#endif
