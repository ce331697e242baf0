/*
 * Folding for search: text in Latin or Cyrillic, with or without diacritics, in any case, becomes
 * plain ASCII words, so that Ђорђе, Đorđe, Djordje and dorde are one. đ = dj = d; lj, nj and dž
 * are the same as one letter or two; everything that is not a letter or a digit parts words.
 * Scripts the table does not know keep their code points. Any bytes are safe: what is not UTF-8
 * parts words. Thread-safe.
 */
#ifndef ASTRAD_DOMAIN_FOLD_H
#define ASTRAD_DOMAIN_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

#define FOLD_QUERY_BYTES 256 /* a longer folded query is cut */

/* A query made ready for many texts. */
struct fold_query {
	char words[FOLD_QUERY_BYTES + 1];  /* folded, parted by single blanks */
	char digits[FOLD_QUERY_BYTES + 1]; /* when the query is a number (3 digits or more, no
					      letter): its digits without 00, + or trunk 0 */
	bool is_international;             /* it was written with + or 00 */
};

/* Adds the folded words, parted by single blanks. */
void fold_text(struct bytes text, struct buf *out);
void fold_query_init(struct fold_query *query, struct bytes text);
/* Each word of the query stands somewhere in the text. A query without words matches nothing. */
bool fold_query_matches(const struct fold_query *query, struct bytes text);
/* The query is a number and is (part of) the phone number `text`: +381 64 123 = 064/123. */
bool fold_query_matches_phone(const struct fold_query *query, struct bytes text);
/* Both at once, for a single text. */
bool fold_matches(const char *query, const char *text);

#endif
