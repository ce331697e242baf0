/*
 * For domain's own files (implementers' header): the built-in phrases around what an operator
 * types, one book a language. They are part of the digest: changing one makes previews stale.
 */
#ifndef ASTRAD_DOMAIN_PHRASE_H
#define ASTRAD_DOMAIN_PHRASE_H

#include "base/attr.h"
#include "domain/notice.h"
#include "domain/states.h"

struct phrase_book {
	const char *language;
	const char *marks[STATUS_TEST + 1]; /* by alert_status; NULL for an actual alert */
	const char *correction;
	const char *update;
	const char *title;
	const char *contact;   /* before the phone number */
	const char *questions; /* the same in an end */
	/* Before, between and after date (24.11.2026) and time; [0] begins the line. */
	const char *until[3];
	const char *end_title;
	const char *ends[END_ISSUED_IN_ERROR + 1];
	const char *notices[NOTICE_PING + 1];
	const char *waiting; /* before the number of minutes */
	const char *minutes; /* after it */
	const char *delayed;
};

/* The language's book; English for a language that has none. */
const struct phrase_book *phrase_find(const char *language) RETURNS_NONNULL;
/* A book of its own exists: settings warns of configured languages without one. */
bool phrase_exists(const char *language);

#endif
