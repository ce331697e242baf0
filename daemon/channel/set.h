/*
 * All channels of the daemon by name, and their reload: new instances are built beside the old
 * ones, then swapped all or nothing. An old instance takes no new send, finishes what it has on the
 * wire and is destroyed when it is idle. Breaker, rate and slots belong to the name and are handed
 * on (also from the name a channel had before: `was`).
 */
#ifndef ASTRAD_CHANNEL_SET_H
#define ASTRAD_CHANNEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "astrad_channel.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/health.h"
#include "base/loop.h"
#include "channel/host.h"
#include "domain/directory.h"

struct channel_set;
struct channel_plan; /* a set of instances that waits for commit */

struct channel_events {
	/* The state changed: keep it (the store), tell escalation when it turned dead or well. Not
	 * called from within a call of this room's. May be NULL. */
	void (*changed)(const char *name, const struct channel_state *state, void *arg);
	/* Capacity may have risen (breaker, rate, resume, reload): look again. May be NULL. */
	void (*ready)(const char *name, void *arg);
	void *arg;
};

struct channel_set_params {
	struct loop *loop;
	struct health *health;      /* NULL = reasons are not raised */
	const char *private_ranges; /* security.private_ranges as "127.0.0.0/8 10.1.0.0/16"; NULL =
				       none */
	uint64_t seed;              /* of the jitter */
	bool is_warm; /* parse the system's authorities at once (see http_warm): the daemon */
	struct channel_events events;
};

/* One channel as the files define it. All is copied. */
struct channel_config {
	const struct channel *channel;
	const struct astrad_channel *plugin; /* from plugin_find; outlives the set */
	const struct astrad_value *options;  /* one a row of plugin->options, in its order */
};

struct channel_set *channel_set_create(const struct channel_set_params *params,
				       struct error *err) MUST_USE;
/* Cuts whatever is still on the wire (done is called for each), then destroys every instance. */
void channel_set_destroy(struct channel_set **set);

/* A plan without a channel; private_ranges as in the params, NULL = keep. */
struct channel_plan *channel_plan_create(struct channel_set *set,
					 const char *private_ranges) RETURNS_NONNULL;
/* Builds the instance of one more channel, if its mode is not off: a plan may grow over many turns
 * of the loop. False with the reason: such a plan is destroyed. */
bool channel_plan_add(struct channel_plan *plan, const struct channel_config *config, char *why,
		      size_t why_bytes) MUST_USE;
/*
 * Both for a whole list. Where an instance cannot be built, on_error is called for each such
 * channel with its reason, and NULL is returned: nothing has changed.
 */
struct channel_plan *
channel_set_prepare(struct channel_set *set, const struct channel_config *configs, size_t count,
		    const char *private_ranges,
		    void (*on_error)(const char *channel, const char *why, void *arg),
		    void *arg) MUST_USE;
/* Swaps: channel_set_find gives the new instances from now on. Takes the plan. */
void channel_set_commit(struct channel_set *set, struct channel_plan **plan);
void channel_plan_destroy(struct channel_plan **plan); /* not committed after all */
/* One channel's instance is replaced by one with other options, as a reload would; its place, gate
 * and limits stay. False with the plugin's reason: the old one goes on. */
bool channel_set_renew(struct channel_set *set, const struct channel_config *config,
		       struct error *err) MUST_USE;

/* NULL when there is none. Look it up for each use: a reload replaces it. */
struct channel_host *channel_set_find(struct channel_set *set, const char *name);
/* Every current channel, in the order of the files. */
void channel_set_each(struct channel_set *set, void (*fn)(struct channel_host *host, void *arg),
		      void *arg);
/* At start, before the first send: what the store remembers of a channel. */
void channel_set_restore(struct channel_set *set, const char *name,
			 const struct channel_state *state);
/* Sends whose done has not come, over all instances: a graceful stop waits for 0. */
size_t channel_set_in_flight(const struct channel_set *set);

#endif
