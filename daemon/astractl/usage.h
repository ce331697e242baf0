/* What astractl says of itself, from the table of verbs. */
#ifndef ASTRAD_ASTRACTL_USAGE_H
#define ASTRAD_ASTRACTL_USAGE_H

#include <stdio.h>

#include "astractl/verbs.h"

bool usage_has_noun(const char *noun);
void usage_all(FILE *out);
void usage_of_noun(const char *noun, FILE *out);
/* One line: the verb with everything it takes. */
void usage_of_verb(const struct verb *verb, FILE *out);
/* On stdout: of a noun, or of everything when it is NULL or unknown. */
void usage_help(const char *noun);

#endif
