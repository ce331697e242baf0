/*
 * What a transaction does with keys (store/txn.h): gives a case its key, seals and opens its blobs,
 * destroys it. Keys are read from the key file when they are needed; the last one stays in the
 * transaction until its request ends or a key is destroyed, for a report seals twice. Then it is
 * wiped, so a purged key is nowhere in memory.
 *
 * Crash and re-run: a key assigned in a transaction that did not commit is never given again.
 */
#include <assert.h>
#include <string.h>

#include "store/core.h"

#define AAD_TEXT_MAX 64

bool txn_key_assign(struct store_txn *txn, int64_t *ret_key_id, struct error *err)
{
	int64_t key_id;

	if (!txn->is_write) {
		return error_set(err, ERROR_INTERNAL, "a read cannot assign a key");
	}
	if (!keyfile_take(txn->store->keyfile, &key_id, err)) {
		return false;
	}
	if (key_id > txn->key_high) {
		txn->key_high = key_id;
	}
	*ret_key_id = key_id;
	return true;
}

bool txn_key_purge(struct store_txn *txn, int64_t key_id, struct error *err)
{
	assert(key_id != TXN_STORE_KEY);
	if (!txn->is_write) {
		return error_set(err, ERROR_INTERNAL, "a read cannot purge a key");
	}
	keys_forget(txn);
	return keyfile_purge(txn->store->keyfile, key_id, err);
}

void keys_forget(struct store_txn *txn)
{
	if (txn->has_key) {
		secret_wipe(&txn->key, sizeof(txn->key));
		txn->has_key = false;
	}
}

/* The key, borrowed until the next call; NULL with err. */
static const struct secret_key *load_key(struct store_txn *txn, int64_t key_id, struct error *err)
{
	if (txn->has_key && txn->key_id == key_id) {
		return &txn->key;
	}
	if (key_id == TXN_STORE_KEY) {
		secret_derive(keyfile_root(txn->store->keyfile), "astrad store key", &txn->key);
	} else if (!keyfile_load(txn->store->keyfile, key_id, &txn->key, err)) {
		return NULL;
	}
	txn->has_key = true;
	txn->key_id = key_id;
	return &txn->key;
}

/* owner[16], version as 8 bytes, kind: only the last part has no fixed length. */
static struct bytes make_aad(const struct id *owner, const char *kind, int64_t version,
			     uint8_t out[24 + AAD_TEXT_MAX])
{
	size_t len = strlen(kind);

	assert(len <= AAD_TEXT_MAX);
	memset(out, 0, 24);
	if (owner != NULL) {
		memcpy(out, owner->bytes, sizeof(owner->bytes));
	}
	for (int i = 0; i < 8; i++) {
		out[16 + i] = (uint8_t)((uint64_t)version >> (8 * i));
	}
	memcpy(out + 24, kind, len);
	return (struct bytes){(const char *)out, 24 + len};
}

bool txn_seal(struct store_txn *txn, struct arena *arena, int64_t key_id, const struct id *owner,
	      const char *kind, int64_t version, struct bytes plain, struct bytes *ret_sealed,
	      struct error *err)
{
	uint8_t aad_bytes[24 + AAD_TEXT_MAX];
	struct bytes aad = make_aad(owner, kind, version, aad_bytes);
	const struct secret_key *key = load_key(txn, key_id, err);
	uint8_t *out;

	if (key == NULL) {
		return false;
	}
	out = arena_alloc(arena, plain.len + SECRET_SEAL_BYTES);
	secret_seal(key, &aad, &plain, out);
	*ret_sealed = (struct bytes){(const char *)out, plain.len + SECRET_SEAL_BYTES};
	return true;
}

bool txn_open(struct store_txn *txn, struct arena *arena, int64_t key_id, const struct id *owner,
	      const char *kind, int64_t version, struct bytes sealed, struct bytes *ret_plain,
	      struct error *err)
{
	uint8_t aad_bytes[24 + AAD_TEXT_MAX];
	struct bytes aad = make_aad(owner, kind, version, aad_bytes);
	const struct secret_key *key;
	uint8_t *out;

	if (sealed.len < SECRET_SEAL_BYTES) {
		return error_set(err, ERROR_INTERNAL, "a sealed %s is cut short", kind);
	}
	key = load_key(txn, key_id, err);
	if (key == NULL) {
		return false;
	}
	/* one byte more: what was sealed is often text, and arenas are zeroed */
	out = arena_alloc(arena, sealed.len - SECRET_SEAL_BYTES + 1);
	if (!secret_open(key, &aad, &sealed, out, err)) {
		return error_prefix(err, "sealed %s", kind);
	}
	*ret_plain = (struct bytes){(const char *)out, sealed.len - SECRET_SEAL_BYTES};
	return true;
}

void txn_hash(struct store_txn *txn, const char *label, struct bytes text,
	      uint8_t out[SECRET_HASH_BYTES])
{
	struct secret_key key;

	secret_derive(&txn->store->hash_key, label, &key);
	secret_hmac(key.bytes, sizeof(key.bytes), text.data, text.len, out);
	secret_wipe(&key, sizeof(key));
}

void txn_address_key(struct store_txn *txn, const char *channel, struct secret_key *ret_key)
{
	const struct secret_key *key = &txn->store->address_key;

	secret_hmac(key->bytes, sizeof(key->bytes), channel, strlen(channel), ret_key->bytes);
}
