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

#define REAP_A_TURN 256

struct channel_set {
	struct loop *loop;
	struct health *health;
	struct http *http;
	struct rng rng;
	struct channel_events events;
	struct list gates; // struct entry::link
	bool is_health_deferred;
	struct list current;           // struct channel_host::link, in the order of the files
	struct channel_host **by_name; /* the current ones, sorted: thousands are looked up often */
	size_t count;
	struct list retired; // struct channel_host::link
	struct list idle;    // struct channel_host::link, retired and to be destroyed
};

/* A gate and its set: the gate's events come with this as their argument. */
struct entry {
	struct list link;
	struct channel_set *set;
	struct gate *gate;
	char *key;    /* its name at the last reload, by which that reload finds it */
	size_t users; /* instances, current and retired */
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
static void tell_whole(void *arg)
{
	struct channel_set *set = arg;
	size_t alert_channels = 0;
	size_t living = 0;

	set->is_health_deferred = false;
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

/* Once a turn: when the uplink fails, thousands change together. */
static void tell_whole_later(struct channel_set *set)
{
	if (set->health != NULL && !set->is_health_deferred) {
		set->is_health_deferred = true;
		loop_defer(set->loop, tell_whole, set);
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
	tell_whole_later(set);
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

/* The gates as a reload finds them, sorted by key. */
struct gate_index {
	struct entry **entries; /* owned */
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct entry *const *left = a;
	const struct entry *const *right = b;

	return strcmp((*left)->key, (*right)->key);
}

static void index_gates(struct channel_set *set, struct gate_index *index)
{
	*index = (struct gate_index){0};
	LIST_FOR_EACH (node, &set->gates) {
		struct entry *entry = LIST_ENTRY(node, struct entry, link);

		free(entry->key);
		entry->key = xstrdup(gate_name(entry->gate));
		index->entries =
			xrealloc(index->entries, index->count + 1, sizeof(index->entries[0]));
		index->entries[index->count++] = entry;
	}
	if (index->count > 0) {
		qsort(index->entries, index->count, sizeof(index->entries[0]), by_key);
	}
}

static struct entry *find_gate(const struct gate_index *index, const char *name)
{
	struct entry wanted = {.key = (char *)name};
	struct entry *key = &wanted;
	struct entry **found;

	if (name == NULL || index->count == 0) {
		return NULL;
	}
	found = bsearch(&key, index->entries, index->count, sizeof(index->entries[0]), by_key);
	/* one that was renamed in this reload has left its old name */
	return found != NULL && strcmp(gate_name((*found)->gate), name) == 0 ? *found : NULL;
}

static struct entry *add_gate(struct channel_set *set, const char *name)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));
	struct gate_events events = {.changed = on_changed, .ready = on_ready, .arg = entry};

	entry->set = set;
	entry->gate = gate_create(name, set->loop, &set->rng, &events);
	list_append(&set->gates, &entry->link);
	return entry;
}

/* The gate of a name; a renamed channel takes its old one along, breaker and slots included. */
static void give_gate(struct channel_set *set, const struct gate_index *index,
		      struct channel_host *host)
{
	struct entry *entry = find_gate(index, host->name);

	if (entry == NULL) {
		entry = find_gate(index, host->was);
		if (entry != NULL) {
			if (set->health != NULL) {
				health_clear(set->health, "channel_dead", host->was);
			}
			gate_rename(entry->gate, host->name);
		}
	}
	if (entry == NULL) {
		entry = add_gate(set, host->name);
	}
	entry->users++;
	host->gate = entry->gate;
	gate_configure(host->gate, &host->limits, host->plugin->batch_max);
}

/* Renamed ones first: their old name may be another channel's now. */
static void give_gates(struct channel_set *set, const struct gate_index *index,
		       const struct list *hosts, bool is_renamed)
{
	LIST_FOR_EACH (node, hosts) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		if ((host->was != NULL) == is_renamed) {
			give_gate(set, index, host);
		}
	}
}

static void drop_gate(struct entry *entry)
{
	if (entry->set->health != NULL) {
		health_clear(entry->set->health, "channel_dead", gate_name(entry->gate));
	}
	list_remove(&entry->link);
	gate_destroy(&entry->gate);
	free(entry->key);
	free(entry);
}

/* Of names that are gone; one with claims waits for the reload after they were given back. */
static void sweep_gates(struct channel_set *set, bool all)
{
	LIST_FOR_EACH (node, &set->gates) {
		struct entry *entry = LIST_ENTRY(node, struct entry, link);

		if (all || (entry->users == 0 && gate_claimed(entry->gate) == 0)) {
			drop_gate(entry);
		}
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
	list_init(&set->idle);
	rng_seed(&set->rng, params->seed);
	set->http = http_create(params->loop, err);
	if (set->http == NULL || (params->private_ranges != NULL &&
				  !http_allow_ranges(set->http, params->private_ranges, err))) {
		http_destroy(&set->http);
		free(set);
		return NULL;
	}
	if (params->is_warm) {
		http_warm(set->http);
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

static void reap_one(struct channel_host *host)
{
	struct entry *entry = gate_owner(host->gate);

	host_destroy(&host);
	if (--entry->users == 0 && gate_claimed(entry->gate) == 0) {
		drop_gate(entry);
	}
}

/* A reload leaves up to thousands of old instances: some a turn. */
static void reap(void *arg)
{
	struct channel_set *set = arg;
	struct list *node;

	for (int i = 0; i < REAP_A_TURN && (node = list_take_first(&set->idle)) != NULL; i++) {
		reap_one(LIST_ENTRY(node, struct channel_host, link));
	}
	if (!list_is_empty(&set->idle)) {
		loop_defer(set->loop, reap, set);
	}
}

void channel_set_destroy(struct channel_set **set)
{
	struct channel_set *gone = take_ptr(set);

	if (gone == NULL) {
		return;
	}
	gone->count = 0; /* who is told of a cut send finds no channel any more */
	destroy_hosts(&gone->current);
	destroy_hosts(&gone->retired);
	destroy_hosts(&gone->idle);
	loop_undefer(gone->loop, reap, gone);
	sweep_gates(gone, true);
	loop_undefer(gone->loop, tell_whole, gone);
	http_destroy(&gone->http);
	free(gone->by_name);
	free(gone);
}

/* --- reload --- */

struct channel_plan *channel_plan_create(struct channel_set *set, const char *private_ranges)
{
	struct channel_plan *plan = xcalloc(1, sizeof(*plan));

	plan->set = set;
	list_init(&plan->hosts);
	plan->ranges = private_ranges != NULL ? xstrdup(private_ranges) : NULL;
	return plan;
}

bool channel_plan_add(struct channel_plan *plan, const struct channel_config *config, char *why,
		      size_t why_bytes)
{
	struct host_params params = {
		.loop = plan->set->loop,
		.http = plan->set->http,
		.channel = config->channel,
		.plugin = config->plugin,
		.options = config->options,
	};
	struct channel_host *host;

	if (config->channel->mode == CHANNEL_OFF) {
		return true;
	}
	host = host_create(&params, why, why_bytes);
	if (host != NULL) {
		list_append(&plan->hosts, &host->link);
	}
	return host != NULL;
}

struct channel_plan *
channel_set_prepare(struct channel_set *set, const struct channel_config *configs, size_t count,
		    const char *private_ranges,
		    void (*on_error)(const char *channel, const char *why, void *arg), void *arg)
{
	struct channel_plan *plan = channel_plan_create(set, private_ranges);
	bool ok = true;
	char why[256];

	for (size_t i = 0; i < count; i++) {
		if (!channel_plan_add(plan, &configs[i], why, sizeof(why))) {
			on_error(configs[i].channel->name, why, arg);
			ok = false;
		}
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

	if (list_is_empty(&set->idle)) {
		loop_defer(set->loop, reap, set);
	}
	list_remove(&host->link);
	list_append(&set->idle, &host->link);
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

static int by_name(const void *a, const void *b)
{
	const struct channel_host *const *left = a;
	const struct channel_host *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static void index_names(struct channel_set *set)
{
	set->count = 0;
	LIST_FOR_EACH (node, &set->current) {
		set->by_name = xrealloc(set->by_name, set->count + 1, sizeof(set->by_name[0]));
		set->by_name[set->count++] = LIST_ENTRY(node, struct channel_host, link);
	}
	if (set->count > 0) {
		qsort(set->by_name, set->count, sizeof(set->by_name[0]), by_name);
	}
}

void channel_set_commit(struct channel_set *set, struct channel_plan **plan)
{
	struct gate_index index;
	struct list *node;
	struct error err;

	/* settings has parsed the ranges: they cannot be wrong here */
	if ((*plan)->ranges != NULL && !http_allow_ranges(set->http, (*plan)->ranges, &err)) {
		log_error("private ranges not taken, the old ones stay", "why=%s",
			  log_quote(err.text));
	}
	index_gates(set, &index);
	retire_all(set);
	give_gates(set, &index, &(*plan)->hosts, true);
	give_gates(set, &index, &(*plan)->hosts, false);
	while ((node = list_take_first(&(*plan)->hosts)) != NULL) {
		struct channel_host *host = LIST_ENTRY(node, struct channel_host, link);

		list_append(&set->current, &host->link);
	}
	free(index.entries);
	channel_plan_destroy(plan);
	index_names(set);
	sweep_gates(set, false);
	tell_whole_later(set);
}

bool channel_set_renew(struct channel_set *set, const struct channel_config *config,
		       struct error *err)
{
	struct host_params params = {
		.loop = set->loop,
		.http = set->http,
		.channel = config->channel,
		.plugin = config->plugin,
		.options = config->options,
	};
	struct channel_host *old = channel_set_find(set, config->channel->name);
	struct channel_host *host;
	struct entry *entry;
	char why[256];

	if (old == NULL) {
		return error_set(err, ERROR_NOT_FOUND, "there is no such channel");
	}
	host = host_create(&params, why, sizeof(why));
	if (host == NULL) {
		return error_set(err, ERROR_INVALID, "%s", why);
	}
	entry = gate_owner(old->gate);
	entry->users++;
	host->gate = old->gate;
	list_append(&old->link, &host->link); /* in its place */
	list_remove(&old->link);
	list_append(&set->retired, &old->link);
	index_names(set);
	host_retire(old, on_idle, set);
	return true;
}

/* --- look-ups --- */

struct channel_host *channel_set_find(struct channel_set *set, const char *name)
{
	size_t low = 0;
	size_t high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->by_name[middle]->name, name);

		if (order == 0) {
			return set->by_name[middle];
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
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
	struct channel_host *host = channel_set_find(set, name);

	if (host != NULL) {
		gate_restore(host->gate, state);
		tell_dead(set, name, state);
		tell_whole_later(set);
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
