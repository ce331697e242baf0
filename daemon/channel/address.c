/*
 * The address classifier behind the SSRF check. Pure, no state: the same answer for the first use
 * of a connection and for every reuse.
 *
 * One table for both families. IPv4 is looked up in its v4-mapped form, in the rows that were
 * written as IPv4; a real v4-mapped IPv6 address is told apart by its family before and refused as
 * such, because no honest name server gives one. What no row names is allowed for IPv4 and, for
 * IPv6, only inside 2000::/3, the one block that is global unicast.
 */
#include "channel/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"

#define MAPPED_BITS 96

struct special {
	struct address_range range;
	const char *kind; /* NULL = allowed */
	bool is_never;    /* no rule allows it */
	int inner_at;     /* offset of an IPv4 address inside; 0 = none */
};

/* IPV6: the leading bytes; the others are zero. */
#define IPV4(a, b, c, d, bits)                                                                     \
	{                                                                                          \
		{[10] = 0xff, 0xff, a, b, c, d}, MAPPED_BITS + (bits)                              \
	}
#define IPV6(bits, ...)                                                                            \
	{                                                                                          \
		{__VA_ARGS__}, bits                                                                \
	}

static const struct special ipv4_table[] = {
	{IPV4(0, 0, 0, 0, 8), "unspecified", true, 0},
	{IPV4(10, 0, 0, 0, 8), "private", false, 0},
	{IPV4(100, 64, 0, 0, 10), "carrier-grade NAT", false, 0},
	{IPV4(127, 0, 0, 0, 8), "loopback", false, 0},
	{IPV4(169, 254, 0, 0, 16), "link-local", false, 0},
	{IPV4(172, 16, 0, 0, 12), "private", false, 0},
	{IPV4(192, 0, 0, 0, 24), "protocol assignment", false, 0},
	{IPV4(192, 0, 2, 0, 24), "documentation", false, 0},
	{IPV4(192, 88, 99, 0, 24), "6to4 relay", false, 0},
	{IPV4(192, 168, 0, 0, 16), "private", false, 0},
	{IPV4(198, 18, 0, 0, 15), "benchmarking", false, 0},
	{IPV4(198, 51, 100, 0, 24), "documentation", false, 0},
	{IPV4(203, 0, 113, 0, 24), "documentation", false, 0},
	{IPV4(224, 0, 0, 0, 4), "multicast", true, 0},
	{IPV4(255, 255, 255, 255, 32), "broadcast", true, 0},
	{IPV4(240, 0, 0, 0, 4), "reserved", false, 0},
};

/* The first row that matches counts. */
static const struct special ipv6_table[] = {
	{IPV6(128, 0), "unspecified", true, 0},
	{IPV6(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01), "loopback", false, 0},
	{IPV6(96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), "IPv4-mapped", false, 12},
	{IPV6(96, 0), "IPv4-compatible", true, 0},
	{IPV6(96, 0, 0x64, 0xff, 0x9b), "NAT64", false, 12},
	{IPV6(48, 0, 0x64, 0xff, 0x9b, 0, 0x01), "local NAT64", false, 0},
	{IPV6(64, 0x01), "discard", true, 0},
	{IPV6(32, 0x20, 0x01), "Teredo", false, 0},
	{IPV6(23, 0x20, 0x01), "protocol assignment", false, 0},
	{IPV6(32, 0x20, 0x01, 0x0d, 0xb8), "documentation", false, 0},
	{IPV6(16, 0x20, 0x02), "6to4", false, 2},
	{IPV6(20, 0x3f, 0xff), "documentation", false, 0},
	{IPV6(3, 0x20), NULL, false, 0},
	{IPV6(7, 0xfc), "unique local", false, 0},
	{IPV6(10, 0xfe, 0x80), "link-local", false, 0},
	{IPV6(10, 0xfe, 0xc0), "site-local", false, 0},
	{IPV6(8, 0xff), "multicast", true, 0},
	{IPV6(0, 0), "not global unicast", false, 0},
};

static bool range_parse(const char *text, struct address_range *ret)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (len == 0 || len >= sizeof(address)) {
		return false;
	}
	memcpy(address, text, len);
	address[len] = '\0';

	struct address_range range = {.prefix = {[10] = 0xff, [11] = 0xff}};
	bool is_ipv4 = inet_pton(AF_INET, address, range.prefix + 12) == 1;
	if (!is_ipv4 && inet_pton(AF_INET6, address, range.prefix) != 1) {
		return false;
	}
	unsigned base = is_ipv4 ? MAPPED_BITS : 0;
	range.bits = 128;
	if (slash != NULL) {
		char *end = NULL;
		unsigned long bits = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > 128 - base) {
			return false;
		}
		range.bits = base + (unsigned)bits;
	}
	*ret = range;
	return true;
}

static bool range_contains(const struct address_range *range, const uint8_t address[16])
{
	unsigned whole = range->bits / 8;
	unsigned rest = range->bits % 8;
	if (memcmp(range->prefix, address, whole) != 0) {
		return false;
	}
	uint8_t mask = (uint8_t)(0xff00u >> rest);
	return rest == 0 || ((range->prefix[whole] ^ address[whole]) & mask) == 0;
}

bool address_rules_parse(const char *text, struct address_rules *ret_rules, struct error *err)
{
	struct address_rules rules = {0};
	AUTO(free) char *copy = xstrdup(text != NULL ? text : "");
	char *rest = copy;
	for (char *word; (word = strsep(&rest, " \t\n,")) != NULL;) {
		if (*word == '\0') {
			continue;
		}
		rules.ranges =
			xrealloc(rules.ranges, rules.count + 1, sizeof(struct address_range));
		if (!range_parse(word, &rules.ranges[rules.count])) {
			address_rules_finish(&rules);
			return error_set(
				err, ERROR_INVALID,
				"%.60s is no address range (write 10.1.0.0/16 or fd00::/8)", word);
		}
		rules.count++;
	}
	*ret_rules = rules;
	return true;
}

void address_rules_finish(struct address_rules *rules)
{
	free(rules->ranges);
	*rules = (struct address_rules){0};
}

static bool is_listed(const struct address_rules *rules, const uint8_t address[16])
{
	for (size_t i = 0; rules != NULL && i < rules->count; i++) {
		if (range_contains(&rules->ranges[i], address)) {
			return true;
		}
	}
	return false;
}

static const struct special *table_find(const struct special *table, size_t count,
					const uint8_t address[16])
{
	for (size_t i = 0; i < count; i++) {
		if (range_contains(&table[i].range, address)) {
			return &table[i];
		}
	}
	return NULL;
}

static const char *ipv4_refusal(const uint8_t ipv4[4], const struct address_rules *rules)
{
	uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
	memcpy(mapped + 12, ipv4, 4);
	const struct special *row = table_find(ipv4_table, ARRAY_LEN(ipv4_table), mapped);
	if (row == NULL || (!row->is_never && is_listed(rules, mapped))) {
		return NULL;
	}
	return row->kind;
}

static const char *ipv6_refusal(const uint8_t ipv6[16], const struct address_rules *rules)
{
	const struct special *row = table_find(ipv6_table, ARRAY_LEN(ipv6_table), ipv6);
	if (row == NULL || row->kind == NULL) {
		return NULL;
	}
	/* A listed IPv4 range is held in the mapped form and must not allow mapped addresses. */
	bool is_mapped = row->inner_at == 12 && ipv6[10] == 0xff;
	if (row->is_never || is_mapped || !is_listed(rules, ipv6)) {
		return row->kind;
	}
	return row->inner_at > 0 ? ipv4_refusal(ipv6 + row->inner_at, rules) : NULL;
}

const char *address_refusal(const struct sockaddr *address, const struct address_rules *rules)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		return ipv4_refusal((const uint8_t *)&in.sin_addr, rules);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		return ipv6_refusal(in6.sin6_addr.s6_addr, rules);
	}
	return "neither IPv4 nor IPv6";
}
