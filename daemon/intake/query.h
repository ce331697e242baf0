/* The query of a request target: `a=b&c=d`, percent-decoded, `+` is a blank, UTF-8. */
#ifndef ASTRAD_INTAKE_QUERY_H
#define ASTRAD_INTAKE_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define QUERY_PARAMS 16

struct query_param {
	const char *name;
	const char *value; /* "" when there is no = */
};

struct query {
	struct query_param params[QUERY_PARAMS];
	size_t count;
};

/*
 * known: names separated by blanks, or NULL for none. A name that is not known, a name given twice,
 * broken percent-encoding, a control character or more than QUERY_PARAMS: ERROR_INVALID. The error
 * names the parameter if it is a known one, never its value.
 */
bool query_parse(struct bytes text, const char *known, struct arena *arena, struct query *ret_query,
		 struct error *err) MUST_USE;
/* NULL when the parameter is absent. */
const char *query_get(const struct query *query, const char *name);
/* Decodes %XX (and + as a blank when is_query) into the arena; NULL when it is broken or decodes to
 * a control character or to what is not UTF-8. */
char *query_decode(struct bytes text, bool is_query, struct arena *arena);

#endif
