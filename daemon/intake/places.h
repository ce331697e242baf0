/*
 * How many connections there may be: in total, from one address, with one token. Of the total some
 * places are kept for the Unix socket, so that an admin always gets in, and some for connections
 * that showed a person's token, so that strangers and partners cannot shut operators out.
 *
 * A connection is a guest until it shows a person's token or is root on the Unix socket. When
 * guests have filled their places, the caller closes the guest that has waited longest for a
 * request and asks again: who sends his request at once gets in even while others hold a thousand
 * idle ones.
 */
#ifndef ASTRAD_INTAKE_PLACES_H
#define ASTRAD_INTAKE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "intake/auth.h"
#include "intake/intake.h"
#include "intake/peer.h"

struct places;

/* One connection's place; embedded in it, zeroed before the first call. */
struct place {
	bool is_taken;
	bool is_unix;
	bool is_operator;
	uint8_t address[PEER_KEY_BYTES];
	struct id token; /* the last one shown; none before */
};

enum places_result {
	PLACES_TAKEN,
	/* no place: make one free of the kind that is named, or refuse */
	PLACES_FULL,         /* any guest's */
	PLACES_TCP_FULL,     /* a TCP guest's: the others are the Unix socket's */
	PLACES_ADDRESS_FULL, /* a guest's of this address, which has its share */
};

struct places *places_create(const struct intake_config *config) RETURNS_NONNULL;
void places_destroy(struct places **places);
enum places_result places_take(struct places *places, struct place *place, const struct peer *peer);
/* The connection showed this caller. False: the token has its share of connections (503). */
bool places_show(struct places *places, struct place *place,
		 const struct principal *principal) MUST_USE;
void places_leave(struct places *places, struct place *place); /* fine when none was taken */
size_t places_taken(const struct places *places);

#endif
