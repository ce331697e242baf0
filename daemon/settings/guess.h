/* "did you mean": the word an admin most likely meant. Pure. */
#ifndef ASTRAD_SETTINGS_GUESS_H
#define ASTRAD_SETTINGS_GUESS_H

#include <stddef.h>

#include "base/alloc.h"

struct guess {
	const char *word; /* what was written */
	const char *best; /* the nearest candidate so far, NULL = none near enough */
	size_t distance;
};

void guess_start(struct guess *guess, const char *word);
/* The candidate must live as long as the guess is used. */
void guess_try(struct guess *guess, const char *candidate);
/* `did you mean "sms"?`, or NULL. */
const char *guess_hint(const struct guess *guess, struct arena *arena);

#endif
