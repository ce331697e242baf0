/*
 * The kernel's side of the deadlines: a timerfd on CLOCK_BOOTTIME armed for the earliest of them,
 * once a turn and only when it changed, and one on CLOCK_REALTIME that is cancelled when somebody
 * sets the clock or the machine wakes up (timerfd_create(2)). A clock that never flows has neither.
 * One that runs apart from the machine's is met by adding the distance.
 */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/loop_private.h"

#define FAR_SECONDS INT64_C(0x3fffffffff) /* the year 10680: never reached, only cancelled */

static void on_due(int fd, int what, void *arg)
{
	struct loop *loop = arg;
	uint64_t times;

	(void)what;
	/* the run queue looks at the clock itself; this only ends the wait */
	if (read(fd, &times, sizeof(times)) > 0) {
		loop->timers.armed_boot_ms = LOOP_NEVER;
	}
}

static void set_timer(int fd, int flags, int64_t seconds, int64_t nanoseconds)
{
	struct itimerspec spec = {.it_value = {.tv_sec = seconds, .tv_nsec = nanoseconds}};
	int failed = timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &spec, NULL);

	assert(failed == 0);
	(void)failed;
}

static void on_set(int fd, int what, void *arg)
{
	struct loop *loop = arg;
	uint64_t times;

	(void)what;
	if (read(fd, &times, sizeof(times)) >= 0 || errno != ECANCELED) {
		return;
	}
	set_timer(fd, TFD_TIMER_CANCEL_ON_SET, FAR_SECONDS, 0);
	loop_clock_was_set(loop);
}

static bool open_timer(clockid_t clock, int *ret_fd, struct error *err)
{
	int fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0) {
		return error_set(err, ERROR_INTERNAL, "cannot create the loop's timerfd: %s",
				 strerror(errno));
	}
	*ret_fd = fd;
	return true;
}

bool loop_timers_open(struct loop *loop, struct error *err)
{
	struct loop_timers *timers = &loop->timers;

	timers->armed_boot_ms = LOOP_NEVER;
	if (loop->clock->is_flowing == NULL) {
		return true;
	}
	if (!open_timer(CLOCK_BOOTTIME, &timers->due_fd, err) ||
	    !open_timer(CLOCK_REALTIME, &timers->set_fd, err)) {
		return false;
	}
	timers->due_watch = loop_fd_create(loop, timers->due_fd, LOOP_READ, on_due, loop);
	timers->set_watch = loop_fd_create(loop, timers->set_fd, LOOP_READ, on_set, loop);
	set_timer(timers->set_fd, TFD_TIMER_CANCEL_ON_SET, FAR_SECONDS, 0);
	return true;
}

static void close_timer(struct loop_fd **watch, int *fd)
{
	loop_fd_destroy(watch);
	if (*fd >= 0) {
		(void)close(*fd); /* a timer: nothing can be lost */
		*fd = -1;
	}
}

void loop_timers_close(struct loop *loop)
{
	struct loop_timers *timers = &loop->timers;

	close_timer(&timers->due_watch, &timers->due_fd);
	close_timer(&timers->set_watch, &timers->set_fd);
	loop_calls_finish(&timers->on_set);
}

void loop_timers_arm(struct loop *loop)
{
	struct loop_timers *timers = &loop->timers;
	int64_t due = runq_next_due(loop->runq);

	if (timers->due_fd < 0) {
		return;
	}
	if (!clock_is_flowing(loop->clock)) {
		due = LOOP_NEVER;
	}
	if (due != LOOP_NEVER && loop->clock != clock_system()) {
		due += clock_boot_ms(clock_system()) - clock_boot_ms(loop->clock);
		due = due > 0 ? due : 1; /* 0 would disarm */
	}
	if (due == timers->armed_boot_ms) {
		return;
	}
	timers->armed_boot_ms = due;
	if (due == LOOP_NEVER) {
		set_timer(timers->due_fd, 0, 0, 0);
	} else {
		set_timer(timers->due_fd, 0, due / 1000, due % 1000 * 1000000);
	}
}

void loop_on_clock_set(struct loop *loop, loop_fn *fn, void *arg)
{
	loop_calls_add(&loop->timers.on_set, fn, arg);
}

void loop_clock_was_set(struct loop *loop)
{
	for (size_t i = 0; i < loop->timers.on_set.count; i++) {
		loop->timers.on_set.items[i].fn(loop->timers.on_set.items[i].arg);
	}
}
