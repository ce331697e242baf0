/*
 * Cryptography against published vectors (FIPS 180-4, RFC 4231, 5869, 8032, Standard Webhooks) and
 * every kind of tampering with a sealed text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/alloc.h"
#include "base/secret.h"

static struct bytes of_text(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static size_t from_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t len = strlen(hex) / 2;

	assert_true(len <= room);
	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return len;
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
	char out[2 * 64 + 1];

	assert_true(len <= 64);
	secret_hex(bytes, len, out);
	assert_string_equal(out, hex);
}

static void test_sha256(void **state)
{
	uint8_t hash[SECRET_HASH_BYTES];

	(void)state;
	secret_sha256("abc", 3, hash);
	assert_hex(hash, sizeof(hash),
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	secret_sha256("", 0, hash);
	assert_hex(hash, sizeof(hash),
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#define TIMES_20(x) x x x x x x x x x x x x x x x x x x x x
#define TIMES_131(x)                                                                               \
	TIMES_20(x)                                                                                \
	TIMES_20(x) TIMES_20(x) TIMES_20(x) TIMES_20(x) TIMES_20(x) x x x x x x x x x x x

/* RFC 4231, section 4 */
static const struct {
	const char *key, *text, *mac;
} HMAC_ROWS[] = {
	{TIMES_20("0b"), "4869205468657265",
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{TIMES_20("aa"), TIMES_20("dd") TIMES_20("dd") "dddddddddddddddddddd",
	 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{"0102030405060708090a0b0c0d0e0f10111213141516171819",
	 TIMES_20("cd") TIMES_20("cd") "cdcdcdcdcdcdcdcdcdcd",
	 "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{TIMES_131("aa"),
	 "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368"
	 "204b6579204669727374",
	 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{TIMES_131("aa"),
	 "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a"
	 "65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865"
	 "206b6579206e6565647320746f20626520686173686564206265666f7265206265696e672075736564206279"
	 "2074686520484d414320616c676f726974686d2e",
	 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_hmac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(HMAC_ROWS); i++) {
		uint8_t key[160], text[160], mac[SECRET_HASH_BYTES];
		size_t key_len = from_hex(HMAC_ROWS[i].key, key, sizeof(key));
		size_t len = from_hex(HMAC_ROWS[i].text, text, sizeof(text));
		struct secret_hmac *kept = secret_hmac_create(key, key_len);
		struct bytes parts[] = {{(char *)text, len / 3},
					{NULL, 0},
					{(char *)text + len / 3, len - len / 3}};

		secret_hmac(key, key_len, text, len, mac);
		assert_hex(mac, sizeof(mac), HMAC_ROWS[i].mac);
		for (int again = 0; again < 3; again++) {
			memset(mac, 0, sizeof(mac));
			secret_hmac_run(kept, parts, ARRAY_LEN(parts), mac);
			assert_hex(mac, sizeof(mac), HMAC_ROWS[i].mac);
		}
		secret_hmac_destroy(&kept);
		assert_null(kept);
		secret_hmac_destroy(&kept);
	}
}

static void test_hmac_empty(void **state)
{
	uint8_t mac[SECRET_HASH_BYTES];
	struct secret_hmac *kept = secret_hmac_create(NULL, 0);

	(void)state;
	secret_hmac("", 0, "", 0, mac);
	assert_hex(mac, sizeof(mac),
		   "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	secret_hmac_run(kept, NULL, 0, mac);
	assert_hex(mac, sizeof(mac),
		   "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	secret_hmac_destroy(&kept);
}

/* HKDF by OpenSSL's own implementation, to be compared with ours. */
static void reference_hkdf(const uint8_t *key, size_t key_len, const char *info, uint8_t *out,
			   size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256";
	AUTO(free) uint8_t *key_copy = xmemdup(key, key_len);
	AUTO(free) char *info_copy = xstrdup(info);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_copy, key_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy, strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	assert_int_equal(EVP_KDF_derive(ctx, out, len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* RFC 5869 gives no vector with a 32-byte key: the reference is held to A.3, ours to the reference.
 */
static void test_derive(void **state)
{
	uint8_t short_key[22], out[42];
	struct secret_key key, derived, other;

	(void)state;
	memset(short_key, 0x0b, sizeof(short_key));
	reference_hkdf(short_key, sizeof(short_key), "", out, sizeof(out));
	assert_hex(out, sizeof(out),
		   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b6"
		   "1a96c8");
	for (int i = 0; i < 20; i++) {
		secret_random(key.bytes, sizeof(key.bytes));
		secret_derive(&key, "case key", &derived);
		reference_hkdf(key.bytes, sizeof(key.bytes), "case key", out, 32);
		assert_memory_equal(derived.bytes, out, 32);
		secret_derive(&key, "case kez", &other);
		assert_memory_not_equal(derived.bytes, other.bytes, sizeof(other.bytes));
	}
}

/* RFC 8032, section 7.1, tests 1 to 3 */
static void test_ed25519(void **state)
{
	static const struct {
		const char *seed, *text, *signature;
	} rows[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		 "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		 "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
		 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
		 "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t seed[32], text[8], signature[64];
		struct error err;
		struct bytes bytes = {(char *)text, from_hex(rows[i].text, text, sizeof(text))};

		assert_int_equal(from_hex(rows[i].seed, seed, sizeof(seed)), 32);
		assert_true(secret_ed25519_sign(seed, &bytes, signature, &err));
		assert_hex(signature, sizeof(signature), rows[i].signature);
	}
}

#define WEBHOOK_TEXT "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}"

/* The vectors of the Standard Webhooks libraries and of Svix: published test keys. */
static void test_standard_webhooks(void **state)
{
	static const char hmac_key[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	static const char ed25519_key[] =
		"6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicM"
		"Fs6Kvg==";
	AUTO(buf) struct buf key = {0};
	AUTO(buf) struct buf seed = {0};
	AUTO(buf) struct buf text = {0};
	uint8_t mac[SECRET_HASH_BYTES], signature[64];
	struct bytes signed_text = of_text(WEBHOOK_TEXT);
	struct error err;

	(void)state;
	assert_true(secret_base64_decode(hmac_key, strlen(hmac_key), &key));
	assert_int_equal(key.len, 24);
	secret_hmac(key.data, key.len, signed_text.data, signed_text.len, mac);
	secret_base64(mac, sizeof(mac), &text);
	assert_string_equal(buf_text(&text), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	assert_true(secret_base64_decode(ed25519_key, strlen(ed25519_key), &seed));
	assert_int_equal(seed.len, 64);
	assert_true(secret_ed25519_sign((uint8_t *)seed.data, &signed_text, signature, &err));
	buf_reset(&text);
	secret_base64(signature, sizeof(signature), &text);
	assert_string_equal(
		buf_text(&text),
		"hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLP"
		"o3mNl8EM+m7TBAg==");
}

/* The GCM specification's test case 14 (McGrew and Viega), opened: zero key, nonce and text. */
static void test_open_vector(void **state)
{
	struct secret_key key = {0};
	uint8_t sealed[SECRET_SEAL_BYTES + 16] = {0};
	uint8_t plain[16], zero[16] = {0};
	struct bytes aad = {NULL, 0}, bytes = {(char *)sealed, sizeof(sealed)};
	struct error err;

	(void)state;
	assert_int_equal(
		from_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
			 sealed + 12, 32),
		32);
	memset(plain, 1, sizeof(plain));
	assert_true(secret_open(&key, &aad, &bytes, plain, &err));
	assert_memory_equal(plain, zero, sizeof(plain));
}

static void test_seal_and_tamper(void **state)
{
	static const char plain_text[] = "{\"given\":\"Mina\"}";
	struct bytes plain = of_text(plain_text), aad = of_text("case 7|report|1");
	enum { PLAIN = sizeof(plain_text) - 1, SEALED = PLAIN + SECRET_SEAL_BYTES };
	uint8_t sealed[SEALED], again[SEALED], out[PLAIN], zero[PLAIN] = {0};
	struct bytes bytes = {(char *)sealed, SEALED}, wrong_aad = of_text("case 8|report|1");
	struct secret_key key, wrong_key;
	struct error err;

	(void)state;
	secret_random(key.bytes, sizeof(key.bytes));
	wrong_key = key;
	wrong_key.bytes[31] ^= 1;
	secret_seal(&key, &aad, &plain, sealed);
	secret_seal(&key, &aad, &plain, again);
	assert_memory_not_equal(sealed, again, SEALED); /* another nonce each time */
	assert_true(secret_open(&key, &aad, &bytes, out, &err));
	assert_memory_equal(out, plain_text, PLAIN);
	assert_false(secret_open(&wrong_key, &aad, &bytes, out, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	assert_memory_equal(out, zero, PLAIN);
	assert_false(secret_open(&key, &wrong_aad, &bytes, out, &err));
	for (size_t bit = 0; bit < SEALED * 8; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memset(out, 1, sizeof(out));
		assert_false(secret_open(&key, &aad, &bytes, out, &err));
		assert_memory_equal(out, zero, PLAIN);
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (bytes.len = 0; bytes.len < SEALED; bytes.len++) {
		assert_false(secret_open(&key, &aad, &bytes, out, &err));
	}
	assert_true(secret_open(&key, &aad, &bytes, out, &err));
}

static void test_seal_empty(void **state)
{
	struct bytes none = {NULL, 0};
	struct secret_key key = {.bytes = {1}};
	uint8_t sealed[SECRET_SEAL_BYTES];
	struct bytes bytes = {(char *)sealed, sizeof(sealed)};
	struct error err;

	(void)state;
	secret_seal(&key, &none, &none, sealed);
	assert_true(secret_open(&key, &none, &bytes, sealed, &err));
	secret_seal(&key, &none, &none, sealed);
	sealed[SECRET_SEAL_BYTES - 1] ^= 1;
	assert_false(secret_open(&key, &none, &bytes, sealed, &err));
}

static void test_base64(void **state)
{
	static const struct {
		const char *plain, *text; /* RFC 4648, section 10 */
	} rows[] = {{"", ""},
		    {"f", "Zg=="},
		    {"fo", "Zm8="},
		    {"foo", "Zm9v"},
		    {"foob", "Zm9vYg=="},
		    {"fooba", "Zm9vYmE="},
		    {"foobar", "Zm9vYmFy"},
		    {"\xfb\xff\xbf", "+/+/"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf out = {0};
		size_t bare = strcspn(rows[i].text, "=");

		secret_base64(rows[i].plain, strlen(rows[i].plain), &out);
		assert_string_equal(buf_text(&out), rows[i].text);
		buf_reset(&out);
		assert_true(secret_base64_decode(rows[i].text, strlen(rows[i].text), &out));
		assert_true(secret_base64_decode(rows[i].text, bare, &out)); /* adds */
		assert_int_equal(out.len, 2 * strlen(rows[i].plain));
		assert_memory_equal(buf_text(&out), rows[i].plain, strlen(rows[i].plain));
	}
}

static void test_base64_refuses(void **state)
{
	static const char *const rows[] = {
		"Z",    "Zg=",  "Zg===", "Zg==Zg==", "=",    "====",  "Zm9v=",
		"Zm9-", "Zm9_", "Zm 9v", "Zm9v\n",   "Z=9v", "Zm9vY", "Zm=v",
	};
	AUTO(buf) struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (secret_base64_decode(rows[i], strlen(rows[i]), &out)) {
			fail_msg("accepted: %s", rows[i]);
		}
	}
	assert_int_equal(out.len, 0);
	assert_true(secret_base64_decode("Zh==", 4, &out)); /* unused bits */
	assert_string_equal(buf_text(&out), "f");
}

static void test_small_things(void **state)
{
	uint8_t a[64] = {0}, b[64] = {0};

	(void)state;
	assert_true(secret_equal(a, b, sizeof(a)));
	secret_random(a, sizeof(a));
	secret_random(b, sizeof(b));
	assert_false(secret_equal(a, b, sizeof(a)));
	assert_true(secret_equal(a, b, 0));
	memset(b, 0, sizeof(b));
	secret_wipe(a, sizeof(a));
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),         cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hmac_empty),     cmocka_unit_test(test_derive),
		cmocka_unit_test(test_ed25519),        cmocka_unit_test(test_standard_webhooks),
		cmocka_unit_test(test_open_vector),    cmocka_unit_test(test_seal_and_tamper),
		cmocka_unit_test(test_seal_empty),     cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refuses), cmocka_unit_test(test_small_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
