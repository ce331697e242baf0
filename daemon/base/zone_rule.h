/* The rule for the years after a zone file's last transition: POSIX TZ with RFC 8536's extension.
 */
#ifndef ASTRAD_BASE_ZONE_RULE_H
#define ASTRAD_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum zone_day_kind { ZONE_DAY_JULIAN, ZONE_DAY_OF_YEAR, ZONE_DAY_OF_MONTH };

/* One change of the year; seconds are local time before the change. */
struct zone_change {
	enum zone_day_kind kind;
	int day; /* Jn: 1..365; n: 0..365; Mm.w.d: the weekday, 0 is Sunday */
	int month;
	int week; /* 1..5, 5 is the last */
	int seconds;
};

struct zone_rule {
	int offset; /* seconds east of UTC */
	bool has_summer;
	int summer_offset;
	struct zone_change start;
	struct zone_change end;
};

/* "CET-1CEST,M3.5.0,M10.5.0/3". False when it is not such a text. */
bool zone_rule_parse(const char *text, struct zone_rule *ret_rule) MUST_USE;
int zone_rule_offset(const struct zone_rule *rule, int64_t utc_seconds);

#endif
