/*
 * The short ref that is spoken on the phone, "26-0147-T": two digits of the year, a number of at
 * least four digits, a check letter. 23 letters (no I, O, Z) are a prime number of them, so one
 * wrong digit and two neighbouring digits exchanged are always noticed. Pure.
 */
#include "base/id.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char LETTERS[] = "ABCDEFGHJKLMNPQRSTUVWXY";

enum {
	YEAR_DIGITS = 2,
	NUMBER_DIGITS_MIN = 4,
	NUMBER_DIGITS_MAX = REF_TEXT_BYTES - 1 - YEAR_DIGITS - 3 /* two dashes and the letter */
};

/* Of the digits in text, read as one decimal; dashes are passed over. */
static char check_letter(const char *text, size_t len)
{
	size_t rest = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '-') {
			rest = (rest * 10 + (size_t)(text[i] - '0')) % (sizeof(LETTERS) - 1);
		}
	}
	return LETTERS[rest];
}

void ref_format(int year, int64_t number, char out[REF_TEXT_BYTES])
{
	int len;

	assert(year >= 0 && number >= 0 && number <= INT64_C(9999999999));
	len = snprintf(out, REF_TEXT_BYTES, "%02d-%04lld-", year % 100, (long long)number);
	assert(len > 0 && len + 1 < REF_TEXT_BYTES);
	out[len] = check_letter(out, (size_t)len);
	out[len + 1] = '\0';
}

static size_t count_digits(const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && text[count] >= '0' && text[count] <= '9') {
		count++;
	}
	return count;
}

bool ref_parse(const char *text, size_t len, char out[REF_TEXT_BYTES])
{
	const char *number = text + YEAR_DIGITS + 1;
	size_t digits;
	size_t head;
	char letter;

	if (len < YEAR_DIGITS + NUMBER_DIGITS_MIN + 3 || len >= REF_TEXT_BYTES ||
	    count_digits(text, len) != YEAR_DIGITS || text[YEAR_DIGITS] != '-') {
		return false;
	}
	digits = len - YEAR_DIGITS - 3;
	head = len - 1;
	if (digits > NUMBER_DIGITS_MAX || count_digits(number, digits + 1) != digits ||
	    text[head - 1] != '-') {
		return false;
	}
	/* one spelling a ref: zeros fill up to four digits only */
	if (digits > NUMBER_DIGITS_MIN && number[0] == '0') {
		return false;
	}
	letter = check_letter(text, head);
	if (text[head] != letter && text[head] != (char)(letter | 0x20)) {
		return false;
	}
	memcpy(out, text, head);
	out[head] = letter;
	out[len] = '\0';
	return true;
}
