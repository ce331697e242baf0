/*
 * Descriptors and signals of the loop: thin wrappers of libevent's events, which start the turn's
 * stop-watch and keep libevent out of everybody's header. libevent takes an event out of its queue
 * of active ones when it is freed, so destroying any watch from any callback is safe.
 *
 * A descriptor that cannot be watched is our own bug (a regular file, a closed one) or the kernel
 * out of memory: both end the process.
 */
#include "base/loop.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/alloc.h"
#include "base/loop_private.h"

struct loop_fd {
	struct loop *loop;
	struct event *event; /* owned */
	int what;
	loop_fd_fn *fn;
	void *arg;
};

struct loop_signal {
	struct loop *loop;
	struct event *event; /* owned */
	loop_fn *fn;
	void *arg;
};

static void add_event(struct event *event)
{
	if (event == NULL || event_add(event, NULL) != 0) {
		log_error("the event loop cannot watch a descriptor", "");
		abort();
	}
}

static void on_fd(evutil_socket_t fd, short flags, void *arg)
{
	struct loop_fd *watch = arg;
	int what = ((flags & EV_READ) != 0 ? LOOP_READ : 0) |
		   ((flags & EV_WRITE) != 0 ? LOOP_WRITE : 0);

	loop_enter(watch->loop);
	watch->fn(fd, what, watch->arg); /* may destroy the watch */
}

static short flags_of(int what)
{
	return (short)(EV_PERSIST | ((what & LOOP_READ) != 0 ? EV_READ : 0) |
		       ((what & LOOP_WRITE) != 0 ? EV_WRITE : 0));
}

struct loop_fd *loop_fd_create(struct loop *loop, int fd, int what, loop_fd_fn *fn, void *arg)
{
	struct loop_fd *watch = xcalloc(1, sizeof(*watch));

	watch->loop = loop;
	watch->fn = fn;
	watch->arg = arg;
	watch->what = what;
	watch->event = event_new(loop->base, fd, flags_of(what), on_fd, watch);
	if (what != 0) {
		add_event(watch->event);
	}
	return watch;
}

void loop_fd_set(struct loop_fd *watch, int what)
{
	evutil_socket_t fd = event_get_fd(watch->event);
	int failed;

	if (what == watch->what) {
		return;
	}
	watch->what = what;
	(void)event_del(watch->event); /* fails for an event that was never made only */
	failed = event_assign(watch->event, watch->loop->base, fd, flags_of(what), on_fd, watch);
	assert(failed == 0);
	(void)failed;
	if (what != 0) {
		add_event(watch->event);
	}
}

void loop_fd_destroy(struct loop_fd **watch)
{
	struct loop_fd *gone = take_ptr(watch);

	if (gone != NULL) {
		event_free(gone->event);
		free(gone);
	}
}

static void on_signal(evutil_socket_t signo, short flags, void *arg)
{
	struct loop_signal *sig = arg;

	(void)signo;
	(void)flags;
	loop_enter(sig->loop);
	sig->fn(sig->arg); /* may destroy the watch */
}

struct loop_signal *loop_signal_create(struct loop *loop, int signo, loop_fn *fn, void *arg)
{
	struct loop_signal *sig = xcalloc(1, sizeof(*sig));

	sig->loop = loop;
	sig->fn = fn;
	sig->arg = arg;
	sig->event = evsignal_new(loop->base, signo, on_signal, sig);
	add_event(sig->event);
	return sig;
}

void loop_signal_destroy(struct loop_signal **sig)
{
	struct loop_signal *gone = take_ptr(sig);

	if (gone != NULL) {
		event_free(gone->event);
		free(gone);
	}
}
