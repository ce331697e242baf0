/*
 * The system's clocks, a clock for tests, and RFC 3339 text. This file and the loop are the only
 * ones that ask the kernel for the time; everything else is handed a struct clock. Zones are in
 * zone.c, chance in rng.c. The system clock has no state: any thread.
 */
#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

#include "base/civil.h"
#include "base/zone.h"

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400 };

static int64_t read_ms(clockid_t id)
{
	struct timespec now;
	int failed = clock_gettime(id, &now);

	assert(failed == 0);
	(void)failed;
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

static int64_t system_utc_ms(const struct clock *clock)
{
	(void)clock;
	return read_ms(CLOCK_REALTIME);
}

static int64_t system_boot_ms(const struct clock *clock)
{
	(void)clock;
	return read_ms(CLOCK_BOOTTIME);
}

static bool system_is_synchronised(const struct clock *clock)
{
	struct timex state = {0};

	(void)clock;
	return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

static bool system_is_flowing(const struct clock *clock)
{
	(void)clock;
	return true;
}

const struct clock *clock_system(void)
{
	static const struct clock system_clock = {
		.utc_ms = system_utc_ms,
		.boot_ms = system_boot_ms,
		.is_synchronised = system_is_synchronised,
		.is_flowing = system_is_flowing,
	};

	return &system_clock;
}

int64_t clock_utc_ms(const struct clock *clock)
{
	return clock->utc_ms(clock);
}

int64_t clock_boot_ms(const struct clock *clock)
{
	return clock->boot_ms(clock);
}

bool clock_is_synchronised(const struct clock *clock)
{
	return clock->is_synchronised(clock);
}

bool clock_is_flowing(const struct clock *clock)
{
	return clock->is_flowing != NULL && clock->is_flowing(clock);
}

static const struct clock_fake *fake_of(const struct clock *clock)
{
	return (const struct clock_fake *)clock; /* it is the first member */
}

static int64_t fake_utc_ms(const struct clock *clock)
{
	return fake_of(clock)->utc_ms;
}

static int64_t fake_boot_ms(const struct clock *clock)
{
	return fake_of(clock)->boot_ms;
}

static bool fake_is_synchronised(const struct clock *clock)
{
	return fake_of(clock)->synchronised;
}

void clock_fake_init(struct clock_fake *fake, int64_t utc_ms)
{
	*fake = (struct clock_fake){
		.clock = {.utc_ms = fake_utc_ms,
			  .boot_ms = fake_boot_ms,
			  .is_synchronised = fake_is_synchronised},
		.utc_ms = utc_ms,
		.boot_ms = 1000000, /* not 0: a deadline before the start must have room */
		.synchronised = true,
	};
}

void clock_fake_advance(struct clock_fake *fake, int64_t ms)
{
	assert(ms >= 0);
	fake->utc_ms += ms;
	fake->boot_ms += ms;
}

/* "2026-11-23T15:31:07" of a count of seconds; returns its length. */
static int format_seconds(int64_t seconds, char *out)
{
	int64_t days = civil_floor(seconds, SECONDS_PER_DAY);
	int of_day = (int)(seconds - days * SECONDS_PER_DAY);
	struct civil date = civil_from_days(days);

	return snprintf(out, CLOCK_TEXT_BYTES, "%04lld-%02d-%02dT%02d:%02d:%02d",
			(long long)date.year, date.month, date.day, of_day / 3600, of_day / 60 % 60,
			of_day % 60);
}

void clock_format_utc(int64_t utc_ms, bool with_ms, char *out)
{
	int64_t seconds = civil_floor(utc_ms, MS_PER_SECOND);
	int len = format_seconds(seconds, out);
	size_t room = CLOCK_TEXT_BYTES - (size_t)len;

	if (with_ms) {
		(void)snprintf(out + len, room, ".%03dZ",
			       (int)((utc_ms % MS_PER_SECOND + MS_PER_SECOND) % MS_PER_SECOND));
	} else {
		(void)snprintf(out + len, room, "Z");
	}
}

bool clock_format_zone(int64_t utc_ms, const char *zone, char *out)
{
	int64_t seconds = civil_floor(utc_ms, MS_PER_SECOND);
	int offset;
	int ahead;
	int len;

	if (!zone_offset(zone, seconds, &offset)) {
		clock_format_utc(utc_ms, false, out);
		return false;
	}
	/* RFC 3339 has no seconds in an offset; local mean times before 1900 had them */
	offset -= offset % 60;
	ahead = offset < 0 ? -offset : offset;
	len = format_seconds(seconds + offset, out);
	(void)snprintf(out + len, CLOCK_TEXT_BYTES - (size_t)len, "%c%02d:%02d",
		       offset < 0 ? '-' : '+', ahead / 3600, ahead / 60 % 60);
	return true;
}

bool clock_zone_exists(const char *zone)
{
	int offset;

	return zone_offset(zone, 0, &offset);
}

struct reader {
	const char *at;
	const char *end;
};

/* Exactly `digits` digits. */
static bool read_number(struct reader *reader, int digits, int *ret_number)
{
	int number = 0;

	for (int i = 0; i < digits; i++) {
		if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9') {
			return false;
		}
		number = number * 10 + (*reader->at++ - '0');
	}
	*ret_number = number;
	return true;
}

/* One of the characters in `set`. */
static bool read_mark(struct reader *reader, const char *set, char *ret_mark)
{
	for (; reader->at < reader->end && *set != '\0'; set++) {
		if (*reader->at == *set) {
			*ret_mark = *reader->at++;
			return true;
		}
	}
	return false;
}

static bool read_date(struct reader *reader, int64_t *ret_days)
{
	int year, month, day;
	char mark;

	if (!read_number(reader, 4, &year) || !read_mark(reader, "-", &mark) ||
	    !read_number(reader, 2, &month) || !read_mark(reader, "-", &mark) ||
	    !read_number(reader, 2, &day)) {
		return false;
	}
	if (day < 1 || day > civil_month_days(year, month)) {
		return false;
	}
	*ret_days = civil_days(year, month, day);
	return true;
}

/* Seconds of the day (86,400 for 23:59:60) and milliseconds; finer digits are dropped. */
static bool read_time(struct reader *reader, int *ret_seconds, int *ret_ms)
{
	int hour, minute, second;
	int ms = 0;
	char mark;

	if (!read_number(reader, 2, &hour) || !read_mark(reader, ":", &mark) ||
	    !read_number(reader, 2, &minute) || !read_mark(reader, ":", &mark) ||
	    !read_number(reader, 2, &second)) {
		return false;
	}
	if (hour > 23 || minute > 59 || second > 60) {
		return false;
	}
	if (read_mark(reader, ".", &mark)) {
		int weight = 100;

		if (!read_mark(reader, "0123456789", &mark)) {
			return false;
		}
		do {
			ms += (mark - '0') * weight;
			weight /= 10;
		} while (read_mark(reader, "0123456789", &mark));
	}
	*ret_seconds = hour * 3600 + minute * 60 + second;
	*ret_ms = second == 60 ? 0 : ms;
	return true;
}

static bool read_offset(struct reader *reader, int *ret_seconds)
{
	int hour, minute;
	char sign, mark;

	if (read_mark(reader, "Zz", &mark)) {
		*ret_seconds = 0;
		return true;
	}
	if (!read_mark(reader, "+-", &sign) || !read_number(reader, 2, &hour) ||
	    !read_mark(reader, ":", &mark) || !read_number(reader, 2, &minute) || hour > 23 ||
	    minute > 59) {
		return false;
	}
	*ret_seconds = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);
	return true;
}

bool clock_parse(const char *text, size_t len, int64_t *ret_utc_ms)
{
	struct reader reader = {text, text + len};
	int64_t days, seconds;
	int of_day, ms, offset;
	bool is_leap_second;
	char mark;

	if (!read_date(&reader, &days) || !read_mark(&reader, "Tt", &mark) ||
	    !read_time(&reader, &of_day, &ms) || !read_offset(&reader, &offset) ||
	    reader.at != reader.end) {
		return false;
	}
	is_leap_second = of_day % 60 == 0 && text[17] == '6';
	seconds = days * SECONDS_PER_DAY + of_day - offset;
	/* a leap second is the last of a UTC day only (RFC 3339, section 5.7) */
	if (is_leap_second && seconds % SECONDS_PER_DAY != 0) {
		return false;
	}
	if (seconds < civil_days(1900, 1, 1) * SECONDS_PER_DAY ||
	    seconds >= civil_days(10000, 1, 1) * SECONDS_PER_DAY) {
		return false;
	}
	*ret_utc_ms = seconds * MS_PER_SECOND + ms;
	return true;
}
