/* From a command line to a request. */
#ifndef ASTRAD_ASTRACTL_WORDS_H
#define ASTRAD_ASTRACTL_WORDS_H

#include "astractl/ask.h"
#include "astractl/verbs.h"

struct words {
	struct server server;
	const char *token_file; /* NULL = none */
	bool as_json;
	const struct verb *verb;
	struct buf path;  /* with its query */
	struct buf first; /* of verb->reads_first */
	struct buf body;
	struct buf token;
	bool has_page; /* --limit or --after was said: one page and no more */
};

enum words_result {
	WORDS_ASK,    /* words says what */
	WORDS_HELPED, /* help or version was asked for and told on stdout */
	WORDS_WRONG,  /* told on stderr */
};

/* The environment names defaults: ASTRACTL_SOCKET, ASTRACTL_URL, ASTRACTL_TOKEN_FILE. Reads the
 * token and the file a verb takes. */
enum words_result words_read(struct words *words, int argc, char **argv);
void words_finish(struct words *words);

#endif
