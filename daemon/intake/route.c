/*
 * Matching a path against the route table, and the rules the table itself keeps.
 *
 * A look-up walks the whole table: it has some seventy rows and a walk is a few microseconds, so
 * an index would only be a second place to be wrong. Among the patterns that fit, the one whose
 * literal segments come first decides, for its path alone: GET of a literal POST route is 405, not
 * the GET of its neighbour with a parameter. No state.
 */
#include "intake/route.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "intake/query.h"

#define SEGMENTS 12 /* of a pattern; a path with more fits none */

struct segments {
	struct bytes items[SEGMENTS];
	size_t count;
};

/* False when the text does not start with a slash or has too many segments. */
static bool split(struct bytes text, struct segments *ret)
{
	ret->count = 0;
	while (text.len > 0) {
		const char *start = text.data + 1;
		const char *end;

		if (text.data[0] != '/' || ret->count == SEGMENTS) {
			return false;
		}
		end = memchr(start, '/', text.len - 1);
		if (end == NULL) {
			end = text.data + text.len;
		}
		ret->items[ret->count++] =
			(struct bytes){.data = start, .len = (size_t)(end - start)};
		text.len -= (size_t)(end - text.data);
		text.data = end;
	}
	return ret->count > 0;
}

static bool is_param(struct bytes segment)
{
	return segment.len > 2 && segment.data[0] == '{' && segment.data[segment.len - 1] == '}';
}

static bool is_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool is_param_text(const char *text)
{
	static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:~-";
	size_t len = strlen(text);

	return len >= 1 && len <= ROUTE_PARAM_MAX && strspn(text, ALLOWED) == len;
}

/* One bit a segment, the first one highest, set where it is literal: 0 when the path does not fit
 * or the pattern has no literal (none has). */
static uint32_t fit(const struct segments *path, const char *pattern)
{
	struct segments parts;
	uint32_t score = 0;

	if (!split((struct bytes){.data = pattern, .len = strlen(pattern)}, &parts) ||
	    parts.count != path->count) {
		return 0;
	}
	for (size_t i = 0; i < parts.count; i++) {
		bool is_literal = !is_param(parts.items[i]);

		if (is_literal && !is_equal(parts.items[i], path->items[i])) {
			return 0;
		}
		score = score * 2 + is_literal;
	}
	return score << (SEGMENTS - parts.count);
}

/* False when a segment cannot be a parameter. */
static bool take_params(const struct segments *path, const char *pattern, struct arena *arena,
			struct route_match *match)
{
	struct segments parts;

	if (!split((struct bytes){.data = pattern, .len = strlen(pattern)}, &parts)) {
		return false;
	}
	for (size_t i = 0; i < parts.count; i++) {
		char *text;

		if (!is_param(parts.items[i])) {
			continue;
		}
		text = query_decode(path->items[i], false, arena);
		if (text == NULL || !is_param_text(text)) {
			return false;
		}
		match->params[match->param_count++] = text;
	}
	return true;
}

static unsigned methods_of(const struct route *route)
{
	unsigned methods = 1u << route->method;

	return route->method == METHOD_GET ? methods | 1u << METHOD_HEAD : methods;
}

void route_find(const struct route *routes, size_t count, enum method method, struct bytes path,
		struct arena *arena, struct route_match *ret_match)
{
	struct route_match match = {0};
	const struct route *fitting = NULL;
	uint32_t best = 0;
	struct segments parts;

	*ret_match = match;
	if (!split(path, &parts)) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t score = fit(&parts, routes[i].pattern);

		if (score > best) {
			best = score;
			match.allow = 0;
			match.route = NULL;
			fitting = &routes[i];
		}
		if (score > 0 && score == best) {
			match.allow |= methods_of(&routes[i]);
			if ((methods_of(&routes[i]) & 1u << method) != 0) {
				match.route = &routes[i];
			}
		}
	}
	if (fitting != NULL && take_params(&parts, fitting->pattern, arena, &match)) {
		*ret_match = match;
	}
}

void route_allow_text(unsigned allow, struct buf *out)
{
	const char *comma = "";

	for (int i = METHOD_UNKNOWN + 1; i < METHOD_COUNT; i++) {
		if ((allow & 1u << i) != 0) {
			buf_printf(out, "%s%s", comma, method_name((enum method)i));
			comma = ", ";
		}
	}
}

/* What is wrong with one row; NULL when nothing is. */
static const char *find_flaw(const struct route *route)
{
	bool is_read = route->method == METHOD_GET;
	struct segments parts;
	size_t params = 0;

	if (route->method <= METHOD_UNKNOWN || route->method >= METHOD_COUNT ||
	    route->method == METHOD_HEAD) {
		return "no method of its own (GET answers HEAD)";
	}
	if (route->handle == NULL) {
		return "no handler";
	}
	if (!split((struct bytes){.data = route->pattern, .len = strlen(route->pattern)}, &parts) ||
	    is_param(parts.items[0])) {
		return "the pattern does not start with a literal segment";
	}
	for (size_t i = 0; i < parts.count; i++) {
		params += is_param(parts.items[i]);
	}
	if (params > ROUTE_PARAMS) {
		return "too many parameters";
	}
	if (((route->flags & ROUTE_OPEN) != 0) == (route->roles != 0)) {
		return "neither open nor with roles, or both";
	}
	if (is_read && route->body_bytes > 0) {
		return "a body on GET";
	}
	if (route->body_bytes > LIMIT_REPORT_BYTES) {
		return "a body larger than any we take";
	}
	if ((route->flags & ROUTE_KEY_REQUIRED) != 0 && route->method != METHOD_POST) {
		return "an idempotency key on what is no POST";
	}
	return NULL;
}

bool route_table_is_sound(const struct route *routes, size_t count, const char **ret_why)
{
	for (size_t i = 0; i < count; i++) {
		*ret_why = find_flaw(&routes[i]);
		for (size_t j = 0; j < i && *ret_why == NULL; j++) {
			if (routes[i].method == routes[j].method &&
			    strcmp(routes[i].pattern, routes[j].pattern) == 0) {
				*ret_why = "a second row for the same route";
			}
		}
		if (*ret_why != NULL) {
			return false;
		}
	}
	return true;
}
