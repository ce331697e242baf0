/*
 * The driven clock (test-hooks build) in one process: the test writes a command to the socket, lets
 * the loop turn, and reads the answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock_driven.h"
#include "base/clock_source.h"
#include "base/runq.h"

struct fixture {
	char dir[32];
	char path[64];
	struct clock_driven *driven;
	const struct clock *clock;
	struct loop *loop;
	int asker;
	int fired;
	int clock_sets;
	char answer[512];
};

static void count_set(void *arg)
{
	((struct fixture *)arg)->clock_sets++;
}

static void start(struct fixture *fixture, const char *commands)
{
	char spec[256];
	struct error err = {0};

	(void)snprintf(spec, sizeof(spec), "%s%s", fixture->path, commands);
	fixture->driven = clock_driven_create(spec, &err);
	assert_non_null(fixture->driven);
	fixture->clock = clock_driven_clock(fixture->driven);
	fixture->loop = loop_create(fixture->clock, &err);
	assert_non_null(fixture->loop);
	clock_driven_attach(fixture->driven, fixture->loop);
	loop_on_clock_set(fixture->loop, count_set, fixture);
}

static void stop(struct fixture *fixture)
{
	if (fixture->driven != NULL) {
		clock_driven_detach(fixture->driven);
	}
	loop_destroy(&fixture->loop);
	clock_driven_destroy(&fixture->driven);
}

static int set_up(void **state)
{
	static struct fixture fixture;
	struct sockaddr_un nameless = {.sun_family = AF_UNIX};

	fixture = (struct fixture){.dir = P_tmpdir "/astrad-clock-XXXXXX"};
	*state = &fixture;
	if (mkdtemp(fixture.dir) == NULL) {
		return 1;
	}
	(void)snprintf(fixture.path, sizeof(fixture.path), "%s/clock", fixture.dir);
	fixture.asker = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* a family alone asks the kernel for a name (unix(7), autobind) */
	return bind(fixture.asker, (struct sockaddr *)&nameless, sizeof(sa_family_t));
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	stop(fixture);
	(void)close(fixture->asker);
	return rmdir(fixture->dir);
}

/* Gives the command and turns the loop until the answer is there. */
static void ask(struct fixture *fixture, const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t len = -1;

	memcpy(address.sun_path, fixture->path, strlen(fixture->path));
	assert_int_equal(sendto(fixture->asker, command, strlen(command), 0,
				(struct sockaddr *)&address, sizeof(address)),
			 strlen(command));
	for (int i = 0; i < 2000 && len < 0; i++) {
		loop_turn(fixture->loop);
		len = recv(fixture->asker, fixture->answer, sizeof(fixture->answer) - 1, 0);
	}
	assert_true(len >= 0);
	fixture->answer[len] = '\0';
}

static void test_held(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, ";hold;utc 1790000000000;boot 900000000000");
	ask(fixture, "get");
	assert_string_equal(fixture->answer, "ok utc_ms=1790000000000 boot_ms=900000000000 "
					     "flowing=0 synchronised=1 next_due_boot_ms=none");
	ask(fixture, "advance 90000\n");
	assert_int_equal(clock_utc_ms(fixture->clock), 1790000090000);
	assert_int_equal(clock_boot_ms(fixture->clock), 900000090000);
	assert_int_equal(fixture->clock_sets, 0);
	ask(fixture, "utc 1780000000000");
	assert_int_equal(clock_utc_ms(fixture->clock), 1780000000000);
	assert_int_equal(clock_boot_ms(fixture->clock), 900000090000);
	assert_int_equal(fixture->clock_sets, 1);
	ask(fixture, "suspend 1000");
	assert_int_equal(clock_boot_ms(fixture->clock), 900000091000);
	assert_int_equal(fixture->clock_sets, 2);
	assert_true(clock_is_synchronised(fixture->clock));
	ask(fixture, "synchronised 0");
	assert_false(clock_is_synchronised(fixture->clock));
	assert_string_equal(fixture->answer, "ok utc_ms=1780000001000 boot_ms=900000091000 "
					     "flowing=0 synchronised=0 next_due_boot_ms=none");
}

static void count_fired(void *arg)
{
	((struct fixture *)arg)->fired++;
}

static void test_deadlines(void **state)
{
	struct fixture *fixture = *state;
	struct runq_item soon, late;

	start(fixture, ";hold;boot 900000000000");
	runq_item_init(&soon, count_fired, fixture);
	runq_item_init(&late, count_fired, fixture);
	runq_schedule(loop_runq(fixture->loop), &soon, 900000000500);
	runq_schedule(loop_runq(fixture->loop), &late, 900000900000);
	ask(fixture, "advance 499");
	assert_int_equal(fixture->fired, 0);
	assert_non_null(strstr(fixture->answer, "next_due_boot_ms=900000000500"));
	ask(fixture, "advance 1");
	assert_int_equal(fixture->fired, 1); /* the answer comes after the deadline ran */
	assert_non_null(strstr(fixture->answer, "next_due_boot_ms=900000900000"));
	ask(fixture, "advance 86400000");
	assert_int_equal(fixture->fired, 2);
}

static struct runq_item restless_item;

static void run_again(void *arg)
{
	struct fixture *fixture = arg;

	fixture->fired++;
	runq_schedule(loop_runq(fixture->loop), &restless_item, 0);
}

static void test_restless_deadline(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, ";hold");
	runq_item_init(&restless_item, run_again, fixture);
	runq_schedule(loop_runq(fixture->loop), &restless_item, 0);
	ask(fixture, "get"); /* must be answered all the same */
	assert_int_equal(strncmp(fixture->answer, "ok ", 3), 0);
	assert_true(fixture->fired > 1);
}

static void quit(void *arg)
{
	loop_quit(((struct fixture *)arg)->loop);
}

/* Flowing: the machine's timer fires for a deadline on a clock that is days apart from it. */
static void test_flowing(void **state)
{
	struct fixture *fixture = *state;
	struct runq_item item;
	int64_t boot_ms, before;

	before = clock_boot_ms(clock_system());
	start(fixture, "");
	boot_ms = clock_boot_ms(fixture->clock);
	assert_true(boot_ms >= before && boot_ms < before + 5000);
	stop(fixture);
	start(fixture, ";boot 1000"); /* before the machine's */
	assert_in_range(clock_boot_ms(fixture->clock), 1000, 6000);
	boot_ms = clock_boot_ms(fixture->clock);
	ask(fixture, "advance 172800000");
	assert_true(clock_boot_ms(fixture->clock) >= boot_ms + 172800000);
	assert_true(clock_utc_ms(fixture->clock) - clock_utc_ms(clock_system()) > 172790000);
	runq_item_init(&item, quit, fixture);
	boot_ms = clock_boot_ms(fixture->clock) + 15;
	runq_schedule(loop_runq(fixture->loop), &item, boot_ms);
	loop_run(fixture->loop);
	assert_true(clock_boot_ms(fixture->clock) >= boot_ms);
	ask(fixture, "hold");
	boot_ms = clock_boot_ms(fixture->clock);
	assert_int_equal(clock_boot_ms(fixture->clock), boot_ms);
	assert_false(clock_is_flowing(fixture->clock));
	ask(fixture, "flow");
	assert_true(clock_is_flowing(fixture->clock));
	assert_in_range(clock_boot_ms(fixture->clock), boot_ms, boot_ms + 5000);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *command, *answer;
	} rows[] = {
		{"", "error unknown command ''"},
		{"stop", "error unknown command 'stop'"},
		{"advance", "error 'advance' takes one whole number"},
		{"advance ", "error 'advance' takes one whole number"},
		{"advance -5", "error 'advance' takes one whole number"},
		{"advance 5s", "error 'advance' takes one whole number"},
		{"advance 1234567890123456", "error 'advance' takes one whole number"},
		{"hold 1", "error 'hold' takes nothing"},
		{"boot 5", "error 'boot' is for the start only"},
		{"synchronised 2", "error 'synchronised 2' is out of range"},
	};
	struct fixture *fixture = *state;

	start(fixture, ";hold;utc 1790000000000;boot 900000000000");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ask(fixture, rows[i].command);
		assert_string_equal(fixture->answer, rows[i].answer);
	}
	assert_int_equal(clock_utc_ms(fixture->clock), 1790000000000);
	assert_int_equal(clock_boot_ms(fixture->clock), 900000000000);
	assert_int_equal(fixture->clock_sets, 0);
}

static void test_bad_specs(void **state)
{
	static const char *const rows[] = {"",      ";hold",       "/nowhere/clock",
					   "x;fly", "x;advance a", "x;hold;"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};

		assert_null(clock_driven_create(rows[i], &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

/* A killed process leaves its socket behind; the next start takes the path and goes on. */
static void test_restart(void **state)
{
	struct fixture *fixture = *state;
	struct clock_driven *killed;
	struct error err;

	killed = clock_driven_create(fixture->path, &err);
	assert_non_null(killed);
	start(fixture, ";hold;utc 1790000000123;boot 900000000456");
	ask(fixture, "get");
	assert_non_null(strstr(fixture->answer, "utc_ms=1790000000123 boot_ms=900000000456"));
	stop(fixture);
	clock_driven_destroy(&killed);
	assert_int_not_equal(access(fixture->path, F_OK), 0);
}

static void *read_clock(void *arg)
{
	const struct clock *clock = arg;
	int64_t last = 0;

	for (int i = 0; i < 20000; i++) {
		int64_t now = clock_boot_ms(clock);

		assert_true(now >= last);
		last = now;
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct fixture *fixture = *state;
	pthread_t thread;

	start(fixture, "");
	assert_int_equal(
		pthread_create(&thread, NULL, read_clock, (void *)(uintptr_t)fixture->clock), 0);
	ask(fixture, "advance 60000");
	ask(fixture, "hold");
	ask(fixture, "advance 60000");
	ask(fixture, "flow");
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_source(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};
	struct clock_source *source;
	struct loop *loop;
	char spec[128];

	assert_int_equal(unsetenv("ASTRAD_CLOCK"), 0);
	source = clock_source_open(&err);
	assert_ptr_equal(clock_source_clock(source), clock_system());
	clock_source_close(&source);
	(void)snprintf(spec, sizeof(spec), "%s;hold;utc 5", fixture->path);
	assert_int_equal(setenv("ASTRAD_CLOCK", spec, 1), 0);
	source = clock_source_open(&err);
	assert_int_equal(clock_utc_ms(clock_source_clock(source)), 5);
	loop = loop_create(clock_source_clock(source), &err);
	clock_source_attach(source, loop);
	clock_source_detach(source);
	loop_destroy(&loop);
	clock_source_close(&source);
	clock_source_close(&source);
	assert_int_equal(setenv("ASTRAD_CLOCK", "", 1), 0);
	assert_null(clock_source_open(&err));
	assert_int_equal(unsetenv("ASTRAD_CLOCK"), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_held),    TEST(test_deadlines), TEST(test_restless_deadline),
		TEST(test_flowing), TEST(test_refusals),  TEST(test_bad_specs),
		TEST(test_restart), TEST(test_threads),   TEST(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
