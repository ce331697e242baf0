/*
 * The event loop: one turn is libevent's pass over what is readable (posted calls among it), then
 * due deadlines, then deferred calls, then on_turn. A turn waits only when nothing of that is left.
 *
 * The stop-watch of a turn starts at its first callback, because libevent 2.1 does not tell when
 * its wait ended; code that libevent calls directly says so by loop_native_enter. A turn longer
 * than LIMIT_LOOP_LAG_MS is warned of here, the one thing this room logs: nobody else can see it.
 * Its processor time tells a turn that did too much from a machine that had no time for us.
 *
 * Owned by app. Pieces: loop_fd.c (descriptors, signals), loop_post.c (other threads),
 * loop_timers.c (timerfds), runq.c (deadlines). Nothing survives a crash; deadlines are rows in the
 * store.
 */
#include "base/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/loop_native.h"
#include "base/loop_private.h"

void loop_calls_add(struct loop_calls *calls, loop_fn *fn, void *arg)
{
	if (calls->count == calls->cap) {
		calls->cap = calls->cap > 0 ? calls->cap * 2 : 16;
		calls->items = xrealloc(calls->items, calls->cap, sizeof(calls->items[0]));
	}
	calls->items[calls->count++] = (struct loop_call){fn, arg};
}

void loop_calls_finish(struct loop_calls *calls)
{
	free(calls->items);
	*calls = (struct loop_calls){0};
}

static void on_libevent_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN) {
		log_error("libevent complains", "text=%s", log_quote(text));
	}
}

static struct event_base *create_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL) {
		return NULL;
	}
	event_set_log_callback(on_libevent_log);
	/* no lock: only the loop's thread touches the base, others go through loop_post */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_create(const struct clock *clock, struct error *err)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	/* a peer that went away is an error of the write, for bufferevents and libcurl's TLS too */
	(void)signal(SIGPIPE, SIG_IGN); /* fails for no valid signal */
	loop->clock = clock;
	loop->runq = runq_create(clock);
	loop->post.fd = -1;
	loop->timers.due_fd = -1;
	loop->timers.set_fd = -1;
	loop->lag = metric_histogram("astrad_loop_lag_seconds", NULL,
				     "Length of the event loop's turns that did something");
	loop->cpu = metric_gauge("astrad_loop_turn_cpu_max_microseconds", NULL,
				 "The most processor time that one turn took since the start");
	loop->base = create_base();
	if (loop->base == NULL) {
		error_set(err, ERROR_INTERNAL, "cannot create the event loop (descriptors?)");
		loop_destroy(&loop);
	} else if (!loop_post_open(loop, err) || !loop_timers_open(loop, err)) {
		loop_destroy(&loop);
	}
	return loop;
}

void loop_destroy(struct loop **loop)
{
	struct loop *gone = *loop;

	if (gone == NULL) {
		return;
	}
	assert(!gone->is_in_turn);
	loop_timers_close(gone);
	loop_post_close(gone);
	loop_calls_finish(&gone->deferred);
	loop_calls_finish(&gone->running);
	runq_destroy(&gone->runq);
	if (gone->base != NULL) {
		event_base_free(gone->base);
	}
	free(gone);
	*loop = NULL;
}

const struct clock *loop_clock(const struct loop *loop)
{
	return loop->clock;
}

struct runq *loop_runq(struct loop *loop)
{
	return loop->runq;
}

struct event_base *loop_native(struct loop *loop)
{
	return loop->base;
}

void loop_native_enter(struct loop *loop)
{
	loop_enter(loop);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;
	int failed = clock_gettime(clock, &now);

	assert(failed == 0);
	(void)failed;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t loop_measure_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

void loop_enter(struct loop *loop)
{
	loop->calls++;
	if (loop->turn_start_us == 0) {
		loop->turn_start_us = loop_measure_us();
		loop->turn_start_cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	}
}

static void run_deferred(struct loop *loop)
{
	struct loop_calls empty = loop->running;

	/* two arrays change places, so that what is deferred meanwhile waits for the next turn */
	loop->running = loop->deferred;
	loop->deferred = empty;
	for (size_t i = 0; i < loop->running.count; i++) {
		struct loop_call call = loop->running.items[i];

		loop->running.items[i].fn = NULL;
		if (call.fn != NULL) {
			loop_enter(loop);
			call.fn(call.arg);
		}
	}
	loop->running.count = 0;
}

static void measure(struct loop *loop)
{
	int64_t lag_us, cpu_us;
	unsigned suppressed;

	if (loop->turn_start_us == 0) {
		return;
	}
	cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - loop->turn_start_cpu_us;
	lag_us = loop_measure_us() - loop->turn_start_us;
	if (cpu_us > metric_value(loop->cpu)) {
		metric_set(loop->cpu, cpu_us);
	}
	metric_observe_us(loop->lag, lag_us);
	loop->max_lag_us = lag_us > loop->max_lag_us ? lag_us : loop->max_lag_us;
	if (lag_us > LIMIT_LOOP_LAG_MS * 1000 && clock_is_flowing(loop->clock) &&
	    log_limit_pass(&loop->lag_limit, clock_boot_ms(loop->clock), &suppressed)) {
		log_warning("a turn of the event loop was too long",
			    "lag_ms=%lld cpu_ms=%lld limit_ms=%d suppressed=%u",
			    (long long)(lag_us / 1000), (long long)(cpu_us / 1000),
			    LIMIT_LOOP_LAG_MS, suppressed);
	}
}

static bool has_work(const struct loop *loop)
{
	return loop->deferred.count > 0 || runq_is_due(loop->runq) || loop->is_quitting;
}

static bool turn(struct loop *loop, bool may_wait)
{
	uint64_t calls_before = loop->calls;
	int flags = EVLOOP_ONCE;

	assert(!loop->is_in_turn);
	loop->is_in_turn = true;
	loop->turn_start_us = 0;
	loop_timers_arm(loop);
	if (!may_wait || has_work(loop)) {
		flags |= EVLOOP_NONBLOCK;
	}
	if (event_base_loop(loop->base, flags) < 0) {
		log_error("the event loop cannot wait for descriptors", "");
		abort(); /* epoll itself failed: nothing would ever be served again */
	}
	runq_run(loop->runq, loop);
	run_deferred(loop);
	loop->turns++;
	if (loop->on_turn != NULL) {
		loop->on_turn(loop->on_turn_arg);
	}
	measure(loop);
	loop->is_in_turn = false;
	return loop->calls != calls_before;
}

void loop_run(struct loop *loop)
{
	while (!loop->is_quitting) {
		turn(loop, true);
	}
	loop->is_quitting = false;
}

void loop_quit(struct loop *loop)
{
	loop->is_quitting = true;
}

bool loop_turn(struct loop *loop)
{
	return turn(loop, false);
}

void loop_on_turn(struct loop *loop, loop_fn *fn, void *arg)
{
	loop->on_turn = fn;
	loop->on_turn_arg = arg;
}

void loop_defer(struct loop *loop, loop_fn *fn, void *arg)
{
	loop_calls_add(&loop->deferred, fn, arg);
}

static void take_back(struct loop_calls *calls, loop_fn *fn, const void *arg)
{
	for (size_t i = 0; i < calls->count; i++) {
		if (calls->items[i].fn == fn && calls->items[i].arg == arg) {
			calls->items[i].fn = NULL;
		}
	}
}

void loop_undefer(struct loop *loop, loop_fn *fn, void *arg)
{
	take_back(&loop->deferred, fn, arg);
	take_back(&loop->running, fn, arg);
}

int64_t loop_take_max_lag_ms(struct loop *loop)
{
	int64_t lag_ms = loop->max_lag_us / 1000;

	loop->max_lag_us = 0;
	return lag_ms;
}

uint64_t loop_turns(const struct loop *loop)
{
	return loop->turns;
}
