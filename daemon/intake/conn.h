/*
 * One connection. It is made for an accepted socket and ends by itself; nobody else frees it. The
 * transport is a bufferevent, which may as well be one of OpenSSL's.
 */
#ifndef ASTRAD_INTAKE_CONN_H
#define ASTRAD_INTAKE_CONN_H

#include <stdbool.h>

#include "base/attr.h"
#include "intake/answer.h"
#include "intake/fault.h"
#include "intake/peer.h"
#include "intake/places.h"

struct bufferevent;
struct conn;
struct intake;

/* Owns transport from here; place was taken and moves into the connection (zeroed: the connection
 * is only to be told with conn_refuse that there is no place). */
struct conn *conn_create(struct intake *intake, struct bufferevent *transport,
			 const struct peer *peer, const struct place *place) RETURNS_NONNULL;
/* Sends the answer of the request the connection works on; the caller frees the request. */
void conn_answer(struct conn *conn, struct answer *answer);
/* Answers with a fault of the connection itself and closes. */
void conn_refuse(struct conn *conn, const struct fault *fault);
const struct peer *conn_peer(const struct conn *conn) RETURNS_NONNULL;
/* Closes the guest that has waited longest for a request among those whose place helps `newcomer`,
 * who got `why`. It goes without a word: what it has sent so far is no request. False when there is
 * none. */
bool conn_evict_guest(struct intake *intake, enum places_result why,
		      const struct peer *newcomer) MUST_USE;
/* Graceful stop: closes what waits for a request, the others after their answer. */
void conn_drain_all(struct intake *intake);
/* Closes and frees every connection now; running requests are cut loose. */
void conn_close_all(struct intake *intake);

#endif
