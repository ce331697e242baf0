/*
 * The one event loop. Everything but the store's own threads runs here; no callback may run longer
 * than 20 ms: the loop measures each turn (metric astrad_loop_lag_seconds) and warns.
 *
 * Deadlines are absolute and live in a run queue (base/runq.h) that owns one timerfd on
 * CLOCK_BOOTTIME; libevent's own timers stop in suspend and are not used for them. A second timerfd
 * on CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET tells when the wall clock is set.
 */
#ifndef ASTRAD_BASE_LOOP_H
#define ASTRAD_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/error.h"

struct loop;
struct loop_fd;
struct loop_signal;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fn(void *arg);
typedef void loop_fd_fn(int fd, int what, void *arg);

/* `clock` is borrowed and outlives the loop. With a fake clock the loop arms no timerfd: loop_turn
 * runs what is due by that clock. From here on the process ignores SIGPIPE; children must set it
 * back to its default before they exec. */
struct loop *loop_create(const struct clock *clock, struct error *err) MUST_USE;
void loop_destroy(struct loop **loop);
const struct clock *loop_clock(const struct loop *loop) RETURNS_NONNULL;

/* Runs until loop_quit. Between turns: deferred calls, then on_turn (may be NULL). */
void loop_run(struct loop *loop);
void loop_quit(struct loop *loop);
/* One turn without waiting: what is readable, what is due, what is deferred. Returns false when
 * nothing was done. For tests. */
bool loop_turn(struct loop *loop);
void loop_on_turn(struct loop *loop, loop_fn *fn, void *arg);

/* Calls fn once in the next turn. The only thread-safe call of this header is loop_post. */
void loop_defer(struct loop *loop, loop_fn *fn, void *arg);
/* Takes back deferred calls of (fn, arg) that have not run. */
void loop_undefer(struct loop *loop, loop_fn *fn, void *arg);
/* From any thread: calls fn(arg) in the loop's thread soon. Calls keep their order. */
void loop_post(struct loop *loop, loop_fn *fn, void *arg);

/* Watches fd (borrowed) for LOOP_READ|LOOP_WRITE, level-triggered, until destroyed; destroy it
 * before closing the fd. */
struct loop_fd *loop_fd_create(struct loop *loop, int fd, int what, loop_fd_fn *fn,
			       void *arg) RETURNS_NONNULL;
void loop_fd_set(struct loop_fd *watch, int what);
void loop_fd_destroy(struct loop_fd **watch);

struct loop_signal *loop_signal_create(struct loop *loop, int signo, loop_fn *fn,
				       void *arg) RETURNS_NONNULL;
void loop_signal_destroy(struct loop_signal **sig);

/* Calls fn in the loop when the wall clock was set or the machine came back from suspend. Several
 * may register. */
void loop_on_clock_set(struct loop *loop, loop_fn *fn, void *arg);

/* The longest turn since the last call, in milliseconds (for health and the metric). */
int64_t loop_take_max_lag_ms(struct loop *loop);
/* Number of turns so far: the watchdog is fed only while it rises. */
uint64_t loop_turns(const struct loop *loop);

#endif
