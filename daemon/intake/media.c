/* Content-Type, read as RFC 9110 section 5.6.6 writes it: a type, then parameters. No state. */
#include "intake/media.h"

#include <string.h>
#include <strings.h>

/* The characters of a token (RFC 9110, section 5.6.2). */
static const char TOKEN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    "!#$%&'*+-.^_`|~";

static bool equals(struct bytes text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static void skip(struct bytes *rest, size_t count)
{
	rest->data += count;
	rest->len -= count;
}

static void skip_blanks(struct bytes *rest)
{
	while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t')) {
		skip(rest, 1);
	}
}

static struct bytes take(struct bytes *rest, size_t count)
{
	struct bytes taken = {rest->data, count};

	skip(rest, count);
	return taken;
}

static struct bytes take_token(struct bytes *rest)
{
	size_t len = 0;

	while (len < rest->len && rest->data[len] != '\0' &&
	       strchr(TOKEN, rest->data[len]) != NULL) {
		len++;
	}
	return take(rest, len);
}

/* A token, or what stands between quotes; false when it is neither. A backslash is no part of any
 * value we know, so a text with one is simply not equal to it. */
static bool take_value(struct bytes *rest, struct bytes *ret_value)
{
	size_t len = 1;

	if (rest->len == 0 || rest->data[0] != '"') {
		*ret_value = take_token(rest);
		return ret_value->len > 0;
	}
	while (len < rest->len && rest->data[len] != '"') {
		len += rest->data[len] == '\\' ? 2 : 1;
	}
	if (len >= rest->len) {
		return false;
	}
	*ret_value = (struct bytes){rest->data + 1, len - 1};
	skip(rest, len + 1);
	return true;
}

/* One `; name=value`, or an empty `;`. */
static bool take_parameter(struct bytes *rest)
{
	struct bytes name;
	struct bytes value;

	if (rest->data[0] != ';') {
		return false;
	}
	skip(rest, 1);
	skip_blanks(rest);
	name = take_token(rest);
	if (name.len == 0) {
		return true;
	}
	if (rest->len == 0 || rest->data[0] != '=') {
		return false;
	}
	skip(rest, 1);
	return take_value(rest, &value) && (!equals(name, "charset") || equals(value, "utf-8"));
}

bool media_is_json(struct bytes type, enum method method)
{
	struct bytes rest = type;
	struct bytes name = take(&rest, 0);

	while (rest.len > 0 && strchr(" \t;", rest.data[0]) == NULL) {
		skip(&rest, 1);
		name.len++;
	}
	if (!equals(name, "application/json") &&
	    (method != METHOD_PATCH || !equals(name, "application/merge-patch+json"))) {
		return false;
	}
	skip_blanks(&rest);
	while (rest.len > 0) {
		if (!take_parameter(&rest)) {
			return false;
		}
		skip_blanks(&rest);
	}
	return true;
}
