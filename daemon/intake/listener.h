/* A listening socket: TCP on a loopback address, or the Unix socket. */
#ifndef ASTRAD_INTAKE_LISTENER_H
#define ASTRAD_INTAKE_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct intake;
struct intake_address;
struct listener;

/* NULL on failure. */
struct listener *listener_open_tcp(struct intake *intake, const struct intake_address *address,
				   struct error *err) MUST_USE;
/* mode 0666: who may do what is decided by peer credentials and tokens, not by the file. */
struct listener *listener_open_unix(struct intake *intake, const char *path,
				    struct error *err) MUST_USE;
void listener_close(struct listener **listener);         /* removes the socket file it made */
uint16_t listener_port(const struct listener *listener); /* 0 for the Unix socket */

#endif
