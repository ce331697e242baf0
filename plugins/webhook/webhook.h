/* Shared by the plugin's own files. */
#ifndef ASTRAD_PLUGIN_WEBHOOK_H
#define ASTRAD_PLUGIN_WEBHOOK_H

#include "astrad_channel.h"

enum {
	OPTION_URLS,
	OPTION_SECRETS,
	OPTION_SIGNING,
	OPTION_PRIVATE_KEYS,
	OPTION_ALLOW_HTTP,
	OPTION_CA,
	OPTION_CLIENT_CERTIFICATE,
	OPTION_CLIENT_KEY,
	OPTION_COUNT
};

#define SIGN_KEYS_MAX   10
#define SIGN_KEY_BYTES  64   /* Standard Webhooks: 24 to 64 bytes */
#define SIGNATURE_BYTES 2048 /* header name, and 20 signatures of at most 92 characters */

struct sign_key {
	uint8_t bytes[SIGN_KEY_BYTES];
	size_t len;
};

struct attempt;

struct webhook {
	const struct astrad_services *services;
	void *host;
	const struct astrad_value *values;
	struct sign_key hmac[SIGN_KEYS_MAX]; /* v1, newest first */
	size_t hmac_count;
	struct sign_key seeds[SIGN_KEYS_MAX]; /* v1a: ed25519 seeds */
	size_t seed_count;
	struct attempt *attempts;
};

extern const struct astrad_option webhook_options[];
int webhook_check(const struct astrad_value *values, char *why, size_t why_size);
int webhook_outcome_of(int status);

/* sign.c: Standard Webhooks 1.0 "Signature scheme". 0 = fine; else why says which secret is wrong,
 * never its content. */
int sign_check(const struct astrad_value *values, char *why, size_t why_size);
/* Decodes the keys; 1 = done. */
int sign_keys(struct webhook *webhook, char *why, size_t why_size);
/* Writes the header "webhook-signature: v1,... v1,... v1a,...". */
void sign(const struct webhook *webhook, const struct astrad_delivery *delivery, long long seconds,
	  char out[SIGNATURE_BYTES]);
/* Wipes the keys. */
void sign_forget(struct webhook *webhook);

#endif
