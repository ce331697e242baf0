/*
 * Which addresses the daemon may connect to. A partner's URL is configuration, but the name in it
 * is answered by somebody's DNS at each attempt: without this check it can be pointed at our own
 * network. Everything that is not global unicast is refused, unless an operator listed its range
 * in security.private_ranges. Pure. RFC 6890 and the IANA special-purpose registries.
 */
#ifndef ASTRAD_CHANNEL_ADDRESS_H
#define ASTRAD_CHANNEL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct sockaddr;

/* IPv4 ranges are held in the v4-mapped form, so that one comparison serves both families. */
struct address_range {
	uint8_t prefix[16];
	unsigned bits;
};

struct address_rules {
	struct address_range *ranges; /* owned */
	size_t count;
};

/* "127.0.0.0/8 fd00::/8", parted by blanks or commas; a bare address is a range of one. NULL or ""
 * gives no range. */
bool address_rules_parse(const char *text, struct address_rules *ret_rules,
			 struct error *err) MUST_USE;
void address_rules_finish(struct address_rules *rules);

/*
 * NULL when a connection to the address may be made, else the kind that forbids it ("loopback",
 * "private", ...). Unspecified, multicast and broadcast addresses are refused whatever the rules
 * say; an IPv6 address that carries an IPv4 address inside (mapped, NAT64, 6to4) needs both to be
 * allowed. `rules` may be NULL.
 */
const char *address_refusal(const struct sockaddr *address, const struct address_rules *rules);

#endif
