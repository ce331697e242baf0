/*
 * The one error type: a code for programs, a text for operators.
 *
 * Text is made in a local first, because callers wrap an error with its own text as an argument.
 * A text that is too long is cut between two characters, never within one. No state, no memory, no
 * thread.
 */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const CODE_NAMES[ERROR_CODE_COUNT] = {
	[ERROR_NONE] = "none",           [ERROR_INVALID] = "invalid",   [ERROR_DENIED] = "denied",
	[ERROR_NOT_FOUND] = "not_found", [ERROR_CONFLICT] = "conflict", [ERROR_STALE] = "stale",
	[ERROR_REUSED] = "reused",       [ERROR_GONE] = "gone",         [ERROR_LIMIT] = "limit",
	[ERROR_TEMPORARY] = "temporary", [ERROR_INTERNAL] = "internal",
};

static void write_text(struct error *err, const char *text)
{
	size_t len = utf8_cut(text, strlen(text), sizeof(err->text) - 1);

	memcpy(err->text, text, len);
	err->text[len] = '\0';
}

bool error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	char text[2 * sizeof(err->text)];
	va_list args;

	assert(code > ERROR_NONE && code < ERROR_CODE_COUNT);
	if (err == NULL) {
		return false;
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* too long is cut by write_text */
	va_end(args);
	err->code = code;
	write_text(err, text);
	return false;
}

bool error_prefix(struct error *err, const char *fmt, ...)
{
	char prefix[2 * sizeof(err->text)];
	char text[sizeof(err->text) + sizeof(prefix) + 2];
	va_list args;

	if (err == NULL) {
		return false;
	}
	va_start(args, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, args); /* too long is cut below */
	va_end(args);
	prefix[utf8_cut(prefix, strlen(prefix), sizeof(err->text) - 1)] = '\0';
	(void)snprintf(text, sizeof(text), "%s: %s", prefix, err->text); /* room for both */
	write_text(err, text);
	return false;
}

const char *error_code_name(enum error_code code)
{
	if ((int)code < 0 || code >= ERROR_CODE_COUNT) {
		return "unknown";
	}
	return CODE_NAMES[code];
}
