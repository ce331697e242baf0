/*
 * The intake as a whole: what it is made of, when it opens and how it goes. It owns listeners and
 * connections; requests that run are owned by their handlers and only listed here. Tearing down:
 * listeners first, then connections, then requests are cut loose, then the parts. After a crash
 * there is nothing to mend: what was answered is in the store.
 */
#include "intake/intake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "intake/caller.h"
#include "intake/conn.h"
#include "intake/intake_private.h"
#include "intake/listener.h"
#include "intake/request.h"
#include "intake/route.h"
#include "intake/traffic.h"

void intake_config_defaults(struct intake_config *config)
{
	config->head_ms = 10000;
	config->body_ms = 30000;
	config->idle_ms = 75000;
	config->write_stall_ms = 10000;
	config->write_ms = 120000;
	config->linger_ms = 2000;
	config->connections_max = 4096;
	config->per_address_max = 2048;
	config->per_token_max = 256;
	config->kept_unix = 16;
	config->kept_operators = 64;
	config->auth_failures_max = 30;
	config->retry_after_s = 2;
}

static void copy_config(const struct intake_config *from, struct intake_config *to)
{
	struct intake_address *listen = xcalloc(from->listen_count + 1, sizeof(*listen));

	*to = *from;
	for (size_t i = 0; i < from->listen_count; i++) {
		listen[i].address = xstrdup(from->listen[i].address);
		listen[i].port = from->listen[i].port;
	}
	to->listen = listen;
	to->control_path = from->control_path != NULL ? xstrdup(from->control_path) : NULL;
}

struct intake *intake_create(const struct intake_config *config, const struct intake_deps *deps)
{
	struct intake *intake = xcalloc(1, sizeof(*intake));
	const char *flaw = NULL;

	if (!route_table_is_sound(deps->routes, deps->route_count, &flaw)) {
		log_error("route table is wrong", "why=%s", log_quote(flaw));
		assert(!"route table");
	}
	copy_config(config, &intake->config);
	intake->deps = *deps;
	intake->places = places_create(&intake->config);
	intake->penalty = penalty_create(config->auth_failures_max);
	intake->traffic = traffic_create(deps->routes, deps->route_count);
	list_init(&intake->conns);
	list_init(&intake->waiting);
	list_init(&intake->closed);
	list_init(&intake->running);
	intake->own_uid = geteuid();
	caller_unix_name(0, intake->root_name);
	caller_unix_name(intake->own_uid, intake->own_name);
	return intake;
}

static void close_listeners(struct intake *intake)
{
	for (size_t i = 0; i < intake->listener_count; i++) {
		listener_close(&intake->listeners[i]);
	}
	free(intake->listeners);
	intake->listeners = NULL;
	intake->listener_count = 0;
}

static bool keep_listener(struct intake *intake, struct listener *listener)
{
	if (listener == NULL) {
		close_listeners(intake);
		return false;
	}
	intake->listeners[intake->listener_count++] = listener;
	return true;
}

bool intake_listen(struct intake *intake, struct error *err)
{
	const struct intake_config *config = &intake->config;

	assert(intake->listeners == NULL);
	intake->listeners = xcalloc(config->listen_count + 1, sizeof(struct listener *));
	for (size_t i = 0; i < config->listen_count; i++) {
		if (!keep_listener(intake, listener_open_tcp(intake, &config->listen[i], err))) {
			return false;
		}
	}
	return config->control_path == NULL ||
	       keep_listener(intake, listener_open_unix(intake, config->control_path, err));
}

uint16_t intake_port(const struct intake *intake, size_t index)
{
	assert(index < intake->listener_count);
	return listener_port(intake->listeners[index]);
}

void intake_drain(struct intake *intake)
{
	if (intake == NULL) {
		return;
	}
	intake->is_draining = true;
	close_listeners(intake);
	conn_drain_all(intake);
}

bool intake_is_idle(const struct intake *intake)
{
	return intake == NULL || (intake->conn_count == 0 && list_is_empty(&intake->running));
}

size_t intake_connections(const struct intake *intake)
{
	return intake != NULL ? intake->conn_count : 0;
}

void intake_destroy(struct intake **intake)
{
	struct intake *old = *intake;

	if (old == NULL) {
		return;
	}
	close_listeners(old);
	conn_close_all(old);
	LIST_FOR_EACH (node, &old->running) {
		struct request *request = LIST_ENTRY(node, struct request, link);

		list_remove(node);
		request->intake = NULL;
	}
	traffic_destroy(&old->traffic);
	penalty_destroy(&old->penalty);
	places_destroy(&old->places);
	for (size_t i = 0; i < old->config.listen_count; i++) {
		free((char *)old->config.listen[i].address);
	}
	free((struct intake_address *)old->config.listen);
	free((char *)old->config.control_path);
	secret_wipe(&old->deps, sizeof(old->deps));
	free(old);
	*intake = NULL;
}
