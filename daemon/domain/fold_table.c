/*
 * What each letter folds to: blocks of Unicode in their own order, so a look-up is an index. Latin
 * by dropping marks (Unicode's decompositions) and spelling out ligatures; Cyrillic as Serbian
 * writes it in Latin without marks, other Slavic letters by the nearest. "?" keeps the letter as
 * it is, "" drops it. Const data.
 */
#include "domain/fold.h"

#include <string.h>

#include "domain/fold_private.h"

#define FOLD_MAX 3 /* two letters and the zero */

/* clang-format off */
static const char latin_1[][FOLD_MAX] = {
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "?", "o", "u", "u", "u", "u", "y", "th", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "?", "o", "u", "u", "u", "u", "y", "th", "y",
};

static const char latin_a[][FOLD_MAX] = {
	"a", "a", "a", "a", "a", "a", "c", "c", "c", "c", "c", "c", "c", "c", "d", "d",
	"d", "d", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "g", "g", "g", "g",
	"g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i", "i", "i", "i", "i",
	"i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l", "l", "l",
	"l", "l", "l", "n", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o",
	"o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",
	"s", "s", "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u",
	"u", "u", "u", "u", "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s",
};

static const char latin_b[][FOLD_MAX] = {
	"dz", "dz", "dz", "lj", "lj", "lj", "nj", "nj", "nj", "a", "a", "i", "i", "o", "o", "u",
	"u", "u", "u", "u", "u", "u", "u", "u", "u", "e", "a", "a", "a", "a", "ae", "ae",
	"?", "?", "g", "g", "k", "k", "o", "o", "o", "o", "?", "?", "j", "dz", "dz", "dz",
	"g", "g", "?", "?", "n", "n", "a", "a", "ae", "ae", "o", "o", "a", "a", "a", "a",
	"e", "e", "e", "e", "i", "i", "i", "i", "o", "o", "o", "o", "r", "r", "r", "r",
	"u", "u", "u", "u", "s", "s", "t", "t", "?", "?", "h", "h", "?", "?", "?", "?",
	"?", "?", "a", "a", "e", "e", "o", "o", "o", "o", "o", "o", "o", "o", "y", "y",
};

static const char cyrillic[][FOLD_MAX] = {
	"e", "e", "d", "d", "je", "dz", "i", "ji", "j", "lj", "nj", "c", "c", "i", "u", "dz",
	"a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "h", "c", "c", "s", "sc", "", "i", "", "e", "ju", "ja",
	"a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "h", "c", "c", "s", "sc", "", "i", "", "e", "ju", "ja",
	"e", "e", "d", "d", "je", "dz", "i", "ji", "j", "lj", "nj", "c", "c", "i", "u", "dz",
};

static const char ukrainian[][FOLD_MAX] = {
	"g", "g",
};

static const char latin_additional[][FOLD_MAX] = {
	"a", "a", "b", "b", "b", "b", "b", "b", "c", "c", "d", "d", "d", "d", "d", "d",
	"d", "d", "d", "d", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "f", "f",
	"g", "g", "h", "h", "h", "h", "h", "h", "h", "h", "h", "h", "i", "i", "i", "i",
	"k", "k", "k", "k", "k", "k", "l", "l", "l", "l", "l", "l", "l", "l", "m", "m",
	"m", "m", "m", "m", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o",
	"o", "o", "o", "o", "p", "p", "p", "p", "r", "r", "r", "r", "r", "r", "r", "r",
	"s", "s", "s", "s", "s", "s", "s", "s", "s", "s", "t", "t", "t", "t", "t", "t",
	"t", "t", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "v", "v", "v", "v",
	"w", "w", "w", "w", "w", "w", "w", "w", "w", "w", "x", "x", "x", "x", "y", "y",
	"z", "z", "z", "z", "z", "z", "h", "t", "w", "y", "?", "s", "?", "?", "ss", "?",
	"a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a",
	"a", "a", "a", "a", "a", "a", "a", "a", "e", "e", "e", "e", "e", "e", "e", "e",
	"e", "e", "e", "e", "e", "e", "e", "e", "i", "i", "i", "i", "o", "o", "o", "o",
	"o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o", "o",
	"o", "o", "o", "o", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u",
	"u", "u", "y", "y", "y", "y", "y", "y", "y", "y", "?", "?", "?", "?", "?", "?",
};
/* clang-format on */

static const struct {
	uint32_t first;
	uint32_t count;
	const char (*letters)[FOLD_MAX];
} blocks[] = {
	{0x00c0, ARRAY_LEN(latin_1), latin_1},
	{0x0100, ARRAY_LEN(latin_a), latin_a},
	{0x01c4, ARRAY_LEN(latin_b), latin_b},
	{0x0400, ARRAY_LEN(cyrillic), cyrillic},
	{0x0490, ARRAY_LEN(ukrainian), ukrainian},
	{0x1e00, ARRAY_LEN(latin_additional), latin_additional},
};

const char *fold_letter(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		if (code >= blocks[i].first && code - blocks[i].first < blocks[i].count) {
			const char *letter = blocks[i].letters[code - blocks[i].first];

			return strcmp(letter, "?") == 0 ? NULL : letter;
		}
	}
	return NULL;
}
