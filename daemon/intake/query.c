/*
 * Queries and percent-encoding (RFC 3986, section 2.1; the WHATWG form for `+`). Strict on purpose:
 * a misspelt filter that is ignored would show an operator the wrong list. No state; what is
 * decoded lives in the caller's arena.
 */
#include "intake/query.h"

#include <string.h>

#include "base/utf8.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

char *query_decode(struct bytes text, bool is_query, struct arena *arena)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_value(text.data[i + 2]) : -1;

			if (high < 0 || low < 0) {
				return NULL;
			}
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && is_query) {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7f) {
			return NULL;
		}
		out[len++] = c;
	}
	out[len] = '\0';
	return utf8_is_valid(out, len) ? out : NULL;
}

static bool is_known(const char *known, const char *name)
{
	size_t len = strlen(name);

	while (known != NULL && *known != '\0') {
		size_t word = strcspn(known, " ");

		if (word == len && memcmp(known, name, len) == 0) {
			return true;
		}
		known += word + strspn(known + word, " ");
	}
	return false;
}

static bool add_param(struct bytes pair, const char *known, struct arena *arena,
		      struct query *query, struct error *err)
{
	const char *equals = memchr(pair.data, '=', pair.len);
	size_t name_len = equals != NULL ? (size_t)(equals - pair.data) : pair.len;
	struct bytes value = {.data = pair.data + pair.len};
	struct query_param param = {0};

	if (equals != NULL) {
		value = (struct bytes){.data = equals + 1, .len = pair.len - name_len - 1};
	}
	param.name = query_decode((struct bytes){.data = pair.data, .len = name_len}, true, arena);
	if (param.name == NULL || !is_known(known, param.name)) {
		return error_set(err, ERROR_INVALID,
				 "the query has a parameter that is not known here (known: %s)",
				 known != NULL && *known != '\0' ? known : "none");
	}
	if (query_get(query, param.name) != NULL) {
		return error_set(err, ERROR_INVALID, "the parameter %s is given twice", param.name);
	}
	param.value = query_decode(value, true, arena);
	if (param.value == NULL) {
		return error_set(err, ERROR_INVALID,
				 "the parameter %s is not percent-encoded UTF-8 text", param.name);
	}
	if (query->count == QUERY_PARAMS) {
		return error_set(err, ERROR_INVALID, "the query has more than %d parameters",
				 QUERY_PARAMS);
	}
	query->params[query->count++] = param;
	return true;
}

bool query_parse(struct bytes text, const char *known, struct arena *arena, struct query *ret_query,
		 struct error *err)
{
	struct query query = {0};

	while (text.len > 0) {
		const char *end = memchr(text.data, '&', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
		size_t taken = end != NULL ? len + 1 : len;

		if (len > 0 && !add_param((struct bytes){.data = text.data, .len = len}, known,
					  arena, &query, err)) {
			return false;
		}
		text.data += taken;
		text.len -= taken;
	}
	*ret_query = query;
	return true;
}

const char *query_get(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->params[i].name, name) == 0) {
			return query->params[i].value;
		}
	}
	return NULL;
}
