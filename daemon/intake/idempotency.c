/*
 * Idempotency-Key. Scope and fingerprint are HMACs, so the record of a request tells nothing about
 * its body or its caller to who reads the database. Every part of the scope goes in with its length
 * before it: no two different requests can run together into one text. No state.
 */
#include "intake/idempotency.h"

#include <inttypes.h>
#include <string.h>

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= 0x20 || text[i] >= 0x7f || text[i] == '"' || text[i] == '\\') {
			return false;
		}
	}
	return len > 0 && len <= IDEMPOTENCY_KEY_MAX;
}

bool idempotency_parse(struct bytes text, struct bytes *ret_key, bool *ret_is_quoted)
{
	bool is_quoted = text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"';
	struct bytes key = text;

	if (is_quoted) {
		key = (struct bytes){.data = text.data + 1, .len = text.len - 2};
	}
	if (!is_plain(key.data, key.len)) {
		return false;
	}
	*ret_key = key;
	*ret_is_quoted = is_quoted;
	return true;
}

static void add_part(struct buf *out, const char *bytes, size_t len)
{
	buf_printf(out, "%zu:", len);
	buf_add(out, bytes, len);
}

void idempotency_scope(const struct secret_key *hmac_key, const struct principal *principal,
		       enum method method, const struct bytes path_and_key[2],
		       uint8_t out[SECRET_HASH_BYTES])
{
	AUTO(buf) struct buf text = {0};

	buf_add_text(&text, "scope ");
	add_part(&text, principal->person, strlen(principal->person));
	add_part(&text, principal->partner, strlen(principal->partner));
	add_part(&text, method_name(method), strlen(method_name(method)));
	add_part(&text, path_and_key[0].data, path_and_key[0].len);
	add_part(&text, path_and_key[1].data, path_and_key[1].len);
	secret_hmac(hmac_key->bytes, SECRET_KEY_BYTES, text.data, text.len, out);
}

void idempotency_fingerprint(const struct secret_key *hmac_key, struct bytes body,
			     uint8_t out[SECRET_HASH_BYTES])
{
	secret_hmac(hmac_key->bytes, SECRET_KEY_BYTES, body.len > 0 ? body.data : "", body.len,
		    out);
}
