/* Shared by report and casefile (implementers' header): the field table and the rules over it. */
#ifndef ASTRAD_DOMAIN_REPORT_PRIVATE_H
#define ASTRAD_DOMAIN_REPORT_PRIVATE_H

#include <stdint.h>

#include "domain/problem.h"
#include "domain/shape.h"

/* What POST /v1/reports accepts. */
extern const struct shape report_shape;

/* Rules between fields: order of times, ages and dates of birth, a position is a pair. Pointers
 * are those of a report body. */
void report_check_rules(const struct json_t *fields, int64_t now_utc_ms, struct problems *problems);
/* enum report_gap bits of a tree of report fields. */
uint32_t report_gaps(const struct json_t *fields);

/* How old the child can be at a time, from age, age_min, age_max or born; high is -1 when nothing
 * is known. */
struct report_ages {
	int low, high;
};
struct report_ages report_ages_of(const struct json_t *child, int64_t now_utc_ms);

#endif
