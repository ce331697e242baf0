/* For the escalation room's own files. */
#ifndef ASTRAD_ESCALATION_PRIVATE_H
#define ASTRAD_ESCALATION_PRIVATE_H

#include "base/list.h"
#include "base/metric.h"
#include "base/runq.h"
#include "casework/casework.h"
#include "escalation/escalation.h"
#include "store/escalate.h"

/* One timer being carried out, or resting before it is tried again. */
struct fire {
	struct list link; /* escalation::fires */
	struct escalation *escalation;
	struct timer_row timer;
	struct runq_item rest;
	bool is_under_way;
	bool is_settled; /* carried out: the row must be gone at the next read */
	uint64_t settled_at_read;
	int tries;
};

struct escalation {
	struct escalation_params params;
	const struct clock *clock;
	struct runq *runq;
	bool is_started;
	bool is_draining;
	size_t under_way; /* calls and actions that will still call back */
	loop_fn *drained;
	void *drained_arg;

	/* what comes next, as of the newest read */
	struct timer_row *timers;
	size_t timer_count;
	int64_t read_again_boot_ms; /* beyond what was read */
	struct runq_item due;
	struct list fires; /* struct fire::link */
	bool is_reading;
	bool is_stale; /* somebody changed timers while it was read */
	uint64_t reads;

	/* the auditor */
	struct runq_item audit;
	bool is_auditing;
	int64_t skew_ms;       /* wall minus boot clock: changes when somebody sets the clock */
	int64_t newest_utc_ms; /* that the store is known to hold */
	size_t dead_channels;
	bool is_again;    /* asked for while it ran */
	char **exhausted; /* refs whose reason is raised */
	size_t exhausted_count;
	struct metric *overdue;
	struct metric *running;
};

struct timer_now escalation_now(const struct escalation *escalation);
/* A call or action ended: may end a drain. */
void escalation_ended(struct escalation *escalation);

/* The auditor (auditor.c). */
void auditor_start(struct escalation *escalation);
void auditor_stop(struct escalation *escalation);
void auditor_run_now(struct escalation *escalation);
/* The clock may have been set. */
void auditor_check_clock(struct escalation *escalation);

#endif
