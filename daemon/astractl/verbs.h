/* What astractl can say: one const table of nouns and verbs; usage text, requests and bodies come
 * from it. */
#ifndef ASTRAD_ASTRACTL_VERBS_H
#define ASTRAD_ASTRACTL_VERBS_H

#include <stddef.h>

enum field_type { FIELD_TEXT = 1, FIELD_INT, FIELD_BOOL };

struct field {
	const char *flag;   /* "--role" without the dashes; NULL ends the list */
	const char *member; /* of the JSON body; "a.b" nests once */
	enum field_type type;
};

enum body_kind { BODY_NONE = 0, BODY_FIELDS, BODY_FILE };

#define VERB_FIELDS 6

struct verb {
	const char *noun;
	const char *verb;
	const char *method;
	const char *path; /* {} stands for the words after the verb, in order */
	enum body_kind body;
	struct field fields[VERB_FIELDS];
	int if_match; /* 1: reads the resource first and sends its ETag */
	const char *help;
};

extern const struct verb verbs[];
extern const size_t verb_count;

#endif
