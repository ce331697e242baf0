/*
 * astractl: the API from a shell, over the Unix socket or a URL. The table in verbs.c says what
 * exists; this file reads the words, makes the request and prints the answer: plain lines for
 * people, --json for programs.
 *
 * Exit status: 0 done, 1 the daemon refused (its reason on stderr), 2 wrong words, 3 no daemon
 * there.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "astractl/verbs.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

#define DEFAULT_SOCKET "/run/astrad/control.sock"
#define ANSWER_MAX     (16u << 20)

struct words {
	const char *socket;
	const char *url;
	const char *token_file;
	bool as_json;
	const struct verb *verb;
	char **rest; /* after the verb */
	int rest_count;
};

struct answer {
	long status;
	struct buf body;
	char etag[64];
};

static int usage(void)
{
	(void)fputs("usage: astractl [--socket PATH | --url URL] [--token-file F] [--json]"
		    " NOUN VERB [ID] [--flag VALUE ...] [FILE]\n\n",
		    stderr);
	for (size_t i = 0; i < verb_count; i++) {
		(void)fprintf(stderr, "  %-8s %-8s", verbs[i].noun, verbs[i].verb);
		if (strstr(verbs[i].path, "{}") != NULL) {
			(void)fputs(" ID", stderr);
		}
		for (size_t f = 0; f < VERB_FIELDS && verbs[i].fields[f].flag != NULL; f++) {
			(void)fprintf(stderr, " --%s", verbs[i].fields[f].flag);
		}
		(void)fprintf(stderr, "%s\n%19s%s\n", verbs[i].body == BODY_FILE ? " FILE" : "", "",
			      verbs[i].help);
	}
	return 2;
}

/* --- words --- */

static const struct verb *find_verb(const char *noun, const char *verb)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].noun, noun) == 0 && strcmp(verbs[i].verb, verb) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

static bool read_words(struct words *words, int argc, char **argv)
{
	const char **wants = NULL;
	int i;

	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			words->as_json = true;
			continue;
		}
		wants = strcmp(argv[i], "--socket") == 0       ? &words->socket
			: strcmp(argv[i], "--url") == 0        ? &words->url
			: strcmp(argv[i], "--token-file") == 0 ? &words->token_file
							       : NULL;
		if (wants == NULL || i + 1 >= argc) {
			return false;
		}
		*wants = argv[++i];
	}
	if (i >= argc) {
		return false;
	}
	words->verb = find_verb(argv[i], ""); /* a noun that is an act by itself */
	i++;
	if (words->verb == NULL && i < argc) {
		words->verb = find_verb(argv[i - 1], argv[i]);
		i++;
	}
	words->rest = argv + i;
	words->rest_count = argc - i;
	return words->verb != NULL;
}

/* The path with its {} filled; false when a word is missing or could be more than a name. */
static bool fill_path(struct words *words, struct buf *path)
{
	const char *at = words->verb->path;
	const char *hole;

	while ((hole = strstr(at, "{}")) != NULL) {
		const char *word = words->rest_count > 0 ? words->rest[0] : "";

		if (*word == '\0' || *word == '-' ||
		    strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "._:-") != strlen(word)) {
			return false;
		}
		buf_add(path, at, (size_t)(hole - at));
		buf_add_text(path, word);
		words->rest++;
		words->rest_count--;
		at = hole + 2;
	}
	buf_add_text(path, at);
	return true;
}

static const struct field *find_field(const struct verb *verb, const char *flag)
{
	for (size_t i = 0; i < VERB_FIELDS && verb->fields[i].flag != NULL; i++) {
		if (strcmp(verb->fields[i].flag, flag) == 0) {
			return &verb->fields[i];
		}
	}
	return NULL;
}

static void set_member(json_t *body, const struct field *field, const char *text)
{
	const char *dot = strchr(field->member, '.');
	json_t *value = field->type == FIELD_INT ? json_integer(strtoll(text, NULL, 10))
						 : json_string(text);
	json_t *inner;
	char outer[32] = "";

	if (dot == NULL) {
		(void)json_object_set_new(body, field->member, value);
		return;
	}
	(void)snprintf(outer, sizeof(outer), "%.*s", (int)(dot - field->member), field->member);
	inner = json_object_get(body, outer);
	if (inner == NULL) {
		inner = json_object();
		(void)json_object_set_new(body, outer, inner);
	}
	(void)json_object_set_new(inner, dot + 1, value);
}

static bool read_fields(const struct words *words, struct buf *body)
{
	json_t *object = json_object();
	char *text;
	bool ok = true;

	for (int i = 0; i < words->rest_count && ok; i += 2) {
		const struct field *field = strncmp(words->rest[i], "--", 2) == 0
						    ? find_field(words->verb, words->rest[i] + 2)
						    : NULL;

		ok = field != NULL && i + 1 < words->rest_count;
		if (ok) {
			set_member(object, field, words->rest[i + 1]);
		}
	}
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (ok && text != NULL) {
		buf_add_text(body, text);
	}
	free(text);
	return ok;
}

static bool read_file(const char *path, struct buf *out)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	ssize_t n;

	if (fd < 0) {
		(void)fprintf(stderr, "astractl: %s: %s\n", path, strerror(errno));
		return false;
	}
	out->limit = 1u << 20;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_add(out, chunk, (size_t)n);
	}
	if (fd != STDIN_FILENO) {
		(void)close(fd);
	}
	return n == 0 && !out->overflow;
}

static bool read_body(const struct words *words, struct buf *body)
{
	switch (words->verb->body) {
	case BODY_NONE:
		return words->rest_count == 0;
	case BODY_FIELDS:
		return read_fields(words, body);
	case BODY_FILE:
		return words->rest_count == 1 && read_file(words->rest[0], body);
	}
	return false;
}

/* --- the request --- */

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct answer *answer = arg;

	buf_add(&answer->body, bytes, size * count);
	return answer->body.overflow ? 0 : size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct answer *answer = arg;
	size_t len = size * count;

	if (len > 6 && strncasecmp(bytes, "etag:", 5) == 0) {
		(void)snprintf(answer->etag, sizeof(answer->etag), "%.*s",
			       (int)strcspn(bytes + 6, "\r\n"), bytes + 6);
	}
	return len;
}

static struct curl_slist *make_headers(const struct words *words, const char *method,
				       const char *if_match)
{
	struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
	AUTO(buf) struct buf token = {0};
	AUTO(buf) struct buf line = {0};
	char id[ID_TEXT_BYTES];
	struct id key = id_new(clock_system());

	if (words->token_file != NULL && read_file(words->token_file, &token)) {
		buf_printf(&line, "authorization: Bearer %.*s",
			   (int)strcspn(buf_text(&token), "\r\n "), buf_text(&token));
		headers = curl_slist_append(headers, buf_text(&line));
	}
	if (strcmp(method, "POST") == 0) {
		id_format(&key, id);
		buf_reset(&line);
		buf_printf(&line, "idempotency-key: \"%s\"", id);
		headers = curl_slist_append(headers, buf_text(&line));
	}
	if (if_match != NULL && *if_match != '\0') {
		buf_reset(&line);
		buf_printf(&line, "if-match: %s", if_match);
		headers = curl_slist_append(headers, buf_text(&line));
	}
	return curl_slist_append(headers, "expect:");
}

struct asking {
	const char *method;
	const char *path;
	const struct buf *body;
	const char *if_match;
};

static int ask(const struct words *words, const struct asking *asking, struct answer *answer)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = make_headers(words, asking->method, asking->if_match);
	AUTO(buf) struct buf url = {0};
	CURLcode code;

	answer->body.limit = ANSWER_MAX;
	buf_add_text(&url, words->url != NULL ? words->url : "http://localhost");
	buf_add_text(&url, asking->path);
	if (words->url == NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
				       words->socket != NULL ? words->socket : DEFAULT_SOCKET);
	}
	(void)curl_easy_setopt(curl, CURLOPT_URL, buf_text(&url));
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, asking->method);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
	if (asking->body != NULL && asking->body->len > 0) {
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asking->body->data);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)asking->body->len);
	}
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	if (code != CURLE_OK) {
		(void)fprintf(stderr, "astractl: no answer from the daemon: %s\n",
			      curl_easy_strerror(code));
		return 3;
	}
	return 0;
}

/* --- the answer --- */

static void print_value(const char *path, const json_t *value);

static void print_members(const char *path, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		char inner[256];

		(void)snprintf(inner, sizeof(inner), "%s%s%s", path, *path != '\0' ? "." : "",
			       name);
		print_value(inner, value);
	}
}

static void print_items(const char *path, const json_t *array)
{
	size_t index;
	json_t *value;

	json_array_foreach((json_t *)array, index, value)
	{
		char inner[256];

		(void)snprintf(inner, sizeof(inner), "%s[%zu]", path, index);
		print_value(inner, value);
	}
}

static void print_value(const char *path, const json_t *value)
{
	char *text;

	if (json_is_object(value)) {
		print_members(path, value);
	} else if (json_is_array(value)) {
		print_items(path, value);
	} else if (json_is_string(value)) {
		(void)printf("%s: %s\n", path, json_string_value(value));
	} else if (!json_is_null(value)) {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		(void)printf("%s: %s\n", path, text != NULL ? text : "?");
		free(text);
	}
}

static const char *word(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What a refused reload found, as `astrad --check` tells it. */
static void print_findings(const json_t *findings)
{
	size_t index;
	json_t *issue;

	json_array_foreach(json_object_get(findings, "issues"), index, issue)
	{
		bool has_hint = *word(issue, "hint") != '\0';

		(void)fprintf(stderr, "  %s:%lld:%lld: %s %s %s%s%s%s\n", word(issue, "file"),
			      (long long)json_integer_value(json_object_get(issue, "line")),
			      (long long)json_integer_value(json_object_get(issue, "column")),
			      word(issue, "severity"), word(issue, "code"), word(issue, "text"),
			      has_hint ? " (" : "", word(issue, "hint"), has_hint ? ")" : "");
	}
}

static void print_problem(const struct answer *answer, const json_t *problem)
{
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	const char *title = json_string_value(json_object_get(problem, "title"));
	size_t index;
	json_t *field;

	(void)fprintf(stderr, "refused (%ld): %s%s%s\n", answer->status, title != NULL ? title : "",
		      detail != NULL ? ": " : "", detail != NULL ? detail : "");
	json_array_foreach(json_object_get(problem, "errors"), index, field)
	{
		(void)fprintf(stderr, "  %s: %s\n",
			      json_string_value(json_object_get(field, "pointer")),
			      json_string_value(json_object_get(field, "detail")));
	}
	print_findings(json_object_get(problem, "findings"));
}

static int print_answer(const struct words *words, const struct answer *answer)
{
	bool is_good = answer->status >= 200 && answer->status < 300;
	json_t *json = json_loadb(buf_text(&answer->body), answer->body.len, 0, NULL);

	if (words->as_json || json == NULL) {
		(void)fprintf(is_good ? stdout : stderr, "%s\n", buf_text(&answer->body));
	} else if (is_good) {
		print_value("", json);
	} else {
		print_problem(answer, json);
	}
	json_decref(json);
	return is_good ? 0 : 1;
}

static int run(struct words *words)
{
	AUTO(buf) struct buf path = {0};
	AUTO(buf) struct buf body = {0};
	struct answer answer = {0};
	struct answer before = {0};
	struct asking asking = {.method = words->verb->method, .body = &body};
	int status = 0;

	if (!fill_path(words, &path) || !read_body(words, &body)) {
		return usage();
	}
	asking.path = buf_text(&path);
	if (words->verb->if_match) {
		struct asking reading = {.method = "GET", .path = buf_text(&path)};
		char *draft = strstr(path.data, "/draft");

		if (draft != NULL) {
			*draft = '\0';
		}
		status = ask(words, &reading, &before);
		if (draft != NULL) {
			*draft = '/';
		}
		asking.if_match = before.etag;
	}
	if (status == 0) {
		status = ask(words, &asking, &answer);
	}
	if (status == 0) {
		status = print_answer(words, &answer);
	}
	buf_finish(&before.body);
	buf_finish(&answer.body);
	return status;
}

int main(int argc, char **argv)
{
	struct words words = {0};
	int status;

	if (!read_words(&words, argc, argv)) {
		return usage();
	}
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	status = run(&words);
	curl_global_cleanup();
	return status;
}
