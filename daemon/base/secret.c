/*
 * Cryptography on OpenSSL 3, which stays within this file. Algorithms are fetched once: an implicit
 * fetch costs more than a short HMAC. Everything that can only fail for want of memory or because
 * the library is broken ends the process (check); what a changed byte on disk can cause is an
 * error. Chance is in secret_random.c, hex and base64 in secret_text.c. Thread-safe but for struct
 * secret_hmac. Key material on the stack is wiped; the rest belongs to the callers.
 */
#include "base/secret.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/log.h"

struct secret_hmac {
	EVP_MAC_CTX *ctx; /* owned; keeps the key */
};

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MAC *hmac;
static EVP_CIPHER *aes_gcm;
static pthread_key_t hmac_of_thread;
static const uint8_t no_key[SECRET_KEY_BYTES]; /* what a context holds between two uses */

static void check(bool ok, const char *what)
{
	if (!ok) {
		log_error("the cryptographic library failed", "what=%s", what);
		abort();
	}
}

static void free_hmac(void *ctx)
{
	EVP_MAC_CTX_free(ctx);
}

static void fetch(void)
{
	/* kept for the life of the process */
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	check(sha256 != NULL && hmac != NULL && aes_gcm != NULL, "fetch");
	check(pthread_key_create(&hmac_of_thread, free_hmac) == 0, "thread key");
}

static void prepare(void)
{
	int failed = pthread_once(&fetched, fetch);

	assert(failed == 0);
	(void)failed;
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void secret_wipe(void *ptr, size_t len)
{
	explicit_bzero(ptr, len);
}

void secret_sha256(const void *bytes, size_t len, uint8_t out[SECRET_HASH_BYTES])
{
	prepare();
	check(EVP_Digest(bytes, len, out, NULL, sha256, NULL) == 1, "sha256");
}

static EVP_MAC_CTX *create_hmac(const void *key, size_t key_len)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx;

	prepare();
	ctx = EVP_MAC_CTX_new(hmac);
	check(ctx != NULL, "hmac");
	/* no key at all would mean "the one of before" */
	check(EVP_MAC_init(ctx, key_len > 0 ? key : "", key_len, params) == 1, "hmac key");
	return ctx;
}

static void finish_hmac(EVP_MAC_CTX *ctx, uint8_t out[SECRET_HASH_BYTES])
{
	size_t len = 0;

	check(EVP_MAC_final(ctx, out, &len, SECRET_HASH_BYTES) == 1 && len == SECRET_HASH_BYTES,
	      "hmac");
}

/* The thread's own context: making one costs more than a short HMAC. */
static EVP_MAC_CTX *thread_hmac(void)
{
	EVP_MAC_CTX *ctx;

	prepare();
	ctx = pthread_getspecific(hmac_of_thread);
	if (ctx == NULL) {
		ctx = create_hmac(no_key, sizeof(no_key));
		check(pthread_setspecific(hmac_of_thread, ctx) == 0, "hmac");
	}
	return ctx;
}

void secret_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
		 uint8_t out[SECRET_HASH_BYTES])
{
	EVP_MAC_CTX *ctx = thread_hmac();

	check(EVP_MAC_init(ctx, key_len > 0 ? key : (const void *)"", key_len, NULL) == 1,
	      "hmac key");
	check(EVP_MAC_update(ctx, bytes, len) == 1, "hmac");
	finish_hmac(ctx, out);
	check(EVP_MAC_init(ctx, no_key, sizeof(no_key), NULL) == 1, "hmac wipe");
}

void secret_derive(const struct secret_key *key, const char *label, struct secret_key *ret_key)
{
	static const uint8_t no_salt[SECRET_HASH_BYTES];
	static const uint8_t first_block = 1;
	const struct bytes info[] = {{label, strlen(label)}, {(const char *)&first_block, 1}};
	uint8_t extracted[SECRET_HASH_BYTES];
	struct secret_hmac *expand;

	/* one block of output is all we need: extract, then expand once */
	secret_hmac(no_salt, sizeof(no_salt), key->bytes, sizeof(key->bytes), extracted);
	expand = secret_hmac_create(extracted, sizeof(extracted));
	secret_hmac_run(expand, info, ARRAY_LEN(info), ret_key->bytes);
	secret_hmac_destroy(&expand);
	secret_wipe(extracted, sizeof(extracted));
}

struct secret_hmac *secret_hmac_create(const void *key, size_t key_len)
{
	struct secret_hmac *kept = xcalloc(1, sizeof(*kept));

	kept->ctx = create_hmac(key, key_len);
	return kept;
}

void secret_hmac_destroy(struct secret_hmac **kept)
{
	struct secret_hmac *gone = take_ptr(kept);

	if (gone != NULL) {
		EVP_MAC_CTX_free(gone->ctx); /* wipes the key */
		free(gone);
	}
}

void secret_hmac_run(struct secret_hmac *kept, const struct bytes *parts, size_t count,
		     uint8_t out[SECRET_HASH_BYTES])
{
	check(EVP_MAC_init(kept->ctx, NULL, 0, NULL) == 1, "hmac restart");
	for (size_t i = 0; i < count; i++) {
		check(EVP_MAC_update(kept->ctx, (const unsigned char *)parts[i].data,
				     parts[i].len) == 1,
		      "hmac");
	}
	finish_hmac(kept->ctx, out);
}

/* OpenSSL counts in int; what we seal is bounded far below. */
static int int_len(size_t len)
{
	assert(len <= INT_MAX);
	return (int)len;
}

/* Encrypts or decrypts (as ctx was begun) after feeding the additional data; false when OpenSSL
 * fails. The tag is not looked at. */
static bool run_cipher(EVP_CIPHER_CTX *ctx, const struct bytes *aad, const struct bytes *in,
		       uint8_t *out)
{
	int made = 0;

	if (aad->len > 0 && EVP_CipherUpdate(ctx, NULL, &made, (const unsigned char *)aad->data,
					     int_len(aad->len)) != 1) {
		return false;
	}
	return in->len == 0 || EVP_CipherUpdate(ctx, out, &made, (const unsigned char *)in->data,
						int_len(in->len)) == 1;
}

void secret_seal(const struct secret_key *key, const struct bytes *aad, const struct bytes *plain,
		 uint8_t *out)
{
	uint8_t *text = out + SECRET_NONCE_BYTES;
	uint8_t *tag = text + plain->len;
	EVP_CIPHER_CTX *ctx;
	int rest = 0;

	prepare();
	ctx = EVP_CIPHER_CTX_new();
	check(ctx != NULL, "seal");
	secret_random(out, SECRET_NONCE_BYTES);
	check(EVP_CipherInit_ex2(ctx, aes_gcm, key->bytes, out, 1, NULL) == 1, "seal");
	check(run_cipher(ctx, aad, plain, text), "seal");
	check(EVP_CipherFinal_ex(ctx, tag, &rest) == 1, "seal");
	check(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SECRET_TAG_BYTES, tag) == 1, "seal");
	EVP_CIPHER_CTX_free(ctx);
}

bool secret_open(const struct secret_key *key, const struct bytes *aad, const struct bytes *sealed,
		 uint8_t *out, struct error *err)
{
	const unsigned char *nonce = (const unsigned char *)sealed->data;
	unsigned char tag[SECRET_TAG_BYTES];
	struct bytes text;
	EVP_CIPHER_CTX *ctx;
	int rest = 0;
	bool ok;

	prepare();
	if (sealed->len < SECRET_SEAL_BYTES) {
		return error_set(err, ERROR_INTERNAL, "sealed data is too short to be whole");
	}
	text = (struct bytes){sealed->data + SECRET_NONCE_BYTES, sealed->len - SECRET_SEAL_BYTES};
	memcpy(tag, text.data + text.len, sizeof(tag));
	ctx = EVP_CIPHER_CTX_new();
	check(ctx != NULL, "open");
	check(EVP_CipherInit_ex2(ctx, aes_gcm, key->bytes, nonce, 0, NULL) == 1, "open");
	check(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1, "open");
	ok = run_cipher(ctx, aad, &text, out) &&
	     EVP_CipherFinal_ex(ctx, tag /* GCM writes nothing here */, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok) {
		secret_wipe(out, text.len); /* nothing unproven leaves this function */
		return error_set(err, ERROR_INTERNAL,
				 "sealed data does not open: changed, or sealed by another key");
	}
	return true;
}

bool secret_ed25519_sign(const uint8_t seed[SECRET_ED25519_SEED_BYTES], const struct bytes *text,
			 uint8_t out[SECRET_ED25519_SIGNATURE_BYTES], struct error *err)
{
	size_t len = SECRET_ED25519_SIGNATURE_BYTES;
	uint8_t signature[SECRET_ED25519_SIGNATURE_BYTES];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
						      SECRET_ED25519_SEED_BYTES);
	bool ok = ctx != NULL && pkey != NULL &&
		  EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		  EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text->data,
				 text->len) == 1;

	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(ctx);
	if (!ok) {
		return error_set(err, ERROR_INTERNAL, "OpenSSL cannot sign by Ed25519");
	}
	memcpy(out, signature, sizeof(signature));
	return true;
}
