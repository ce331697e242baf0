/*
 * Facts about text: control characters and phone numbers.
 *
 * A phone number in free text is how a private number leaks to a whole region, or how an alert
 * sends callers to the wrong desk, so the search rather finds too much: lint asks the operator. It
 * still has to leave dates alone, for every second message holds one: a date is skipped before a
 * number is tried. Pure functions, no memory, any thread.
 */
#include "domain/text.h"

#include <string.h>

#include "base/utf8.h"

#define PHONE_DIGITS_MIN 6
#define PHONE_DIGITS_MAX 15
#define PHONE_GAP_MAX    3 /* separators between two digits: " / ", ") " */

uint32_t text_next(struct bytes text, size_t *offset)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *bytes = (const unsigned char *)text.data + *offset;
	size_t step;
	uint32_t code;

	if (*offset >= text.len) {
		return 0;
	}
	step = utf8_step((const char *)bytes, text.len - *offset);
	if (step == 0) {
		(*offset)++;
		return TEXT_INVALID;
	}
	code = bytes[0] & masks[step];
	for (size_t i = 1; i < step; i++) {
		code = code << 6 | (bytes[i] & 0x3fu);
	}
	*offset += step;
	return code;
}

bool text_is_utf8(struct bytes text)
{
	return utf8_is_valid(text.data, text.len);
}

size_t text_length(struct bytes text)
{
	size_t count = 0;

	for (size_t at = 0; at < text.len; count++) {
		(void)text_next(text, &at); /* only the step matters */
	}
	return count;
}

static bool is_forbidden(uint32_t code, bool is_multiline)
{
	if (code == '\t' || code == '\n' || code == '\r') {
		return !is_multiline;
	}
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x2028 && code <= 0x202e) || /* separators, direction overrides */
	       (code >= 0x2066 && code <= 0x2069) || /* direction isolates */
	       (code >= 0xfdd0 && code <= 0xfdef) || /* noncharacters */
	       (code & 0xfffe) == 0xfffe || code == 0xfeff || code == TEXT_INVALID;
}

bool text_find_control(struct bytes text, bool is_multiline, size_t *ret_offset)
{
	for (size_t at = 0; at < text.len;) {
		size_t start = at;

		if (text.data[at] >= ' ' && text.data[at] <= '~') {
			at++; /* most of most texts */
			continue;
		}
		if (is_forbidden(text_next(text, &at), is_multiline)) {
			*ret_offset = start;
			return true;
		}
	}
	return false;
}

static bool is_blank(uint32_t code)
{
	return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0 || code == 0x3000 ||
	       (code >= 0x2000 && code <= 0x200b) || code == 0x202f;
}

bool text_is_blank(struct bytes text)
{
	for (size_t at = 0; at < text.len;) {
		if (!is_blank(text_next(text, &at))) {
			return false;
		}
	}
	return true;
}

int text_digit(uint32_t code)
{
	static const uint32_t zeros[] = {'0', 0x660, 0x6f0, 0xff10};

	for (size_t i = 0; i < ARRAY_LEN(zeros); i++) {
		if (code >= zeros[i] && code <= zeros[i] + 9) {
			return (int)(code - zeros[i]);
		}
	}
	return -1;
}

static bool is_separator(uint32_t code)
{
	return is_blank(code) || code == '-' || code == '/' || code == '.' || code == '(' ||
	       code == ')' || (code >= 0x2010 && code <= 0x2015);
}

static int digit_at(struct bytes text, size_t at)
{
	return at < text.len ? text_digit(text_next(text, &at)) : -1;
}

/* Reads up to `most` digits into *ret_value and returns how many stood there. */
static int read_digits(struct bytes text, size_t *at, int most, int *ret_value)
{
	int count = 0;

	*ret_value = 0;
	while (count < most && digit_at(text, *at) >= 0) {
		*ret_value = *ret_value * 10 + text_digit(text_next(text, at));
		count++;
	}
	return count;
}

/* One of the marks and at most one blank. */
static bool skip_mark(struct bytes text, size_t *at, const char *marks)
{
	if (*at >= text.len || text.data[*at] == '\0' || strchr(marks, text.data[*at]) == NULL) {
		return false;
	}
	(*at)++;
	if (*at < text.len && text.data[*at] == ' ') {
		(*at)++;
	}
	return true;
}

static bool is_year(int value, int digits)
{
	return digits == 4 && value >= 1900 && value <= 2099;
}

/* Ends of what is written with digits and is no phone number; 0 when it does not stand at `at`. */

/* A longer chain of numbers goes on here: 06.12.34.56.78 is neither a date nor a time. */
static bool goes_on(struct bytes text, size_t at)
{
	return at + 1 < text.len && (text.data[at] == '.' || text.data[at] == '/') &&
	       digit_at(text, at + 1) >= 0;
}

/* 23.11.2026, 23. 11. 2026, 23/11/26, 2026-11-23 */
static size_t date_end(struct bytes text, size_t at)
{
	int value[3];
	int digits[3];
	bool is_iso;
	int day;

	for (int i = 0; i < 3; i++) {
		if (i > 0 && !skip_mark(text, &at, ".-/")) {
			return 0;
		}
		digits[i] = read_digits(text, &at, 4, &value[i]);
	}
	is_iso = is_year(value[0], digits[0]);
	day = is_iso ? value[2] : value[0];
	if (digit_at(text, at) >= 0 || goes_on(text, at) || digits[1] < 1 || digits[1] > 2 ||
	    value[1] < 1 || value[1] > 12 || day < 1 || day > 31) {
		return 0;
	}
	if (is_iso) {
		return digits[2] <= 2 ? at : 0;
	}
	return digits[0] <= 2 && (digits[2] == 2 || is_year(value[2], digits[2])) ? at : 0;
}

/* 15.40 */
static size_t time_end(struct bytes text, size_t at)
{
	int hour, minute;
	int hour_digits = read_digits(text, &at, 2, &hour);

	if (hour_digits < 1 || hour > 24 || !skip_mark(text, &at, ".") ||
	    read_digits(text, &at, 2, &minute) != 2 || minute > 59 || digit_at(text, at) >= 0 ||
	    goes_on(text, at)) {
		return 0;
	}
	return at;
}

/* 2025/2026 */
static size_t years_end(struct bytes text, size_t at)
{
	int from, to, to_digits;
	int from_digits = read_digits(text, &at, 4, &from);

	if (!is_year(from, from_digits) || !skip_mark(text, &at, "-/")) {
		return 0;
	}
	to_digits = read_digits(text, &at, 4, &to);
	return is_year(to, to_digits) && digit_at(text, at) < 0 ? at : 0;
}

static size_t other_number_end(struct bytes text, size_t at)
{
	size_t end = date_end(text, at);

	if (end == 0) {
		end = time_end(text, at);
	}
	return end != 0 ? end : years_end(text, at);
}

/* A run of digits and separators, and what it is made of. */
struct run {
	struct text_phone phone;
	size_t digits;      /* without those of a leading + */
	size_t first_group; /* digits before the first separator */
};

static void add_digit(struct run *run, int digit, bool is_first_group, size_t end)
{
	size_t len = strlen(run->phone.digits);

	if (len + 1 < sizeof(run->phone.digits)) {
		run->phone.digits[len] = (char)('0' + digit);
	}
	run->digits++;
	run->first_group += is_first_group ? 1 : 0;
	run->phone.len = end - run->phone.offset;
}

/* `at` is a digit, a plus or an opening bracket. Ends before a date, a time or a second plus, and
 * at the digit too many, so that a text of nothing but digits costs no more than its length. */
static struct run read_run(struct bytes text, size_t at)
{
	struct run run = {.phone.offset = at};
	unsigned gap = 0;
	bool is_first_group = true;

	if (text.data[at] == '+') {
		run.phone.digits[0] = run.phone.digits[1] = '0';
		at++;
	}
	while (at < text.len && gap <= PHONE_GAP_MAX && run.digits <= PHONE_DIGITS_MAX) {
		bool is_group_start = gap > 0 && digit_at(text, at) >= 0;
		uint32_t code;

		if (is_group_start && other_number_end(text, at) != 0) {
			break;
		}
		code = text_next(text, &at);
		if (text_digit(code) >= 0) {
			is_first_group = is_first_group && (gap == 0 || run.digits == 0);
			add_digit(&run, text_digit(code), is_first_group, at);
			gap = 0;
		} else if (is_separator(code)) {
			gap++;
		} else {
			break;
		}
	}
	return run;
}

static bool is_phone(const struct run *run)
{
	if (run->digits < PHONE_DIGITS_MIN || run->digits > PHONE_DIGITS_MAX) {
		return false;
	}
	return run->phone.digits[0] == '0' || run->first_group >= PHONE_DIGITS_MIN ||
	       run->digits > PHONE_DIGITS_MIN;
}

/* Part of a word: a letter of any script, or a digit. */
static bool is_word(uint32_t code)
{
	return text_digit(code) >= 0 || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z') ||
	       (code >= 0xc0 && code < 0x2000);
}

bool text_find_phone(struct bytes text, size_t from, struct text_phone *ret_phone)
{
	bool is_within_word = false;

	for (size_t at = from; at < text.len;) {
		size_t start = at;
		uint32_t code = text_next(text, &at);
		size_t other;
		struct run run;

		if (is_within_word || (text_digit(code) < 0 && code != '+' && code != '(')) {
			is_within_word = is_word(code);
			continue;
		}
		other = other_number_end(text, start);
		if (other != 0) {
			at = other;
			continue;
		}
		run = read_run(text, start);
		if (is_phone(&run)) {
			*ret_phone = run.phone;
			return true;
		}
		is_within_word = is_word(code);
	}
	return false;
}
