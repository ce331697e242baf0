/*
 * UUIDs of version 7 (RFC 9562, section 5.7), increasing within the process: as section 6.2, method
 * 2, the 74 random bits are a counter that is raised by a random step while the clock does not move
 * on. A clock that goes back keeps the last time, so an id is never lower than the one before it,
 * and the store may order rows by id. The state is one counter behind a mutex; after a restart it
 * begins anew.
 */
#include "base/id.h"

#include <pthread.h>
#include <string.h>

#include "base/secret.h"

#define HIGH_BITS_MASK UINT16_C(0x0fff)                    /* rand_a: 12 bits */
#define LOW_BITS_MASK  (UINT64_C(0xffffffffffffffff) >> 2) /* rand_b: 62 bits */

static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	int64_t utc_ms;
	uint16_t high;
	uint64_t low;
} last;

static struct id id_of(int64_t utc_ms, uint16_t high, uint64_t low)
{
	struct id id;

	for (int i = 0; i < 6; i++) {
		id.bytes[i] = (uint8_t)((uint64_t)utc_ms >> (40 - 8 * i));
	}
	id.bytes[6] = (uint8_t)(0x70 | (high >> 8 & 0x0f));
	id.bytes[7] = (uint8_t)high;
	for (int i = 0; i < 8; i++) {
		id.bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

static void draw(void)
{
	secret_random(&last.high, sizeof(last.high));
	secret_random(&last.low, sizeof(last.low));
	last.high &= HIGH_BITS_MASK;
	last.low &= LOW_BITS_MASK;
}

/* Steps are random, so that an id does not tell its neighbours. */
static void step(void)
{
	uint32_t by;

	secret_random(&by, sizeof(by));
	last.low += (uint64_t)by + 1;
	if (last.low > LOW_BITS_MASK) {
		last.low &= LOW_BITS_MASK;
		last.high++;
	}
	if (last.high > HIGH_BITS_MASK) {
		last.utc_ms++; /* the counter is used up: borrow the next millisecond */
		draw();
	}
}

struct id id_new(const struct clock *clock)
{
	int64_t now = clock_utc_ms(clock);
	struct id id;

	(void)pthread_mutex_lock(&last_lock); /* cannot fail: a plain mutex, never nested */
	if (now > last.utc_ms) {
		last.utc_ms = now;
		draw();
	} else {
		step();
	}
	id = id_of(last.utc_ms, last.high, last.low);
	(void)pthread_mutex_unlock(&last_lock);
	return id;
}

struct id id_make(int64_t utc_ms, const uint8_t random[10])
{
	uint64_t low = 0;

	for (int i = 2; i < 10; i++) {
		low = low << 8 | random[i];
	}
	return id_of(utc_ms, (uint16_t)((random[0] & 0x0f) << 8 | random[1]), low & LOW_BITS_MASK);
}

bool id_is_none(const struct id *id)
{
	static const struct id none;

	return id_equal(id, &none);
}

bool id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_dash(size_t place)
{
	return place == 8 || place == 13 || place == 18 || place == 23;
}

void id_format(const struct id *id, char out[ID_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	size_t nibble = 0;

	for (size_t place = 0; place < ID_TEXT_BYTES - 1; place++) {
		if (is_dash(place)) {
			out[place] = '-';
			continue;
		}
		out[place] = digits[id->bytes[nibble / 2] >> (nibble % 2 == 0 ? 4 : 0) & 0x0f];
		nibble++;
	}
	out[ID_TEXT_BYTES - 1] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool id_parse(const char *text, size_t len, struct id *ret_id)
{
	struct id id = {0};
	size_t nibble = 0;

	if (len != ID_TEXT_BYTES - 1) {
		return false;
	}
	for (size_t place = 0; place < len; place++) {
		int value = hex_value(text[place]);

		if (is_dash(place)) {
			if (text[place] != '-') {
				return false;
			}
			continue;
		}
		if (value < 0) {
			return false;
		}
		id.bytes[nibble / 2] = (uint8_t)(id.bytes[nibble / 2] << 4 | value);
		nibble++;
	}
	*ret_id = id;
	return true;
}

int64_t id_utc_ms(const struct id *id)
{
	uint64_t utc_ms = 0;

	for (int i = 0; i < 6; i++) {
		utc_ms = utc_ms << 8 | id->bytes[i];
	}
	return (int64_t)utc_ms;
}
