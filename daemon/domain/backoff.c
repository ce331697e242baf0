/*
 * Backoff: when the next attempt is due.
 *
 * Owner: nobody, all const. Two built-in schedules. `critical` is a live alert: attempts at 0, 5 s,
 * 15 s, 30 s, 60 s, 2, 5, 10, 15, 30 min, 1 h, hourly to 24 h, 4-hourly to 76 h, because the first
 * hour decides and the endpoint may be back at any minute of it. `standard` is the schedule of
 * Standard Webhooks 1.0. Jitter parts the herds that an outage put in step.
 */
#include "domain/backoff.h"

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n)   MINUTES((n)*60)

/* Runs of equal delays. */
struct run {
	int count;
	int64_t delay_ms;
};

static const struct run critical[] = {
	{1, SECONDS(5)},  {1, SECONDS(10)}, {1, SECONDS(15)}, {1, SECONDS(30)},
	{1, MINUTES(1)},  {1, MINUTES(3)},  {2, MINUTES(5)},  {1, MINUTES(15)},
	{1, MINUTES(30)}, {23, HOURS(1)},   {13, HOURS(4)},
};

static const struct run standard[] = {
	{1, SECONDS(5)}, {1, MINUTES(5)}, {1, MINUTES(30)}, {1, HOURS(2)},  {1, HOURS(5)},
	{1, HOURS(10)},  {1, HOURS(14)},  {1, HOURS(20)},   {1, HOURS(24)},
};

static int64_t run_delay_ms(const struct run *runs, size_t count, int index)
{
	for (size_t i = 0; i < count; i++) {
		if (index < runs[i].count) {
			return runs[i].delay_ms;
		}
		index -= runs[i].count;
	}
	return BACKOFF_END;
}

static int64_t own_delay_ms(const struct channel_limits *limits, int index)
{
	size_t at = (size_t)index;

	if (limits->schedule_ms[0] == 0) {
		at++;
	}
	return at < limits->schedule_count ? limits->schedule_ms[at] : BACKOFF_END;
}

int64_t backoff_delay_ms(const struct channel_limits *limits, enum message_class class_of,
			 int attempt)
{
	int index = attempt > 0 ? attempt - 1 : 0;

	if (limits && limits->schedule_count > 0) {
		return own_delay_ms(limits, index);
	}
	if (class_of == MESSAGE_CRITICAL) {
		return run_delay_ms(critical, ARRAY_LEN(critical), index);
	}
	return run_delay_ms(standard, ARRAY_LEN(standard), index);
}

int64_t backoff_jitter_ms(int64_t delay_ms, struct rng *rng)
{
	int64_t jittered = rng_between(rng, delay_ms * 4 / 5, delay_ms * 6 / 5);

	return jittered < BACKOFF_FLOOR_MS ? BACKOFF_FLOOR_MS : jittered;
}

int64_t backoff_jitter_up_ms(int64_t delay_ms, struct rng *rng)
{
	int64_t jittered = rng_between(rng, delay_ms, delay_ms * 6 / 5);

	return jittered < BACKOFF_FLOOR_MS ? BACKOFF_FLOOR_MS : jittered;
}

int64_t backoff_throttle_ms(int64_t delay_ms, int64_t retry_after_ms)
{
	int64_t most = delay_ms * 2 > BACKOFF_SLOW_FLOOR_MS ? delay_ms * 2 : BACKOFF_SLOW_FLOOR_MS;

	if (retry_after_ms < delay_ms) {
		return delay_ms;
	}
	return retry_after_ms > most ? most : retry_after_ms;
}

int64_t backoff_span_ms(const int64_t *schedule_ms, size_t count)
{
	int64_t span_ms = 0;

	for (size_t i = 0; i < count; i++) {
		span_ms += schedule_ms[i];
	}
	return span_ms;
}

bool backoff_is_valid(const int64_t *schedule_ms, size_t count)
{
	if (count == 0 || count > BACKOFF_ENTRIES_MAX) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (schedule_ms[i] < (i > 0 ? schedule_ms[i - 1] : 0)) {
			return false;
		}
	}
	return true;
}
