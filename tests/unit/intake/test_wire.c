/* Bodies as llhttp takes them apart, and what it has to agree with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "intake/wire.h"

#define LENGTH  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LIMIT   16

static const struct {
	const char *name;
	const char *head;
	const char *body;
	enum wire_result result;
	const char *text;
	size_t left; /* bytes of the next request */
} ROWS[] = {
	{"length", LENGTH, "hello", WIRE_DONE, "hello", 0},
	{"length and more", LENGTH, "helloGET", WIRE_DONE, "hello", 3},
	{"half", LENGTH, "hel", WIRE_MORE, "hel", 0},
	{"one chunk", CHUNKED, "5\r\nhello\r\n0\r\n\r\n", WIRE_DONE, "hello", 0},
	{"two chunks", CHUNKED, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nGET", WIRE_DONE, "hello", 3},
	{"capital hexadecimal", CHUNKED, "A\r\n0123456789\r\n0\r\n\r\n", WIRE_DONE, "0123456789",
	 0},
	{"no chunk", CHUNKED, "0\r\n\r\n", WIRE_DONE, "", 0},
	{"unfinished", CHUNKED, "5\r\nhello\r\n0\r\n", WIRE_MORE, "hello", 0},
	{"bare LF after the size", CHUNKED, "5\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"bare CR after the size", CHUNKED, "5\rhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"bare LF after a chunk", CHUNKED, "5\r\nhello\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"nothing after a chunk", CHUNKED, "5\r\nhello0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"two bytes after a chunk", CHUNKED, "5\r\nhelloXX0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"bare LF at the end", CHUNKED, "5\r\nhello\r\n0\r\n\n", WIRE_REFUSED, NULL, 0},
	{"bare LFs at the end", CHUNKED, "5\r\nhello\r\n0\n\n", WIRE_REFUSED, NULL, 0},
	{"0x", CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"minus", CHUNKED, "-5\r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"blank before the size", CHUNKED, " 5\r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"blank after the size", CHUNKED, "5 \r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"empty size", CHUNKED, "\r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"size above 64 bits", CHUNKED, "10000000000000005\r\nhello\r\n", WIRE_REFUSED, NULL, 0},
	{"extension", CHUNKED, "5;a=b\r\nhello\r\n0\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"trailer", CHUNKED, "5\r\nhello\r\n0\r\nX: y\r\n\r\n", WIRE_REFUSED, NULL, 0},
	{"more than is taken", CHUNKED, "20\r\n01234567890123456789012345678901\r\n",
	 WIRE_TOO_LARGE, NULL, 0},
};

static void start(struct wire *wire, struct head *head, const char *text)
{
	struct fault fault;
	size_t used;

	head_init(head);
	assert_int_equal(head_feed(head, (struct bytes){text, strlen(text)}, &used, &fault),
			 HEAD_DONE);
	assert_true(head_judge(head, &fault));
	assert_true(wire_start(wire, head));
}

static void check_row(struct wire *wire, size_t row, size_t step)
{
	AUTO(buf) struct buf out = {.limit = LIMIT};
	enum wire_result result = WIRE_MORE;
	size_t len = strlen(ROWS[row].body);
	size_t at = 0;
	struct head head;

	start(wire, &head, ROWS[row].head);
	while (at < len && result == WIRE_MORE) {
		size_t used = 0;
		struct bytes piece = {ROWS[row].body + at, len - at < step ? len - at : step};

		result = wire_body(wire, piece, &out, &used);
		at += used;
	}
	if (result != ROWS[row].result) {
		fail_msg("%s by %zu: %d", ROWS[row].name, step, (int)result);
	}
	if (ROWS[row].text != NULL) {
		assert_string_equal(buf_text(&out), ROWS[row].text);
		assert_int_equal(len - at, ROWS[row].left);
	}
	head_finish(&head);
}

static void takes_bodies_apart(void **state)
{
	struct wire *wire = wire_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		check_row(wire, i, 1);
		check_row(wire, i, 3);
		check_row(wire, i, SIZE_MAX);
	}
	wire_destroy(&wire);
}

static void bounds_framing_without_a_body(void **state)
{
	AUTO(buf) struct buf out = {.limit = LIMIT};
	struct wire *wire = wire_create();
	enum wire_result result = WIRE_MORE;
	struct head head;
	size_t sent = 0;

	(void)state;
	start(wire, &head, CHUNKED);
	while (result == WIRE_MORE) {
		size_t used;

		result = wire_body(wire, (struct bytes){"0", 1}, &out, &used);
		sent++;
		assert_true(sent < 10000);
	}
	assert_int_equal(result, WIRE_TOO_LARGE);
	head_finish(&head);
	wire_destroy(&wire);
}

static void ends_at_the_head_without_a_body(void **state)
{
	static const char *const HEADS[] = {
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
		"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"PATCH / HTTP/1.1\r\nHost: a\r\n\r\n",
	};
	struct wire *wire = wire_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(HEADS); i++) {
		struct head head;

		start(wire, &head, HEADS[i]);
		head_finish(&head);
	}
	wire_destroy(&wire);
}

static void refuses_another_reading(void **state)
{
	struct wire *wire = wire_create();
	struct head head;

	(void)state;
	start(wire, &head, LENGTH);
	head.content_length = 6;
	assert_false(wire_start(wire, &head));
	head.content_length = 5;
	head.is_chunked = true;
	assert_false(wire_start(wire, &head));
	head.is_chunked = false;
	head.method = METHOD_GET;
	assert_false(wire_start(wire, &head));
	head_finish(&head);
	wire_destroy(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_bodies_apart),
		cmocka_unit_test(bounds_framing_without_a_body),
		cmocka_unit_test(ends_at_the_head_without_a_body),
		cmocka_unit_test(refuses_another_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
