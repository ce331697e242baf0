/* Secrets: where they come from and what may be wrong with that. The content never shows up in a
 * finding. */
#ifndef ASTRAD_SETTINGS_SECRET_SOURCE_H
#define ASTRAD_SETTINGS_SECRET_SOURCE_H

#include "base/error.h"
#include "settings/walk.h"

struct secret_source {
	const char *text;   /* the content without a final newline; NULL when it cannot be read yet
			       (--check, --init) */
	const char *source; /* "file: secrets/a" */
	const char *path;   /* of `file:` and `credential:` */
};

#define SECRET_SOURCE_BYTES 65536 /* a larger file is an error */

/* Reads {file|env|credential: X}. False when the node is no such thing or cannot be read. */
bool secret_source_read(struct walker *walk, const struct row *row, const struct node *node,
			struct secret_source *ret_source) MUST_USE;
/* A `file:` read once more, after the snapshot was made. No finding: err says why it cannot be. */
bool secret_source_again(const char *path, struct arena *arena, const char **ret_text,
			 struct error *err) MUST_USE;

#endif
