/* What text may hold, and what in it reads as a phone number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/text.h"

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void test_length_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(text_length(bytes_of("")), 0);
	assert_int_equal(text_length(bytes_of("Đorđe")), 5);
	assert_int_equal(text_length(bytes_of("Ђорђе")), 5);
	assert_int_equal(text_length(bytes_of("a\xff\xc4z")), 4);
	assert_int_equal(text_length(bytes_of("\xf0\x9f\x91\xa7")), 1);
}

static void test_utf8_is_judged(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} rows[] = {
		{"", true},
		{"šđčćž", true},
		{"\xc0\x80", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\xc4", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(text_is_utf8(bytes_of(rows[i].text)), rows[i].is_valid);
	}
}

static void test_control_characters_are_found(void **state)
{
	static const struct {
		const char *text;
		bool in_line, in_text;
	} rows[] = {
		{"plava jakna", false, false},
		{"two\nlines", true, false},
		{"a\ttab", true, false},
		{"bell\a", true, true},
		{"del\x7f", true, true},
		{"c1\xc2\x85", true, true},
		{"line\xe2\x80\xa8separator", true, true},
		{"override\xe2\x80\xae", true, true},
		{"isolate\xe2\x81\xa6", true, true},
		{"mark\xef\xbb\xbf", true, true},
		{"noncharacter\xef\xbf\xbf", true, true},
		{"not utf-8\xff", true, true},
		{"e\xcc\x81 combining", false, false},
		{"family \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa7", false, false},
	};
	size_t at = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(text_find_control(bytes_of(rows[i].text), false, &at),
				 rows[i].in_line);
		assert_int_equal(text_find_control(bytes_of(rows[i].text), true, &at),
				 rows[i].in_text);
	}
	assert_true(text_find_control(bytes_of("bell\a"), true, &at));
	assert_int_equal(at, 4);
}

static void test_blank_is_blank(void **state)
{
	(void)state;
	assert_true(text_is_blank(bytes_of("")));
	assert_true(text_is_blank(bytes_of(" \t\n\xc2\xa0\xe2\x80\x8b")));
	assert_false(text_is_blank(bytes_of(" x ")));
}

static void test_phone_numbers_are_found(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *digits; /* NULL: none */
	} rows[] = {
		{"zovite 064/123-4567 odmah", 7, "0641234567"},
		{"+381 64 123 45 67", 0, "00381641234567"},
		{"(021) 450-500", 0, "021450500"},
		{"tel:00381641234567.", 4, "00381641234567"},
		{"broj 641234567", 5, "641234567"},
		{"116000", 0, "116000"},
		{"zovite 192", 0, NULL},
		{"nestao 23.11.2026 u 16.10", 0, NULL},
		{"nestao 23. 11. 2026. oko 16h", 0, NULL},
		{"nestao 2026-11-23 16:10", 0, NULL},
		{"nestao 23.11.2026 064 123 456", 18, "064123456"},
		{"16 23.11.2026", 0, NULL},
		{"između 15.40-16.10", 0, NULL},
		{"06.12.34.56.78", 0, "0612345678"},
		{"visina 124-130 cm, 30 kg", 0, NULL},
		{"škola 2025/2026", 0, NULL},
		{"tablice NS123456", 0, NULL},
		{"tablice NS 123-AB", 0, NULL},
		{"٠٦٤١٢٣٤٥٦٧", 0, "0641234567"},
		{"1234567890123456", 0, NULL},
		{"064 123 4567 065 123 4567", 8, "45670651234567"},
		{"+", 0, NULL},
		{"", 0, NULL},
		{"\xff+381\xff", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct text_phone phone = {0};
		bool found = text_find_phone(bytes_of(rows[i].text), 0, &phone);

		if (found != (rows[i].digits != NULL)) {
			fail_msg("\"%s\": %s", rows[i].text,
				 found ? phone.digits : "nothing found");
		}
		if (found) {
			assert_string_equal(phone.digits, rows[i].digits);
			assert_int_equal(phone.offset, rows[i].offset);
		}
	}
}

static void test_the_search_goes_on_behind_a_number(void **state)
{
	const char *text = "116000 ili 064 123 456.";
	struct text_phone phone;

	(void)state;
	assert_true(text_find_phone(bytes_of(text), 0, &phone));
	assert_string_equal(phone.digits, "116000");
	assert_true(text_find_phone(bytes_of(text), phone.offset + phone.len, &phone));
	assert_string_equal(phone.digits, "064123456");
	assert_int_equal(phone.len, strlen("064 123 456"));
	assert_false(text_find_phone(bytes_of(text), phone.offset + phone.len, &phone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length_counts_characters),
		cmocka_unit_test(test_utf8_is_judged),
		cmocka_unit_test(test_control_characters_are_found),
		cmocka_unit_test(test_blank_is_blank),
		cmocka_unit_test(test_phone_numbers_are_found),
		cmocka_unit_test(test_the_search_goes_on_behind_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
