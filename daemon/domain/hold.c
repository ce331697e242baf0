/* Which fields are held at a time. A hold without an end holds until it is taken back. Pure. */
#include "domain/hold.h"

uint64_t hold_fields(const struct hold *holds, size_t count, int64_t now_utc_ms)
{
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++) {
		if (holds[i].until_utc_ms == 0 || holds[i].until_utc_ms > now_utc_ms) {
			set |= RELEASE_BIT(holds[i].field);
		}
	}
	return set;
}
