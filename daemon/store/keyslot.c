/*
 * Format of the key file, little-endian.
 *
 * At 0 and 4096, a header each, written in turn so that a torn write leaves the other:
 *   magic[8], version u32, slot bytes u32, generation u64, file id[16], master key id[16],
 *   high u64, HMAC-SHA256[32] over all before it.
 * From 8192, slots of 128 bytes; slot 0 is the root key's, slot n has key id n:
 *   key id u64, state u32, zero u32, master key id[16], wrapped key[60].
 *
 * The key is wrapped with AES-256-GCM under the master key; its AAD is file id and key id, so a
 * slot copied to another place or file does not open.
 */
#include "store/keyslot.h"

#include <string.h>

#define MAGIC          "ASTRKEYS"
#define FORMAT_VERSION 1u
#define HEADER_MAC_AT  64
#define WRAPPED_AT     32
#define WRAPPED_BYTES  (SECRET_KEY_BYTES + SECRET_SEAL_BYTES)
#define AAD_BYTES      (KEYSLOT_ID_BYTES + 8)

static void put(uint8_t *out, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)(value >> (8 * i));
	}
}

static uint64_t take(const uint8_t *in, size_t len)
{
	uint64_t value = 0;

	for (size_t i = len; i > 0; i--) {
		value = value << 8 | in[i - 1];
	}
	return value;
}

void keyslot_master_id(const struct secret_key *master, uint8_t out[KEYSLOT_ID_BYTES])
{
	struct secret_key derived;

	secret_derive(master, "astrad master key id", &derived);
	memcpy(out, derived.bytes, KEYSLOT_ID_BYTES);
	secret_wipe(&derived, sizeof(derived));
}

int64_t keyslot_offset(int64_t key_id)
{
	return KEYSLOT_START + key_id * KEYSLOT_BYTES;
}

static void header_mac(const struct secret_key *master, const uint8_t *in,
		       uint8_t out[SECRET_HASH_BYTES])
{
	struct secret_key derived;

	secret_derive(master, "astrad key file header", &derived);
	secret_hmac(derived.bytes, sizeof(derived.bytes), in, HEADER_MAC_AT, out);
	secret_wipe(&derived, sizeof(derived));
}

void keyslot_header_encode(const struct keyslot_header *header, const struct secret_key *master,
			   uint8_t out[KEYSLOT_HEADER_BYTES])
{
	memset(out, 0, KEYSLOT_HEADER_BYTES);
	memcpy(out, MAGIC, 8);
	put(out + 8, FORMAT_VERSION, 4);
	put(out + 12, KEYSLOT_BYTES, 4);
	put(out + 16, header->generation, 8);
	memcpy(out + 24, header->file_id, KEYSLOT_ID_BYTES);
	memcpy(out + 40, header->master_id, KEYSLOT_ID_BYTES);
	put(out + 56, (uint64_t)header->high, 8);
	header_mac(master, out, out + HEADER_MAC_AT);
}

enum keyslot_verdict keyslot_header_decode(const uint8_t in[KEYSLOT_HEADER_BYTES],
					   const struct secret_key *master,
					   struct keyslot_header *ret_header)
{
	struct keyslot_header header;
	uint8_t master_id[KEYSLOT_ID_BYTES];
	uint8_t mac[SECRET_HASH_BYTES];

	if (memcmp(in, MAGIC, 8) != 0 || take(in + 8, 4) != FORMAT_VERSION ||
	    take(in + 12, 4) != KEYSLOT_BYTES) {
		return KEYSLOT_BAD;
	}
	keyslot_master_id(master, master_id);
	if (memcmp(in + 40, master_id, KEYSLOT_ID_BYTES) != 0) {
		return KEYSLOT_OTHER_MASTER;
	}
	header_mac(master, in, mac);
	if (!secret_equal(mac, in + HEADER_MAC_AT, sizeof(mac))) {
		return KEYSLOT_BAD;
	}
	header.generation = take(in + 16, 8);
	memcpy(header.file_id, in + 24, KEYSLOT_ID_BYTES);
	memcpy(header.master_id, master_id, KEYSLOT_ID_BYTES);
	header.high = (int64_t)take(in + 56, 8);
	*ret_header = header;
	return KEYSLOT_GOOD;
}

static struct bytes slot_aad(const struct keyslot_header *header, int64_t key_id,
			     uint8_t out[AAD_BYTES])
{
	memcpy(out, header->file_id, KEYSLOT_ID_BYTES);
	put(out + KEYSLOT_ID_BYTES, (uint64_t)key_id, 8);
	return (struct bytes){(const char *)out, AAD_BYTES};
}

void keyslot_encode(const struct keyslot_header *header, const struct secret_key *master,
		    int64_t key_id, const struct secret_key *key, uint8_t out[KEYSLOT_BYTES])
{
	uint8_t aad_bytes[AAD_BYTES];
	struct bytes aad = slot_aad(header, key_id, aad_bytes);

	memset(out, 0, KEYSLOT_BYTES);
	put(out, (uint64_t)key_id, 8);
	put(out + 8, key == NULL ? KEYSLOT_PURGED : KEYSLOT_LIVE, 4);
	if (key != NULL) {
		struct bytes plain = {(const char *)key->bytes, sizeof(key->bytes)};

		memcpy(out + 16, header->master_id, KEYSLOT_ID_BYTES);
		secret_seal(master, &aad, &plain, out + WRAPPED_AT);
	}
}

bool keyslot_decode(const uint8_t in[KEYSLOT_BYTES], const struct keyslot_header *header,
		    const struct secret_key *master, int64_t key_id, struct secret_key *ret_key,
		    struct error *err)
{
	uint8_t aad_bytes[AAD_BYTES];
	struct bytes aad = slot_aad(header, key_id, aad_bytes);
	struct bytes sealed = {(const char *)in + WRAPPED_AT, WRAPPED_BYTES};

	if (take(in, 8) != (uint64_t)key_id) {
		return error_set(err, ERROR_INTERNAL, "the key file has no key %lld",
				 (long long)key_id);
	}
	switch (take(in + 8, 4)) {
	case KEYSLOT_PURGED:
		return error_set(err, ERROR_GONE, "its key was purged");
	case KEYSLOT_LIVE:
		if (!secret_open(master, &aad, &sealed, ret_key->bytes, NULL)) {
			return error_set(err, ERROR_INTERNAL, "key %lld is damaged",
					 (long long)key_id);
		}
		return true;
	default:
		return error_set(err, ERROR_INTERNAL, "the key file has no key %lld",
				 (long long)key_id);
	}
}

_Static_assert(WRAPPED_AT + WRAPPED_BYTES <= KEYSLOT_BYTES, "a wrapped key fits its slot");
