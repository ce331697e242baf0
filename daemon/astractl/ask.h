/* One request to the daemon, over its Unix socket or a URL. */
#ifndef ASTRAD_ASTRACTL_ASK_H
#define ASTRAD_ASTRACTL_ASK_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"

struct server {
	const char *socket;
	const char *url;   /* NULL: the socket */
	const char *token; /* NULL: whoever the socket's peer is */
};

struct question {
	const char *method;
	const char *path;
	const struct buf *body; /* NULL or empty: none */
	const char *if_match;   /* "" or NULL: none */
};

struct answer {
	long status;
	struct buf body;
	char etag[64];
};

/* False when there is no answer; it has been told on stderr. */
bool ask(const struct server *server, const struct question *question,
	 struct answer *ret_answer) MUST_USE;
/* A whole file, or standard input for "-"; false: told on stderr. */
bool ask_read_file(const char *path, struct buf *out) MUST_USE;

#endif
