/* The pure part of the HTTP client: what a libcurl result means, and Retry-After. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "channel/http_private.h"
#include "domain/delivery.h"

struct row {
	CURLcode code;
	bool is_written;
	const char *words;   /* libcurl's */
	const char *refusal; /* of the address check */
	bool is_allowed;     /* another address was allowed */
	enum astrad_outcome outcome;
};

static const struct row rows[] = {
	{CURLE_COULDNT_RESOLVE_HOST, false, "", NULL, false, ASTRAD_RETRY},
	{CURLE_COULDNT_CONNECT, false, "", NULL, true, ASTRAD_RETRY},
	{CURLE_COULDNT_CONNECT, false, "", "loopback", false, ASTRAD_SECURITY},
	{CURLE_COULDNT_CONNECT, false, "", "loopback", true, ASTRAD_RETRY},
	{CURLE_ABORTED_BY_CALLBACK, false, "", "private", true, ASTRAD_SECURITY},
	{CURLE_OPERATION_TIMEDOUT, false, "", NULL, true, ASTRAD_RETRY},
	{CURLE_OPERATION_TIMEDOUT, true, "", NULL, true, ASTRAD_UNCERTAIN},
	{CURLE_SEND_ERROR, false, "Connection reset by peer", NULL, true, ASTRAD_RETRY},
	{CURLE_RECV_ERROR, true, "Connection reset by peer", NULL, true, ASTRAD_UNCERTAIN},
	{CURLE_RECV_ERROR, true, "SSL read: error:1404: tlsv13 alert certificate required", NULL,
	 true, ASTRAD_SECURITY},
	{CURLE_RECV_ERROR, true, "SSL read: sslv3 alert bad certificate", NULL, true,
	 ASTRAD_SECURITY},
	{CURLE_SSL_CONNECT_ERROR, false, "tlsv1 alert unknown ca", NULL, true, ASTRAD_SECURITY},
	{CURLE_SSL_CONNECT_ERROR, false, "wrong version number", NULL, true, ASTRAD_RETRY},
	{CURLE_GOT_NOTHING, true, "", NULL, true, ASTRAD_UNCERTAIN},
	{CURLE_WEIRD_SERVER_REPLY, true, "", NULL, true, ASTRAD_UNCERTAIN},
	{CURLE_UNSUPPORTED_PROTOCOL, true, "Received HTTP/0.9", NULL, true, ASTRAD_UNCERTAIN},
	{CURLE_UNSUPPORTED_PROTOCOL, false, "", NULL, false, ASTRAD_SECURITY},
	{CURLE_URL_MALFORMAT, false, "", NULL, false, ASTRAD_SECURITY},
	{CURLE_PEER_FAILED_VERIFICATION, false, "", NULL, true, ASTRAD_SECURITY},
	{CURLE_SSL_CERTPROBLEM, false, "", NULL, true, ASTRAD_SECURITY},
	{CURLE_SSL_CACERT_BADFILE, false, "", NULL, true, ASTRAD_SECURITY},
	{CURLE_OUT_OF_MEMORY, false, "", NULL, false, ASTRAD_RETRY},
};

static void says_what_a_result_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_call call = {.refusal = rows[i].refusal,
					 .is_allowed = rows[i].is_allowed};

		snprintf(call.error, sizeof(call.error), "%s", rows[i].words);
		assert_int_equal(http_outcome(&call, rows[i].code, rows[i].is_written),
				 rows[i].outcome);
	}
}

/* 2026-11-23T15:31:07Z */
#define NOW_MS INT64_C(1795447867000)

static const struct {
	const char *value;
	int64_t ms;
} waits[] = {
	{"0", 0},
	{"120", 120000},
	{" 7\r\n", 7000},
	{"604800", 604800000},
	{"604801", 604800000},
	{"99999999999999999999999", 604800000},
	{"Mon, 23 Nov 2026 15:32:07 GMT", 60000},
	{"Mon, 23 Nov 2026 15:30:07 GMT", 0},
	{"Monday, 23-Nov-26 15:32:07 GMT", 60000},
	{"Mon Nov 23 15:32:07 2026", 60000},
	{"Mon, 23 Nov 2037 15:32:07 GMT", 604800000},
	{"Mon, 23 Nov 999999999 15:32:07 GMT", 604800000},
	{"P Nov999999992 1", 604800000}, /* a date to libcurl: overflowed in milliseconds */
	{"", -1},
	{"   ", -1},
	{"soon", -1},
	{"-5", -1},
	{"5 s", -1},
	{"1.5", -1},
	{"5, 6", -1},
	{"Mon, 23 Nov 2026 15:32:07 GMT and some more words behind it, too many", -1},
};

static void reads_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		int64_t ms = http_retry_after_ms(waits[i].value, strlen(waits[i].value), NOW_MS);

		if (ms != waits[i].ms) {
			fail_msg("\"%s\" is %lld, not %lld", waits[i].value, (long long)ms,
				 (long long)waits[i].ms);
		}
	}
}

/* domain/delivery.h may not include the ABI; the numbers are stored and compared as equal. */
static void outcomes_are_those_of_the_domain(void **state)
{
	static const struct {
		int abi;
		int domain;
	} pairs[] = {
		{ASTRAD_DELIVERED, OUTCOME_DELIVERED},
		{ASTRAD_ACCEPTED, OUTCOME_ACCEPTED},
		{ASTRAD_RETRY, OUTCOME_RETRY},
		{ASTRAD_UNCERTAIN, OUTCOME_UNCERTAIN},
		{ASTRAD_THROTTLED, OUTCOME_THROTTLED},
		{ASTRAD_SLOW_RETRY, OUTCOME_SLOW_RETRY},
		{ASTRAD_FIXABLE, OUTCOME_FIXABLE},
		{ASTRAD_GONE, OUTCOME_GONE},
		{ASTRAD_SECURITY, OUTCOME_SECURITY},
		{ASTRAD_REJECTED, OUTCOME_REJECTED},
		{ASTRAD_CANCELLED, OUTCOME_CANCELLED},
		{ASTRAD_CANCELLED_MAYBE, OUTCOME_CANCELLED_MAYBE},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_int_equal(pairs[i].abi, pairs[i].domain);
	}
	assert_int_equal(ASTRAD_MEDIUM_JSON, MEDIUM_JSON);
	assert_int_equal(ASTRAD_MEDIUM_CAP, MEDIUM_CAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_a_result_means),
		cmocka_unit_test(reads_retry_after),
		cmocka_unit_test(outcomes_are_those_of_the_domain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
