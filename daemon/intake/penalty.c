/*
 * Failures of authentication, by address. One slot an address, found by a seeded hash; two
 * addresses in one slot push each other out, which at worst forgives somebody some failures: a
 * token has 256 random bits, so the bound protects the log and the CPU, not the token. Owner: the
 * intake.
 */
#include "intake/penalty.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

#define SLOTS 1024

struct slot {
	uint8_t key[PEER_KEY_BYTES];
	int64_t until_boot_ms;
	int64_t failures;
};

struct penalty {
	int64_t failures_max;
	uint64_t seed;
	struct slot slots[SLOTS];
};

struct penalty *penalty_create(int64_t failures_max)
{
	struct penalty *penalty = xcalloc(1, sizeof(*penalty));

	penalty->failures_max = failures_max;
	secret_random(&penalty->seed, sizeof(penalty->seed));
	return penalty;
}

void penalty_destroy(struct penalty **penalty)
{
	free(*penalty);
	*penalty = NULL;
}

static struct slot *slot_of(struct penalty *penalty, const uint8_t *key)
{
	uint64_t hash = penalty->seed;

	for (size_t i = 0; i < PEER_KEY_BYTES; i++) {
		hash = (hash ^ key[i]) * UINT64_C(1099511628211);
	}
	return &penalty->slots[(hash ^ hash >> 32) % SLOTS];
}

bool penalty_note(struct penalty *penalty, const struct peer *peer, int64_t now_boot_ms,
		  int64_t *ret_wait_s)
{
	struct slot *slot = slot_of(penalty, peer->key);

	if (memcmp(slot->key, peer->key, PEER_KEY_BYTES) != 0 ||
	    now_boot_ms >= slot->until_boot_ms) {
		memcpy(slot->key, peer->key, PEER_KEY_BYTES);
		slot->until_boot_ms = now_boot_ms + PENALTY_WINDOW_MS;
		slot->failures = 0;
	}
	slot->failures++;
	if (slot->failures <= penalty->failures_max) {
		return true;
	}
	*ret_wait_s = (slot->until_boot_ms - now_boot_ms + 999) / 1000;
	return false;
}
