/*
 * Signatures of Standard Webhooks 1.0: over "{id}.{timestamp}.{body}", the exact bytes sent. A key
 * is the base64-decoded rest of its text; several sign side by side while a secret is rotated,
 * newest first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhook.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(const uint8_t *bytes, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		three |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
		three |= i + 2 < len ? (uint32_t)bytes[i + 2] : 0;
		out[n++] = alphabet[three >> 18];
		out[n++] = alphabet[three >> 12 & 63];
		out[n++] = i + 1 < len ? alphabet[three >> 6 & 63] : '=';
		out[n++] = i + 2 < len ? alphabet[three & 63] : '=';
	}
	return n;
}

/* Standard alphabet, padding optional; 0 when it is not base64 or does not fit. */
static int decode(const char *text, struct sign_key *key)
{
	size_t len = strlen(text);
	uint32_t bits = 0;
	int count = 0;

	while (len > 0 && text[len - 1] == '=') {
		len--;
	}
	key->len = 0;
	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		if (at == NULL) {
			return 0;
		}
		bits = bits << 6 | (uint32_t)(at - alphabet);
		count += 6;
		if (count < 8) {
			continue;
		}
		if (key->len == SIGN_KEY_BYTES) {
			return 0;
		}
		count -= 8;
		key->bytes[key->len++] = (uint8_t)(bits >> count & 0xff);
	}
	return len % 4 != 1;
}

static int read_key(const char *text, const char *prefix, struct sign_key *key)
{
	size_t skip = strlen(prefix);

	return strncmp(text, prefix, skip) == 0 && decode(text + skip, key);
}

static int is_hmac_key(const char *text, struct sign_key *key)
{
	return read_key(text, "whsec_", key) && key->len >= 24;
}

/* whsk_: 32 bytes of seed, with or without the public key behind it. */
static int is_seed(const char *text, struct sign_key *key)
{
	return read_key(text, "whsk_", key) && (key->len == 32 || key->len == 64);
}

int sign_check(const struct astrad_value *values, char *why, size_t why_size)
{
	struct sign_key key;
	int bad = 0;

	for (size_t i = 0; i < values[OPTION_SECRETS].text_count && !bad; i++) {
		if (!is_hmac_key(values[OPTION_SECRETS].texts[i], &key)) {
			snprintf(why, why_size,
				 "secret %zu is not whsec_ and base64 of 24 to 64 random bytes",
				 i + 1);
			bad = 1;
		}
	}
	for (size_t i = 0; i < values[OPTION_PRIVATE_KEYS].text_count && !bad; i++) {
		if (!is_seed(values[OPTION_PRIVATE_KEYS].texts[i], &key)) {
			snprintf(why, why_size,
				 "private key %zu is not whsk_ and base64 of 32 or 64 bytes",
				 i + 1);
			bad = 1;
		}
	}
	explicit_bzero(&key, sizeof(key));
	return bad;
}

int sign_keys(struct webhook *webhook, char *why, size_t why_size)
{
	const struct astrad_value *values = webhook->values;
	const char *signing = values[OPTION_SIGNING].text;

	if (webhook_check(values, why, why_size) != 0) {
		return 0;
	}
	for (size_t i = 0; i < values[OPTION_SECRETS].text_count && i < SIGN_KEYS_MAX &&
			   (signing == NULL || strcmp(signing, "v1a") != 0);
	     i++) {
		(void)is_hmac_key(values[OPTION_SECRETS].texts[i],
				  &webhook->hmac[webhook->hmac_count++]);
	}
	for (size_t i = 0; i < values[OPTION_PRIVATE_KEYS].text_count && i < SIGN_KEYS_MAX &&
			   signing != NULL && strcmp(signing, "v1") != 0;
	     i++) {
		(void)is_seed(values[OPTION_PRIVATE_KEYS].texts[i],
			      &webhook->seeds[webhook->seed_count++]);
	}
	return 1;
}

void sign_forget(struct webhook *webhook)
{
	explicit_bzero(webhook->hmac, sizeof(webhook->hmac));
	explicit_bzero(webhook->seeds, sizeof(webhook->seeds));
}

/* " v1,BASE64" at out + n; returns the new length. */
static size_t add_signature(char *out, size_t n, const char *version, const uint8_t *bytes,
			    size_t len)
{
	n += (size_t)snprintf(out + n, SIGNATURE_BYTES - n, " %s,", version);
	n += encode(bytes, len, out + n);
	out[n] = '\0';
	return n;
}

static size_t add_hmacs(const struct webhook *webhook, const struct astrad_bytes parts[2],
			char *out, size_t n)
{
	for (size_t i = 0; i < webhook->hmac_count; i++) {
		const struct astrad_bytes key = {webhook->hmac[i].bytes, webhook->hmac[i].len};
		uint8_t mac[32];

		webhook->services->hmac_sha256(webhook->host, key, parts, 2, mac);
		n = add_signature(out, n, "v1", mac, sizeof(mac));
	}
	return n;
}

static size_t add_ed25519(const struct webhook *webhook, const struct astrad_bytes parts[2],
			  char *out, size_t n)
{
	uint8_t *text = malloc(parts[0].len + parts[1].len);
	struct astrad_bytes whole = {text, parts[0].len + parts[1].len};

	if (text == NULL) {
		return n; /* without a signature the partner refuses it, and it is tried again */
	}
	memcpy(text, parts[0].data, parts[0].len);
	memcpy(text + parts[0].len, parts[1].data, parts[1].len);
	for (size_t i = 0; i < webhook->seed_count; i++) {
		uint8_t signature[64];

		if (webhook->services->ed25519(webhook->host, webhook->seeds[i].bytes, whole,
					       signature) == 0) {
			n = add_signature(out, n, "v1a", signature, sizeof(signature));
		}
	}
	free(text);
	return n;
}

void sign(const struct webhook *webhook, const struct astrad_delivery *delivery, long long seconds,
	  char out[SIGNATURE_BYTES])
{
	char head[96];
	int len = snprintf(head, sizeof(head), "%s.%lld.", delivery->message_id, seconds);
	const struct astrad_bytes parts[2] = {{head, (size_t)len}, delivery->body};
	size_t n = (size_t)snprintf(out, SIGNATURE_BYTES, "webhook-signature:");

	n = add_hmacs(webhook, parts, out, n);
	if (webhook->seed_count > 0) {
		(void)add_ed25519(webhook, parts, out, n);
	}
}
