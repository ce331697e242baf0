/* What astractl can say: one const table of nouns and verbs. Usage, requests, bodies and the
 * columns of lists come from it. */
#ifndef ASTRAD_ASTRACTL_VERBS_H
#define ASTRAD_ASTRACTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

enum field_type {
	FIELD_TEXT = 1,
	FIELD_INT,
	FIELD_LIST, /* words with commas between: an array of texts */
	FIELD_WORD, /* not a flag but the words that stand there; a text */
};

struct field {
	const char *flag;   /* "role" for --role; of a FIELD_WORD its name in the usage */
	const char *member; /* of the JSON body, "a.b" nests once; or of the query */
	enum field_type type;
	bool is_needed; /* for the usage; the daemon says what is missing */
};

#define VERB_FIELDS 10

struct verb {
	const char *noun;
	const char *verb; /* "" for a noun that is an act by itself */
	const char *method;
	const char *path;                 /* {case} stands for a word after the verb, in order */
	struct field fields[VERB_FIELDS]; /* of a GET the query, else the body */
	bool takes_file;                  /* the body is a JSON file, - for standard input */
	const char *reads_first; /* the path whose ETag goes out as If-Match; NULL = none */
	const char *columns; /* of a list: members of an item, dots into objects, blanks between */
	bool is_preview;     /* shown as what is to be read before approving */
	const char *help;
};

extern const struct verb verbs[];
extern const size_t verb_count;

#endif
