/*
 * astractl: the API from a shell, over the Unix socket or a URL. The table in verbs.c says what
 * exists; words.c reads the command line, ask.c makes the request, show.c prints the answer.
 *
 * Exit status: 0 done, 1 the daemon refused (its reason on stderr), 2 wrong words, 3 no answer.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "astractl/ask.h"
#include "astractl/show.h"
#include "astractl/words.h"

enum { DONE = 0, REFUSED, WRONG, NO_ANSWER };

#define PAGES_MAX 50 /* followed by themselves; who wants more says --after */

static bool is_good(const struct answer *answer)
{
	return answer->status >= 200 && answer->status < 300;
}

/* Appends the items of a page; NULL when it is none. Returns its cursor, "" at the end. */
static const char *take_page(const json_t *page, json_t *items)
{
	json_t *list = json_object_get(page, "items");
	json_t *next = json_object_get(page, "next");

	if (!json_is_array(list)) {
		return NULL;
	}
	(void)json_array_extend(items, list);
	return json_is_string(next) ? json_string_value(next) : "";
}

/* The pages behind the first one. False: no answer, or a refusal that has been told. */
static bool follow(const struct words *words, json_t **page, json_t *items)
{
	const char *next = take_page(*page, items);
	struct question question = {.method = words->verb->method};
	int pages = 1;

	while (next != NULL && *next != '\0' && !words->has_page && pages++ < PAGES_MAX) {
		AUTO(buf) struct buf path = {0};
		struct answer answer;
		bool ok;

		buf_printf(&path, "%s%cafter=%s", buf_text(&words->path),
			   strchr(buf_text(&words->path), '?') != NULL ? '&' : '?', next);
		question.path = buf_text(&path);
		ok = ask(&words->server, &question, &answer);
		json_decref(*page);
		*page = ok ? json_loadb(buf_text(&answer.body), answer.body.len, 0, NULL) : NULL;
		if (ok && !is_good(&answer)) {
			show_refusal(&answer);
		}
		next = take_page(*page, items);
		buf_finish(&answer.body);
	}
	if (next != NULL && *next != '\0') {
		(void)fprintf(stderr, "there is more: --after %s\n", next);
	}
	return next != NULL;
}

static int show_list(const struct words *words, json_t **page)
{
	json_t *items = json_array();
	bool ok = follow(words, page, items);

	if (ok) {
		show_table(items, words->verb->columns);
	}
	json_decref(items);
	return ok ? DONE : REFUSED;
}

static int show(const struct words *words, const struct answer *answer)
{
	json_t *document;
	int status = DONE;

	if (words->as_json) {
		(void)fprintf(is_good(answer) ? stdout : stderr, "%s\n", buf_text(&answer->body));
		return is_good(answer) ? DONE : REFUSED;
	}
	if (!is_good(answer)) {
		show_refusal(answer);
		return REFUSED;
	}
	document = json_loadb(buf_text(&answer->body), answer->body.len, 0, NULL);
	if (words->verb->columns != NULL) {
		status = show_list(words, &document);
	} else if (words->verb->is_preview) {
		show_preview(document);
	} else {
		show_members(document);
	}
	json_decref(document);
	return status;
}

static int run(const struct words *words)
{
	struct question question = {
		.method = words->verb->method,
		.path = buf_text(&words->path),
		.body = &words->body,
	};
	struct question reading = {.method = "GET", .path = buf_text(&words->first)};
	struct answer before = {0};
	struct answer answer = {0};
	int status = NO_ANSWER;

	if (words->verb->reads_first == NULL || ask(&words->server, &reading, &before)) {
		question.if_match = before.etag;
		if (words->verb->reads_first != NULL && !is_good(&before)) {
			status = show(words, &before);
		} else if (ask(&words->server, &question, &answer)) {
			status = show(words, &answer);
		}
	}
	buf_finish(&before.body);
	buf_finish(&answer.body);
	return status;
}

int main(int argc, char **argv)
{
	struct words words = {0};
	int status;

	switch (words_read(&words, argc, argv)) {
	case WORDS_ASK:
		(void)curl_global_init(CURL_GLOBAL_DEFAULT);
		status = run(&words);
		curl_global_cleanup();
		break;
	case WORDS_HELPED:
		status = DONE;
		break;
	default:
		status = WRONG;
	}
	words_finish(&words);
	return status;
}
