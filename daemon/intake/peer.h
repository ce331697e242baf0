/* The other end of a connection: an address, or the uid behind a Unix socket (SO_PEERCRED). */
#ifndef ASTRAD_INTAKE_PEER_H
#define ASTRAD_INTAKE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/error.h"

#define PEER_KEY_BYTES  16
#define PEER_TEXT_BYTES 64

struct peer {
	bool is_unix;
	uid_t uid;                   /* of a Unix peer */
	uint8_t key[PEER_KEY_BYTES]; /* what is counted: an IPv4 address, an IPv6 /64, a uid */
	char text[PEER_TEXT_BYTES];  /* for the log: "127.0.0.1", "uid=0" */
};

void peer_of_address(const struct sockaddr *address, struct peer *ret_peer);
bool peer_of_unix(int fd, struct peer *ret_peer, struct error *err) MUST_USE;
void peer_of_uid(uid_t uid, struct peer *ret_peer);

#endif
