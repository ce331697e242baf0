/*
 * Counters, gauges and histograms in the Prometheus text format. A room registers what it counts
 * once, at start; handles live as long as the process. Updates are atomic and may come from any
 * thread. Names start with `astrad_` and end in the unit (`_total`, `_seconds`, `_bytes`). Labels
 * are a fixed text such as `channel="mup-ns",outcome="retry"` (values escaped by metric_label).
 */
#ifndef ASTRAD_BASE_METRIC_H
#define ASTRAD_BASE_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

struct metric;

/* Registering the same name and labels again gives the same handle. labels may be NULL. */
struct metric *metric_counter(const char *name, const char *labels,
			      const char *help) RETURNS_NONNULL;
struct metric *metric_gauge(const char *name, const char *labels, const char *help) RETURNS_NONNULL;
/* Buckets for latencies in seconds: 0.0005 .. 120. */
struct metric *metric_histogram(const char *name, const char *labels,
				const char *help) RETURNS_NONNULL;

void metric_add(struct metric *metric, int64_t n);                   /* counter, gauge */
void metric_set(struct metric *metric, int64_t value);               /* gauge */
void metric_observe_us(struct metric *metric, int64_t microseconds); /* histogram */
int64_t metric_value(const struct metric *metric); /* counter, gauge; a histogram's count */

/* Writes `name="escaped value"` into out, with a comma before it when out is not empty. */
void metric_label(struct buf *out, const char *name, const char *value);
/* Everything registered, with HELP and TYPE, sorted by name. */
void metric_render(struct buf *out);

#endif
