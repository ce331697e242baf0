/* What the resource files work with. The connection layer carries the pointer and knows nothing of
 * it. */
#ifndef ASTRAD_INTAKE_SERVICES_H
#define ASTRAD_INTAKE_SERVICES_H

#include "casework/casework.h"
#include "intake/tokens.h"

/* What an admin may do to a channel. */
enum intake_channel_act { INTAKE_SUSPEND = 1, INTAKE_RESUME, INTAKE_PROBE };

struct intake_channel_ask {
	enum intake_channel_act act;
	const char *channel; /* copied, as person is */
	const char *person;
	/* Once, never from within the call. body: the answer's JSON, or NULL with err. Borrowed
	 * until done returns. */
	void (*done)(const struct buf *body, const struct error *err, void *arg);
	void *arg;
};

struct intake_services {
	struct casework *casework;
	struct store *store;
	struct tokens *tokens;
	/* What only app can do. `app` is its handle. */
	void (*print_config)(struct buf *out, void *app);
	void (*reload)(void (*done)(bool ok, const struct buf *findings, void *arg), void *arg,
		       void *app);
	/* Adds up to `limit` channels after the name `after` (NULL = from the first) as a JSON
	 * array; returns the last one's name when there are more, else NULL. */
	const char *(*print_channels)(const char *after, int limit, struct buf *out, void *app);
	void (*act_on_channel)(const struct intake_channel_ask *ask, void *app);
	void *app;
};

#endif
