/* One attempt of a webhook channel: what is sent, which URL is next, what a stop leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "webhook.h"

extern const struct astrad_channel astrad_channel;

#define BODY "{\"test\": 2432232314}"

struct fixture {
	struct rig rig;
	struct astrad_value values[OPTION_COUNT];
	const char *urls[3];
	const char *secrets[1];
	void *channel;
	struct astrad_delivery delivery;
};

static void open_channel(struct fixture *fixture, size_t url_count)
{
	char why[128] = "";

	fixture->values[OPTION_URLS].text_count = url_count;
	fixture->channel = astrad_channel.create(&fixture->rig.services, &fixture->rig,
						 fixture->values, why, sizeof(why));
	assert_non_null(fixture->channel);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){
		.urls = {"https://a.example/", "https://b.example/", "https://c.example/"},
		.secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
		.delivery = {.token = 7,
			     .message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
			     .delivery_ref = "row-1",
			     .body = {BODY, sizeof(BODY) - 1},
			     .attempt = 1},
	};
	rig_init(&fixture.rig);
	fixture.values[OPTION_URLS].is_set = 1;
	fixture.values[OPTION_URLS].texts = fixture.urls;
	fixture.values[OPTION_SECRETS].texts = fixture.secrets;
	fixture.values[OPTION_SECRETS].text_count = 1;
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->channel != NULL) {
		astrad_channel.destroy(fixture->channel);
	}
	return 0;
}

static void assert_result(const struct fixture *fixture, int outcome, const char *detail)
{
	assert_int_equal(fixture->rig.result_count, 1);
	assert_int_equal(fixture->rig.results[0].token, 7);
	assert_int_equal(fixture->rig.results[0].result.outcome, outcome);
	assert_string_equal(fixture->rig.results[0].detail, detail);
}

static void sends_what_the_standard_says(void **state)
{
	struct fixture *fixture = *state;
	const struct astrad_http *http = &fixture->rig.https[0];

	open_channel(fixture, 1);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	assert_int_equal(fixture->rig.http_count, 1);
	assert_string_equal(http->request.method, "POST");
	assert_string_equal(http->url, "https://a.example/");
	assert_string_equal(http->body, BODY);
	assert_int_equal(http->request.allow_http, 0);
	assert_string_equal(http->headers,
			    "content-type: application/json\n"
			    "user-agent: astrad\n"
			    "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\n"
			    "webhook-timestamp: 1614265330\n"
			    "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n");
	rig_answer(&fixture->rig, 0, 204, "thanks");
	assert_result(fixture, ASTRAD_DELIVERED, "url 1: HTTP 204");
	assert_int_equal(fixture->rig.results[0].result.status, 204);
	assert_string_equal(fixture->rig.results[0].reply, "thanks");
}

/* The timestamp is the attempt's, the id is the message's. */
static void signs_each_attempt_anew(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 1);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	rig_answer(&fixture->rig, 0, 500, "");
	fixture->rig.utc_ms += 5000;
	fixture->delivery.attempt = 2;
	astrad_channel.send(fixture->channel, &fixture->delivery);
	assert_non_null(strstr(fixture->rig.https[1].headers, "webhook-timestamp: 1614265335\n"));
	assert_non_null(strstr(fixture->rig.https[1].headers, "webhook-id: msg_p5jXN8"));
	assert_null(strstr(fixture->rig.https[1].headers, "v1,g0hM9SsE"));
	rig_answer(&fixture->rig, 1, 200, "");
}

static void passes_trust_on(void **state)
{
	struct fixture *fixture = *state;
	const struct astrad_http_request *request = &fixture->rig.https[0].request;

	fixture->values[OPTION_CA].text = "/ca.pem";
	fixture->values[OPTION_CLIENT_CERTIFICATE] =
		(struct astrad_value){.is_set = 1, .text = "/us.pem"};
	fixture->values[OPTION_CLIENT_KEY] = (struct astrad_value){.is_set = 1, .text = "KEY"};
	fixture->values[OPTION_ALLOW_HTTP].number = 1;
	open_channel(fixture, 1);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	assert_string_equal(request->ca, "/ca.pem");
	assert_string_equal(request->client_certificate, "/us.pem");
	assert_string_equal(request->client_key, "KEY");
	assert_int_equal(request->allow_http, 1);
	rig_answer(&fixture->rig, 0, 200, "");
}

/* DELIVERY section 3, and the table of the README. */
static void knows_each_status(void **state)
{
	(void)state;
	static const struct {
		int status, outcome;
	} rows[] = {
		{200, ASTRAD_DELIVERED},  {204, ASTRAD_DELIVERED},  {299, ASTRAD_DELIVERED},
		{300, ASTRAD_FIXABLE},    {301, ASTRAD_FIXABLE},    {308, ASTRAD_FIXABLE},
		{400, ASTRAD_FIXABLE},    {401, ASTRAD_FIXABLE},    {403, ASTRAD_FIXABLE},
		{404, ASTRAD_FIXABLE},    {408, ASTRAD_RETRY},      {409, ASTRAD_FIXABLE},
		{410, ASTRAD_GONE},       {413, ASTRAD_FIXABLE},    {422, ASTRAD_FIXABLE},
		{425, ASTRAD_RETRY},      {429, ASTRAD_THROTTLED},  {500, ASTRAD_RETRY},
		{501, ASTRAD_RETRY},      {502, ASTRAD_SLOW_RETRY}, {503, ASTRAD_THROTTLED},
		{504, ASTRAD_SLOW_RETRY}, {507, ASTRAD_RETRY},      {599, ASTRAD_RETRY},
		{999, ASTRAD_RETRY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(webhook_outcome_of(rows[i].status), rows[i].outcome);
	}
}

static void tells_how_long_to_wait(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 1);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	rig_answer_later(&fixture->rig, 0, 429, 7000);
	assert_result(fixture, ASTRAD_THROTTLED, "url 1: HTTP 429");
	assert_int_equal(fixture->rig.results[0].result.retry_after_ms, 7000);
}

/* Two URLs: a status, or (above 1000) an outcome of the client. */
static const struct {
	int first, second; /* second 0: it must not be asked */
	int outcome;
	const char *detail;
} pairs[] = {
	{200, 0, ASTRAD_DELIVERED, "url 1: HTTP 200"},
	{1000 + ASTRAD_UNCERTAIN, 0, ASTRAD_UNCERTAIN, "url 1: gone wrong"},
	{500, 200, ASTRAD_DELIVERED, "url 2: HTTP 200"},
	{410, 200, ASTRAD_DELIVERED, "url 2: HTTP 200"},
	{1000 + ASTRAD_RETRY, 1000 + ASTRAD_UNCERTAIN, ASTRAD_UNCERTAIN, "url 2: gone wrong"},
	{1000 + ASTRAD_RETRY, 404, ASTRAD_RETRY, "url 1: gone wrong"},
	{404, 1000 + ASTRAD_RETRY, ASTRAD_RETRY, "url 2: gone wrong"},
	{503, 410, ASTRAD_THROTTLED, "url 1: HTTP 503"},
	{410, 1000 + ASTRAD_SECURITY, ASTRAD_GONE, "url 1: HTTP 410"},
	{1000 + ASTRAD_SECURITY, 404, ASTRAD_FIXABLE, "url 2: HTTP 404"},
	{1000 + ASTRAD_SECURITY, 500, ASTRAD_RETRY, "url 2: HTTP 500"},
	{410, 410, ASTRAD_GONE, "url 2: HTTP 410"},
};

static void say(struct rig *rig, int i, int what)
{
	if (what > 1000) {
		rig_fail(rig, i, what - 1000, "gone wrong");
	} else {
		rig_answer(rig, i, what, "");
	}
}

static void most_hopeful_answer_counts(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 2);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		fixture->rig.http_count = 0;
		fixture->rig.result_count = 0;
		memset(fixture->rig.https, 0, sizeof(fixture->rig.https));
		astrad_channel.send(fixture->channel, &fixture->delivery);
		say(&fixture->rig, 0, pairs[i].first);
		assert_int_equal(fixture->rig.http_count, pairs[i].second == 0 ? 1 : 2);
		if (pairs[i].second != 0) {
			assert_int_equal(fixture->rig.result_count, 0);
			assert_string_equal(fixture->rig.https[1].url, "https://b.example/");
			assert_string_equal(fixture->rig.https[1].headers,
					    fixture->rig.https[0].headers);
			say(&fixture->rig, 1, pairs[i].second);
		}
		assert_result(fixture, pairs[i].outcome, pairs[i].detail);
	}
}

/* Somebody has to hear of a bad certificate even when the other URL is merely down. */
static void security_is_told_in_any_case(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 2);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	rig_fail(&fixture->rig, 0, ASTRAD_SECURITY, "certificate has expired");
	assert_int_equal(fixture->rig.log_count, 1);
	rig_answer(&fixture->rig, 1, 500, "");
	assert_result(fixture, ASTRAD_RETRY, "url 2: HTTP 500");
}

static void refused_request_is_a_retry(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 2);
	fixture->rig.http_refuses = 1;
	astrad_channel.send(fixture->channel, &fixture->delivery);
	assert_result(fixture, ASTRAD_RETRY, "too many requests are under way");
}

static void stop_cuts(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 2);
	for (int written = 0; written <= 1; written++) {
		fixture->rig.result_count = 0;
		fixture->rig.cancel_written = written;
		astrad_channel.send(fixture->channel, &fixture->delivery);
		assert_int_equal(astrad_channel.on_wire(fixture->channel, 7), 0);
		astrad_channel.cancel(fixture->channel, 7);
		assert_result(fixture, written ? ASTRAD_CANCELLED_MAYBE : ASTRAD_CANCELLED,
			      "stopped");
		assert_int_equal(fixture->rig.https[written].is_open, 0);
	}
	astrad_channel.cancel(fixture->channel, 7);
	astrad_channel.cancel(fixture->channel, 8);
	assert_int_equal(astrad_channel.on_wire(fixture->channel, 8), 0);
	assert_int_equal(fixture->rig.result_count, 1);
}

/* From the stop on not a byte leaves: no other URL. */
static void stop_that_waits_is_the_last_word(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, 3);
	astrad_channel.send(fixture->channel, &fixture->delivery);
	fixture->rig.on_wire = 1;
	assert_int_equal(astrad_channel.on_wire(fixture->channel, 7), 1);
	rig_answer(&fixture->rig, 0, 500, "");
	assert_int_equal(fixture->rig.http_count, 1);
	assert_result(fixture, ASTRAD_RETRY, "url 1: HTTP 500");
}

static void keeps_attempts_apart(void **state)
{
	struct fixture *fixture = *state;
	struct astrad_delivery others[3];

	open_channel(fixture, 1);
	for (int i = 0; i < 3; i++) {
		others[i] = fixture->delivery;
		others[i].token = (uint64_t)i + 1;
		astrad_channel.send(fixture->channel, &others[i]);
	}
	astrad_channel.cancel(fixture->channel, 2);
	rig_answer(&fixture->rig, 2, 200, "");
	rig_answer(&fixture->rig, 0, 404, "");
	assert_int_equal(fixture->rig.result_count, 3);
	for (int i = 0; i < 3; i++) {
		static const int outcomes[] = {ASTRAD_CANCELLED, ASTRAD_DELIVERED, ASTRAD_FIXABLE};
		static const uint64_t tokens[] = {2, 3, 1};

		assert_int_equal(fixture->rig.results[i].token, tokens[i]);
		assert_int_equal(fixture->rig.results[i].result.outcome, outcomes[i]);
	}
}

static void refuses_options_that_do_not_fit(void **state)
{
	struct fixture *fixture = *state;
	char why[128] = "";

	fixture->values[OPTION_URLS].text_count = 1;
	fixture->values[OPTION_CLIENT_KEY] = (struct astrad_value){.is_set = 1, .text = "KEY"};
	assert_int_not_equal(webhook_check(fixture->values, why, sizeof(why)), 0);
	assert_string_equal(why, "client_certificate and client_key go together");
	fixture->values[OPTION_CLIENT_KEY] = (struct astrad_value){0};
	fixture->urls[0] = "http://a.example/";
	assert_null(astrad_channel.create(&fixture->rig.services, &fixture->rig, fixture->values,
					  why, sizeof(why)));
	assert_non_null(strstr(why, "url 1 is not https"));
	fixture->values[OPTION_ALLOW_HTTP].number = 1;
	assert_int_equal(webhook_check(fixture->values, why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends_what_the_standard_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signs_each_attempt_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passes_trust_on, set_up, tear_down),
		cmocka_unit_test(knows_each_status),
		cmocka_unit_test_setup_teardown(tells_how_long_to_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(most_hopeful_answer_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(security_is_told_in_any_case, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_request_is_a_retry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stop_cuts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stop_that_waits_is_the_last_word, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(keeps_attempts_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_options_that_do_not_fit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
