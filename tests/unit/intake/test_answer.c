/* Answers as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/answer.h"
#include "intake/method.h"

#define AT_MS INT64_C(1795448667000) /* 2026-11-23T15:44:27Z */
#define SECURITY                                                                                   \
	"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"                           \
	"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"                  \
	"Referrer-Policy: no-referrer\r\n\r\n"
#define DATE "Date: Mon, 23 Nov 2026 15:44:27 GMT\r\n"

static const struct {
	struct answer answer;
	const char *bytes;
} ROWS[] = {
	{{.status = 200, .content_type = "application/json", .body = {"{}", 2}},
	 "HTTP/1.1 200 OK\r\n" DATE
	 "Content-Type: application/json\r\nContent-Length: 2\r\n" SECURITY "{}"},
	{{.status = 200, .content_type = "application/json", .body = {"{}", 2}, .is_head = true},
	 "HTTP/1.1 200 OK\r\n" DATE
	 "Content-Type: application/json\r\nContent-Length: 2\r\n" SECURITY},
	{{.status = 204}, "HTTP/1.1 204 No Content\r\n" DATE SECURITY},
	{{.status = 201, .location = "/v1/cases/1", .etag = 7, .is_replayed = true},
	 "HTTP/1.1 201 Created\r\n" DATE "Location: /v1/cases/1\r\nETag: \"7\"\r\n"
	 "Idempotency-Replayed: true\r\nContent-Length: 0\r\n" SECURITY},
	{{.status = 503, .retry_after_s = 2, .is_closing = true, .is_kept_alive_by_word = true},
	 "HTTP/1.1 503 Service Unavailable\r\n" DATE
	 "Retry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n" SECURITY},
	{{.status = 405,
	  .allow = 1u << METHOD_GET | 1u << METHOD_HEAD,
	  .is_kept_alive_by_word = true},
	 "HTTP/1.1 405 Method Not Allowed\r\n" DATE
	 "Allow: GET, HEAD\r\nContent-Length: 0\r\nConnection: keep-alive\r\n" SECURITY},
	{{.status = 401, .challenge = "Bearer realm=\"astrad\""},
	 "HTTP/1.1 401 Unauthorized\r\n" DATE
	 "WWW-Authenticate: Bearer realm=\"astrad\"\r\nContent-Length: 0\r\n" SECURITY},
	{{.status = 200, .is_key_unquoted = true},
	 "HTTP/1.1 200 OK\r\n" DATE "Warning: 299 astrad \"put Idempotency-Key in quotes\"\r\n"
	 "Content-Length: 0\r\n" SECURITY},
};

static void renders_every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(buf) struct buf out = {0};

		answer_render(&ROWS[i].answer, AT_MS, &out);
		assert_string_equal(buf_text(&out), ROWS[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_every_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
