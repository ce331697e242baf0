/* The proleptic Gregorian calendar as arithmetic: days since 1970-01-01. Pure. */
#ifndef ASTRAD_BASE_CIVIL_H
#define ASTRAD_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct civil {
	int64_t year;
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

int64_t civil_days(int64_t year, int month, int day);
struct civil civil_from_days(int64_t days);
bool civil_is_leap(int64_t year);
/* Days in a month; 0 when the month does not exist. */
int civil_month_days(int64_t year, int month);
/* Floor division: whole units before `value`, also when it is negative. */
int64_t civil_floor(int64_t value, int64_t unit);

#endif
