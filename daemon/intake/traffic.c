/*
 * Metrics and access log of the intake. Metrics by route and status are registered at the first
 * answer of their kind and kept beside the route, so that a request costs no look-up by name. Lines
 * of probes go out at debug level: they come every second and say nothing.
 */
#include "intake/traffic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "intake/request.h"

#define STATUS_MIN 200
#define STATUS_MAX 599

struct row {
	struct metric *latency;
	struct metric *by_status[STATUS_MAX - STATUS_MIN + 1];
};

struct traffic {
	const struct route *routes;
	size_t count;
	struct row *rows;       /* one a route, and one for what met none */
	struct metric *open[2]; /* TCP, Unix */
	struct metric *accepted[2];
};

static const char *const TRANSPORTS[2] = {"transport=\"tcp\"", "transport=\"unix\""};

struct traffic *traffic_create(const struct route *routes, size_t count)
{
	struct traffic *traffic = xcalloc(1, sizeof(*traffic));

	traffic->routes = routes;
	traffic->count = count;
	traffic->rows = xcalloc(count + 1, sizeof(*traffic->rows));
	for (int i = 0; i < 2; i++) {
		traffic->open[i] = metric_gauge("astrad_intake_connections", TRANSPORTS[i],
						"Open connections.");
		traffic->accepted[i] = metric_counter("astrad_intake_connections_total",
						      TRANSPORTS[i], "Connections taken.");
	}
	return traffic;
}

void traffic_destroy(struct traffic **traffic)
{
	if (*traffic == NULL) {
		return;
	}
	free((*traffic)->rows);
	free(*traffic);
	*traffic = NULL;
}

int64_t traffic_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct row *row_of(struct traffic *traffic, const struct route *route)
{
	return &traffic->rows[route != NULL ? (size_t)(route - traffic->routes) : traffic->count];
}

static void add_route_labels(const struct route *route, struct buf *out)
{
	metric_label(out, "method", route != NULL ? method_name(route->method) : "none");
	metric_label(out, "route", route != NULL ? route->pattern : "none");
}

static struct metric *latency_of(struct row *row, const struct route *route)
{
	if (row->latency == NULL) {
		AUTO(buf) struct buf labels = {0};

		add_route_labels(route, &labels);
		row->latency = metric_histogram("astrad_intake_request_seconds", buf_text(&labels),
						"From the end of the head to the answer.");
	}
	return row->latency;
}

static struct metric *count_of(struct row *row, const struct route *route, int status)
{
	struct metric **metric = &row->by_status[status - STATUS_MIN];

	if (*metric == NULL) {
		AUTO(buf) struct buf labels = {0};
		char text[4] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
				(char)('0' + status % 10), '\0'};

		add_route_labels(route, &labels);
		metric_label(&labels, "status", text);
		*metric = metric_counter("astrad_intake_requests_total", buf_text(&labels),
					 "Requests answered.");
	}
	return *metric;
}

/* What a path named, when it is an id of ours: else it may be anything a person typed. */
static const char *target_of(const struct request *request, int status)
{
	const char *text = request->params[0];
	char ref[REF_TEXT_BYTES];
	struct id id;

	if (text == NULL || (status >= 400 && !id_parse(text, strlen(text), &id) &&
			     !ref_parse(text, strlen(text), ref))) {
		return "-";
	}
	return text;
}

void traffic_note(struct traffic *traffic, const struct request *request, const struct peer *peer,
		  int status)
{
	const struct route *route = request->route;
	struct row *row = row_of(traffic, route);
	int64_t us = traffic_now_us() - request->began_us;
	bool is_quiet = route != NULL && (route->flags & ROUTE_QUIET) != 0;
	char id[ID_TEXT_BYTES];

	if (status < STATUS_MIN || status > STATUS_MAX) {
		return;
	}
	metric_observe_us(latency_of(row, route), us);
	metric_add(count_of(row, route, status), 1);
	id_format(&request->id, id);
	log_write(is_quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "request",
		  "request=%s method=%s route=%s target=%s status=%d us=%lld who=%s peer=%s", id,
		  method_name(request->is_head ? METHOD_HEAD : request->method),
		  route != NULL ? route->pattern : "none", target_of(request, status), status,
		  (long long)us, principal_name(&request->principal),
		  peer != NULL ? peer->text : "gone");
}

void traffic_connected(struct traffic *traffic, bool is_unix)
{
	metric_add(traffic->open[is_unix], 1);
	metric_add(traffic->accepted[is_unix], 1);
}

void traffic_disconnected(struct traffic *traffic, bool is_unix)
{
	metric_add(traffic->open[is_unix], -1);
}

void traffic_refused(struct traffic *traffic, const char *why)
{
	AUTO(buf) struct buf labels = {0};

	(void)traffic;
	metric_label(&labels, "reason", why);
	metric_add(metric_counter("astrad_intake_refused_total", buf_text(&labels),
				  "Connections refused or given up to make room."),
		   1);
}
