/*
 * Calendar arithmetic. A year is counted from 1 March, so that the leap day is its last and the
 * months before it have fixed starts; 400 years are 146,097 days. Written out rather than taken
 * from gmtime and timegm, because zone rules need the pieces and neither says when it overflows.
 * Pure.
 */
#include "base/civil.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

int64_t civil_floor(int64_t value, int64_t unit)
{
	return value / unit - (value % unit < 0 ? 1 : 0);
}

int64_t civil_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = civil_floor(y, ERA_YEARS);
	int64_t year_of_era = y - era * ERA_YEARS;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

struct civil civil_from_days(int64_t days)
{
	int64_t era = civil_floor(days + EPOCH_DAYS, ERA_DAYS);
	int64_t day_of_era = days + EPOCH_DAYS - era * ERA_DAYS;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;
	int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);

	return (struct civil){
		.year = era * ERA_YEARS + year_of_era + (month <= 2 ? 1 : 0),
		.month = month,
		.day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
	};
}

bool civil_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12) {
		return 0;
	}
	return days[month - 1] + (month == 2 && civil_is_leap(year) ? 1 : 0);
}
