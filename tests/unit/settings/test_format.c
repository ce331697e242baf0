#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/attr.h"
#include "settings/format.h"

struct form_case {
	const struct format *format;
	const char *text;
	bool fits;
};

static const struct form_case forms[] = {
	{&format_name, "mup-ns", true},
	{&format_name, "a.b_c-9", true},
	{&format_name, "", false},
	{&format_name, "-a", false},
	{&format_name, "Mup", false},
	{&format_name, "a b", false},
	{&format_name, "a/b", false},
	{&format_name, "0123456789012345678901234567890123456789012345678", false},
	{&format_recipient, "shift-lead", true},
	{&format_recipient, "u/7@x", true},
	{&format_recipient, "two words", false},
	{&format_country, "NO", true},
	{&format_country, "no", false},
	{&format_country, "SRB", false},
	{&format_language, "sr-Latn", true},
	{&format_language, "en", true},
	{&format_language, "sr_Latn", false},
	{&format_language, "sr-", false},
	{&format_language, "english-long", false},
	{&format_zone, "Europe/Belgrade", true},
	{&format_zone, "Europe/Atlantis", false},
	{&format_zone, "../../etc/passwd", false},
	{&format_address, "127.0.0.1", true},
	{&format_address, "::1", true},
	{&format_address, "localhost", false},
	{&format_address, "127.0.0.1:80", false},
	{&format_network, "10.1.0.0/16", true},
	{&format_network, "fd00::/8", true},
	{&format_network, "0.0.0.0/0", true},
	{&format_network, "10.1.0.1/16", false},
	{&format_network, "10.1.0.0", false},
	{&format_network, "10.1.0.0/33", false},
	{&format_network, "10.1.0.0/-1", false},
	{&format_network, "10.1.0.0/16x", false},
	{&format_url, "https://a.example/x?y=1", true},
	{&format_url, "HTTP://127.0.0.1:8", true},
	{&format_url, "ftp://a.example", false},
	{&format_url, "https://", false},
	{&format_url, "https:///path", false},
	{&format_url, "https://a b", false},
	{&format_url, "https://a/#part", false},
	{&format_url, "https://a.example:443", true},
	{&format_url, "https://[fd00::1]:443/x", true},
	{&format_url, "https://a.example:0/", false},
	{&format_url, "https://a.example:65536/", false},
	{&format_url, "https://a.example:/", false},
	{&format_url, "https://a.example:x/", false},
	{&format_url, "https://:443/", false},
	{&format_url, "https://[fd00::1/", false},
	{&format_url, "https://[fd00::1]x/", false},
	{&format_base_url, "https://a.example/x/", true},
	{&format_base_url, "https://a.example/?x=1", false},
	{&format_variable, "ASTRAD_KEY_1", true},
	{&format_variable, "1A", false},
	{&format_variable, "A=B", false},
	{&format_phone, "+381 21 000-000", true},
	{&format_phone, "116000", true},
	{&format_phone, "call me", false},
	{&format_phone, "+", false},
	{&format_sender, "astra.rs", true},
	{&format_sender, "a b", false},
};

static void forms_are_as_strict_as_their_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (forms[i].format->fits(forms[i].text) != forms[i].fits) {
			fail_msg("%s: %s", forms[i].format->what, forms[i].text);
		}
	}
}

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = {
		{"0s", 0},          {"30s", 30000},      {"10m", 600000},   {"24h", 86400000},
		{"1h30m", 5400000}, {"500ms", 500},      {"2d", 172800000}, {"1m500ms", 60500},
		{"", -1},           {"10", -1},          {"m", -1},         {"10x", -1},
		{"-5s", -1},        {"5s5s", -1},        {"5s1m", -1},      {"1.5h", -1},
		{" 5s", -1},        {"9999999999d", -1}, {"5S", -1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ms = -1;
		if (format_duration(cases[i].text, &ms) != (cases[i].ms >= 0) ||
		    ms != cases[i].ms) {
			fail_msg("%s is %lld", cases[i].text, (long long)ms);
		}
	}
}

static void durations_are_written_as_they_are_read(void **state)
{
	static const int64_t cases[] = {0, 1, 999, 1000, 90000, 5400000, 86400000, 90061001};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[FORMAT_DURATION_BYTES];
		int64_t back = -1;
		format_duration_text(cases[i], text);
		assert_true(format_duration(text, &back));
		assert_int_equal(back, cases[i]);
	}
}

static void numbers_and_flags(void **state)
{
	int64_t number = 0;
	bool flag = false;
	(void)state;
	assert_true(format_int("-42", &number));
	assert_int_equal(number, -42);
	assert_false(format_int("0x10", &number));
	assert_false(format_int("1 ", &number));
	assert_false(format_int("", &number));
	assert_false(format_int("9999999999999999999", &number));
	assert_true(format_bool("Yes", &flag) && flag);
	assert_true(format_bool("off", &flag) && !flag);
	assert_false(format_bool("1", &flag));
}

static void addresses(void **state)
{
	(void)state;
	assert_true(format_is_loopback("127.0.0.1"));
	assert_true(format_is_loopback("127.8.9.1"));
	assert_true(format_is_loopback("0:0:0:0:0:0:0:1"));
	assert_false(format_is_loopback("0.0.0.0"));
	assert_false(format_is_loopback("::"));
	assert_false(format_is_loopback("::ffff:127.0.0.1"));
	assert_false(format_is_clear("https://a.example/"));
	assert_false(format_is_clear("http://127.0.0.1:9001/x"));
	assert_false(format_is_clear("HTTP://LOCALHOST"));
	assert_false(format_is_clear("http://[::1]:9001/"));
	assert_true(format_is_clear("http://a.example/"));
	assert_true(format_is_clear("http://10.1.2.3:80/"));
	assert_true(format_is_clear("http://127.0.0.1.a.example/"));
	assert_true(format_is_clear("http://localhost.a.example/"));
	assert_true(format_is_clear("http://[fd00::1]/"));
	assert_true(format_has_userinfo("https://user:word@host/"));
	assert_false(format_has_userinfo("https://host/@here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_as_strict_as_their_use),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(durations_are_written_as_they_are_read),
		cmocka_unit_test(numbers_and_flags),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
