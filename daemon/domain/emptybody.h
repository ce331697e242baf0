/* The body of an act that takes none: nothing, or an object without members. A member would be
 * a wish that nobody hears, so it is an error. */
#ifndef ASTRAD_DOMAIN_EMPTYBODY_H
#define ASTRAD_DOMAIN_EMPTYBODY_H

#include "domain/problem.h"

bool emptybody_check(struct bytes body, struct problems *problems) MUST_USE;

#endif
