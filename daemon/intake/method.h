/* The methods of RFC 9110 and PATCH (RFC 5789): known ones are 405 where a route lacks them, all
 * others are 501. */
#ifndef ASTRAD_INTAKE_METHOD_H
#define ASTRAD_INTAKE_METHOD_H

#include <stddef.h>

#include "base/attr.h"

enum method {
	METHOD_UNKNOWN = 0,
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_TRACE,
	METHOD_CONNECT,
	METHOD_COUNT,
};

const char *method_name(enum method method) RETURNS_NONNULL; /* "?" for METHOD_UNKNOWN */
/* Methods are case-sensitive (RFC 9110, section 9.1). */
enum method method_parse(const char *text, size_t len);

#endif
