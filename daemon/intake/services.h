/* What the resource files work with. The connection layer carries the pointer and knows nothing of
 * it. */
#ifndef ASTRAD_INTAKE_SERVICES_H
#define ASTRAD_INTAKE_SERVICES_H

#include "casework/casework.h"
#include "domain/delivery.h"
#include "intake/tokens.h"

/* What an admin may do to a channel. */
enum intake_channel_act { INTAKE_SUSPEND = 1, INTAKE_RESUME, INTAKE_PROBE };

/* How a probe went. detail: short words, borrowed until done returns. */
struct intake_probed {
	enum delivery_outcome outcome;
	int status;
	int64_t latency_ms;
	const char *detail;
};

struct intake_channel_ask {
	enum intake_channel_act act;
	const char *channel; /* copied, as person is */
	const char *person;
	/* Once, never from within the call. err NULL: it is done; probed: of a probe, else NULL. */
	void (*done)(const struct intake_probed *probed, const struct error *err, void *arg);
	void *arg;
};

/* How a reload went; everything is borrowed until done returns. */
struct intake_reloaded {
	bool ok;
	const struct buf *findings; /* JSON of settings/issues.h, also of a good one */
	int warnings;
	const char *digest; /* of the configuration in force */
};

struct intake_services {
	struct casework *casework;
	struct store *store;
	struct tokens *tokens;
	/* What only app can do. `app` is its handle. */
	void (*print_config)(struct buf *out, void *app);
	/* done comes once, never from within the call. */
	void (*reload)(void (*done)(const struct intake_reloaded *reloaded, void *arg), void *arg,
		       void *app);
	/* Adds up to `limit` channels after the name `after` (NULL = from the first) as a JSON
	 * array; returns the last one's name when there are more, else NULL. */
	const char *(*print_channels)(const char *after, int limit, struct buf *out, void *app);
	/* The same of one; where the configuration has no such channel any more, its name alone. */
	void (*print_channel)(const char *name, struct buf *out, void *app);
	void (*act_on_channel)(const struct intake_channel_ask *ask, void *app);
	void *app;
};

#endif
