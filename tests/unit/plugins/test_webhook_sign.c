/*
 * Signatures against the published vectors of Standard Webhooks (its libraries, and Svix for v1a),
 * rotation, and which keys are refused. The keys here are public test keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "webhook.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER  "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define SEED                                                                                       \
	"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6" \
	"Kvg=="
#define SEED_ALONE "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
#define V1         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define V1A                                                                                        \
	"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+"     \
	"m7TBAg=="
#define BODY "{\"test\": 2432232314}"

/* Up to three texts a list. */
struct keys {
	const char *signing;
	const char *secrets[3];
	const char *private_keys[3];
};

static size_t count(const char *const texts[3])
{
	size_t n = 0;

	while (n < 3 && texts[n] != NULL) {
		n++;
	}
	return n;
}

static void fill(const struct keys *keys, struct astrad_value values[OPTION_COUNT])
{
	static const char *const urls[] = {"https://partner.example/"};

	memset(values, 0, OPTION_COUNT * sizeof(values[0]));
	values[OPTION_URLS] = (struct astrad_value){.is_set = 1, .texts = urls, .text_count = 1};
	values[OPTION_SIGNING].text = keys->signing;
	values[OPTION_SECRETS].texts = keys->secrets;
	values[OPTION_SECRETS].text_count = count(keys->secrets);
	values[OPTION_PRIVATE_KEYS].texts = keys->private_keys;
	values[OPTION_PRIVATE_KEYS].text_count = count(keys->private_keys);
}

static void assert_signature(const struct keys *keys, const char *expected)
{
	struct rig rig;
	struct astrad_value values[OPTION_COUNT];
	struct webhook webhook = {.services = &rig.services, .host = &rig, .values = values};
	const struct astrad_delivery delivery = {.message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
						 .body = {BODY, strlen(BODY)}};
	char out[SIGNATURE_BYTES];
	char why[128] = "";

	rig_init(&rig);
	fill(keys, values);
	assert_true(sign_keys(&webhook, why, sizeof(why)));
	sign(&webhook, &delivery, 1614265330, out);
	assert_string_equal(out, expected);
	sign_forget(&webhook);
	assert_int_equal(webhook.hmac[0].len, 0);
}

static void makes_the_published_signatures(void **state)
{
	(void)state;
	static const struct {
		struct keys keys;
		const char *header;
	} rows[] = {
		{{"v1", {SECRET}, {NULL}}, "webhook-signature: " V1},
		{{NULL, {SECRET}, {NULL}}, "webhook-signature: " V1},
		{{"v1", {SECRET}, {SEED}}, "webhook-signature: " V1},
		{{"v1a", {NULL}, {SEED}}, "webhook-signature: " V1A},
		{{"v1a", {SECRET}, {SEED_ALONE}}, "webhook-signature: " V1A},
		{{"both", {SECRET}, {SEED}}, "webhook-signature: " V1 " " V1A},
		{{"both", {SECRET, SECRET}, {SEED}}, "webhook-signature: " V1 " " V1 " " V1A},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_signature(&rows[i].keys, rows[i].header);
	}
}

/* Unpadded base64 is what some partners hand out. */
static void takes_keys_without_padding(void **state)
{
	(void)state;
	const struct keys keys = {
		"v1a", {NULL}, {"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc"}};

	assert_signature(&keys, "webhook-signature: " V1A);
}

static void every_secret_signs_newest_first(void **state)
{
	(void)state;
	struct rig rig;
	struct astrad_value values[OPTION_COUNT];
	struct webhook webhook = {.services = &rig.services, .host = &rig, .values = values};
	const struct keys keys = {"v1", {OTHER, SECRET}, {NULL}};
	const struct astrad_delivery delivery = {.message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
						 .body = {BODY, strlen(BODY)}};
	char out[SIGNATURE_BYTES];
	char why[128] = "";

	rig_init(&rig);
	fill(&keys, values);
	assert_true(sign_keys(&webhook, why, sizeof(why)));
	sign(&webhook, &delivery, 1614265330, out);
	assert_non_null(strstr(out, " " V1));
	assert_int_equal(strncmp(out, "webhook-signature: v1,", 22), 0);
	assert_null(strstr(out, "webhook-signature: " V1)); /* the old one comes second */
	assert_string_equal(strrchr(out, ' '), " " V1);
}

static void most_keys_fit_the_header(void **state)
{
	(void)state;
	struct rig rig;
	struct astrad_value values[OPTION_COUNT];
	struct webhook webhook = {.services = &rig.services, .host = &rig, .values = values};
	const struct keys keys = {"both", {NULL}, {NULL}};
	const char *secrets[SIGN_KEYS_MAX + 1];
	const char *seeds[SIGN_KEYS_MAX + 1];
	const struct astrad_delivery delivery = {
		.message_id = "0193a2b4-5c6d-7e8f-9012-3456789abcde", .body = {BODY, strlen(BODY)}};
	char out[SIGNATURE_BYTES];
	char why[128] = "";
	int entries = 0;

	rig_init(&rig);
	fill(&keys, values);
	for (size_t i = 0; i <= SIGN_KEYS_MAX; i++) {
		secrets[i] = SECRET;
		seeds[i] = SEED;
	}
	values[OPTION_SECRETS].texts = secrets;
	values[OPTION_PRIVATE_KEYS].texts = seeds;
	values[OPTION_SECRETS].text_count = values[OPTION_PRIVATE_KEYS].text_count =
		SIGN_KEYS_MAX + 1; /* the option table allows ten: one more is left out */
	assert_true(sign_keys(&webhook, why, sizeof(why)));
	sign(&webhook, &delivery, 9999999999, out);
	for (const char *c = out; *c != '\0'; c++) {
		entries += *c == ' ';
	}
	assert_int_equal(entries, 2 * SIGN_KEYS_MAX);
}

static void refuses_what_is_no_key(void **state)
{
	(void)state;
	static const struct keys bad[] = {
		{"v1", {NULL}, {NULL}},
		{"v1", {"whsec_"}, {NULL}},
		{"v1", {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {NULL}},
		{"v1", {"v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {NULL}},
		{"v1", {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}, {NULL}}, /* 23 bytes */
		{"v1", {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA"}, {NULL}},
		{"v1", {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa S"}, {NULL}},
		{"v1", {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZI-2LaLaSw"}, {NULL}},
		{"v1",
		 {"whsec_"
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "AAAAAAAAAAAA"},
		 {NULL}}, /* 65 bytes and more */
		{"v1", {SECRET, "whsec_no"}, {NULL}},
		{"v1a", {SECRET}, {NULL}},
		{"v1a", {NULL}, {SECRET}},
		{"v1a", {NULL}, {"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMQ=="}}, /* 31 */
		{"both", {SECRET}, {NULL}},
		{"both", {NULL}, {SEED}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct astrad_value values[OPTION_COUNT];
		char why[128] = "";

		fill(&bad[i], values);
		if (webhook_check(values, why, sizeof(why)) == 0) {
			fail_msg("row %zu is taken", i);
		}
		assert_true(strlen(why) > 0);
		assert_null(strstr(why, "MfKQ9r8G")); /* never a key's content */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_published_signatures),
		cmocka_unit_test(takes_keys_without_padding),
		cmocka_unit_test(every_secret_signs_newest_first),
		cmocka_unit_test(most_keys_fit_the_header),
		cmocka_unit_test(refuses_what_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
