/*
 * A channel instance from create to destroy, and what channel/host.h asks of it besides sending
 * (host_call.c). Owner: the channel set. An instance is current until it is retired by a reload,
 * then it finishes what is in flight and goes. Its gate belongs to the set.
 */
#include "channel/host_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/delivery.h"

#define DEFAULT_CONNECT_MS 5000
#define DEFAULT_TOTAL_MS   15000

static const char *const phase_names[] = {
	[CHANNEL_CLOSED] = "closed",
	[CHANNEL_OPEN] = "open",
	[CHANNEL_HALF_OPEN] = "half_open",
	[CHANNEL_SUSPENDED] = "suspended",
};

static const char *const cause_names[] = {
	[CHANNEL_CAUSE_NONE] = "none",         [CHANNEL_CAUSE_FAILURES] = "failures",
	[CHANNEL_CAUSE_GONE] = "gone",         [CHANNEL_CAUSE_NO_SUCCESS] = "no_success",
	[CHANNEL_CAUSE_OPERATOR] = "operator", [CHANNEL_CAUSE_PLUGIN] = "plugin",
};

static void register_metrics(struct channel_host *host)
{
	AUTO(buf) struct buf labels = {0};
	metric_label(&labels, "channel", host->name);
	host->latency = metric_histogram("astrad_channel_send_seconds", buf_text(&labels),
					 "From the start of an attempt to its end");
	host->misbehaved = metric_counter("astrad_channel_plugin_faults_total", buf_text(&labels),
					  "Broken promises of the channel's plugin");
}

/* Made when it is first needed: most channels only ever see two of them. */
struct metric *host_outcome_metric(struct channel_host *host, enum astrad_outcome outcome)
{
	if (host->outcomes[outcome] == NULL) {
		AUTO(buf) struct buf labels = {0};
		metric_label(&labels, "channel", host->name);
		metric_label(&labels, "outcome",
			     delivery_outcome_name((enum delivery_outcome)outcome));
		host->outcomes[outcome] =
			metric_counter("astrad_channel_sends_total", buf_text(&labels),
				       "Attempts by how they ended");
	}
	return host->outcomes[outcome];
}

static struct channel_host *host_alloc(const struct host_params *params)
{
	const struct channel *channel = params->channel;
	struct channel_host *host = xcalloc(1, sizeof(*host));
	list_init(&host->link);
	list_init(&host->calls);
	list_init(&host->finished);
	list_init(&host->lingering);
	list_init(&host->timers);
	list_init(&host->watches);
	list_init(&host->https);
	host->arena = arena_create();
	host->loop = params->loop;
	host->http = params->http;
	host->plugin = params->plugin;
	host->name = arena_strdup(host->arena, channel->name);
	host->was = arena_strdup(host->arena, channel->was);
	host->is_internal = channel->tier == TIER_INTERNAL;
	host->values = host_options_copy(host->arena, params->plugin, params->options);
	host->limits = channel->limits;
	host->limits.schedule_ms = NULL;
	host->limits.schedule_count = 0;
	if (host->limits.connect_timeout_ms <= 0) {
		host->limits.connect_timeout_ms = DEFAULT_CONNECT_MS;
	}
	if (host->limits.timeout_ms <= 0) {
		host->limits.timeout_ms = DEFAULT_TOTAL_MS;
	}
	int64_t urls = (int64_t)host_options_urls(host->plugin, host->values);
	host->budget_ms =
		urls * (host->limits.connect_timeout_ms + host->limits.timeout_ms) + HOST_GRACE_MS;
	return host;
}

struct channel_host *host_create(const struct host_params *params, char *why, size_t why_size)
{
	const struct astrad_channel *plugin = params->plugin;
	struct channel_host *host = host_alloc(params);
	snprintf(why, why_size, "the plugin refused its options and did not say why");
	if (plugin->check == NULL || plugin->check(host->values, why, why_size) == 0) {
		host->instance = plugin->create(&host_services, host, host->values, why, why_size);
	}
	if (host->instance == NULL) {
		host_destroy(&host);
		return NULL;
	}
	register_metrics(host);
	return host;
}

void host_destroy(struct channel_host **host)
{
	struct channel_host *gone = take_ptr(host);
	if (gone == NULL) {
		return;
	}
	gone->on_idle = NULL; /* it is being destroyed already */
	if (gone->instance != NULL) {
		host_cut_all(gone);
		host_deliver(gone);
		gone->plugin->destroy(gone->instance);
	}
	loop_undefer(gone->loop, host_deliver, gone);
	size_t left = host_services_finish(gone);
	if (left > 0) {
		log_warning("plugin left things behind, taken back",
			    "channel=%s plugin=%s count=%zu", gone->name, gone->plugin->name, left);
	}
	host_free_lingering(gone);
	list_remove(&gone->link);
	free(gone->by_token);
	free(gone->token_free);
	arena_destroy(&gone->arena);
	free(gone);
}

void host_retire(struct channel_host *host, void (*on_idle)(struct channel_host *, void *),
		 void *arg)
{
	host->is_retired = true;
	host->on_idle = on_idle;
	host->on_idle_arg = arg;
	if (host->counts.in_flight == 0) {
		loop_defer(host->loop, host_deliver, host);
	}
}

size_t channel_capacity(struct channel_host *host, enum message_class class_of)
{
	return host->is_retired ? 0 : gate_capacity(host->gate, class_of);
}

void channel_claim(struct channel_host *host, size_t n)
{
	gate_claim(host->gate, n);
}

void channel_release(struct channel_host *host, size_t n)
{
	gate_release(host->gate, n);
}

int64_t channel_next_boot_ms(struct channel_host *host, enum message_class class_of)
{
	return host->is_retired ? INT64_MAX : gate_next_boot_ms(host->gate, class_of);
}

void channel_get_state(const struct channel_host *host, struct channel_state *ret_state)
{
	gate_get_state(host->gate, ret_state);
}

void channel_suspend(struct channel_host *host)
{
	gate_suspend(host->gate, CHANNEL_CAUSE_OPERATOR);
}

void channel_resume(struct channel_host *host)
{
	gate_resume(host->gate);
}

void channel_get_counts(const struct channel_host *host, struct channel_counts *ret_counts)
{
	*ret_counts = host->counts;
	ret_counts->claimed = gate_claimed(host->gate);
}

bool channel_is_misbehaving(const struct channel_host *host)
{
	return host->is_misbehaving;
}

const char *channel_name(const struct channel_host *host)
{
	return host->name;
}

const struct astrad_value *channel_options(const struct channel_host *host)
{
	return host->values;
}

const char *channel_phase_name(enum channel_phase phase)
{
	return phase >= CHANNEL_CLOSED && phase <= CHANNEL_SUSPENDED ? phase_names[phase] : "?";
}

enum channel_phase channel_phase_parse(const char *word)
{
	for (int i = CHANNEL_CLOSED; i <= CHANNEL_SUSPENDED; i++) {
		if (strcmp(phase_names[i], word) == 0) {
			return (enum channel_phase)i;
		}
	}
	return (enum channel_phase)0;
}

const char *channel_cause_name(enum channel_cause cause)
{
	return (unsigned)cause <= CHANNEL_CAUSE_PLUGIN ? cause_names[cause] : "?";
}

enum channel_cause channel_cause_parse(const char *word)
{
	for (int i = CHANNEL_CAUSE_NONE; i <= CHANNEL_CAUSE_PLUGIN; i++) {
		if (strcmp(cause_names[i], word) == 0) {
			return (enum channel_cause)i;
		}
	}
	return CHANNEL_CAUSE_NONE;
}
