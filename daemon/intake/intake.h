/*
 * The way in: listeners, connections, routes, authentication and answers in problem+json (RFC
 * 9457). The connection layer (listener, conn, head, wire, places) knows no resource; a resource
 * file holds handlers, which routes.c names in the one route table.
 *
 * Everything runs in the loop's thread. Order at the end: intake_drain, wait for intake_is_idle or
 * a deadline, store_close (which answers every waiting call), then intake_destroy.
 */
#ifndef ASTRAD_INTAKE_INTAKE_H
#define ASTRAD_INTAKE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/health.h"
#include "base/loop.h"
#include "base/secret.h"
#include "intake/auth.h"

struct intake;
struct route;
/* What the resource files work with (casework, store, settings): the connection layer only carries
 * the pointer. */
struct intake_services;

struct intake_address {
	const char *address; /* numeric: "127.0.0.1", "::1" */
	uint16_t port;       /* 0 = any free one, see intake_port */
};

/* Times in milliseconds; every one of them is absolute from the event it names, never from the last
 * byte, so that dripping a byte a second gains nothing. */
struct intake_config {
	const struct intake_address *listen;
	size_t listen_count;
	const char *control_path; /* the Unix socket, or NULL */

	int64_t head_ms; /* first byte of a request (or accept) to the end of its head: 408 */
	int64_t body_ms; /* end of the head to the end of the body: 408 */
	int64_t idle_ms; /* kept alive without a byte: closed silently */
	int64_t write_stall_ms; /* an answer of which the peer takes nothing between two looks:
				   reset */
	int64_t write_ms;       /* a whole answer: reset */
	int64_t linger_ms;      /* after a refusal: time to read it before the connection goes */

	size_t connections_max;    /* all of them */
	size_t per_address_max;    /* from one address (an IPv6 /64) */
	size_t per_token_max;      /* that last showed one token: 503 */
	size_t kept_unix;          /* of connections_max, for the Unix socket alone */
	size_t kept_operators;     /* of the rest, for connections that showed a person's token */
	int64_t auth_failures_max; /* wrong tokens from one address in a minute: 429 */
	int64_t retry_after_s;     /* told with every 503 */
};

/* Everything this layer borrows; it outlives the intake. */
struct intake_deps {
	struct loop *loop;
	struct health *health;
	const struct route *routes; /* intake_routes, or a test's own */
	size_t route_count;
	struct intake_services *services;
	struct auth_source auth;
	struct secret_key idempotency_key; /* keys scope and fingerprint of Idempotency-Key */
};

/* Fills in every number; addresses and paths stay as they are. */
void intake_config_defaults(struct intake_config *config);

/* Copies config and deps. Nothing listens yet. */
struct intake *intake_create(const struct intake_config *config,
			     const struct intake_deps *deps) RETURNS_NONNULL;
/* Opens every listener; on failure none stays open and the text names the address. A stale socket
 * file (nobody answers) is replaced, a live one is an error. */
bool intake_listen(struct intake *intake, struct error *err) MUST_USE;
/* The port the index-th address really has. */
uint16_t intake_port(const struct intake *intake, size_t index);
/* The next three take NULL too: a stop may come before the intake is made. */
/* Graceful stop: listeners close, idle connections close, the others end after their answer. */
void intake_drain(struct intake *intake);
/* True when no connection and no unanswered request is left. */
bool intake_is_idle(const struct intake *intake);
size_t intake_connections(const struct intake *intake);
/* Cuts what is left. A request whose handler has not answered yet stays safe: answering it later
 * only frees it. */
void intake_destroy(struct intake **intake);

#endif
