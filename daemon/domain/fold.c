/*
 * Folding for search. Names reach the hotline in two scripts, from keyboards with and without
 * diacritics, misheard on the phone; a search that misses a child because of a hook on a letter
 * is worse than one that finds too many. So folding only ever joins: đ, dj and d become one, marks
 * and case go, a word of the query may stand anywhere in a word of the text.
 *
 * A table instead of ICU: the letters of Europe's Latin and Cyrillic are a few hundred bytes that
 * never change, and search folds every open case for each query. Pure; any bytes are safe.
 */
#include "domain/fold.h"

#include <string.h>

#include "domain/fold_private.h"
#include "domain/text.h"

#define QUERY_DIGITS_MIN    3
#define COUNTRY_DIGITS_MAX  3  /* of a country's calling code */
#define NATIONAL_DIGITS_MIN 5  /* left after a calling code was taken away */
#define LONG_NUMBER_DIGITS  11 /* so long that it begins with a calling code */

/* Folding in progress: words go to out, parted by single blanks. */
struct folder {
	struct buf *out;
	bool has_words;
	bool is_within_word;
	char last; /* letter of this word */
};

static void add_bytes(struct folder *folder, const char *bytes, size_t len)
{
	if (!folder->is_within_word && folder->has_words) {
		buf_add(folder->out, " ", 1);
	}
	buf_add(folder->out, bytes, len);
	folder->has_words = true;
	folder->is_within_word = true;
}

/* One ASCII letter or digit; any j after a d is dropped, so that dj is the đ it may stand for. */
static void add_letter(struct folder *folder, char letter)
{
	if (letter == 'j' && folder->is_within_word && folder->last == 'd') {
		return;
	}
	add_bytes(folder, &letter, 1);
	folder->last = letter;
}

static void end_word(struct folder *folder)
{
	folder->is_within_word = false;
	folder->last = '\0';
}

static bool is_combining(uint32_t code)
{
	return (code >= 0x300 && code <= 0x36f) || code == 0xad || code == 0x200c || code == 0x200d;
}

/* Beyond ASCII and the table: what parts words. Letters of other scripts do not. */
static bool is_parting(uint32_t code)
{
	return code == TEXT_INVALID || code < 0xc0 || code == 0xd7 || code == 0xf7 ||
	       (code >= 0x2000 && code <= 0x2bff) || (code >= 0x3000 && code <= 0x303f) ||
	       (code >= 0xff00 && code <= 0xff20) || code == 0xfeff;
}

static void fold_code(struct folder *folder, uint32_t code, const char *bytes, size_t len)
{
	const char *letters;

	if (text_digit(code) >= 0) {
		add_letter(folder, (char)('0' + text_digit(code)));
	} else if (code < 0x80) {
		char lower = (char)(code | 0x20);

		if (lower >= 'a' && lower <= 'z') {
			add_letter(folder, lower);
		} else {
			end_word(folder);
		}
	} else if (is_combining(code)) {
		return;
	} else if ((letters = fold_letter(code)) != NULL) {
		for (; *letters != '\0'; letters++) {
			add_letter(folder, *letters);
		}
	} else if (is_parting(code)) {
		end_word(folder);
	} else {
		add_bytes(folder, bytes, len);
		folder->last = '\0';
	}
}

void fold_text(struct bytes text, struct buf *out)
{
	struct folder folder = {.out = out};

	for (size_t at = 0; at < text.len;) {
		size_t start = at;
		uint32_t code = text_next(text, &at);

		fold_code(&folder, code, text.data + start, at - start);
	}
}

/* A number without what is written before it: its digits, and whether it had + or 00. */
static void read_number(struct bytes text, char *out, size_t size, bool *ret_international)
{
	size_t len = 0;
	size_t skip;
	bool has_plus = false;

	for (size_t at = 0; at < text.len && len + 1 < size;) {
		uint32_t code = text_next(text, &at);

		if (text_digit(code) >= 0) {
			out[len++] = (char)('0' + text_digit(code));
		} else if (code == '+' && len == 0) {
			has_plus = true;
		}
	}
	out[len] = '\0';
	skip = !has_plus && len > 2 && out[0] == '0' && out[1] == '0' ? 2 : 0;
	*ret_international = has_plus || skip == 2;
	skip += !*ret_international && out[0] == '0' ? 1 : 0;
	memmove(out, out + skip, len - skip + 1);
}

static bool is_number(struct bytes text)
{
	size_t digits = 0;

	for (size_t at = 0; at < text.len;) {
		uint32_t code = text_next(text, &at);

		if (text_digit(code) >= 0) {
			digits++;
		} else if (code >= 0x80 ? !is_parting(code)
					: strchr("+-/.() \t", (int)code) == NULL) {
			return false;
		}
	}
	return digits >= QUERY_DIGITS_MIN;
}

void fold_query_init(struct fold_query *query, struct bytes text)
{
	AUTO(buf) struct buf folded = {.limit = FOLD_QUERY_BYTES + 1};

	*query = (struct fold_query){.is_international = false};
	fold_text(text, &folded);
	if (folded.len > FOLD_QUERY_BYTES) {
		folded.len = FOLD_QUERY_BYTES;
	}
	if (folded.len > 0) {
		memcpy(query->words, folded.data, folded.len);
	}
	if (is_number(text)) {
		read_number(text, query->digits, sizeof(query->digits), &query->is_international);
	}
}

bool fold_query_matches(const struct fold_query *query, struct bytes text)
{
	AUTO(buf) struct buf folded = {0};
	const char *word = query->words;
	char one[FOLD_QUERY_BYTES + 1];

	if (*word == '\0') {
		return false;
	}
	fold_text(text, &folded);
	while (*word != '\0') {
		size_t len = strcspn(word, " ");

		memcpy(one, word, len);
		one[len] = '\0';
		if (strstr(buf_text(&folded), one) == NULL) {
			return false;
		}
		word += len + (word[len] == ' ' ? 1 : 0);
	}
	return true;
}

/* The query carries a calling code, the number on file does not: 381 64 1... against 64 1... */
static bool matches_without_code(const char *digits, const char *number)
{
	size_t len = strlen(digits);

	for (size_t code = 1; code <= COUNTRY_DIGITS_MAX; code++) {
		if (len >= code + NATIONAL_DIGITS_MIN &&
		    strncmp(number, digits + code, len - code) == 0) {
			return true;
		}
	}
	return false;
}

bool fold_query_matches_phone(const struct fold_query *query, struct bytes text)
{
	char number[FOLD_QUERY_BYTES];
	bool is_international;

	if (query->digits[0] == '\0') {
		return false;
	}
	read_number(text, number, sizeof(number), &is_international);
	if (strstr(number, query->digits) != NULL) {
		return true;
	}
	return !is_international &&
	       (query->is_international || strlen(query->digits) >= LONG_NUMBER_DIGITS) &&
	       matches_without_code(query->digits, number);
}

bool fold_matches(const char *query, const char *text)
{
	struct bytes bytes = {text, strlen(text)};
	struct fold_query ready;

	fold_query_init(&ready, (struct bytes){query, strlen(query)});
	return fold_query_matches(&ready, bytes) || fold_query_matches_phone(&ready, bytes);
}
