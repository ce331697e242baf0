/* Which channels alerts that are not over have used or may use: a reload must not take these away.
 */
#ifndef ASTRAD_STORE_LIVE_H
#define ASTRAD_STORE_LIVE_H

#include "store/store.h"

struct store_live_channels_in {
	char unused;
};
struct store_live_channels_out {
	const char **names; /* sorted */
	size_t count;
};
extern const struct store_op store_live_channels; /* READ */

#endif
