/*
 * Names of methods. One table; case matters (RFC 9110, section 9.1). No state.
 */
#include "intake/method.h"

#include <string.h>

static const char *const NAMES[METHOD_COUNT] = {
	[METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
	[METHOD_OPTIONS] = "OPTIONS", [METHOD_TRACE] = "TRACE", [METHOD_CONNECT] = "CONNECT",
};

const char *method_name(enum method method)
{
	if (method <= METHOD_UNKNOWN || method >= METHOD_COUNT) {
		return "?";
	}
	return NAMES[method];
}

enum method method_parse(const char *text, size_t len)
{
	for (int i = METHOD_UNKNOWN + 1; i < METHOD_COUNT; i++) {
		if (strlen(NAMES[i]) == len && memcmp(NAMES[i], text, len) == 0) {
			return (enum method)i;
		}
	}
	return METHOD_UNKNOWN;
}
