/* What the store counts. Names and labels are fixed; dashboards know them. */
#include <stdio.h>
#include <time.h>

#include "store/core.h"

static struct metric *by_class(struct metric *(*make)(const char *, const char *, const char *),
			       const char *name, enum store_class class_of, const char *help)
{
	AUTO(buf) struct buf labels = {0};

	metric_label(&labels, "class", queue_class_name(class_of));
	return make(name, buf_text(&labels), help);
}

void core_metrics_init(struct core_metrics *metrics)
{
	for (unsigned c = 0; c < STORE_CLASS_COUNT; c++) {
		metrics->waiting[c] = by_class(metric_gauge, "astrad_store_waiting_requests", c,
					       "Store requests that wait in the queue.");
		metrics->answered[c] = by_class(metric_counter, "astrad_store_answered_total", c,
						"Store requests that succeeded.");
		metrics->failed[c] = by_class(metric_counter, "astrad_store_failed_total", c,
					      "Store requests that failed or were refused.");
	}
	metrics->commits = metric_counter("astrad_store_commits_total", NULL, "Commits.");
	metrics->commit_seconds = metric_histogram("astrad_store_commit_seconds", NULL,
						   "Time of COMMIT with its sync.");
	metrics->batch =
		metric_gauge("astrad_store_batch_requests", NULL, "Requests in the newest batch.");
	metrics->rerun = metric_counter("astrad_store_rerun_total", NULL,
					"Requests run again alone after a lost transaction.");
	metrics->checkpoints =
		metric_counter("astrad_store_checkpoints_total", NULL, "Checkpoints of the log.");
	metrics->checkpoint_seconds =
		metric_histogram("astrad_store_checkpoint_seconds", NULL, "Time of a checkpoint.");
	metrics->wal_bytes = metric_gauge("astrad_store_wal_bytes", NULL,
					  "Size of the part of the write-ahead log in use.");
	metrics->reserve_held = metric_gauge("astrad_store_reserve_held", NULL,
					     "1 while the reserve file is there.");
}

/* For metrics only; no decision depends on it, so it need not be injected. */
int64_t core_stopwatch_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
