/*
 * What the daemon does for a plugin: struct astrad_services, each function with the host as its
 * first argument. Everything a plugin takes (timers, watches, requests) is kept in the host's
 * lists, so that an instance that forgets to give something back cannot be called after its
 * destroy().
 */
#include "channel/host_private.h"

#include <stdlib.h>
#include <string.h>

struct astrad_timer {
	struct list link;
	struct channel_host *host;
	struct runq_item item;
	void (*fn)(void *arg);
	void *arg;
};

struct astrad_watch {
	struct list link;
	struct channel_host *host;
	struct loop_fd *watch;
	void (*fn)(int fd, int what, void *arg);
	void *arg;
};

struct astrad_http {
	struct list link;
	struct channel_host *host;
	struct http_call *call;
	void (*fn)(const struct astrad_http_answer *answer, void *arg);
	void *arg;
};

static void service_log(void *arg, int level, const char *text)
{
	static const enum log_level levels[] = {
		[3] = LOG_LEVEL_ERROR, [4] = LOG_LEVEL_WARNING, [5] = LOG_LEVEL_NOTICE,
		[6] = LOG_LEVEL_INFO,  [7] = LOG_LEVEL_DEBUG,
	};
	struct channel_host *host = arg;
	int64_t now = clock_boot_ms(loop_clock(host->loop));
	unsigned suppressed = 0;
	bool is_known = level >= 3 && level <= 7;
	if (text != NULL && log_limit_pass(&host->log_limit, now, &suppressed)) {
		log_write(is_known ? levels[level] : LOG_LEVEL_NOTICE, "plugin says",
			  "channel=%s plugin=%s text=%s suppressed=%u", host->name,
			  host->plugin->name, log_quote(text), suppressed);
	}
}

static int64_t service_now_utc_ms(void *host)
{
	return clock_utc_ms(loop_clock(((struct channel_host *)host)->loop));
}

static int64_t service_now_boot_ms(void *host)
{
	return clock_boot_ms(loop_clock(((struct channel_host *)host)->loop));
}

static void service_random(void *host, void *out, size_t len)
{
	(void)host;
	secret_random(out, len);
}

/* False when the instance holds too much already. */
static bool take_resource(struct channel_host *host, struct list *list, struct list *link)
{
	if (host->resources >= HOST_RESOURCES_MAX) {
		return false;
	}
	host->resources++;
	list_append(list, link);
	return true;
}

static void give_resource(struct channel_host *host, struct list *link)
{
	list_remove(link);
	host->resources--;
}

static void on_timer(void *arg)
{
	struct astrad_timer *timer = arg;
	void (*fn)(void *arg) = timer->fn;
	void *fn_arg = timer->arg;
	give_resource(timer->host, &timer->link);
	free(timer);
	fn(fn_arg);
}

static struct astrad_timer *service_timer(void *arg, int64_t delay_ms, void (*fn)(void *arg),
					  void *fn_arg)
{
	struct channel_host *host = arg;
	struct astrad_timer *timer = xcalloc(1, sizeof(*timer));
	if (!take_resource(host, &host->timers, &timer->link)) {
		free(timer);
		return NULL;
	}
	timer->host = host;
	timer->fn = fn;
	timer->arg = fn_arg;
	runq_item_init(&timer->item, on_timer, timer);
	runq_schedule_in(loop_runq(host->loop), &timer->item, delay_ms);
	return timer;
}

static void service_timer_cancel(void *arg, struct astrad_timer *timer)
{
	struct channel_host *host = arg;
	if (timer != NULL) {
		runq_cancel(loop_runq(host->loop), &timer->item);
		give_resource(host, &timer->link);
		free(timer);
	}
}

static void on_watch(int fd, int what, void *arg)
{
	struct astrad_watch *watch = arg;
	watch->fn(fd, what, watch->arg);
}

static struct astrad_watch *service_watch_fd(void *arg, int fd, int what,
					     void (*fn)(int fd, int what, void *arg), void *fn_arg)
{
	struct channel_host *host = arg;
	struct astrad_watch *watch = xcalloc(1, sizeof(*watch));
	if (!take_resource(host, &host->watches, &watch->link)) {
		free(watch);
		return NULL;
	}
	watch->host = host;
	watch->fn = fn;
	watch->arg = fn_arg;
	int mask = ((what & ASTRAD_READ) != 0 ? LOOP_READ : 0) |
		   ((what & ASTRAD_WRITE) != 0 ? LOOP_WRITE : 0);
	watch->watch = loop_fd_create(host->loop, fd, mask, on_watch, watch);
	return watch;
}

static void service_watch_cancel(void *arg, struct astrad_watch *watch)
{
	if (watch != NULL) {
		loop_fd_destroy(&watch->watch);
		give_resource(arg, &watch->link);
		free(watch);
	}
}

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	struct astrad_http *http = arg;
	void (*fn)(const struct astrad_http_answer *answer, void *arg) = http->fn;
	void *fn_arg = http->arg;
	give_resource(http->host, &http->link);
	free(http);
	fn(answer, fn_arg);
}

static struct astrad_http *
service_http(void *arg, const struct astrad_http_request *request,
	     void (*fn)(const struct astrad_http_answer *answer, void *arg), void *fn_arg)
{
	struct channel_host *host = arg;
	struct astrad_http *http = xcalloc(1, sizeof(*http));
	if (!take_resource(host, &host->https, &http->link)) {
		free(http);
		return NULL;
	}
	struct astrad_http_request bounded = *request;
	if (bounded.connect_timeout_ms <= 0) {
		bounded.connect_timeout_ms = host->limits.connect_timeout_ms;
	}
	if (bounded.total_timeout_ms <= 0) {
		bounded.total_timeout_ms = host->limits.timeout_ms;
	}
	http->host = host;
	http->fn = fn;
	http->arg = fn_arg;
	http->call = http_start(host->http, &bounded, on_answer, http);
	return http;
}

static int service_http_cancel(void *arg, struct astrad_http *http)
{
	if (http == NULL) {
		return 0;
	}
	int is_written = http_cancel(http->call) ? 1 : 0;
	give_resource(arg, &http->link);
	free(http);
	return is_written;
}

static int service_http_on_wire(void *host, const struct astrad_http *http)
{
	(void)host;
	return http != NULL && http_on_wire(http->call) ? 1 : 0;
}

/* A prepared key is twice as fast as HMAC from scratch; a channel has one key, two while rotating.
 */
static struct secret_hmac *hmac_of(struct channel_host *host, struct astrad_bytes key)
{
	for (size_t i = 0; i < HOST_HMAC_KEYS; i++) {
		struct host_hmac *kept = &host->hmacs[i];
		if (kept->hmac != NULL && kept->key_len == key.len &&
		    secret_equal(kept->key, key.data, key.len)) {
			return kept->hmac;
		}
	}
	struct host_hmac *place = &host->hmacs[host->hmac_next++ % HOST_HMAC_KEYS];
	if (place->hmac != NULL) {
		secret_hmac_destroy(&place->hmac);
		secret_wipe(place->key, place->key_len);
		free(place->key);
	}
	place->key = xmemdup(key.data, key.len);
	place->key_len = key.len;
	place->hmac = secret_hmac_create(key.data, key.len);
	return place->hmac;
}

static void service_hmac_sha256(void *arg, struct astrad_bytes key,
				const struct astrad_bytes *parts, size_t count, uint8_t out[32])
{
	struct bytes *bytes = xcalloc(count + 1, sizeof(struct bytes));
	for (size_t i = 0; i < count; i++) {
		bytes[i] = (struct bytes){parts[i].data, parts[i].len};
	}
	secret_hmac_run(hmac_of(arg, key), bytes, count, out);
	free(bytes);
}

static int service_ed25519(void *host, const uint8_t seed[32], struct astrad_bytes text,
			   uint8_t out[64])
{
	(void)host;
	struct bytes bytes = {text.data, text.len};
	return secret_ed25519_sign(seed, &bytes, out, NULL) ? 0 : -1;
}

static void service_receipt(void *host, const char *provider_ref, int outcome)
{
	(void)provider_ref;
	(void)outcome;
	service_log(host, 4, "receipts are not taken by this version of astrad; ignored");
}

const struct astrad_services host_services = {
	.abi = ASTRAD_CHANNEL_ABI,
	.size = sizeof(struct astrad_services),
	.log = service_log,
	.now_utc_ms = service_now_utc_ms,
	.now_boot_ms = service_now_boot_ms,
	.random = service_random,
	.timer = service_timer,
	.timer_cancel = service_timer_cancel,
	.watch_fd = service_watch_fd,
	.watch_cancel = service_watch_cancel,
	.http = service_http,
	.http_cancel = service_http_cancel,
	.http_on_wire = service_http_on_wire,
	.hmac_sha256 = service_hmac_sha256,
	.ed25519 = service_ed25519,
	.done = host_done,
	.receipt = service_receipt,
};

size_t host_services_finish(struct channel_host *host)
{
	size_t left = host->resources;
	LIST_FOR_EACH (timer, &host->timers) {
		service_timer_cancel(host, LIST_ENTRY(timer, struct astrad_timer, link));
	}
	LIST_FOR_EACH (watch, &host->watches) {
		service_watch_cancel(host, LIST_ENTRY(watch, struct astrad_watch, link));
	}
	LIST_FOR_EACH (http, &host->https) {
		(void)service_http_cancel(host, LIST_ENTRY(http, struct astrad_http, link));
	}
	for (size_t i = 0; i < HOST_HMAC_KEYS; i++) {
		struct host_hmac *kept = &host->hmacs[i];
		if (kept->hmac != NULL) {
			secret_hmac_destroy(&kept->hmac);
			secret_wipe(kept->key, kept->key_len);
			free(kept->key);
		}
	}
	return left;
}
