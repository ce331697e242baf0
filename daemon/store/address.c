/*
 * Recipients' addresses at rest: sealed under a key of their channel, derived from the master key.
 * They belong to no case, so no purge of a case takes them; removing a recipient does.
 */
#include <string.h>

#include "store/outbox_row.h"

/* AAD: an address cannot be moved to another recipient. */
static const char *aad_of(struct arena *arena, const char *channel, int64_t recipient)
{
	return arena_printf(arena, "address %s %lld", channel, (long long)recipient);
}

bool address_seal(struct store_txn *txn, struct arena *arena, const char *channel,
		  int64_t recipient, const char *address, struct bytes *ret_sealed,
		  struct error *err)
{
	const char *text = aad_of(arena, channel, recipient);
	struct bytes aad = {text, strlen(text)};
	struct bytes plain = {address, strlen(address)};
	uint8_t *sealed = arena_alloc(arena, plain.len + SECRET_SEAL_BYTES);
	struct secret_key key;

	(void)err; /* sealing cannot fail; the signature is that of its twin */
	txn_address_key(txn, channel, &key);
	secret_seal(&key, &aad, &plain, sealed);
	secret_wipe(&key, sizeof(key));
	*ret_sealed = (struct bytes){(const char *)sealed, plain.len + SECRET_SEAL_BYTES};
	return true;
}

bool address_open(struct store_txn *txn, struct arena *arena, const char *channel,
		  int64_t recipient, struct bytes sealed, const char **ret_address,
		  struct error *err)
{
	const char *text = aad_of(arena, channel, recipient);
	struct bytes aad = {text, strlen(text)};
	struct secret_key key;
	uint8_t *plain;
	bool ok;

	if (sealed.len < SECRET_SEAL_BYTES) {
		return error_set(err, ERROR_INTERNAL, "recipient %lld of %s has no address",
				 (long long)recipient, channel);
	}
	plain = arena_alloc(arena, sealed.len - SECRET_SEAL_BYTES + 1);
	txn_address_key(txn, channel, &key);
	ok = secret_open(&key, &aad, &sealed, plain, err);
	secret_wipe(&key, sizeof(key));
	if (!ok) {
		return error_prefix(err, "recipient %lld of %s", (long long)recipient, channel);
	}
	*ret_address = (const char *)plain;
	return true;
}
