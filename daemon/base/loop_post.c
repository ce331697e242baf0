/*
 * Calls from other threads: a queue under a mutex and an eventfd that wakes the loop. The eventfd
 * is written when the queue was empty, so a batch of answers costs one wake-up. The queue is
 * bounded by those who post: the store answers each request once. What still waits when the loop is
 * destroyed is dropped; the posting threads are joined before.
 */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/loop_private.h"

static void lock(struct loop_post_queue *post)
{
	int failed = pthread_mutex_lock(&post->lock);

	assert(failed == 0);
	(void)failed;
}

static void unlock(struct loop_post_queue *post)
{
	int failed = pthread_mutex_unlock(&post->lock);

	assert(failed == 0);
	(void)failed;
}

static void run_posted(int fd, int what, void *arg)
{
	struct loop_post_queue *post = arg;
	struct loop_calls empty = post->running;
	eventfd_t wakes;

	(void)what;
	/* first the mark, then the queue: a post in between wakes us once too often, never too
	 * rarely */
	(void)eventfd_read(fd, &wakes); /* EAGAIN is fine: somebody else's wake-up */
	lock(post);
	post->running = post->waiting;
	post->waiting = empty;
	unlock(post);
	for (size_t i = 0; i < post->running.count; i++) {
		post->running.items[i].fn(post->running.items[i].arg);
	}
	post->running.count = 0;
}

bool loop_post_open(struct loop *loop, struct error *err)
{
	struct loop_post_queue *post = &loop->post;
	int failed = pthread_mutex_init(&post->lock, NULL);

	assert(failed == 0);
	(void)failed;
	post->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (post->fd < 0) {
		return error_set(err, ERROR_INTERNAL, "cannot create the loop's eventfd: %s",
				 strerror(errno));
	}
	post->watch = loop_fd_create(loop, post->fd, LOOP_READ, run_posted, post);
	return true;
}

void loop_post_close(struct loop *loop)
{
	struct loop_post_queue *post = &loop->post;

	loop_fd_destroy(&post->watch);
	if (post->fd >= 0) {
		(void)close(post->fd); /* nothing is written through it */
		post->fd = -1;
	}
	loop_calls_finish(&post->waiting);
	loop_calls_finish(&post->running);
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
	struct loop_post_queue *post = &loop->post;
	bool was_empty;

	lock(post);
	was_empty = post->waiting.count == 0;
	loop_calls_add(&post->waiting, fn, arg);
	unlock(post);
	if (was_empty) {
		int failed = eventfd_write(post->fd, 1);

		assert(failed == 0); /* the counter cannot be full: one write a reading */
		(void)failed;
	}
}
