/*
 * The command line. What is wrong is told in one line with what would be right, never by the whole
 * table: at night nobody reads forty lines to find out that a flag was misspelt.
 */
#include "astractl/words.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "astractl/usage.h"
#include "base/utf8.h"

#define DEFAULT_SOCKET "/run/astrad/control.sock"
#define WORDS_MAX      64

/* The words that are no option of the program itself. */
struct rest {
	char *items[WORDS_MAX];
	size_t count;
	size_t next;
};

static bool complain(const char *what, const char *word)
{
	(void)fprintf(stderr, "astractl: %s%s\n", what, word);
	return false;
}

/* --- the program's own options, which may stand anywhere --- */

static const char **option_of(struct words *words, const char *word)
{
	return strcmp(word, "--socket") == 0       ? &words->server.socket
	       : strcmp(word, "--url") == 0        ? &words->server.url
	       : strcmp(word, "--token-file") == 0 ? &words->token_file
						   : NULL;
}

static bool split(struct words *words, int argc, char **argv, struct rest *rest)
{
	for (int i = 1; i < argc; i++) {
		const char **option = option_of(words, argv[i]);

		if (strcmp(argv[i], "--json") == 0) {
			words->as_json = true;
		} else if (option != NULL) {
			if (i + 1 == argc) {
				return complain("what follows is missing: ", argv[i]);
			}
			*option = argv[++i];
		} else if (rest->count == WORDS_MAX) {
			return complain("too many words", "");
		} else {
			rest->items[rest->count++] = argv[i];
		}
	}
	return true;
}

/* --- the verb --- */

static const struct verb *find_verb(const char *noun, const char *verb)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].noun, noun) == 0 && strcmp(verbs[i].verb, verb) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

static bool take_verb(struct words *words, struct rest *rest)
{
	const char *noun = rest->items[rest->next++];

	words->verb = find_verb(noun, "");
	if (words->verb != NULL) {
		return true;
	}
	if (!usage_has_noun(noun)) {
		return complain("there is no such noun; astractl alone lists them: ", noun);
	}
	if (rest->next < rest->count) {
		words->verb = find_verb(noun, rest->items[rest->next++]);
	}
	if (words->verb == NULL) {
		(void)fprintf(stderr, "astractl: %s what?\n", noun);
		usage_of_noun(noun, stderr);
		return false;
	}
	return true;
}

/* --- names in the path --- */

static bool is_name(const char *word)
{
	return *word != '\0' && *word != '-' &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
		       strlen(word);
}

/* Replaces each {case} by the next of the words. */
static bool fill(const struct words *words, const char *pattern, const struct rest *rest,
		 struct buf *out)
{
	size_t next = rest->next;
	const char *hole;

	while ((hole = strchr(pattern, '{')) != NULL) {
		if (next == rest->count || !is_name(rest->items[next])) {
			usage_of_verb(words->verb, stderr);
			return complain(next == rest->count ? "a name is missing"
							    : "this is no name or ref: ",
					next == rest->count ? "" : rest->items[next]);
		}
		buf_add(out, pattern, (size_t)(hole - pattern));
		buf_add_text(out, rest->items[next++]);
		pattern = strchr(hole, '}') + 1;
	}
	buf_add_text(out, pattern);
	return true;
}

static size_t count_holes(const char *pattern)
{
	size_t count = 0;

	for (; (pattern = strchr(pattern, '{')) != NULL; pattern++) {
		count++;
	}
	return count;
}

/* --- flags --- */

static json_t *value_of(const struct field *field, const char *text)
{
	char *end;
	long long number;
	json_t *list;

	if (field->type == FIELD_INT) {
		errno = 0;
		number = strtoll(text, &end, 10);
		return *text != '\0' && *end == '\0' && errno == 0 ? json_integer(number) : NULL;
	}
	if (!utf8_is_valid(text, strlen(text))) {
		return NULL;
	}
	if (field->type != FIELD_LIST) {
		return json_string(text);
	}
	list = json_array();
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		(void)json_array_append_new(list, json_stringn(text, len));
		text += len + (text[len] == ',' ? 1 : 0);
	}
	return list;
}

static void set_member(json_t *body, const char *member, json_t *value)
{
	const char *dot = strchr(member, '.');
	char outer[32] = "";
	json_t *inner;

	if (dot == NULL) {
		(void)json_object_set_new(body, member, value);
		return;
	}
	(void)snprintf(outer, sizeof(outer), "%.*s", (int)(dot - member), member);
	inner = json_object_get(body, outer);
	if (inner == NULL) {
		inner = json_object();
		(void)json_object_set_new(body, outer, inner);
	}
	(void)json_object_set_new(inner, dot + 1, value);
}

/* The field of a flag, or of a word that stands alone; NULL: there is none. */
static const struct field *find_field(const struct verb *verb, const char *word)
{
	bool is_flag = strncmp(word, "--", 2) == 0;

	for (size_t i = 0; i < VERB_FIELDS && verb->fields[i].flag != NULL; i++) {
		const struct field *field = &verb->fields[i];

		if (is_flag ? field->type != FIELD_WORD && strcmp(field->flag, word + 2) == 0
			    : field->type == FIELD_WORD) {
			return field;
		}
	}
	return NULL;
}

/* Words that stand alone are one text: astractl case search Petar Petrović */
static json_t *join(const json_t *before, const char *text)
{
	AUTO(buf) struct buf whole = {0};

	if (before != NULL) {
		buf_printf(&whole, "%s ", json_string_value(before));
	}
	buf_add_text(&whole, text);
	return json_string(buf_text(&whole));
}

static bool read_field(const struct words *words, struct rest *rest, json_t *fields)
{
	const char *word = rest->items[rest->next++];
	const struct field *field = find_field(words->verb, word);
	json_t *value;

	if (field == NULL) {
		usage_of_verb(words->verb, stderr);
		return complain("this is not known here: ", word);
	}
	if (field->type == FIELD_WORD) {
		value = join(json_object_get(fields, field->member), word);
	} else if (rest->next == rest->count) {
		return complain("what follows is missing: ", word);
	} else {
		value = value_of(field, rest->items[rest->next++]);
	}
	if (value == NULL) {
		return complain(field->type == FIELD_INT ? "a number belongs behind "
							 : "what follows is not UTF-8: ",
				word);
	}
	set_member(fields, field->member, value);
	return true;
}

/* --- body and query --- */

static void add_query(struct words *words, const json_t *fields)
{
	static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._-";
	const char *name;
	json_t *value;
	char digits[24];

	json_object_foreach((json_t *)fields, name, value)
	{
		const char *text = json_string_value(value);

		if (text == NULL) {
			(void)snprintf(digits, sizeof(digits), "%lld",
				       (long long)json_integer_value(value));
			text = digits;
		}
		words->has_page |= strcmp(name, "limit") == 0 || strcmp(name, "after") == 0;
		buf_printf(&words->path,
			   "%c%s=", strchr(buf_text(&words->path), '?') != NULL ? '&' : '?', name);
		for (; *text != '\0'; text++) {
			buf_printf(&words->path, strchr(PLAIN, *text) != NULL ? "%c" : "%%%02X",
				   (unsigned char)*text);
		}
	}
}

static bool read_fields(struct words *words, struct rest *rest)
{
	json_t *fields = json_object();
	char *text;
	bool ok = true;

	while (ok && rest->next < rest->count) {
		ok = read_field(words, rest, fields);
	}
	if (ok && strcmp(words->verb->method, "GET") == 0) {
		add_query(words, fields);
	} else if (ok && json_object_size(fields) + (words->verb->fields[0].flag != NULL) > 0) {
		text = json_dumps(fields, JSON_COMPACT);
		buf_add_text(&words->body, text != NULL ? text : "{}");
		free(text);
	}
	json_decref(fields);
	return ok;
}

static bool read_rest(struct words *words, struct rest *rest)
{
	if (!fill(words, words->verb->path, rest, &words->path) ||
	    (words->verb->reads_first != NULL &&
	     !fill(words, words->verb->reads_first, rest, &words->first))) {
		return false;
	}
	rest->next += count_holes(words->verb->path);
	if (!words->verb->takes_file) {
		return read_fields(words, rest);
	}
	if (rest->count - rest->next != 1) {
		usage_of_verb(words->verb, stderr);
		return complain("one file is needed, or - for standard input", "");
	}
	return ask_read_file(rest->items[rest->next], &words->body);
}

static bool read_token(struct words *words)
{
	if (words->token_file == NULL) {
		return true;
	}
	if (!ask_read_file(words->token_file, &words->token)) {
		return false;
	}
	words->token.len = strcspn(buf_text(&words->token), " \t\r\n");
	if (words->token.len == 0) {
		return complain("there is no token in ", words->token_file);
	}
	words->token.data[words->token.len] = '\0';
	words->server.token = words->token.data;
	return true;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

enum words_result words_read(struct words *words, int argc, char **argv)
{
	struct rest rest = {0};
	const char *socket = getenv("ASTRACTL_SOCKET");

	words->server.url = getenv("ASTRACTL_URL");
	words->token_file = getenv("ASTRACTL_TOKEN_FILE");
	if (!split(words, argc, argv, &rest)) {
		return WORDS_WRONG;
	}
	if (words->server.socket != NULL) {
		words->server.url = NULL; /* said here, or it would be the environment's */
	} else {
		words->server.socket = socket != NULL ? socket : DEFAULT_SOCKET;
	}
	if (rest.count == 0) {
		usage_all(stderr);
		return WORDS_WRONG;
	}
	if (is_one_of(rest.items[0], "--help", "help")) {
		usage_help(rest.count > 1 ? rest.items[1] : NULL);
		return WORDS_HELPED;
	}
	if (rest.count > 1 && strcmp(rest.items[rest.count - 1], "--help") == 0) {
		usage_help(rest.items[0]);
		return WORDS_HELPED;
	}
	return take_verb(words, &rest) && read_rest(words, &rest) && read_token(words)
		       ? WORDS_ASK
		       : WORDS_WRONG;
}

void words_finish(struct words *words)
{
	buf_finish(&words->path);
	buf_finish(&words->first);
	buf_finish(&words->body);
	buf_finish(&words->token);
}
