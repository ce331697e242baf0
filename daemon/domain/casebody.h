/* The small bodies of case actions. Texts are the arena's; a member that is absent is NULL or 0. */
#ifndef ASTRAD_DOMAIN_CASEBODY_H
#define ASTRAD_DOMAIN_CASEBODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "domain/problem.h"
#include "domain/states.h"

/* POST /notes {text, due_at} */
struct casebody_note {
	const char *text;
	int64_t due_utc_ms; /* 0 = none */
};
bool casebody_decode_note(struct bytes body, struct arena *arena, struct casebody_note *ret,
			  struct problems *problems) MUST_USE;

/* POST /assign {person}: null or absent takes the assignment back */
struct casebody_assign {
	const char *person;
};
bool casebody_decode_assign(struct bytes body, struct arena *arena, struct casebody_assign *ret,
			    struct problems *problems) MUST_USE;

/*
 * POST /close {outcome, verified_by {name, unit, how, at}, note}. Unverified (verified_by absent)
 * is not found: the alerts are suspended and a reminder is set, the case stays open.
 */
struct casebody_close {
	enum case_state outcome; /* CASE_FOUND .. CASE_HOAX */
	bool is_verified;
	int64_t verified_utc_ms; /* verified_by.at; 0 = not said */
	const char *note;
	struct bytes canonical; /* the whole validated body: what the store seals as close_sealed */
};
bool casebody_decode_close(struct bytes body, struct arena *arena, struct casebody_close *ret,
			   struct problems *problems) MUST_USE;
/* The end a verified close brings to the alerts of the case: found, returned, deceased: resolved;
 * hoax: issued_in_error; else withdrawn. */
enum end_reason casebody_end_of(enum case_state outcome);

/* POST /reopen {reason} */
struct casebody_reopen {
	const char *reason;
};
bool casebody_decode_reopen(struct bytes body, struct arena *arena, struct casebody_reopen *ret,
			    struct problems *problems) MUST_USE;

/* POST /v1/cases/search {query, statuses[]}: actual cases only unless told otherwise */
struct casebody_search {
	const char *query;
	unsigned statuses; /* STATUS_BIT */
};
bool casebody_decode_search(struct bytes body, struct arena *arena, struct casebody_search *ret,
			    struct problems *problems) MUST_USE;

#endif
