/*
 * Field errors, kept in the request's arena up to LIMIT_FIELD_ERRORS: a body of a quarter of a
 * megabyte can be wrong in fifty thousand places, and an operator reads a handful. What is past
 * the bound is counted and told as a number.
 */
#include "domain/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#define DETAIL_BYTES 400

void problems_init(struct problems *problems, struct arena *arena)
{
	*problems = (struct problems){.arena = arena};
}

void problems_add(struct problems *problems, const char *pointer, const char *fmt, ...)
{
	char detail[DETAIL_BYTES];
	va_list args;

	if (problems->count == LIMIT_FIELD_ERRORS) {
		problems->more++;
		return;
	}
	if (problems->items == NULL) {
		problems->items =
			arena_array(problems->arena, LIMIT_FIELD_ERRORS, sizeof(*problems->items));
	}
	va_start(args, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, args); /* cut is fine: our own words */
	va_end(args);
	problems->items[problems->count].pointer = arena_strdup(problems->arena, pointer);
	problems->items[problems->count].detail = arena_strdup(problems->arena, detail);
	problems->count++;
}

bool problems_are_none(const struct problems *problems)
{
	return problems->count == 0;
}

bool problems_error(const struct problems *problems, struct error *err)
{
	size_t total = problems->count + problems->more;
	const char *where;
	char others[48] = "";

	if (total == 0) {
		return error_set(err, ERROR_INVALID, "the body is not valid");
	}
	where = problems->items[0].pointer;
	if (total > 1) {
		(void)snprintf(others, sizeof(others), ", and %zu more error%s", total - 1,
			       total == 2 ? "" : "s");
	}
	return error_set(err, ERROR_INVALID, "%.60s %.160s%s", *where != '\0' ? where : "the body",
			 problems->items[0].detail, others);
}

static void render_one(const char *pointer, const char *detail, struct buf *out)
{
	buf_add_text(out, "{\"pointer\":");
	buf_add_json_string(out, pointer);
	buf_add_text(out, ",\"detail\":");
	buf_add_json_string(out, detail);
	buf_add_text(out, "}");
}

void problems_render(const struct problems *problems, struct buf *out)
{
	char more[64];

	buf_add_text(out, "[");
	for (size_t i = 0; i < problems->count; i++) {
		buf_add_text(out, i == 0 ? "" : ",");
		render_one(problems->items[i].pointer, problems->items[i].detail, out);
	}
	if (problems->more > 0) {
		(void)snprintf(more, sizeof(more), "and %zu more errors", problems->more);
		buf_add_text(out, ",");
		render_one("", more, out);
	}
	buf_add_text(out, "]");
}
