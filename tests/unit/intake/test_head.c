/* Every head that is refused, and every one that only looks odd, with what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/limits.h"
#include "intake/head.h"

#define LINE  "GET /v1/x HTTP/1.1\r\n"
#define POST  "POST /v1/x HTTP/1.1\r\n"
#define HOST  "Host: a\r\n"
#define TAKEN 0

struct row {
	const char *name;
	const char *bytes;
	int status; /* TAKEN = taken, else the refusal's status */
};

static const struct row ROWS[] = {
	{"plain", LINE HOST "\r\n", TAKEN},
	{"http 1.0", "GET / HTTP/1.0\r\n" HOST "\r\n", TAKEN},
	{"one empty line before", "\r\n" LINE HOST "\r\n", TAKEN},
	{"two empty lines before", "\r\n\r\n" LINE HOST "\r\n", 400},
	{"port in host", LINE "Host: [::1]:8116\r\n\r\n", TAKEN},
	{"utf-8 in a value", LINE HOST "X-Name: đ\r\n\r\n", TAKEN},
	{"tab in a value", LINE HOST "X-Name: a\tb\r\n\r\n", TAKEN},
	{"empty value", LINE HOST "X-Name:\r\n\r\n", TAKEN},
	{"query", "GET /v1/x?a=%20b&c=d HTTP/1.1\r\n" HOST "\r\n", TAKEN},

	{"bare LF ends the line", "GET / HTTP/1.1\nHost: a\n\n", 400},
	{"bare LF ends a field", LINE "Host: a\n\r\n", 400},
	{"bare LF between fields", LINE HOST "X: a\nContent-Length: 60\r\n\r\n", 400},
	{"bare LF ends the head", LINE HOST "\n", 400},
	{"bare CR in a value", LINE HOST "X: a\rb\r\n\r\n", 400},
	{"CR CR LF", LINE HOST "X: a\r\r\n\r\n", 400},
	{"folded line", LINE HOST "X: a\r\n b\r\n\r\n", 400},
	{"folded with tab", LINE HOST "X: a\r\n\tb\r\n\r\n", 400},
	{"blank before the first field", LINE " Host: a\r\n\r\n", 400},
	{"blank before colon", LINE HOST "X : a\r\n\r\n", 400},
	{"blank before the colon of a length", POST HOST "Content-Length : 5\r\n\r\n", 400},
	{"tab before colon", LINE HOST "X\t: a\r\n\r\n", 400},
	{"no colon", LINE HOST "X\r\n\r\n", 400},
	{"no name", LINE HOST ": a\r\n\r\n", 400},
	{"name not a word", LINE HOST "X(): a\r\n\r\n", 400},
	{"utf-8 in a name", LINE HOST "Đ: a\r\n\r\n", 400},
	{"control character in a value", LINE HOST "X: a\x01\r\n\r\n", 400},
	{"DEL in a value", LINE HOST "X: a\x7f\r\n\r\n", 400},
	{"TLS hello", "\x16\x03\x01\x02", 400},
	{"tab in the request line", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400},
	{"two blanks", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
	{"blank in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400},
	{"blank at the end of the line", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
	{"no version", "GET /\r\n" HOST "\r\n", 400},
	{"only a method", "GET\r\n" HOST "\r\n", 400},
	{"no target", "GET HTTP/1.1\r\n" HOST "\r\n", 400},
	{"method not a word", "G(T / HTTP/1.1\r\n" HOST "\r\n", 400},

	{"http 0.9", "GET / HTTP/0.9\r\n" HOST "\r\n", 505},
	{"http 1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505},
	{"http 2", "PRI * HTTP/2.0\r\n\r\n", 505},
	{"http 3", "GET / HTTP/3.0\r\n" HOST "\r\n", 505},
	{"long version", "GET / HTTP/1.10\r\n" HOST "\r\n", 400},
	{"lower-case version", "GET / http/1.1\r\n" HOST "\r\n", 400},
	{"version of another protocol", "GET / RTSP/1.0\r\n" HOST "\r\n", 400},

	{"unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 501},
	{"lower-case method", "get / HTTP/1.1\r\n" HOST "\r\n", 501},
	{"a method llhttp knows and we do not", "PROPFIND / HTTP/1.1\r\n" HOST "\r\n", 501},
	{"known method", "DELETE / HTTP/1.1\r\n" HOST "\r\n", TAKEN},

	{"absolute target", "GET http://a/ HTTP/1.1\r\n" HOST "\r\n", 400},
	{"authority target", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 400},
	{"asterisk target", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
	{"fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400},
	{"utf-8 in the target", "GET /đ HTTP/1.1\r\n" HOST "\r\n", 400},
	{"quote in the target", "GET /\" HTTP/1.1\r\n" HOST "\r\n", 400},
	{"backslash in the target", "GET /\\ HTTP/1.1\r\n" HOST "\r\n", 400},

	{"no host", LINE "\r\n", 400},
	{"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
	{"empty host", LINE "Host:\r\n\r\n", 400},
	{"two hosts", LINE HOST HOST "\r\n", 400},
	{"two hosts, one in capitals", LINE HOST "HOST: b\r\n\r\n", 400},
	{"host with a blank", LINE "Host: a b\r\n\r\n", 400},
	{"host with a path", LINE "Host: a/b\r\n\r\n", 400},
	{"host list", LINE "Host: a, b\r\n\r\n", 400},

	{"length", POST HOST "Content-Length: 5\r\n\r\n", TAKEN},
	{"length 0", POST HOST "Content-Length: 0\r\n\r\n", TAKEN},
	{"length twice", POST HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
	{"two lengths", POST HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
	{"length list", POST HOST "Content-Length: 5, 5\r\n\r\n", 400},
	{"length with a sign", POST HOST "Content-Length: +5\r\n\r\n", 400},
	{"negative length", POST HOST "Content-Length: -5\r\n\r\n", 400},
	{"hexadecimal length", POST HOST "Content-Length: 0x5\r\n\r\n", 400},
	{"length with a word", POST HOST "Content-Length: 5 x\r\n\r\n", 400},
	{"empty length", POST HOST "Content-Length:\r\n\r\n", 400},
	{"length above 64 bits", POST HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},

	{"chunked", POST HOST "Transfer-Encoding: chunked\r\n\r\n", TAKEN},
	{"Chunked", POST HOST "Transfer-Encoding: Chunked\r\n\r\n", TAKEN},
	{"chunked and length", POST HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	 400},
	{"length and chunked", POST HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	 400},
	{"gzip, chunked", POST HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{"gzip", POST HOST "Transfer-Encoding: gzip\r\n\r\n", 400},
	{"identity", POST HOST "Transfer-Encoding: identity\r\n\r\n", 400},
	{"chunked, gzip", POST HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
	{"chunked, chunked", POST HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
	{"chunked twice",
	 POST HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"chunked with a comma", POST HOST "Transfer-Encoding: ,chunked\r\n\r\n", 400},
	{"chunked with a parameter", POST HOST "Transfer-Encoding: chunked;a=b\r\n\r\n", 400},
	{"quoted chunked", POST HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400},
	{"xchunked", POST HOST "Transfer-Encoding: xchunked\r\n\r\n", 400},
	{"chunked with vertical tab", POST HOST "Transfer-Encoding: \vchunked\r\n\r\n", 400},
	{"empty coding", POST HOST "Transfer-Encoding:\r\n\r\n", 400},
	{"chunked in 1.0", "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400},

	{"expect", POST HOST "Expect: 100-continue\r\n\r\n", TAKEN},
	{"expect something else", POST HOST "Expect: 200-ok\r\n\r\n", 417},
	{"expect something else in 1.0", "POST / HTTP/1.0\r\n" HOST "Expect: 200-ok\r\n\r\n",
	 TAKEN},

	{"two tokens", LINE HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400},
	{"two keys", POST HOST "Idempotency-Key: \"a\"\r\nIdempotency-Key: \"b\"\r\n\r\n", 400},
	{"two of a field nobody reads", LINE HOST "Accept: a\r\nAccept: b\r\n\r\n", TAKEN},
};

/* Feeds `step` bytes at a time. 0 = taken, -1 = unfinished, else the status. */
static int judge(struct head *head, const char *text, size_t len, size_t step)
{
	struct fault fault;

	for (size_t at = 0; at < len;) {
		size_t piece = len - at < step ? len - at : step;
		size_t used = 0;

		switch (head_feed(head, (struct bytes){text + at, piece}, &used, &fault)) {
		case HEAD_REFUSED:
			return fault_status(fault.kind);
		case HEAD_DONE:
			return head_judge(head, &fault) ? TAKEN : fault_status(fault.kind);
		default:
			assert_int_equal(used, piece);
			at += piece;
		}
	}
	return -1;
}

static void judges_every_row(void **state)
{
	static const size_t STEPS[] = {1, 7, SIZE_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		for (size_t j = 0; j < ARRAY_LEN(STEPS); j++) {
			struct head head;
			int status;

			head_init(&head);
			status = judge(&head, ROWS[i].bytes, strlen(ROWS[i].bytes), STEPS[j]);
			if (status != ROWS[i].status) {
				fail_msg("%s by %zu: %d", ROWS[i].name, STEPS[j], status);
			}
			head_finish(&head);
		}
	}
}

static void refuses_a_zero_byte(void **state)
{
	static const char ZERO[] = LINE "Host: a\0b\r\n\r\n";
	struct head head;

	(void)state;
	head_init(&head);
	assert_int_equal(judge(&head, ZERO, sizeof(ZERO) - 1, 1), 400);
	head_finish(&head);
}

static void tells_what_it_read(void **state)
{
	static const char TEXT[] = "POST /v1/x?a=b HTTP/1.1\r\nhost: a\r\nContent-Length:  12 \r\n"
				   "Authorization:\tBearer x\r\nExpect: 100-Continue\r\n\r\nrest";
	struct head head;
	struct fault fault;
	size_t used;

	(void)state;
	head_init(&head);
	assert_int_equal(head_feed(&head, (struct bytes){TEXT, sizeof(TEXT) - 1}, &used, &fault),
			 HEAD_DONE);
	assert_int_equal(used, sizeof(TEXT) - 1 - 4);
	assert_true(head_judge(&head, &fault));
	assert_int_equal(head.method, METHOD_POST);
	assert_int_equal(head.path.len, 5);
	assert_memory_equal(head.query.data, "a=b", 3);
	assert_int_equal(head.query.len, 3);
	assert_int_equal(head.content_length, 12);
	assert_memory_equal(head.fields[HEAD_AUTHORIZATION].data, "Bearer x", 8);
	assert_int_equal(head.fields[HEAD_AUTHORIZATION].len, 8);
	assert_true(head.wants_continue && head.is_kept_alive && head_has_body(&head));
	head_reset(&head);
	assert_int_equal(head.raw.len, 0);
	head_finish(&head);
}

static void keeps_alive_as_told(void **state)
{
	static const struct {
		const char *bytes;
		bool is_kept;
	} LINES[] = {
		{LINE HOST "\r\n", true},
		{LINE HOST "Connection: close\r\n\r\n", false},
		{LINE HOST "Connection: x, Close\r\n\r\n", false},
		{LINE HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n", false},
		{LINE HOST "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n" HOST "\r\n", false},
		{"GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
		struct head head;

		head_init(&head);
		assert_int_equal(judge(&head, LINES[i].bytes, strlen(LINES[i].bytes), 3), TAKEN);
		assert_int_equal(head.is_kept_alive, LINES[i].is_kept);
		head_finish(&head);
	}
}

/* A head of `bytes` bytes, all of it but the frame in one value. */
static int judge_sized(size_t bytes)
{
	static char text[LIMIT_HEAD_BYTES + 16];
	static const char START[] = LINE HOST "X: ";
	struct head head;
	int status;

	memset(text, 'x', sizeof(text));
	memcpy(text, START, sizeof(START) - 1);
	memcpy(text + bytes - 4, "\r\n\r\n", 4);
	head_init(&head);
	status = judge(&head, text, bytes, 1000);
	head_finish(&head);
	return status;
}

static void bounds_bytes_and_fields(void **state)
{
	AUTO(buf) struct buf many = {0};
	struct head head;

	(void)state;
	assert_int_equal(judge_sized(LIMIT_HEAD_BYTES), TAKEN);
	assert_int_equal(judge_sized(LIMIT_HEAD_BYTES + 1), 431);

	buf_add_text(&many, LINE HOST);
	for (int i = 1; i < HEAD_FIELDS_MAX; i++) {
		buf_add_text(&many, "X: y\r\n");
	}
	buf_add_text(&many, "\r\n");
	head_init(&head);
	assert_int_equal(judge(&head, many.data, many.len, 100), TAKEN);
	head_reset(&head);
	many.len -= 2;
	buf_add_text(&many, "X: y\r\n\r\n");
	assert_int_equal(judge(&head, many.data, many.len, 100), 431);
	head_finish(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_row),        cmocka_unit_test(refuses_a_zero_byte),
		cmocka_unit_test(tells_what_it_read),      cmocka_unit_test(keeps_alive_as_told),
		cmocka_unit_test(bounds_bytes_and_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
