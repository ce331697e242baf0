/* Between ladder.c and ladder_rule.c (implementers' header). */
#ifndef ASTRAD_DOMAIN_LADDER_PRIVATE_H
#define ASTRAD_DOMAIN_LADDER_PRIVATE_H

#include "domain/ladder.h"

/* The facts do not stop this rung from firing. */
bool ladder_rung_wants(const struct ladder_plan *plan, const struct ladder_rung *rung,
		       const struct ladder_facts *facts);
/* Also true of no channels at all. */
bool ladder_all_dead(const struct words *channels, const struct ladder_facts *facts);

#endif
