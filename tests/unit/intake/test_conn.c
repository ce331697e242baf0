/* A connection's life under a clock that stands. Covers conn_read.c, reply.c and request.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/metric.h"
#include "base/runq.h"
#include "intake/conn.h"
#include "rig.h"

#define HEAD_MS   1000
#define BODY_MS   2000
#define IDLE_MS   4000
#define STALL_MS  500
#define WRITE_MS  1800
#define LINGER_MS 300

static struct rig rig;

static int setup(void **state)
{
	struct intake_config config = {0};

	(void)state;
	intake_config_defaults(&config);
	config.head_ms = HEAD_MS;
	config.body_ms = BODY_MS;
	config.idle_ms = IDLE_MS;
	config.write_stall_ms = STALL_MS;
	config.write_ms = WRITE_MS;
	config.linger_ms = LINGER_MS;
	rig_open(&rig, &config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

#define BODY_HEAD RIG_POST("/echo") "Content-Length: 4\r\n\r\n"

static void a_head_has_one_deadline(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_send(&rig, fd, "GET ");
	rig_advance(&rig, HEAD_MS - 1);
	rig_send(&rig, fd, "/");
	assert_int_equal(rig_status(&rig, fd), 0);
	rig_advance(&rig, 1);
	assert_int_equal(rig_status(&rig, fd), 408);
	assert_non_null(strstr(rig_text(), "Connection: close"));
	assert_int_equal(rig_status(&rig, fd), -1);
	assert_int_equal(intake_connections(rig.intake), 1); /* it lingers */
	rig_advance(&rig, LINGER_MS);
	assert_int_equal(intake_connections(rig.intake), 0);
	(void)close(fd);
}

static void who_says_nothing_is_told_nothing(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_advance(&rig, HEAD_MS);
	assert_int_equal(rig_status(&rig, fd), -1);
	assert_int_equal(intake_connections(rig.intake), 0);
	(void)close(fd);
}

static void a_body_has_one_deadline(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_advance(&rig, HEAD_MS - 1);
	rig_send(&rig, fd, BODY_HEAD "{");
	rig_advance(&rig, BODY_MS - 1);
	rig_send(&rig, fd, " ");
	assert_int_equal(rig_status(&rig, fd), 0);
	rig_advance(&rig, 1);
	assert_int_equal(rig_status(&rig, fd), 408);
	assert_int_equal(rig_status(&rig, fd), -1);
	(void)close(fd);
}

static void idle_counts_from_the_answer(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_ask(&rig, fd, RIG_GET), 200);
		rig_advance(&rig, IDLE_MS - 1);
		assert_int_equal(rig_status(&rig, fd), 0);
	}
	rig_advance(&rig, 1);
	assert_int_equal(rig_status(&rig, fd), -1);
	(void)close(fd);
}

static void a_handler_has_no_deadline(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	assert_int_equal(rig_ask(&rig, fd, RIG_POST("/held") "\r\n"), 0);
	rig_advance(&rig, 1000000);
	assert_int_equal(rig_status(&rig, fd), 0);
	rig_release(&rig);
	assert_int_equal(rig_status(&rig, fd), 200);
	(void)close(fd);
}

/* Asks for more than the kernel holds and reads `bytes` each `step_ms`; how long it is let. */
static int64_t read_slowly(size_t bytes, int64_t step_ms)
{
	AUTO(free) char *sink = xcalloc(1, bytes + 1);
	int fd = rig_connect(&rig, 1);
	int64_t passed = 0;

	rig_send(&rig, fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	while (intake_connections(rig.intake) > 0 && passed < 100 * WRITE_MS) {
		for (size_t got = 0; got < bytes;) {
			ssize_t n = recv(fd, sink, bytes - got, 0);

			got += n > 0 ? (size_t)n : 0;
			rig_turn(&rig);
		}
		rig_advance(&rig, step_ms);
		passed += step_ms;
	}
	(void)close(fd);
	return passed;
}

static void who_does_not_read_is_cut(void **state)
{
	(void)state;
	/* the first look sees what the kernel took at once */
	assert_int_equal(read_slowly(0, 100), 2 * STALL_MS);
	/* taking a little is enough for a while, but the whole answer has its end */
	assert_int_equal(read_slowly(65536, 100), WRITE_MS);
}

static void one_request_at_a_time(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_send(&rig, fd, RIG_POST("/held") "\r\n" RIG_POST("/held") "\r\n" RIG_GET);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig.held_count, 1);
		assert_int_equal(rig_status(&rig, fd), 0);
		rig_release(&rig);
		assert_int_equal(rig_status(&rig, fd), 200);
	}
	assert_int_equal(rig_status(&rig, fd), 200);
	assert_int_equal(rig_status(&rig, fd), 0);
	(void)close(fd);
}

static void a_half_closed_peer_gets_its_answers(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_send(&rig, fd, RIG_POST("/held") "\r\n" RIG_GET);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	rig_turn(&rig);
	rig_release(&rig);
	assert_int_equal(rig_status(&rig, fd), 200);
	assert_int_equal(rig_status(&rig, fd), 200);
	assert_int_equal(rig_status(&rig, fd), -1);
	assert_int_equal(intake_connections(rig.intake), 0);
	(void)close(fd);
}

static void a_request_outlives_its_connection(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_send(&rig, fd, RIG_POST("/held") "\r\n");
	(void)close(fd);
	rig_turn(&rig);
	rig_release(&rig); /* writes into a socket nobody reads */
	rig_turn(&rig);
	assert_true(intake_is_idle(rig.intake));

	fd = rig_connect(&rig, 1);
	rig_send(&rig, fd, RIG_POST("/held") "\r\n");
	conn_close_all(rig.intake);
	assert_false(intake_is_idle(rig.intake));
	rig_release(&rig);
	assert_true(intake_is_idle(rig.intake));
	(void)close(fd);
}

static void a_request_outlives_the_intake(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	rig_send(&rig, fd, RIG_POST("/held") "\r\n");
	assert_int_equal(rig.held_count, 1);
	intake_destroy(&rig.intake);
	rig_release(&rig); /* teardown finds no intake */
	(void)close(fd);
}

static void guests_go_in_the_order_they_waited(void **state)
{
	const struct peer newcomer = {.key = {4, 2}};
	struct peer local;
	int fds[5];

	(void)state;
	peer_of_uid(1000, &local);
	fds[0] = rig_connect_as(&rig, &local);
	fds[1] = rig_connect(&rig, 1);
	fds[2] = rig_connect(&rig, 2);
	fds[3] = rig_connect(&rig, 2);
	fds[4] = rig_connect(&rig, 1);
	/* bytes do not make a guest younger, a whole request does; a known caller is none */
	rig_send(&rig, fds[1], "GET");
	assert_int_equal(rig_ask(&rig, fds[2], RIG_GET), 200);
	assert_int_equal(rig_ask(&rig, fds[4], BODY_HEAD "null"), 200);
	assert_true(conn_evict_guest(rig.intake, PLACES_TCP_FULL, &newcomer));
	assert_int_equal(rig_status(&rig, fds[1]), -1);
	assert_true(conn_evict_guest(rig.intake, PLACES_ADDRESS_FULL, &newcomer));
	assert_int_equal(rig_status(&rig, fds[3]), -1);
	assert_true(conn_evict_guest(rig.intake, PLACES_FULL, &newcomer));
	assert_int_equal(rig_status(&rig, fds[0]), -1);
	assert_true(conn_evict_guest(rig.intake, PLACES_ADDRESS_FULL, &newcomer));
	assert_int_equal(rig_status(&rig, fds[2]), -1);
	assert_false(conn_evict_guest(rig.intake, PLACES_ADDRESS_FULL, &newcomer));
	assert_false(conn_evict_guest(rig.intake, PLACES_FULL, &newcomer));
	assert_int_equal(rig_status(&rig, fds[4]), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		(void)close(fds[i]);
	}
}

static void a_refusal_is_read_before_the_end(void **state)
{
	int fd = rig_connect(&rig, 1);

	(void)state;
	assert_int_equal(rig_ask(&rig, fd, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" RIG_GET), 501);
	rig_send(&rig, fd, RIG_GET); /* thrown away, without a reset */
	assert_int_equal(rig_status(&rig, fd), -1);
	assert_int_equal(intake_connections(rig.intake), 1);
	(void)close(fd);
	rig_turn(&rig);
	assert_int_equal(intake_connections(rig.intake), 0);
}

static void draining_answers_first(void **state)
{
	int idle = rig_connect(&rig, 1);
	int fresh = rig_connect(&rig, 1);
	int held = rig_connect(&rig, 1);

	(void)state;
	assert_int_equal(rig_ask(&rig, idle, RIG_GET), 200);
	rig_send(&rig, held, RIG_POST("/held") "\r\n");
	intake_drain(rig.intake);
	assert_int_equal(rig_status(&rig, idle), -1);
	assert_int_equal(rig_status(&rig, fresh), -1);
	assert_false(intake_is_idle(rig.intake));
	rig_release(&rig);
	assert_int_equal(rig_status(&rig, held), 200);
	assert_non_null(strstr(rig_text(), "Connection: close"));
	(void)close(held);
	rig_turn(&rig);
	assert_true(intake_is_idle(rig.intake));
	(void)close(idle);
	(void)close(fresh);
}

static void no_deadline_is_left_behind(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		int fd = rig_connect(&rig, 1);

		assert_int_equal(rig_ask(&rig, fd, RIG_GET), 200);
		(void)close(fd);
		rig_turn(&rig);
	}
	assert_int_equal(runq_count(loop_runq(rig.loop)), 0);
	assert_int_equal(places_taken(rig.intake->places), 0);
}

/* What libevent calls directly is measured too: a request, its answer, the end. */
static void each_turn_is_measured(void **state)
{
	const struct metric *lag = metric_histogram("astrad_loop_lag_seconds", NULL, "");
	int64_t before = metric_value(lag);
	int fd = rig_connect(&rig, 1);
	int64_t asked;

	(void)state;
	assert_int_equal(rig_ask(&rig, fd, RIG_GET), 200);
	asked = metric_value(lag);
	assert_true(asked > before);
	(void)close(fd);
	rig_turn(&rig);
	assert_true(metric_value(lag) > asked);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_head_has_one_deadline),
		TEST(each_turn_is_measured),
		TEST(who_says_nothing_is_told_nothing),
		TEST(a_body_has_one_deadline),
		TEST(idle_counts_from_the_answer),
		TEST(a_handler_has_no_deadline),
		TEST(who_does_not_read_is_cut),
		TEST(one_request_at_a_time),
		TEST(a_half_closed_peer_gets_its_answers),
		TEST(a_request_outlives_its_connection),
		TEST(a_request_outlives_the_intake),
		TEST(guests_go_in_the_order_they_waited),
		TEST(a_refusal_is_read_before_the_end),
		TEST(draining_answers_first),
		TEST(no_deadline_is_left_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
