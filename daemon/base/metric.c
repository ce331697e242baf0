/*
 * Counters, gauges and histograms, kept for the life of the process in one array sorted by name and
 * labels, so rendering is a walk. Registering takes a mutex and happens at start and reload;
 * updating is one or two relaxed atomic additions. A histogram's buckets are counted apart and
 * summed when rendered, so its count always equals its last bucket even while threads add.
 *
 * The number of handles is bounded by what is configured (channels times outcomes), never by a
 * peer.
 */
#include "base/metric.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const KIND_NAMES[] = {"counter", "gauge", "histogram"};

static const struct {
	int64_t below_us; /* inclusive */
	const char *text;
} BUCKETS[] = {
	{500, "0.0005"},    {1000, "0.001"},     {2000, "0.002"},  {5000, "0.005"},
	{10000, "0.01"},    {20000, "0.02"},     {50000, "0.05"},  {100000, "0.1"},
	{200000, "0.2"},    {500000, "0.5"},     {1000000, "1"},   {2000000, "2"},
	{5000000, "5"},     {10000000, "10"},    {30000000, "30"}, {60000000, "60"},
	{120000000, "120"}, {INT64_MAX, "+Inf"},
};

struct metric {
	char *name;
	char *labels; /* "" when there are none */
	char *help;
	enum kind kind;
	_Atomic int64_t value;   /* a histogram's sum in microseconds */
	_Atomic int64_t *counts; /* a histogram's, one a bucket */
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct metric **items; /* sorted by name, then labels */
	size_t count;
	size_t cap;
} registry;

static int compare(const struct metric *metric, const char *name, const char *labels)
{
	int order = strcmp(metric->name, name);

	return order != 0 ? order : strcmp(metric->labels, labels);
}

/* Place of the first metric that is not before (name, labels). Under the lock. */
static size_t find_place(const char *name, const char *labels)
{
	size_t low = 0;
	size_t high = registry.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(registry.items[middle], name, labels) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void insert(size_t place, struct metric *metric)
{
	if (registry.count == registry.cap) {
		registry.cap = registry.cap > 0 ? registry.cap * 2 : 64;
		registry.items = xrealloc(registry.items, registry.cap, sizeof(registry.items[0]));
	}
	memmove(registry.items + place + 1, registry.items + place,
		(registry.count - place) * sizeof(registry.items[0]));
	registry.items[place] = metric;
	registry.count++;
}

static struct metric *add_metric(enum kind kind, const char *name, const char *labels,
				 const char *help)
{
	struct metric *metric = NULL;
	size_t place;

	labels = labels != NULL ? labels : "";
	(void)pthread_mutex_lock(&registry_lock); /* cannot fail: a plain mutex, never nested */
	place = find_place(name, labels);
	if (place < registry.count && compare(registry.items[place], name, labels) == 0) {
		metric = registry.items[place];
		assert(metric->kind == kind);
	} else {
		metric = xcalloc(1, sizeof(*metric));
		metric->name = xstrdup(name);
		metric->labels = xstrdup(labels);
		metric->help = xstrdup(help);
		metric->kind = kind;
		if (kind == HISTOGRAM) {
			metric->counts = xcalloc(ARRAY_LEN(BUCKETS), sizeof(metric->counts[0]));
		}
		insert(place, metric);
	}
	(void)pthread_mutex_unlock(&registry_lock);
	return metric;
}

struct metric *metric_counter(const char *name, const char *labels, const char *help)
{
	return add_metric(COUNTER, name, labels, help);
}

struct metric *metric_gauge(const char *name, const char *labels, const char *help)
{
	return add_metric(GAUGE, name, labels, help);
}

struct metric *metric_histogram(const char *name, const char *labels, const char *help)
{
	return add_metric(HISTOGRAM, name, labels, help);
}

void metric_add(struct metric *metric, int64_t n)
{
	assert(metric->kind == GAUGE || (metric->kind == COUNTER && n >= 0));
	atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
	assert(metric->kind == GAUGE);
	atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_observe_us(struct metric *metric, int64_t microseconds)
{
	size_t bucket = 0;

	assert(metric->kind == HISTOGRAM);
	microseconds = microseconds > 0 ? microseconds : 0; /* a sum below zero is no number */
	while (microseconds > BUCKETS[bucket].below_us) {
		bucket++;
	}
	atomic_fetch_add_explicit(&metric->value, microseconds, memory_order_relaxed);
	atomic_fetch_add_explicit(&metric->counts[bucket], 1, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
	int64_t count = 0;

	if (metric->kind != HISTOGRAM) {
		return atomic_load_explicit(&metric->value, memory_order_relaxed);
	}
	for (size_t i = 0; i < ARRAY_LEN(BUCKETS); i++) {
		count += atomic_load_explicit(&metric->counts[i], memory_order_relaxed);
	}
	return count;
}

/* Backslash and line feed, and in a label's value the quote (text format 0.0.4). */
static void add_escaped(struct buf *out, const char *text, bool is_label)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			buf_add_text(out, "\\n");
			continue;
		}
		if (*text == '\\' || (is_label && *text == '"')) {
			buf_add(out, "\\", 1);
		}
		buf_add(out, text, 1);
	}
}

void metric_label(struct buf *out, const char *name, const char *value)
{
	if (out->len > 0) {
		buf_add(out, ",", 1);
	}
	buf_printf(out, "%s=\"", name);
	add_escaped(out, value, true);
	buf_add(out, "\"", 1);
}

static void render_head(const struct metric *metric, struct buf *out)
{
	buf_printf(out, "# HELP %s ", metric->name);
	add_escaped(out, metric->help, false);
	buf_printf(out, "\n# TYPE %s %s\n", metric->name, KIND_NAMES[metric->kind]);
}

static void render_line(const struct metric *metric, const char *suffix, struct buf *out)
{
	buf_printf(out, "%s%s", metric->name, suffix);
	if (metric->labels[0] != '\0') {
		buf_printf(out, "{%s}", metric->labels);
	}
	buf_add(out, " ", 1);
}

static void render_histogram(const struct metric *metric, struct buf *out)
{
	int64_t sum_us = atomic_load_explicit(&metric->value, memory_order_relaxed);
	int64_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(BUCKETS); i++) {
		count += atomic_load_explicit(&metric->counts[i], memory_order_relaxed);
		buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %lld\n", metric->name, metric->labels,
			   metric->labels[0] != '\0' ? "," : "", BUCKETS[i].text, (long long)count);
	}
	render_line(metric, "_sum", out);
	buf_printf(out, "%lld.%06lld\n", (long long)(sum_us / 1000000),
		   (long long)(sum_us % 1000000));
	render_line(metric, "_count", out);
	buf_printf(out, "%lld\n", (long long)count);
}

void metric_render(struct buf *out)
{
	(void)pthread_mutex_lock(&registry_lock); /* cannot fail, as above */
	for (size_t i = 0; i < registry.count; i++) {
		const struct metric *metric = registry.items[i];

		if (i == 0 || strcmp(registry.items[i - 1]->name, metric->name) != 0) {
			render_head(metric, out);
		}
		if (metric->kind == HISTOGRAM) {
			render_histogram(metric, out);
			continue;
		}
		render_line(metric, "", out);
		buf_printf(out, "%lld\n", (long long)metric_value(metric));
	}
	(void)pthread_mutex_unlock(&registry_lock);
}
