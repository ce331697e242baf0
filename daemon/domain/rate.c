/*
 * Rate: one token bucket per channel.
 *
 * Owner: the outbox embeds one in each channel's lane; it is not persisted (a restart starts full,
 * one second's worth). Counted in millionths of a send, so that a millisecond at half a send a
 * second is a whole number and nothing is lost to rounding.
 */
#include "domain/rate.h"

#define MILLI 1000
#define MICRO 1000000

/* Of a burst, kept for alerts. */
#define RESERVED_PART 5

/* Thousandths of a send per second; 0 = unbounded. */
static int64_t milli_rate(const struct rate *rate, int64_t now_boot_ms)
{
	if (now_boot_ms >= rate->throttled_until_boot_ms) {
		return rate->per_second * MILLI;
	}
	if (rate->per_second == 0) {
		return RATE_THROTTLED_UNBOUNDED * MILLI;
	}
	return rate->per_second * MILLI / 2;
}

/* One second's worth, and never less than one send. */
static int64_t burst(int64_t rate_milli)
{
	return rate_milli > MILLI ? rate_milli * MILLI : MICRO;
}

static void fill(struct rate *rate, int64_t now_boot_ms)
{
	int64_t rate_milli = milli_rate(rate, now_boot_ms);
	int64_t passed_ms = now_boot_ms - rate->filled_boot_ms;

	/* Two seconds fill any bucket: longer gaps need no arithmetic that could overflow. */
	if (passed_ms >= 2 * MILLI) {
		rate->micro_tokens = burst(rate_milli);
	} else if (passed_ms > 0) {
		rate->micro_tokens += passed_ms * rate_milli;
	}
	if (rate->micro_tokens > burst(rate_milli)) {
		rate->micro_tokens = burst(rate_milli);
	}
	rate->filled_boot_ms = now_boot_ms;
}

/* What must stay in the bucket after a send of this class. */
static int64_t reserved(int64_t rate_milli, enum message_class class_of)
{
	return class_of == MESSAGE_CRITICAL ? 0 : rate_milli / MILLI / RESERVED_PART * MICRO;
}

void rate_init(struct rate *rate, int64_t per_second, int64_t now_boot_ms)
{
	*rate = (struct rate){
		.per_second = per_second,
		.micro_tokens = per_second * MICRO,
		.filled_boot_ms = now_boot_ms,
	};
}

void rate_change(struct rate *rate, int64_t per_second, int64_t now_boot_ms)
{
	fill(rate, now_boot_ms);
	rate->per_second = per_second;
	fill(rate, now_boot_ms);
}

int64_t rate_available(struct rate *rate, enum message_class class_of, int64_t now_boot_ms)
{
	int64_t rate_milli = milli_rate(rate, now_boot_ms);

	if (rate_milli == 0) {
		return INT64_MAX;
	}
	fill(rate, now_boot_ms);
	int64_t free_micro = rate->micro_tokens - reserved(rate_milli, class_of);
	return free_micro > 0 ? free_micro / MICRO : 0;
}

void rate_take(struct rate *rate, int64_t sends, int64_t now_boot_ms)
{
	if (milli_rate(rate, now_boot_ms) == 0) {
		return;
	}
	fill(rate, now_boot_ms);
	rate->micro_tokens -= sends * MICRO;
}

int64_t rate_wait_ms(struct rate *rate, enum message_class class_of, int64_t now_boot_ms)
{
	int64_t rate_milli = milli_rate(rate, now_boot_ms);

	if (rate_milli == 0) {
		return 0;
	}
	fill(rate, now_boot_ms);
	int64_t missing = MICRO + reserved(rate_milli, class_of) - rate->micro_tokens;
	return missing > 0 ? (missing + rate_milli - 1) / rate_milli : 0;
}

void rate_throttle(struct rate *rate, int64_t now_boot_ms)
{
	fill(rate, now_boot_ms);
	rate->throttled_until_boot_ms = now_boot_ms + RATE_THROTTLED_MS;
	fill(rate, now_boot_ms);
}
