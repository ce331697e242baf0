/*
 * The request by libcurl. Each POST carries a fresh Idempotency-Key: whoever types a command twice
 * wants it twice, and a request that libcurl sends again on a broken connection is done once.
 */
#include "astractl/ask.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

#define ANSWER_MAX (16u << 20)
#define FILE_MAX   (1u << 20)
#define TIMEOUT_S  60L

bool ask_read_file(const char *path, struct buf *out)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	ssize_t n = -1;

	out->limit = FILE_MAX;
	while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_add(out, chunk, (size_t)n);
	}
	if (n < 0) {
		(void)fprintf(stderr, "astractl: %s: %s\n", path, strerror(errno));
	} else if (out->overflow) {
		(void)fprintf(stderr, "astractl: %s: larger than 1 MiB\n", path);
	}
	if (fd >= 0 && !is_stdin) {
		(void)close(fd);
	}
	return n == 0 && !out->overflow;
}

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

	if (len > 6 && strncasecmp(bytes, "etag: ", 6) == 0) {
		(void)snprintf(answer->etag, sizeof(answer->etag), "%.*s",
			       (int)strcspn(bytes + 6, "\r\n"), bytes + 6);
	}
	return len;
}

static struct curl_slist *add_header(struct curl_slist *headers, const char *begin,
				     const char *value, const char *end)
{
	AUTO(buf) struct buf line = {0};

	buf_printf(&line, "%s%s%s", begin, value, end);
	headers = curl_slist_append(headers, buf_text(&line));
	secret_wipe(line.data, line.len);
	return headers;
}

static struct curl_slist *make_headers(const struct server *server, const struct question *question)
{
	struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
	struct id key = id_new(clock_system());
	char id[ID_TEXT_BYTES];

	headers = curl_slist_append(headers, "expect:");
	if (server->token != NULL) {
		headers = add_header(headers, "authorization: Bearer ", server->token, "");
	}
	if (strcmp(question->method, "POST") == 0) {
		id_format(&key, id);
		headers = add_header(headers, "idempotency-key: \"", id, "\"");
	}
	if (question->if_match != NULL && *question->if_match != '\0') {
		headers = add_header(headers, "if-match: ", question->if_match, "");
	}
	return headers;
}

static void set_options(CURL *curl, const struct server *server, const struct question *question)
{
	const struct buf *body = question->body;

	if (server->url == NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, server->socket);
	}
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
	if (body != NULL && body->len > 0) {
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->len);
	}
}

static void complain(const struct server *server, const struct answer *answer, CURLcode code)
{
	if (answer->body.overflow) {
		(void)fputs("astractl: the answer is larger than 16 MiB\n", stderr);
	} else {
		(void)fprintf(stderr, "astractl: no answer from the daemon at %s: %s\n",
			      server->url != NULL ? server->url : server->socket,
			      curl_easy_strerror(code));
	}
}

bool ask(const struct server *server, const struct question *question, struct answer *ret_answer)
{
	struct curl_slist *headers = make_headers(server, question);
	AUTO(buf) struct buf url = {0};
	CURLcode code = CURLE_FAILED_INIT;
	CURL *curl;

	*ret_answer = (struct answer){.body = {.limit = ANSWER_MAX}};
	curl = curl_easy_init();
	buf_printf(&url, "%s%s", server->url != NULL ? server->url : "http://localhost",
		   question->path);
	if (curl != NULL) {
		set_options(curl, server, question);
		(void)curl_easy_setopt(curl, CURLOPT_URL, buf_text(&url));
		(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
		(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_answer);
		(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
		(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, ret_answer);
		code = curl_easy_perform(curl);
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
		curl_easy_cleanup(curl);
	}
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		complain(server, ret_answer, code);
	}
	return code == CURLE_OK;
}
