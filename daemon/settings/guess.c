/*
 * The nearest of some words, by edit distance with swapped neighbours counted as one edit.
 *
 * Pure. A word further away than a third of its length (at least one edit) is no help but noise, so
 * it is not offered. Words above WORD_BYTES are not compared: names here are shorter.
 */
#include "settings/guess.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define WORD_BYTES 64

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Optimal string alignment; both words are at most WORD_BYTES long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_BYTES + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	for (size_t j = 0; j <= b_len; j++) {
		rows[0][j] = j;
	}
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(above[j] + 1, now[j - 1] + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
				now[j] = least(now[j], two_above[j - 2] + 1, now[j]);
			}
		}
	}
	return rows[a_len % 3][b_len];
}

void guess_start(struct guess *guess, const char *word)
{
	size_t len = strlen(word);
	*guess = (struct guess){.word = word};
	/* first distance that is too far */
	guess->distance = len <= WORD_BYTES ? (len < 6 ? 2 : len / 3 + 1) : 0;
}

/* "mup" for "mup-ns", "production" for "Production": as near as one edit. */
static bool is_variant(const char *word, const char *candidate)
{
	size_t len = strlen(word);
	bool is_start = len >= 3 && strncmp(word, candidate, len) == 0;
	return strcasecmp(word, candidate) == 0 ||
	       (is_start && strchr("-._", candidate[len]) != NULL);
}

void guess_try(struct guess *guess, const char *candidate)
{
	if (guess->distance == 0 || strlen(candidate) > WORD_BYTES) {
		return;
	}
	size_t far = is_variant(guess->word, candidate) ? 1 : distance(guess->word, candidate);
	if (far < guess->distance) {
		guess->distance = far;
		guess->best = candidate;
	}
}

const char *guess_hint(const struct guess *guess, struct arena *arena)
{
	return guess->best ? arena_printf(arena, "did you mean \"%s\"?", guess->best) : NULL;
}
