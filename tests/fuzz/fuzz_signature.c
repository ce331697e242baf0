/*
 * Signing keys as an admin pasted them, a line each: what is refused is refused with a reason, what
 * is taken makes one header of printable characters with a signature a key. The first byte chooses
 * the scheme.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "unit/plugins/rig.h"
#include "webhook.h"

struct keys {
	const char *secrets[SIGN_KEYS_MAX];
	const char *seeds[SIGN_KEYS_MAX];
	size_t secret_count, seed_count;
};

/* The option table lets no more than SIGN_KEYS_MAX of a kind through. */
static void split(char *text, struct keys *keys)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		if (strncmp(line, "whsk_", 5) != 0 && keys->secret_count < SIGN_KEYS_MAX) {
			keys->secrets[keys->secret_count++] = line;
		} else if (keys->seed_count < SIGN_KEYS_MAX) {
			keys->seeds[keys->seed_count++] = line;
		}
	}
}

static size_t count_signatures(const struct astrad_value *values)
{
	static const struct astrad_delivery delivery = {
		.message_id = "0193a2b4-5c6d-7e8f-9012-3456789abcde", .body = {"{}", 2}};
	struct rig rig;
	struct webhook webhook = {.services = &rig.services, .host = &rig, .values = values};
	char why[128] = "";
	char out[SIGNATURE_BYTES];
	size_t count = 0;

	rig_init(&rig);
	assert(sign_keys(&webhook, why, sizeof(why)));
	sign(&webhook, &delivery, 1795447867, out);
	for (const char *c = out; *c; c++) {
		assert(*c >= ' ' && *c <= '~');
		count += *c == ' ';
	}
	sign_forget(&webhook);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const schemes[] = {"v1", "v1a", "both"};
	static const char *const urls[] = {"https://partner.example/"};
	struct astrad_value values[OPTION_COUNT] = {0};
	struct keys keys = {0};
	char why[128] = "";

	if (size == 0) {
		return 0;
	}
	size_t scheme = data[0] % ARRAY_LEN(schemes);
	AUTO(free) char *text = xcalloc(1, size);
	memcpy(text, data + 1, size - 1);
	split(text, &keys);
	values[OPTION_URLS] = (struct astrad_value){.is_set = 1, .texts = urls, .text_count = 1};
	values[OPTION_SIGNING].text = schemes[scheme];
	values[OPTION_SECRETS].texts = keys.secrets;
	values[OPTION_SECRETS].text_count = keys.secret_count;
	values[OPTION_PRIVATE_KEYS].texts = keys.seeds;
	values[OPTION_PRIVATE_KEYS].text_count = keys.seed_count;
	if (webhook_check(values, why, sizeof(why)) != 0) {
		assert(why[0]);
		return 0;
	}
	assert(count_signatures(values) ==
	       (scheme != 1 ? keys.secret_count : 0) + (scheme != 0 ? keys.seed_count : 0));
	return 0;
}
