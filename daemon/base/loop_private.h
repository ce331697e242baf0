/* Inside of the loop, for loop*.c, runq.c and the driven clock only. */
#ifndef ASTRAD_BASE_LOOP_PRIVATE_H
#define ASTRAD_BASE_LOOP_PRIVATE_H

#include <pthread.h>
#include <stddef.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metric.h"
#include "base/runq.h"

struct event_base;

struct loop_call {
	loop_fn *fn; /* NULL: taken back */
	void *arg;
};

struct loop_calls {
	struct loop_call *items; /* owned */
	size_t count;
	size_t cap;
};

void loop_calls_add(struct loop_calls *calls, loop_fn *fn, void *arg);
void loop_calls_finish(struct loop_calls *calls);

struct loop_post_queue {
	pthread_mutex_t lock;      /* guards waiting only */
	struct loop_calls waiting; /* may be filled by any thread */
	struct loop_calls running;
	int fd; /* eventfd, readable while something waits; -1 before loop_post_open */
	struct loop_fd *watch;
};

struct loop_timers {
	int due_fd; /* timerfd on CLOCK_BOOTTIME, or -1 when the clock never flows */
	struct loop_fd *due_watch;
	int64_t armed_boot_ms; /* what due_fd waits for; LOOP_NEVER: nothing */
	int set_fd;            /* timerfd on CLOCK_REALTIME that tells when it is set, or -1 */
	struct loop_fd *set_watch;
	struct loop_calls on_set;
};

#define LOOP_NEVER INT64_MAX

struct loop {
	const struct clock *clock;
	struct event_base *base; /* owned */
	struct runq *runq;       /* owned */
	struct loop_post_queue post;
	struct loop_timers timers;

	struct loop_calls deferred; /* for the next turn */
	struct loop_calls running;  /* of this turn */
	loop_fn *on_turn;
	void *on_turn_arg;

	bool is_quitting;
	bool is_in_turn;
	uint64_t turns;
	uint64_t calls;        /* callbacks so far: tells whether a turn did anything */
	int64_t turn_start_us; /* first callback of this turn; 0 before it */
	int64_t turn_start_cpu_us;
	int64_t max_lag_us;
	struct metric *lag;
	struct metric *cpu;
	struct log_limit lag_limit;
};

/* Each callback begins with this: it starts the turn's stop-watch. */
void loop_enter(struct loop *loop);
/* The machine's monotonic microseconds, also under a clock of tests: it measures our own work. */
int64_t loop_measure_us(void);

bool loop_post_open(struct loop *loop, struct error *err) MUST_USE;
void loop_post_close(struct loop *loop);

bool loop_timers_open(struct loop *loop, struct error *err) MUST_USE;
void loop_timers_close(struct loop *loop);
/* Makes the machine wake us for the earliest deadline. */
void loop_timers_arm(struct loop *loop);
/* Runs what loop_on_clock_set registered. */
void loop_clock_was_set(struct loop *loop);

struct runq *runq_create(const struct clock *clock) RETURNS_NONNULL;
void runq_destroy(struct runq **runq);
/* Earliest due time; LOOP_NEVER when the queue is empty. */
int64_t runq_next_due(const struct runq *runq);
bool runq_is_due(const struct runq *runq);
/* Runs what is due now, not what that schedules; true when anything ran. On a flowing clock it
 * stops after 10 ms: the rest stays due. */
bool runq_run(struct runq *runq, struct loop *loop);

#endif
