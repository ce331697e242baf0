/* What the resource files work with. The connection layer carries the pointer and knows nothing of
 * it. */
#ifndef ASTRAD_INTAKE_SERVICES_H
#define ASTRAD_INTAKE_SERVICES_H

#include "casework/casework.h"
#include "intake/tokens.h"

struct intake_services {
	struct casework *casework;
	struct store *store;
	struct tokens *tokens;
	/* What only app can do. `app` is its handle. */
	void (*print_config)(struct buf *out, void *app);
	void (*reload)(void (*done)(bool ok, const struct buf *findings, void *arg), void *arg,
		       void *app);
	void *app;
};

#endif
