/* The address classifier: one row an address, with and without an operator's ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/attr.h"
#include "channel/address.h"

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&out, &in, sizeof(in));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(&out, &in6, sizeof(in6));
	}
	return out;
}

static const char *refusal(const char *text, const struct address_rules *rules)
{
	struct sockaddr_storage address = address_of(text);

	return address_refusal((const struct sockaddr *)&address, rules);
}

static void expect(const char *text, const struct address_rules *rules, const char *kind)
{
	const char *said = refusal(text, rules);

	if (kind == NULL && said != NULL) {
		fail_msg("%s is refused as %s", text, said);
	}
	if (kind != NULL && (said == NULL || strcmp(said, kind) != 0)) {
		fail_msg("%s is %s, not %s", text, said != NULL ? said : "allowed", kind);
	}
}

static const struct {
	const char *address;
	const char *kind; /* NULL = allowed */
} rows[] = {
	{"8.8.8.8", NULL},
	{"1.0.0.0", NULL},
	{"9.255.255.255", NULL},
	{"11.0.0.0", NULL},
	{"100.63.255.255", NULL},
	{"100.128.0.0", NULL},
	{"126.255.255.255", NULL},
	{"128.0.0.0", NULL},
	{"169.253.255.255", NULL},
	{"172.15.255.255", NULL},
	{"172.32.0.0", NULL},
	{"192.167.255.255", NULL},
	{"192.169.0.0", NULL},
	{"198.17.255.255", NULL},
	{"198.20.0.0", NULL},
	{"223.255.255.255", NULL},
	{"0.0.0.0", "unspecified"},
	{"0.1.2.3", "unspecified"},
	{"10.0.0.0", "private"},
	{"10.255.255.255", "private"},
	{"100.64.0.0", "carrier-grade NAT"},
	{"100.127.255.255", "carrier-grade NAT"},
	{"127.0.0.1", "loopback"},
	{"127.255.255.255", "loopback"},
	{"169.254.169.254", "link-local"},
	{"172.16.0.1", "private"},
	{"172.31.255.255", "private"},
	{"192.0.0.8", "protocol assignment"},
	{"192.0.2.1", "documentation"},
	{"192.88.99.1", "6to4 relay"},
	{"192.168.1.1", "private"},
	{"198.19.255.255", "benchmarking"},
	{"198.51.100.7", "documentation"},
	{"203.0.113.7", "documentation"},
	{"224.0.0.1", "multicast"},
	{"239.255.255.255", "multicast"},
	{"240.0.0.1", "reserved"},
	{"255.255.255.255", "broadcast"},
	{"2606:4700::1111", NULL},
	{"2a00:1450::1", NULL},
	{"2003::1", NULL},
	{"::", "unspecified"},
	{"::1", "loopback"},
	{"::127.0.0.1", "IPv4-compatible"},
	{"::ffff:8.8.8.8", "IPv4-mapped"},
	{"::ffff:127.0.0.1", "IPv4-mapped"},
	{"64:ff9b::8.8.8.8", "NAT64"},
	{"64:ff9b:1::1", "local NAT64"},
	{"100::1", "discard"},
	{"2001::1", "Teredo"},
	{"2001:1::1", "protocol assignment"},
	{"2001:20::1", "protocol assignment"},
	{"2001:db8::1", "documentation"},
	{"2002:7f00:1::", "6to4"},
	{"3fff::1", "documentation"},
	{"4000::1", "not global unicast"},
	{"5f00::1", "not global unicast"},
	{"fc00::1", "unique local"},
	{"fdff::1", "unique local"},
	{"fe80::1", "link-local"},
	{"fec0::1", "site-local"},
	{"ff02::1", "multicast"},
};

static void names_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		expect(rows[i].address, NULL, rows[i].kind);
	}
}

static void listed_ranges_are_allowed_and_nothing_else(void **state)
{
	struct address_rules rules;
	(void)state;

	assert_true(address_rules_parse(" 127.0.0.0/8,10.1.0.0/17  fd12:3456::/32\n169.254.1.9",
					&rules, NULL));
	assert_int_equal(rules.count, 4);
	expect("127.0.0.1", &rules, NULL);
	expect("10.1.127.255", &rules, NULL);
	expect("10.1.128.0", &rules, "private");
	expect("10.0.255.255", &rules, "private");
	expect("fd12:3456::1", &rules, NULL);
	expect("fd12:3457::1", &rules, "unique local");
	expect("169.254.1.9", &rules, NULL);
	expect("169.254.1.8", &rules, "link-local");
	/* another road to 127.0.0.1 is not the listed one */
	expect("::1", &rules, "loopback");
	expect("::ffff:127.0.0.1", &rules, "IPv4-mapped");
	expect("64:ff9b::127.0.0.1", &rules, "NAT64");
	expect("2002:7f00:1::", &rules, "6to4");
	address_rules_finish(&rules);
}

static void what_never_is_a_partner_stays_refused(void **state)
{
	struct address_rules rules;
	(void)state;

	assert_true(address_rules_parse("0.0.0.0/0 ::/0", &rules, NULL));
	expect("10.0.0.1", &rules, NULL);
	expect("fe80::1", &rules, NULL);
	expect("0.0.0.0", &rules, "unspecified");
	expect("224.0.0.1", &rules, "multicast");
	expect("255.255.255.255", &rules, "broadcast");
	expect("::", &rules, "unspecified");
	expect("ff02::1", &rules, "multicast");
	expect("::ffff:10.0.0.1", &rules, "IPv4-mapped");
	address_rules_finish(&rules);
}

static void carried_address_must_be_allowed_too(void **state)
{
	struct address_rules rules;
	(void)state;

	assert_true(address_rules_parse("64:ff9b::/96 2002::/16 10.0.0.0/8", &rules, NULL));
	expect("64:ff9b::8.8.8.8", &rules, NULL);
	expect("64:ff9b::10.1.1.1", &rules, NULL);
	expect("64:ff9b::127.0.0.1", &rules, "loopback");
	expect("2002:0808:0808::", &rules, NULL);
	expect("2002:7f00:1::", &rules, "loopback");
	address_rules_finish(&rules);
}

static void refuses_what_is_no_range(void **state)
{
	static const char *const texts[] = {
		"localhost", "127.0.0.1/33", "127.0.0.1/",  "127.0.0/8",    "::1/129",
		"/8",        "10.0.0.0/-1",  "10.0.0.0/8x", "10.0.0.0/ 8",  "fe80::1%eth0",
		"1.2.3.4.5", "10.0.0.0/+8",  "::ffff/8/8",  "10.0.0.0/8 x",
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct address_rules rules;
		struct error err = {0};

		if (address_rules_parse(texts[i], &rules, &err)) {
			fail_msg("%s was taken", texts[i]);
		}
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

static void no_text_is_no_range(void **state)
{
	struct address_rules rules;
	(void)state;

	assert_true(address_rules_parse(NULL, &rules, NULL));
	assert_int_equal(rules.count, 0);
	assert_true(address_rules_parse("  ", &rules, NULL));
	assert_int_equal(rules.count, 0);
	expect("127.0.0.1", &rules, "loopback");
	address_rules_finish(&rules);
}

static void other_families_are_refused(void **state)
{
	const struct sockaddr_un local = {.sun_family = AF_UNIX};
	(void)state;

	assert_non_null(address_refusal((const struct sockaddr *)&local, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_every_kind),
		cmocka_unit_test(listed_ranges_are_allowed_and_nothing_else),
		cmocka_unit_test(what_never_is_a_partner_stays_refused),
		cmocka_unit_test(carried_address_must_be_allowed_too),
		cmocka_unit_test(refuses_what_is_no_range),
		cmocka_unit_test(no_text_is_no_range),
		cmocka_unit_test(other_families_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
