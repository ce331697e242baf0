/*
 * Who is at the other end of a socket. An IPv6 peer is counted by its /64: one household has that
 * many addresses. An IPv4 address that comes mapped into IPv6 is the IPv4 address. No state.
 */
#include "intake/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { KEY_IPV4 = 4, KEY_IPV6 = 6, KEY_UID = 1 }; /* first byte of a key */

static void set_ipv4(const uint8_t bytes[4], struct peer *peer)
{
	peer->key[0] = KEY_IPV4;
	memcpy(peer->key + 1, bytes, 4);
	(void)inet_ntop(AF_INET, bytes, peer->text, sizeof(peer->text));
}

void peer_of_address(const struct sockaddr *address, struct peer *ret_peer)
{
	struct peer peer = {0};

	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		set_ipv4((const uint8_t *)&in.sin_addr, &peer);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			set_ipv4(in6.sin6_addr.s6_addr + 12, &peer);
		} else {
			peer.key[0] = KEY_IPV6;
			memcpy(peer.key + 1, in6.sin6_addr.s6_addr, 8);
			(void)inet_ntop(AF_INET6, &in6.sin6_addr, peer.text, sizeof(peer.text));
		}
	}
	*ret_peer = peer;
}

void peer_of_uid(uid_t uid, struct peer *ret_peer)
{
	struct peer peer = {.is_unix = true, .uid = uid};

	peer.key[0] = KEY_UID;
	memcpy(peer.key + 1, &uid, sizeof(uid));
	(void)snprintf(peer.text, sizeof(peer.text), "uid=%u", (unsigned)uid);
	*ret_peer = peer;
}

bool peer_of_unix(int fd, struct peer *ret_peer, struct error *err)
{
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0) {
		return error_set(err, ERROR_INTERNAL, "SO_PEERCRED: %s", strerror(errno));
	}
	peer_of_uid(cred.uid, ret_peer);
	return true;
}
