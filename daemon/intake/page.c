/*
 * Pages of a list. The cursor is base64url of the last key: it carries no state, so it stays good
 * over restarts, and no secret, so it needs no key. A cursor of another form is refused, never
 * guessed at. No state.
 */
#include "intake/page.h"

#include <string.h>

#include "base/secret.h"

static void swap_alphabet(char *text, size_t len, const char *from, const char *to)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == from[0]) {
			text[i] = to[0];
		} else if (text[i] == from[1]) {
			text[i] = to[1];
		}
	}
}

static bool read_limit(const char *text, int *ret_limit, struct error *err)
{
	int limit = 0;
	size_t len = text != NULL ? strlen(text) : 0;

	if (text == NULL) {
		*ret_limit = PAGE_DEFAULT_ITEMS;
		return true;
	}
	for (size_t i = 0; i < len && limit <= LIMIT_PAGE_ITEMS; i++) {
		if (text[i] < '0' || text[i] > '9') {
			limit = 0;
			break;
		}
		limit = limit * 10 + (text[i] - '0');
	}
	if (limit < 1 || limit > LIMIT_PAGE_ITEMS) {
		return error_set(err, ERROR_INVALID, "limit is a number from 1 to %d",
				 LIMIT_PAGE_ITEMS);
	}
	*ret_limit = limit;
	return true;
}

static bool read_cursor(const char *text, struct arena *arena, const char **ret_after,
			struct error *err)
{
	AUTO(buf) struct buf key = {0};
	char *base64;

	if (text == NULL) {
		*ret_after = NULL;
		return true;
	}
	base64 = arena_strdup(arena, text);
	swap_alphabet(base64, strlen(base64), "-_", "+/");
	if (strlen(base64) > 2 * PAGE_KEY_MAX || strpbrk(text, "+/=") != NULL ||
	    !secret_base64_decode(base64, strlen(base64), &key) || key.len == 0 ||
	    key.len > PAGE_KEY_MAX || memchr(key.data, '\0', key.len) != NULL) {
		return error_set(err, ERROR_INVALID,
				 "after is not one of ours: take it from \"next\" as it is");
	}
	*ret_after = arena_strdup(arena, buf_text(&key));
	return true;
}

bool page_parse(const struct query *query, struct arena *arena, struct page *ret_page,
		struct error *err)
{
	struct page page = {0};

	if (!read_limit(query_get(query, "limit"), &page.limit, err) ||
	    !read_cursor(query_get(query, "after"), arena, &page.after, err)) {
		return false;
	}
	*ret_page = page;
	return true;
}

bool page_parse_id(const struct query *query, struct arena *arena, int *ret_limit,
		   struct id *ret_after, struct error *err)
{
	struct page page = {0};
	struct id after = {0};

	if (!page_parse(query, arena, &page, err)) {
		return false;
	}
	if (page.after != NULL && !id_parse(page.after, strlen(page.after), &after)) {
		return error_set(err, ERROR_INVALID, "after belongs to another list");
	}
	*ret_limit = page.limit;
	*ret_after = after;
	return true;
}

void page_add_next(struct buf *out, const char *key)
{
	AUTO(buf) struct buf text = {0};

	if (key == NULL) {
		buf_add_text(out, "\"next\":null");
		return;
	}
	secret_base64(key, strlen(key), &text);
	while (text.len > 0 && text.data[text.len - 1] == '=') {
		text.data[--text.len] = '\0';
	}
	swap_alphabet(text.data, text.len, "+/", "-_");
	buf_printf(out, "\"next\":\"%s\"", buf_text(&text));
}
