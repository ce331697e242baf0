/* What is decided before the first body byte, in order. Covers probe.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/attr.h"
#include "rig.h"

#define LONG_BODY "Content-Length: 999999\r\n"
#define ANON      "POST /echo HTTP/1.1\r\nHost: a\r\n"

/* Heads alone: no body byte is ever sent, and each is answered all the same. */
static const struct {
	const char *head;
	int status;
} ROWS[] = {
	{"POST /nothing HTTP/1.1\r\nHost: a\r\n" LONG_BODY "\r\n", 404},
	{"PUT /echo HTTP/1.1\r\nHost: a\r\n" LONG_BODY "\r\n", 405},
	{ANON LONG_BODY "\r\n", 401},
	{RIG_POST("/admin") LONG_BODY "\r\n", 403},
	{RIG_POST("/echo?a=b") LONG_BODY "\r\n", 400},
	{RIG_POST("/echo") "If-Match: x\r\n" LONG_BODY "\r\n", 400},
	{RIG_POST("/echo") "Idempotency-Key: \"\"\r\n" LONG_BODY "\r\n", 400},
	{"POST /echo HTTP/1.1\r\nHost: a\r\n" RIG_AUTH LONG_BODY "\r\n", 415},
	{RIG_POST("/echo") "Content-Encoding: br\r\n" LONG_BODY "\r\n", 415},
	{RIG_POST("/echo") LONG_BODY "\r\n", 413},
	{"GET /open HTTP/1.1\r\nHost: a\r\n" LONG_BODY "\r\n", 413},
	{"GET /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413},
	{RIG_POST("/echo") "\r\n", 400},
};

static void decides_without_a_body(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, NULL);
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		int fd = rig_connect(&rig, 1);
		int status = rig_ask(&rig, fd, ROWS[i].head);

		if (status != ROWS[i].status) {
			fail_msg("%d: %s", status, ROWS[i].head);
		}
		assert_non_null(strstr(rig_text(), "application/problem+json"));
		(void)close(fd);
	}
	rig_close(&rig);
}

static void continues_after_authorisation_only(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_open(&rig, NULL);
	fd = rig_connect(&rig, 1);
	assert_int_equal(
		rig_ask(&rig, fd,
			RIG_POST("/echo") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
		100);
	assert_int_equal(rig_ask(&rig, fd, "{}"), 200);
	assert_int_equal(
		rig_ask(&rig, fd, ANON "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"), 401);
	(void)close(fd);
	rig_close(&rig);
}

static void the_same_key_runs_once(void **state)
{
	static const char TEXT[] = RIG_POST("/held") "Idempotency-Key: \"k\"\r\n\r\n";
	struct rig rig;
	int first;
	int second;

	(void)state;
	rig_open(&rig, NULL);
	first = rig_connect(&rig, 1);
	second = rig_connect(&rig, 1);
	assert_int_equal(rig_ask(&rig, first, TEXT), 0);
	assert_int_equal(rig_ask(&rig, second, TEXT), 409);
	rig_release(&rig);
	assert_int_equal(rig_status(&rig, first), 200);
	assert_int_equal(rig_ask(&rig, second, TEXT), 0);
	assert_int_equal(rig.held_count, 1);
	assert_true(rig.held[0]->idempotency.use);
	assert_int_equal(rig.held[0]->idempotency.now_utc_ms, rig.clock.utc_ms);
	rig_release(&rig);
	(void)close(first);
	(void)close(second);
	rig_close(&rig);
}

static void readiness_follows_health(void **state)
{
	static const char ASK[] = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
	struct rig rig;
	int fd;

	(void)state;
	rig_open(&rig, NULL);
	fd = rig_connect(&rig, 1);
	assert_int_equal(rig_ask(&rig, fd, ASK), 200);
	assert_non_null(strstr(rig_text(), "{\"status\":\"ready\",\"reasons\":[]}"));
	health_raise(rig.health, HEALTH_DEGRADED, "channel_dead", "mup-ns", "no answer");
	assert_int_equal(rig_ask(&rig, fd, ASK), 200);
	assert_non_null(strstr(rig_text(), "degraded"));
	health_raise(rig.health, HEALTH_DOWN, "store_full", NULL, "the disk is full");
	assert_int_equal(rig_ask(&rig, fd, ASK), 503);
	assert_non_null(strstr(rig_text(), "\"status\":503"));
	assert_non_null(strstr(rig_text(), "\"reasons\":[{"));
	assert_non_null(strstr(rig_text(), "store_full"));
	assert_non_null(strstr(rig_text(), "Retry-After: 2"));
	(void)close(fd);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_without_a_body),
		cmocka_unit_test(continues_after_authorisation_only),
		cmocka_unit_test(the_same_key_runs_once),
		cmocka_unit_test(readiness_follows_health),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
