/*
 * The POSIX TZ rule at the end of a zone file (POSIX.1-2017, section 8.3; RFC 8536, section 3.3.1:
 * change times of -167 to 167 hours). A rule is evaluated for the year at hand each time: texts
 * with a zone are rendered a few times an alert, a table of years would cost more to understand.
 * Pure.
 */
#include "base/zone_rule.h"

#include <string.h>

#include "base/civil.h"

enum { SECONDS_PER_DAY = 86400, DEFAULT_CHANGE_SECONDS = 7200 };

static bool skip(const char **at, char mark)
{
	if (**at != mark) {
		return false;
	}
	(*at)++;
	return true;
}

static bool read_number(const char **at, int low, int high, int *ret_number)
{
	int number = 0;
	const char *start = *at;

	while (**at >= '0' && **at <= '9' && *at - start < 4) {
		number = number * 10 + (*(*at)++ - '0');
	}
	if (*at == start || number < low || number > high) {
		return false;
	}
	*ret_number = number;
	return true;
}

/* An abbreviation: letters, or anything but '>' between angle brackets. */
static bool skip_name(const char **at)
{
	const char *start = *at;
	size_t len;

	if (skip(at, '<')) {
		len = strcspn(*at, ">");
		*at += len;
		return len > 0 && skip(at, '>');
	}
	len = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	*at += len;
	return len > 0;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool read_clock(const char **at, int *ret_seconds)
{
	int sign = 1;
	int hours;
	int minutes = 0;
	int seconds = 0;

	if (skip(at, '-')) {
		sign = -1;
	} else {
		(void)skip(at, '+'); /* the sign is optional */
	}
	if (!read_number(at, 0, 167, &hours)) {
		return false;
	}
	if (skip(at, ':') && !read_number(at, 0, 59, &minutes)) {
		return false;
	}
	if (skip(at, ':') && !read_number(at, 0, 59, &seconds)) {
		return false;
	}
	*ret_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool read_change(const char **at, struct zone_change *ret_change)
{
	struct zone_change change = {.seconds = DEFAULT_CHANGE_SECONDS};

	if (!skip(at, ',')) {
		return false;
	}
	if (skip(at, 'M')) {
		change.kind = ZONE_DAY_OF_MONTH;
		if (!read_number(at, 1, 12, &change.month) || !skip(at, '.') ||
		    !read_number(at, 1, 5, &change.week) || !skip(at, '.') ||
		    !read_number(at, 0, 6, &change.day)) {
			return false;
		}
	} else if (skip(at, 'J')) {
		change.kind = ZONE_DAY_JULIAN;
		if (!read_number(at, 1, 365, &change.day)) {
			return false;
		}
	} else {
		change.kind = ZONE_DAY_OF_YEAR;
		if (!read_number(at, 0, 365, &change.day)) {
			return false;
		}
	}
	if (skip(at, '/') && !read_clock(at, &change.seconds)) {
		return false;
	}
	*ret_change = change;
	return true;
}

bool zone_rule_parse(const char *text, struct zone_rule *ret_rule)
{
	struct zone_rule rule = {0};
	int west;

	if (!skip_name(&text) || !read_clock(&text, &west)) {
		return false;
	}
	rule.offset = -west; /* POSIX counts west of Greenwich */
	if (*text != '\0') {
		rule.has_summer = true;
		if (!skip_name(&text)) {
			return false;
		}
		west -= 3600;
		if (*text != ',' && !read_clock(&text, &west)) {
			return false;
		}
		rule.summer_offset = -west;
		if (!read_change(&text, &rule.start) || !read_change(&text, &rule.end) ||
		    *text != '\0') {
			return false;
		}
	}
	*ret_rule = rule;
	return true;
}

/* Local seconds since 1970 at which the change happens in that year. */
static int64_t change_seconds(const struct zone_change *change, int64_t year)
{
	int64_t days = civil_days(year, 1, 1);

	if (change->kind == ZONE_DAY_OF_YEAR) {
		days += change->day;
	} else if (change->kind == ZONE_DAY_JULIAN) {
		/* 29 February is never counted */
		days += change->day - 1 + (civil_is_leap(year) && change->day >= 60 ? 1 : 0);
	} else {
		int64_t first = civil_days(year, change->month, 1);
		int64_t weekday = (first + 4) - civil_floor(first + 4, 7) * 7; /* 0 is Sunday */
		int64_t day = (change->day - weekday + 7) % 7 + 7 * (change->week - 1);

		while (day >= civil_month_days(year, change->month)) {
			day -= 7;
		}
		days = first + day;
	}
	return days * SECONDS_PER_DAY + change->seconds;
}

int zone_rule_offset(const struct zone_rule *rule, int64_t utc_seconds)
{
	int64_t year;
	int64_t start;
	int64_t end;
	bool is_summer;

	if (!rule->has_summer) {
		return rule->offset;
	}
	year = civil_from_days(civil_floor(utc_seconds + rule->offset, SECONDS_PER_DAY)).year;
	start = change_seconds(&rule->start, year) - rule->offset;
	end = change_seconds(&rule->end, year) - rule->summer_offset;
	if (start < end) {
		is_summer = utc_seconds >= start && utc_seconds < end;
	} else {
		/* south of the equator the year begins in summer */
		is_summer = utc_seconds >= start || utc_seconds < end;
	}
	return is_summer ? rule->summer_offset : rule->offset;
}
