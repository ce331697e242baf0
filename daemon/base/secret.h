/*
 * All cryptography of the daemon, on OpenSSL, whose types stay in secret.c and secret_pem.c.
 * Keys are wiped when they are dropped; comparisons are constant in time. Thread-safe unless a
 * struct says otherwise.
 */
#ifndef ASTRAD_BASE_SECRET_H
#define ASTRAD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"

#define SECRET_KEY_BYTES               32 /* AES-256 and HMAC keys of our own */
#define SECRET_HASH_BYTES              32 /* SHA-256 */
#define SECRET_NONCE_BYTES             12
#define SECRET_TAG_BYTES               16
#define SECRET_SEAL_BYTES              (SECRET_NONCE_BYTES + SECRET_TAG_BYTES) /* sealing adds */
#define SECRET_ED25519_SEED_BYTES      32
#define SECRET_ED25519_SIGNATURE_BYTES 64

struct secret_key {
	uint8_t bytes[SECRET_KEY_BYTES];
};

void secret_random(void *out, size_t len); /* the system's generator; aborts when it fails */
bool secret_equal(const void *a, const void *b, size_t len); /* constant time */
void secret_wipe(void *ptr, size_t len);

void secret_sha256(const void *bytes, size_t len, uint8_t out[SECRET_HASH_BYTES]);
void secret_hex(const uint8_t *bytes, size_t len, char *out); /* 2*len + 1 bytes */

/* HMAC-SHA256 with a key of any length. */
void secret_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
		 uint8_t out[SECRET_HASH_BYTES]);
/* HKDF-SHA256 (RFC 5869) without salt: a sub-key of `key` for the purpose named by `label`. */
void secret_derive(const struct secret_key *key, const char *label, struct secret_key *ret_key);

/* A prepared HMAC key: about twice as fast. One thread at a time. */
struct secret_hmac;
struct secret_hmac *secret_hmac_create(const void *key, size_t key_len) RETURNS_NONNULL;
void secret_hmac_destroy(struct secret_hmac **hmac);
void secret_hmac_run(struct secret_hmac *hmac, const struct bytes *parts, size_t count,
		     uint8_t out[SECRET_HASH_BYTES]);

/*
 * AES-256-GCM with a random nonce: out = nonce, ciphertext, tag (plain_len + SECRET_SEAL_BYTES
 * bytes). aad binds what the text is (case id, kind, version); opening with another aad or key
 * fails with ERROR_INTERNAL.
 */
void secret_seal(const struct secret_key *key, const struct bytes *aad, const struct bytes *plain,
		 uint8_t *out);
/* out gets sealed->len - SECRET_SEAL_BYTES bytes; wiped on failure. */
bool secret_open(const struct secret_key *key, const struct bytes *aad, const struct bytes *sealed,
		 uint8_t *out, struct error *err) MUST_USE;

/* Ed25519 (RFC 8032). seed: 32 bytes; a 64-byte libsodium secret is seed then public key. */
bool secret_ed25519_sign(const uint8_t seed[SECRET_ED25519_SEED_BYTES], const struct bytes *text,
			 uint8_t out[SECRET_ED25519_SIGNATURE_BYTES], struct error *err) MUST_USE;

/* Certificates of a PEM text; of those, the ones whose time is over by the machine's clock. What
 * else stands in it is passed over. */
struct secret_certificates {
	size_t count;
	size_t expired;
};
void secret_pem_count(struct bytes pem, struct secret_certificates *ret_found);

/* Base64 (RFC 4648, section 4), padded. Adds to out. */
void secret_base64(const void *bytes, size_t len, struct buf *out);
/* Standard alphabet, padding optional. False on anything else. Adds to out. */
bool secret_base64_decode(const char *text, size_t len, struct buf *out) MUST_USE;

#endif
