/*
 * Reproducible chance: xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain). The
 * same seed gives the same jitter, so a replay of a day is the same day. Never for keys or ids. One
 * owner a generator.
 */
#include "base/clock.h"

#include <assert.h>

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_seed(struct rng *rng, uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_LEN(rng->state); i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15u);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		rng->state[i] = z ^ (z >> 31);
	}
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high)
{
	uint64_t span;
	uint64_t fair;
	uint64_t drawn;

	assert(low <= high);
	span = (uint64_t)high - (uint64_t)low + 1;
	if (span == 0) {
		return (int64_t)rng_next(rng);
	}
	/* the values above the last whole multiple of span would favour the low results */
	fair = UINT64_MAX - (UINT64_MAX % span + 1) % span;
	do {
		drawn = rng_next(rng);
	} while (drawn > fair);
	return (int64_t)((uint64_t)low + drawn % span);
}
