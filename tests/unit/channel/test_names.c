/*
 * Name servers that do not answer. This program's own getaddrinfo stands in for libc's, libcurl's
 * resolver threads included: names under .hang wait until the test lets them go, names under .here
 * are 127.0.0.1. Covers the look-up side of http.c, and that the loop never waits for a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/limits.h"
#include "channel/http.h"

#define ROUNDS 5 /* a busy machine may take the processor away from one of them */

typedef int resolve_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_open; /* names under .hang are answered */
	int hanging;
	int most_hanging;
	int asked; /* of .here */
} names = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static void hang(void)
{
	pthread_mutex_lock(&names.lock);
	names.hanging++;
	names.most_hanging =
		names.hanging > names.most_hanging ? names.hanging : names.most_hanging;
	while (!names.is_open) {
		pthread_cond_wait(&names.changed, &names.lock);
	}
	names.hanging--;
	pthread_cond_broadcast(&names.changed);
	pthread_mutex_unlock(&names.lock);
}

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **result)
{
	union {
		void *symbol;
		resolve_fn *fn;
	} real = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};

	if (node != NULL && ends_with(node, ".hang")) {
		hang();
		return EAI_AGAIN;
	}
	if (node != NULL && ends_with(node, ".here")) {
		pthread_mutex_lock(&names.lock);
		names.asked++;
		pthread_mutex_unlock(&names.lock);
		node = "127.0.0.1";
	}
	return real.fn(node, service, hints, result);
}

static void let_go(void)
{
	pthread_mutex_lock(&names.lock);
	names.is_open = true;
	pthread_cond_broadcast(&names.changed);
	while (names.hanging > 0) {
		pthread_cond_wait(&names.changed, &names.lock);
	}
	names.is_open = false;
	names.most_hanging = 0;
	pthread_mutex_unlock(&names.lock);
}

static int most_hanging(void)
{
	pthread_mutex_lock(&names.lock);
	int most = names.most_hanging;
	pthread_mutex_unlock(&names.lock);
	return most;
}

/* --- a server that answers every request with 204 --- */

struct server {
	struct loop *loop;
	struct loop_fd *watch;
	struct loop_fd *clients[64];
	size_t client_count;
	int fd;
	int port;
};

static void on_request(int fd, int what, void *arg)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
	struct loop_fd **watch = arg;
	char bytes[4096];

	(void)what;
	if (read(fd, bytes, sizeof(bytes)) > 0) {
		assert_int_equal(write(fd, answer, sizeof(answer) - 1), sizeof(answer) - 1);
	}
	loop_fd_destroy(watch);
	close(fd);
}

static void on_client(int fd, int what, void *arg)
{
	struct server *server = arg;
	struct loop_fd **place = &server->clients[server->client_count++ % 64];
	int client = accept(fd, NULL, NULL);

	(void)what;
	assert_true(client >= 0);
	*place = loop_fd_create(server->loop, client, LOOP_READ, on_request, place);
}

static void server_open(struct server *server, struct loop *loop)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->loop = loop;
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server->fd, 64), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
	server->port = ntohs(address.sin_port);
	server->watch = loop_fd_create(loop, server->fd, LOOP_READ, on_client, server);
}

static void server_close(struct server *server)
{
	loop_fd_destroy(&server->watch);
	close(server->fd);
}

/* --- the client --- */

struct rig {
	struct loop *loop;
	struct http *http;
	struct server server;
	int answers;
	int delivered;
	int failed; /* ASTRAD_RETRY */
	char error[64];
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->loop = loop_create(clock_system(), NULL);
	rig->http = http_create(rig->loop, NULL);
	assert_true(http_allow_ranges(rig->http, "127.0.0.0/8", NULL));
	server_open(&rig->server, rig->loop);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	let_go();
	http_destroy(&rig->http);
	server_close(&rig->server);
	loop_destroy(&rig->loop);
	free(rig);
	return 0;
}

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	struct rig *rig = arg;

	rig->answers++;
	rig->delivered += answer->outcome == 0 && answer->status == 204;
	rig->failed += answer->outcome == ASTRAD_RETRY;
	snprintf(rig->error, sizeof(rig->error), "%s", answer->error);
	loop_quit(rig->loop);
}

static struct http_call *ask(struct rig *rig, const char *host, int64_t connect_ms)
{
	char url[96];
	const struct astrad_http_request request = {
		.method = "POST",
		.url = url,
		.body = {"{}", 2},
		.allow_http = 1,
		.connect_timeout_ms = connect_ms,
		.total_timeout_ms = 10000,
	};

	snprintf(url, sizeof(url), "http://%s:%d/", host, rig->server.port);
	return http_start(rig->http, &request, on_answer, rig);
}

static void await_answers(struct rig *rig, int count)
{
	while (rig->answers < count) {
		loop_run(rig->loop);
	}
}

/* --- tests --- */

static void time_out_of_a_name_never_stops_the_loop(void **state)
{
	struct rig *rig = *state;
	int64_t least_lag_ms = INT64_MAX;

	for (int i = 0; i < ROUNDS && least_lag_ms >= LIMIT_LOOP_LAG_MS; i++) {
		char host[32];

		snprintf(host, sizeof(host), "round%d.hang", i);
		(void)loop_take_max_lag_ms(rig->loop);
		(void)ask(rig, host, 100);
		await_answers(rig, i + 1);
		assert_int_equal(rig->failed, i + 1);
		int64_t lag_ms = loop_take_max_lag_ms(rig->loop);
		least_lag_ms = lag_ms < least_lag_ms ? lag_ms : least_lag_ms;
	}
	assert_true(least_lag_ms < LIMIT_LOOP_LAG_MS);
}

static void cancel_does_not_wait_for_a_name(void **state)
{
	struct rig *rig = *state;
	int64_t least_ms = INT64_MAX;

	for (int i = 0; i < ROUNDS && least_ms >= LIMIT_LOOP_LAG_MS; i++) {
		char host[32];

		snprintf(host, sizeof(host), "cancel%d.hang", i);
		struct http_call *call = ask(rig, host, 5000);
		while (most_hanging() == 0) {
			loop_turn(rig->loop);
		}
		int64_t before = clock_boot_ms(clock_system());
		assert_false(http_cancel(call));
		int64_t took_ms = clock_boot_ms(clock_system()) - before;
		least_ms = took_ms < least_ms ? took_ms : least_ms;
	}
	assert_true(least_ms < LIMIT_LOOP_LAG_MS);
	assert_int_equal(http_active(rig->http), 0);
}

/* More hanging hosts than places: each occupies one thread, the others wait and then fail; an
 * address needs no place at all. */
static void only_so_many_names_at_once(void **state)
{
	struct rig *rig = *state;
	const int hosts = LIMIT_PENDING_LOOKUPS + 10;

	for (int i = 0; i < hosts; i++) {
		char host[32];

		snprintf(host, sizeof(host), "many%d.hang", i);
		(void)ask(rig, host, 1500);
	}
	(void)ask(rig, "127.0.0.1", 1500);
	await_answers(rig, 1);
	assert_int_equal(rig->delivered, 1);
	await_answers(rig, hosts + 1);
	assert_int_equal(rig->failed, hosts);
	assert_int_equal(most_hanging(), LIMIT_PENDING_LOOKUPS);
}

static void one_look_up_serves_all_who_ask_for_it(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 20; i++) {
		(void)ask(rig, "same.hang", 300);
	}
	await_answers(rig, 20);
	assert_int_equal(rig->failed, 20);
	assert_int_equal(most_hanging(), 1);

	rig->answers = 0;
	names.asked = 0;
	for (int i = 0; i < 20; i++) {
		(void)ask(rig, "partner.here", 5000);
	}
	await_answers(rig, 20);
	assert_int_equal(rig->delivered, 20);
	assert_int_equal(names.asked, 1);
}

static void who_waits_goes_on_when_a_place_is_free(void **state)
{
	struct rig *rig = *state;
	struct http_call *calls[LIMIT_PENDING_LOOKUPS];

	for (int i = 0; i < LIMIT_PENDING_LOOKUPS; i++) {
		char host[32];

		snprintf(host, sizeof(host), "full%d.hang", i);
		calls[i] = ask(rig, host, 8000);
	}
	(void)ask(rig, "late.here", 8000);
	while (most_hanging() < LIMIT_PENDING_LOOKUPS) {
		loop_turn(rig->loop);
	}
	assert_int_equal(rig->answers, 0);
	assert_false(http_cancel(calls[0]));
	await_answers(rig, 1);
	assert_int_equal(rig->delivered, 1);
	for (int i = 1; i < LIMIT_PENDING_LOOKUPS; i++) {
		assert_false(http_cancel(calls[i]));
	}
}

static void waiting_call_may_be_cancelled(void **state)
{
	struct rig *rig = *state;
	struct http_call *first = ask(rig, "twice.hang", 5000);
	struct http_call *second = ask(rig, "twice.hang", 5000);

	assert_false(http_on_wire(second));
	assert_false(http_cancel(second));
	assert_false(http_cancel(first));
	assert_int_equal(http_active(rig->http), 0);
	assert_int_equal(rig->answers, 0);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(time_out_of_a_name_never_stops_the_loop),
		RIG_TEST(cancel_does_not_wait_for_a_name),
		RIG_TEST(only_so_many_names_at_once),
		RIG_TEST(one_look_up_serves_all_who_ask_for_it),
		RIG_TEST(who_waits_goes_on_when_a_place_is_free),
		RIG_TEST(waiting_call_may_be_cancelled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
