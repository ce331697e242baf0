/*
 * The loop: deferred and posted calls, descriptors, signals, real deadlines, measuring. Waiting
 * tests use loop_run and quit from the event they wait for; nothing sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/loop_native.h"
#include "base/loop_private.h"
#include "base/metric.h"

struct fixture {
	struct clock_fake clock;
	struct loop *loop;
	struct buf heard;
	struct loop_fd *watch;
	int ends[2];
	int count;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	struct error err;

	fixture = (struct fixture){0};
	clock_fake_init(&fixture.clock, 1790000000000);
	fixture.loop = loop_create(&fixture.clock.clock, &err);
	*state = &fixture;
	return fixture.loop == NULL || pipe2(fixture.ends, O_CLOEXEC | O_NONBLOCK) != 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	loop_fd_destroy(&fixture->watch);
	loop_destroy(&fixture->loop);
	assert_null(fixture->loop);
	loop_destroy(&fixture->loop);
	buf_finish(&fixture->heard);
	(void)close(fixture->ends[0]);
	(void)close(fixture->ends[1]);
	return 0;
}

static void assert_heard(struct fixture *fixture, const char *text)
{
	assert_string_equal(buf_text(&fixture->heard), text);
	buf_reset(&fixture->heard);
}

static void hear_a(void *arg)
{
	buf_add_text(&((struct fixture *)arg)->heard, "a");
}

static void hear_b(void *arg)
{
	buf_add_text(&((struct fixture *)arg)->heard, "b");
}

static void hear_turn(void *arg)
{
	buf_add_text(&((struct fixture *)arg)->heard, ".");
}

static void defer_again(void *arg)
{
	struct fixture *fixture = arg;

	buf_add_text(&fixture->heard, "d");
	loop_undefer(fixture->loop, hear_b, fixture);
	loop_defer(fixture->loop, hear_a, fixture);
}

static void test_defer(void **state)
{
	struct fixture *fixture = *state;

	assert_false(loop_turn(fixture->loop));
	loop_on_turn(fixture->loop, hear_turn, fixture);
	loop_defer(fixture->loop, hear_a, fixture);
	loop_defer(fixture->loop, hear_b, fixture);
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "ab.");
	loop_defer(fixture->loop, defer_again, fixture);
	loop_defer(fixture->loop, hear_b, fixture); /* taken back by the one before it */
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "d.");
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "a.");
	assert_false(loop_turn(fixture->loop));
	assert_heard(fixture, ".");
	loop_defer(fixture->loop, hear_a, fixture);
	loop_undefer(fixture->loop, hear_a, fixture);
	assert_false(loop_turn(fixture->loop));
	assert_int_equal(loop_turns(fixture->loop), 6);
}

static void on_fd(int fd, int what, void *arg)
{
	struct fixture *fixture = arg;
	char byte;

	fixture->count++;
	buf_add_text(&fixture->heard, (what & LOOP_READ) != 0 ? "r" : "w");
	if ((what & LOOP_READ) != 0 && read(fd, &byte, 1) == 1 && byte == 'x') {
		loop_fd_destroy(&fixture->watch);
	}
}

static void test_fd(void **state)
{
	struct fixture *fixture = *state;

	fixture->watch = loop_fd_create(fixture->loop, fixture->ends[0], LOOP_READ, on_fd, fixture);
	assert_false(loop_turn(fixture->loop));
	assert_int_equal(write(fixture->ends[1], "12", 2), 2);
	assert_true(loop_turn(fixture->loop)); /* level-triggered: one byte a turn */
	assert_true(loop_turn(fixture->loop));
	assert_false(loop_turn(fixture->loop));
	assert_heard(fixture, "rr");
	loop_fd_set(fixture->watch, 0);
	assert_int_equal(write(fixture->ends[1], "x", 1), 1);
	assert_false(loop_turn(fixture->loop));
	loop_fd_set(fixture->watch, LOOP_READ);
	assert_true(loop_turn(fixture->loop));
	assert_null(fixture->watch);
	fixture->watch =
		loop_fd_create(fixture->loop, fixture->ends[1], LOOP_WRITE, on_fd, fixture);
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "rw");
}

/* Of two that are ready in one turn, the first to run destroys the other. */
static struct loop_fd *rivals[2];

static void destroy_rivals(int fd, int what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
	loop_fd_destroy(&rivals[0]);
	loop_fd_destroy(&rivals[1]);
}

static void test_fd_destroyed_by_other(void **state)
{
	struct fixture *fixture = *state;
	int ends[2];
	int calls = 0;

	assert_int_equal(pipe(ends), 0);
	rivals[0] = loop_fd_create(fixture->loop, ends[1], LOOP_WRITE, destroy_rivals, &calls);
	rivals[1] =
		loop_fd_create(fixture->loop, fixture->ends[1], LOOP_WRITE, destroy_rivals, &calls);
	assert_true(loop_turn(fixture->loop));
	assert_false(loop_turn(fixture->loop));
	assert_int_equal(calls, 1);
	assert_int_equal(close(ends[0]) | close(ends[1]), 0);
}

static void quit(void *arg)
{
	loop_quit(((struct fixture *)arg)->loop);
}

static void test_signal(void **state)
{
	struct fixture *fixture = *state;
	struct loop_signal *sig = loop_signal_create(fixture->loop, SIGUSR1, hear_a, fixture);
	struct loop_signal *other = loop_signal_create(fixture->loop, SIGUSR2, quit, fixture);

	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	loop_run(fixture->loop);
	assert_heard(fixture, "a");
	loop_signal_destroy(&sig);
	loop_signal_destroy(&other);
	loop_signal_destroy(&other);
}

/* Posts from threads: none is lost, each thread's keep their order, all run in the loop's thread.
 */
enum { THREADS = 4, POSTS = 5000 };

struct poster {
	struct fixture *fixture;
	pthread_t thread;
	pthread_t loop_thread;
	int posted;
	int next; /* the call we wait for; loop thread only */
	struct poster *all;
};

struct posted {
	struct poster *poster;
	int number;
};

static struct posted posts[THREADS][POSTS];

static void take_post(void *arg)
{
	struct posted *posted = arg;
	struct poster *poster = posted->poster;
	int sum = 0;

	assert_true(pthread_equal(pthread_self(), poster->loop_thread));
	assert_int_equal(posted->number, poster->next);
	poster->next++;
	for (int i = 0; i < THREADS; i++) {
		sum += poster->all[i].next;
	}
	if (sum == THREADS * POSTS) {
		loop_quit(poster->fixture->loop);
	}
}

static void *post_all(void *arg)
{
	struct poster *poster = arg;
	struct posted *mine = posts[poster - poster->all];

	for (int i = 0; i < POSTS; i++) {
		mine[i] = (struct posted){poster, i};
		loop_post(poster->fixture->loop, take_post, &mine[i]);
	}
	return NULL;
}

static void test_post(void **state)
{
	struct fixture *fixture = *state;
	struct poster posters[THREADS];

	for (int i = 0; i < THREADS; i++) {
		posters[i] = (struct poster){
			.fixture = fixture, .loop_thread = pthread_self(), .all = posters};
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]),
				 0);
	}
	loop_run(fixture->loop);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
		assert_int_equal(posters[i].next, POSTS);
	}
}

static void post_again(void *arg)
{
	struct fixture *fixture = arg;

	buf_add_text(&fixture->heard, "p");
	loop_post(fixture->loop, hear_a, fixture);
}

static void test_post_from_the_loop(void **state)
{
	struct fixture *fixture = *state;

	loop_post(fixture->loop, post_again, fixture);
	loop_post(fixture->loop, hear_b, fixture);
	assert_true(loop_turn(fixture->loop));
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "pba");
	assert_false(loop_turn(fixture->loop));
	loop_post(fixture->loop, hear_a, fixture); /* dropped with the loop */
}

static void test_real_deadline(void **state)
{
	struct error err;
	struct fixture real = {.loop = loop_create(clock_system(), &err)};
	struct runq_item first, later;
	int64_t start = clock_boot_ms(clock_system());

	(void)state;
	assert_non_null(real.loop);
	runq_item_init(&first, quit, &real);
	runq_item_init(&later, quit, &real);
	runq_schedule(loop_runq(real.loop), &later, start + 3600000);
	runq_schedule(loop_runq(real.loop), &first, start + 15);
	loop_run(real.loop);
	assert_true(clock_boot_ms(clock_system()) >= start + 15);
	assert_true(clock_boot_ms(clock_system()) < start + 5000);
	assert_true(runq_is_scheduled(&later));
	assert_true(loop_turns(real.loop) < 20); /* it waited, it did not spin */
	runq_schedule(loop_runq(real.loop), &later, 0);
	loop_run(real.loop);
	loop_destroy(&real.loop);
}

static void test_clock_set(void **state)
{
	struct fixture *fixture = *state;

	loop_on_clock_set(fixture->loop, hear_a, fixture);
	loop_on_clock_set(fixture->loop, hear_b, fixture);
	loop_clock_was_set(fixture->loop);
	assert_heard(fixture, "ab");
}

static void work_30_ms(void *arg)
{
	int64_t stop = loop_measure_us() + 30000;

	(void)arg;
	while (loop_measure_us() < stop) {
	}
}

static void count_line(enum log_level level, const char *line, void *arg)
{
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_non_null(strstr(line, "lag_ms="));
	++*(int *)arg;
}

static void test_lag(void **state)
{
	struct error err;
	struct loop *loop = loop_create(clock_system(), &err);
	const struct metric *lag = metric_histogram("astrad_loop_lag_seconds", NULL, "");
	const struct metric *cpu = metric_gauge("astrad_loop_turn_cpu_max_microseconds", NULL, "");
	int64_t before = metric_value(lag);
	int lines = 0;

	(void)state;
	assert_non_null(loop);
	log_set_sink(count_line, &lines);
	loop_defer(loop, work_30_ms, NULL);
	loop_turn(loop);
	loop_turn(loop);
	assert_true(loop_take_max_lag_ms(loop) >= 30);
	assert_int_equal(loop_take_max_lag_ms(loop), 0);
	assert_int_equal(metric_value(lag) - before, 1);
	assert_true(metric_value(cpu) > 0);
	loop_defer(loop, work_30_ms, NULL);
	loop_turn(loop);
	assert_int_equal(lines, 1); /* one a second */
	log_set_sink(NULL, NULL);
	loop_destroy(&loop);
}

static void test_no_descriptors(void **state)
{
	struct rlimit old, low;
	struct error err = {0};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	/*
	 * One more descriptor at a time: creation must fail cleanly at each step. libevent itself
	 * takes three and ends the process when it gets fewer, which is a start that failed all the
	 * same.
	 */
	for (int free_fds = 3;; free_fds++) {
		struct loop *loop;
		int next = dup(STDIN_FILENO);

		assert_int_equal(close(next), 0);
		low = (struct rlimit){(rlim_t)(next + free_fds), old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		loop = loop_create(clock_system(), &err);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (loop != NULL) {
			assert_int_equal(free_fds, 6);
			loop_destroy(&loop);
			break;
		}
		assert_int_equal(err.code, ERROR_INTERNAL);
	}
}

static void test_native(void **state)
{
	struct fixture *fixture = *state;

	assert_non_null(loop_native(fixture->loop));
	assert_ptr_equal(loop_clock(fixture->loop), &fixture->clock.clock);
	loop_native_enter(fixture->loop);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

static void test_broken_pipe(void **state)
{
	struct error err;
	struct loop *loop;
	int fds[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_DFL);
	loop = loop_create(clock_system(), &err);
	assert_non_null(loop);
	assert_int_equal(pipe(fds), 0);
	(void)close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1); /* and the process lives */
	(void)close(fds[1]);
	loop_destroy(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defer),
		TEST(test_fd),
		TEST(test_fd_destroyed_by_other),
		TEST(test_signal),
		TEST(test_post),
		TEST(test_post_from_the_loop),
		TEST(test_clock_set),
		TEST(test_native),
		cmocka_unit_test(test_real_deadline),
		cmocka_unit_test(test_lag),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
