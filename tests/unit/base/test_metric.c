/* Metrics: the text format byte for byte, handles found again, exact counts from many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/metric.h"

static const char EXPECTED[] =
	"# HELP astrad_t_open_connections open \\\\ now\\nsecond line \"kept\"\n"
	"# TYPE astrad_t_open_connections gauge\n"
	"astrad_t_open_connections -3\n"
	"# HELP astrad_t_seconds how long\n"
	"# TYPE astrad_t_seconds histogram\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.0005\"} 2\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.001\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.002\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.005\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.01\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.02\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.05\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.1\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.2\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"0.5\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"1\"} 3\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"2\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"5\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"10\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"30\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"60\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"120\"} 4\n"
	"astrad_t_seconds_bucket{op=\"x\",le=\"+Inf\"} 5\n"
	"astrad_t_seconds_sum{op=\"x\"} 122.501501\n"
	"astrad_t_seconds_count{op=\"x\"} 5\n"
	"# HELP astrad_t_total things\n"
	"# TYPE astrad_t_total counter\n"
	"astrad_t_total 0\n"
	"astrad_t_total{channel=\"a\"} 7\n"
	"astrad_t_total{channel=\"b\\\"\\\\\\n\",outcome=\"retry\"} 1\n";

static void test_render(void **state)
{
	AUTO(buf) struct buf labels = {0};
	AUTO(buf) struct buf out = {0};
	struct metric *gauge, *histogram;

	(void)state;
	metric_label(&labels, "channel", "b\"\\\n");
	metric_label(&labels, "outcome", "retry");
	metric_add(metric_counter("astrad_t_total", buf_text(&labels), "things"), 1);
	metric_add(metric_counter("astrad_t_total", "channel=\"a\"", "things"), 3);
	metric_add(metric_counter("astrad_t_total", "channel=\"a\"", "things"), 4);
	assert_int_equal(metric_value(metric_counter("astrad_t_total", NULL, "things")), 0);
	histogram = metric_histogram("astrad_t_seconds", "op=\"x\"", "how long");
	metric_observe_us(histogram, -7); /* a sum of -0.-7 would spoil the whole page */
	metric_observe_us(histogram, 500);
	metric_observe_us(histogram, 501);
	metric_observe_us(histogram, 1500500);
	metric_observe_us(histogram, 121000000);
	assert_int_equal(metric_value(histogram), 5);
	gauge = metric_gauge("astrad_t_open_connections", NULL,
			     "open \\ now\nsecond line \"kept\"");
	metric_set(gauge, 10);
	metric_add(gauge, -13);
	assert_int_equal(metric_value(gauge), -3);
	assert_ptr_equal(gauge, metric_gauge("astrad_t_open_connections", "", "other help"));
	metric_render(&out);
	assert_string_equal(buf_text(&out), EXPECTED);
}

enum { THREADS = 4, ROUNDS = 5000 };

static void *update(void *arg)
{
	struct metric *counter = metric_counter("astrad_u_total", NULL, "u");
	struct metric *histogram = metric_histogram("astrad_u_seconds", NULL, "u");

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		char labels[32];

		metric_add(counter, 1);
		metric_observe_us(histogram, i);
		(void)snprintf(labels, sizeof(labels), "n=\"%d\"", i % 50);
		metric_add(metric_counter("astrad_v_total", labels, "v"), 1);
	}
	return NULL;
}

static void test_threads(void **state)
{
	AUTO(buf) struct buf out = {0};
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, update, NULL), 0);
	}
	metric_render(&out);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	assert_int_equal(metric_value(metric_counter("astrad_u_total", NULL, "u")),
			 THREADS * ROUNDS);
	assert_int_equal(metric_value(metric_histogram("astrad_u_seconds", NULL, "u")),
			 THREADS * ROUNDS);
	assert_int_equal(metric_value(metric_counter("astrad_v_total", "n=\"49\"", "v")),
			 THREADS * ROUNDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
