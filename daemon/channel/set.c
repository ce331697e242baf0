/*
 * The set of channels: instances by name, one gate a name, reload. prepare builds every new
 * instance or none; commit swaps them in one turn, hands each name its gate (also from the name it
 * had before) and retires the old ones, which finish what they have on the wire and are destroyed
 * from the loop when they are idle.
 *
 * Health: a channel that is dead (breaker open for long, suspended) is `channel_dead`; when no
 * alert channel is left that can send, `no_channel_can_send` makes /readyz 503.
 */
#include "channel/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/host_private.h"

struct channel_set {
	struct loop *loop;
	struct health *health;
	struct http *http;
	struct rng rng;
	struct channel_events events;
	struct list gates;   // struct entry::link
	struct list current; // struct channel_host::link, in the order of the files
	struct list retired; // struct channel_host::link
};

/* A gate and its set: the gate's events come with this as their argument. */
struct entry {
	struct list link;
	struct channel_set *set;
	struct gate *gate;
};

struct channel_plan {
	struct channel_set *set;
	struct list hosts; // struct channel_host::link
	char *ranges;      /* NULL = keep */
};

/* --- health --- */

static void tell_dead(const struct channel_set *set, const char *name,
		      const struct channel_state *state)
{
	if (set->health == NULL) {
		return;
	}
	if (state->dead_since_utc_ms != 0) {
		health_raise(set->health, HEALTH_DEGRADED, "channel_dead", name,
			     channel_cause_name(state->cause));
	} else {
		health_clear(set->health, "channel_dead", name);
	}
}

/* Internal channels tell the staff; an alert needs one of the others. None configured is no
 * failure. */
static void tell_whole(const struct channel_set *set)
{
	size_t alert_channels = 0;
	size_t living = 0;

	if (set->health == NULL) {
		return;
	}
	LIST_FOR_EACH (node, &set->current) {
		const struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);
		struct channel_state state;

		if (!host->is_internal) {
			gate_get_state(host->gate, &state);
			alert_channels++;
			living += state.dead_since_utc_ms == 0 ? 1 : 0;
		}
	}
	if (alert_channels > 0 && living == 0) {
		health_raise(set->health, HEALTH_DOWN, "no_channel_can_send", NULL,
			     "every alert channel is dead or suspended");
	} else {
		health_clear(set->health, "no_channel_can_send", NULL);
	}
}

/* --- gates --- */

static void on_changed(struct gate *gate, void *arg)
{
	struct entry *entry = arg;
	struct channel_set *set = entry->set;
	struct channel_state state;

	gate_get_state(gate, &state);
	tell_dead(set, gate_name(gate), &state);
	tell_whole(set);
	if (set->events.changed != NULL) {
		set->events.changed(gate_name(gate), &state, set->events.arg);
	}
}

static void on_ready(struct gate *gate, void *arg)
{
	const struct entry *entry = arg;

	if (entry->set->events.ready != NULL) {
		entry->set->events.ready(gate_name(gate), entry->set->events.arg);
	}
}

static struct entry *find_gate(const struct channel_set *set, const char *name)
{
	if (name == NULL) {
		return NULL;
	}
	LIST_FOR_EACH (node, &set->gates) {
		struct entry *entry = LIST_ENTRY(node, struct entry, link);

		if (strcmp(gate_name(entry->gate), name) == 0) {
			return entry;
		}
	}
	return NULL;
}

/* The gate of a name; a renamed channel takes its old one along, breaker and slots included. */
static struct gate *give_gate(struct channel_set *set, const char *name, const char *was)
{
	struct entry *entry = find_gate(set, name);
	struct gate_events events = {.changed = on_changed, .ready = on_ready};

	if (entry != NULL) {
		return entry->gate;
	}
	entry = find_gate(set, was);
	if (entry != NULL) {
		if (set->health != NULL) {
			health_clear(set->health, "channel_dead", was);
		}
		gate_rename(entry->gate, name);
		return entry->gate;
	}
	entry = xcalloc(1, sizeof(*entry));
	entry->set = set;
	events.arg = entry;
	entry->gate = gate_create(name, set->loop, &set->rng, &events);
	list_append(&set->gates, &entry->link);
	return entry->gate;
}

static bool is_gate_used(const struct list *hosts, const struct gate *gate)
{
	LIST_FOR_EACH (node, hosts) {
		if (LIST_ENTRY(node, struct channel_host, link)->gate == gate) {
			return true;
		}
	}
	return false;
}

static void drop_gates(struct channel_set *set, bool all)
{
	LIST_FOR_EACH (node, &set->gates) {
		struct entry *entry = LIST_ENTRY(node, struct entry, link);

		if (!all &&
		    (is_gate_used(&set->current, entry->gate) ||
		     is_gate_used(&set->retired, entry->gate) || gate_claimed(entry->gate) > 0)) {
			continue;
		}
		if (set->health != NULL) {
			health_clear(set->health, "channel_dead", gate_name(entry->gate));
		}
		list_remove(&entry->link);
		gate_destroy(&entry->gate);
		free(entry);
	}
}

/* --- life --- */

struct channel_set *channel_set_create(const struct channel_set_params *params, struct error *err)
{
	struct channel_set *set = xcalloc(1, sizeof(*set));

	set->loop = params->loop;
	set->health = params->health;
	set->events = params->events;
	list_init(&set->gates);
	list_init(&set->current);
	list_init(&set->retired);
	rng_seed(&set->rng, params->seed);
	set->http = http_create(params->loop, err);
	if (set->http == NULL || (params->private_ranges != NULL &&
				  !http_allow_ranges(set->http, params->private_ranges, err))) {
		http_destroy(&set->http);
		free(set);
		return NULL;
	}
	return set;
}

static void destroy_hosts(struct list *hosts)
{
	struct list *node;

	while ((node = list_take_first(hosts)) != NULL) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		host_destroy(&host);
	}
}

void channel_set_destroy(struct channel_set **set)
{
	struct channel_set *gone = take_ptr(set);

	if (gone == NULL) {
		return;
	}
	destroy_hosts(&gone->current);
	destroy_hosts(&gone->retired);
	drop_gates(gone, true);
	http_destroy(&gone->http);
	free(gone);
}

/* --- reload --- */

struct channel_plan *
channel_set_prepare(struct channel_set *set, const struct channel_config *configs, size_t count,
		    const char *private_ranges,
		    void (*on_error)(const char *channel, const char *why, void *arg), void *arg)
{
	struct channel_plan *plan = xcalloc(1, sizeof(*plan));
	bool ok = true;

	plan->set = set;
	list_init(&plan->hosts);
	plan->ranges = private_ranges != NULL ? xstrdup(private_ranges) : NULL;
	for (size_t i = 0; i < count; i++) {
		struct host_params params = {
			.loop = set->loop,
			.http = set->http,
			.channel = configs[i].channel,
			.plugin = configs[i].plugin,
			.options = configs[i].options,
		};
		struct channel_host *host;
		char why[256];

		if (configs[i].channel->mode == CHANNEL_OFF) {
			continue;
		}
		host = host_create(&params, why, sizeof(why));
		if (host == NULL) {
			on_error(configs[i].channel->name, why, arg);
			ok = false;
			continue;
		}
		list_append(&plan->hosts, &host->link);
	}
	if (!ok) {
		channel_plan_destroy(&plan);
	}
	return plan;
}

void channel_plan_destroy(struct channel_plan **plan)
{
	struct channel_plan *gone = take_ptr(plan);

	if (gone != NULL) {
		destroy_hosts(&gone->hosts);
		free(gone->ranges);
		free(gone);
	}
}

static void on_idle(struct channel_host *host, void *arg)
{
	struct channel_set *set = arg;

	host_destroy(&host);
	drop_gates(set, false);
}

static void retire_all(struct channel_set *set)
{
	struct list *node;

	while ((node = list_take_first(&set->current)) != NULL) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		list_append(&set->retired, &host->link);
		host_retire(host, on_idle, set);
	}
}

void channel_set_commit(struct channel_set *set, struct channel_plan **plan)
{
	struct list *node;
	struct error err;

	/* settings has parsed the ranges: they cannot be wrong here */
	if ((*plan)->ranges != NULL && !http_allow_ranges(set->http, (*plan)->ranges, &err)) {
		log_error("private ranges not taken, the old ones stay", "why=%s",
			  log_quote(err.text));
	}
	retire_all(set);
	while ((node = list_take_first(&(*plan)->hosts)) != NULL) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		host->gate = give_gate(set, host->name, host->was);
		gate_configure(host->gate, &host->limits, host->plugin->batch_max);
		list_append(&set->current, &host->link);
	}
	channel_plan_destroy(plan);
	drop_gates(set, false);
	tell_whole(set);
}

/* --- look-ups --- */

struct channel_host *channel_set_find(struct channel_set *set, const char *name)
{
	LIST_FOR_EACH (node, &set->current) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		if (strcmp(host->name, name) == 0) {
			return host;
		}
	}
	return NULL;
}

void channel_set_each(struct channel_set *set, void (*fn)(struct channel_host *host, void *arg),
		      void *arg)
{
	LIST_FOR_EACH (node, &set->current) {
		fn(LIST_ENTRY(node, struct channel_host, link), arg);
	}
}

void channel_set_restore(struct channel_set *set, const char *name,
			 const struct channel_state *state)
{
	struct entry *entry = find_gate(set, name);

	if (entry != NULL) {
		gate_restore(entry->gate, state);
		tell_dead(set, name, state);
		tell_whole(set);
	}
}

static size_t count_in_flight(const struct list *hosts)
{
	size_t count = 0;

	LIST_FOR_EACH (node, hosts) {
		count += LIST_ENTRY(node, struct channel_host, link)->counts.in_flight;
	}
	return count;
}

size_t channel_set_in_flight(const struct channel_set *set)
{
	return count_in_flight(&set->current) + count_in_flight(&set->retired);
}
