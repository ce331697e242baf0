/* For casework's own files. */
#ifndef ASTRAD_CASEWORK_PRIVATE_H
#define ASTRAD_CASEWORK_PRIVATE_H

#include "casework/casework.h"

struct casework {
	struct store *store;
	struct loop *loop;
	const struct clock *clock;
	struct casework_wake wake;
	struct settings *settings; /* counted */
	size_t under_way;
};

#endif
