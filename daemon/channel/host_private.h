/* Shared by host*.c and set.c only. */
#ifndef ASTRAD_CHANNEL_HOST_PRIVATE_H
#define ASTRAD_CHANNEL_HOST_PRIVATE_H

#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metric.h"
#include "base/runq.h"
#include "base/secret.h"
#include "channel/gate.h"
#include "channel/host.h"
#include "channel/http.h"
#include "domain/directory.h"

#define HOST_DETAIL_BYTES  160
#define HOST_REF_BYTES     128
#define HOST_HMAC_KEYS     4
#define HOST_RESOURCES_MAX 65536 /* timers, watches and requests of one plugin instance */
#define HOST_GRACE_MS      5000  /* beyond what its requests may take, see astrad_channel.h */
#define HOST_OUTCOME_COUNT (ASTRAD_CANCELLED_MAYBE + 1)

/*
 * sending -> done                       the plugin completed
 * sending -> waiting -> done            stopped while its answer was awaited, and it came
 * sending | waiting -> cutting -> done  stopped, and the plugin let go
 * sending -> forcing -> done            it never completed: the host ends it
 * done -> (freed) | lingering           the owner was told; the plugin let go, or still holds it
 * A done call waits in the host's `finished` list until the loop tells its owner.
 */
enum call_state {
	CALL_SENDING = 1,
	CALL_WAITING,
	CALL_CUTTING,
	CALL_FORCING,
	CALL_DONE,
	CALL_LINGERING,
};

struct channel_call {
	struct list link; /* in host->calls, then host->finished, then host->lingering */
	struct channel_host *host;
	enum call_state state;
	struct runq_item timer;
	int64_t started_boot_ms;
	channel_done_fn *done;
	void *arg;
	bool is_ping;
	bool is_breaker_probe;
	bool is_let_go; /* the plugin completed it: it may be freed */
	struct astrad_delivery delivery;
	/* the result */
	struct channel_result result;
	char detail[HOST_DETAIL_BYTES];
	char provider_ref[HOST_REF_BYTES];
	char *reply; /* owned */
	size_t text_bytes;
	char text[]; /* the strings and body behind `delivery` */
};

struct host_hmac {
	void *key; /* owned */
	size_t key_len;
	struct secret_hmac *hmac;
};

struct channel_host {
	struct list link; /* in the set's current or retired list */
	struct loop *loop;
	struct http *http;
	struct gate *gate; /* the set's; NULL before commit */
	const struct astrad_channel *plugin;
	void *instance;
	struct arena *arena; /* name and option values */
	const char *name;
	const char *was;  /* or NULL */
	bool is_internal; /* tier internal: no alert channel */
	struct channel_limits limits;
	int64_t budget_ms; /* the host's own deadline of a send */
	struct astrad_value *values;

	struct list calls;     // struct channel_call::link, not done
	struct list finished;  // struct channel_call::link, to be told
	struct list lingering; // struct channel_call::link, told, still with the plugin
	struct channel_call **by_token;
	size_t token_room;
	uint32_t *token_free;
	size_t token_free_count;
	uint32_t token_serial;
	bool is_deliver_deferred;

	struct list timers;  // struct astrad_timer::link
	struct list watches; // struct astrad_watch::link
	struct list https;   // struct astrad_http::link
	size_t resources;
	struct host_hmac hmacs[HOST_HMAC_KEYS];
	unsigned hmac_next;

	bool is_retired;
	bool is_misbehaving;
	void (*on_idle)(struct channel_host *host, void *arg); /* retired and nothing in flight */
	void *on_idle_arg;
	struct channel_counts counts;
	struct log_limit log_limit;
	struct log_limit misbehaved_limit;
	struct metric *outcomes[HOST_OUTCOME_COUNT]; /* see host_outcome_metric */
	struct metric *latency;
	struct metric *misbehaved;
};

struct host_params {
	struct loop *loop;
	struct http *http;
	const struct channel *channel;
	const struct astrad_channel *plugin;
	const struct astrad_value *options;
};

/* host.c. NULL with why filled when the plugin refuses. */
struct channel_host *host_create(const struct host_params *params, char *why,
				 size_t why_size) MUST_USE;
/* Ends what is still on its way (each done callback is called), then the instance. */
void host_destroy(struct channel_host **host);
/* Takes no new capacity; on_idle is called once from the loop when nothing is in flight. */
void host_retire(struct channel_host *host, void (*on_idle)(struct channel_host *, void *),
		 void *arg);

struct metric *host_outcome_metric(struct channel_host *host,
				   enum astrad_outcome outcome) RETURNS_NONNULL;

/* host_call.c */
void host_done(void *host, uint64_t token, const struct astrad_result *result);
/* Ends every call now, as a cut. */
void host_cut_all(struct channel_host *host);
/* Tells the owners of finished calls. */
void host_deliver(void *host);
void host_free_lingering(struct channel_host *host);

/* host_services.c */
extern const struct astrad_services host_services;
/* What a destroyed instance left behind; returns how much. */
size_t host_services_finish(struct channel_host *host);

/* host_options.c: a deep copy. */
struct astrad_value *host_options_copy(struct arena *arena, const struct astrad_channel *plugin,
				       const struct astrad_value *values) RETURNS_NONNULL;
/* Of the longest URLS option; 1 when there is none. */
size_t host_options_urls(const struct astrad_channel *plugin, const struct astrad_value *values);

#endif
