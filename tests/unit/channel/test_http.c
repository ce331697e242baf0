/*
 * The HTTP client and names that are slow, wrong or never found. Covers http.c, http_easy.c and
 * http_trust.c. What servers do wrong is tested against real ones in tests/channel.
 *
 * getaddrinfo is this program's own: a name that ends in .hang hangs until the test lets it go, and
 * then is not there; .late hangs the same way and then is this machine. libcurl finds it because
 * the program's symbols come first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "channel/http.h"

#define GUARD_S    30
#define LAG_MS     20
#define LAG_ROUNDS 8
#define CALLS_MAX  64

/* --- the resolver --- */

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int inside; /* look-ups that hang */
	int most_inside;
	int asked;
	bool is_open; /* they may go on */
} resolver = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static void hang(void)
{
	pthread_mutex_lock(&resolver.lock);
	resolver.asked++;
	resolver.inside++;
	if (resolver.inside > resolver.most_inside) {
		resolver.most_inside = resolver.inside;
	}
	pthread_cond_broadcast(&resolver.changed);
	while (!resolver.is_open) {
		pthread_cond_wait(&resolver.changed, &resolver.lock);
	}
	resolver.inside--;
	pthread_cond_broadcast(&resolver.changed);
	pthread_mutex_unlock(&resolver.lock);
}

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
						       const struct addrinfo *hints,
						       struct addrinfo **ret)
{
	union {
		void *symbol;
		getaddrinfo_fn *fn;
	} next = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};

	if (node != NULL && ends_with(node, ".hang")) {
		hang();
		return EAI_NONAME;
	}
	if (node != NULL && ends_with(node, ".late")) {
		hang();
		return next.fn("127.0.0.1", service, hints, ret);
	}
	return next.fn(node, service, hints, ret);
}

static void resolver_shut(void)
{
	pthread_mutex_lock(&resolver.lock);
	resolver.is_open = false;
	resolver.asked = resolver.most_inside = 0;
	pthread_mutex_unlock(&resolver.lock);
}

static void resolver_open(void)
{
	pthread_mutex_lock(&resolver.lock);
	resolver.is_open = true;
	pthread_cond_broadcast(&resolver.changed);
	while (resolver.inside > 0) {
		pthread_cond_wait(&resolver.changed, &resolver.lock);
	}
	pthread_mutex_unlock(&resolver.lock);
}

static int resolver_asked(void)
{
	pthread_mutex_lock(&resolver.lock);
	int asked = resolver.asked;
	pthread_mutex_unlock(&resolver.lock);
	return asked;
}

/* --- the fixture: a client, a small server in the same loop, what was answered --- */

struct fixture {
	struct loop *loop;
	struct http *http;
	int port;
	int listener;
	struct loop_fd *accepting;
	struct peer {
		int fd;
		struct loop_fd *watch;
	} peers[CALLS_MAX];
	int connections;
	int outcomes[CALLS_MAX];
	int statuses[CALLS_MAX];
	int answers;
	int wanted; /* answers to wait for */
	bool is_starting;
};

static void on_peer(int fd, int what, void *arg)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	struct peer *peer = arg;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)what;
	if (n <= 0) {
		loop_fd_destroy(&peer->watch);
		close(fd);
		return;
	}
	assert_int_equal(write(fd, answer, sizeof(answer) - 1), sizeof(answer) - 1);
}

static void on_accept(int fd, int what, void *arg)
{
	struct fixture *fixture = arg;
	struct peer *peer = &fixture->peers[fixture->connections];

	(void)what;
	assert_in_range(fixture->connections, 0, CALLS_MAX - 1);
	peer->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(peer->fd >= 0);
	peer->watch = loop_fd_create(fixture->loop, peer->fd, LOOP_READ, on_peer, peer);
	fixture->connections++;
}

static int set_up(void **state)
{
	static struct fixture fixture;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct error err;

	fixture = (struct fixture){.loop = loop_create(clock_system(), &err)};
	fixture.http = http_create(fixture.loop, &err);
	assert_true(http_allow_ranges(fixture.http, "127.0.0.0/8", &err));
	fixture.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fixture.listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fixture.listener, 64), 0);
	assert_int_equal(getsockname(fixture.listener, (struct sockaddr *)&address, &len), 0);
	fixture.port = ntohs(address.sin_port);
	fixture.accepting =
		loop_fd_create(fixture.loop, fixture.listener, LOOP_READ, on_accept, &fixture);
	resolver_shut();
	alarm(GUARD_S);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	resolver_open();
	http_destroy(&fixture->http);
	for (int i = 0; i < fixture->connections; i++) {
		if (fixture->peers[i].watch != NULL) {
			loop_fd_destroy(&fixture->peers[i].watch);
			close(fixture->peers[i].fd);
		}
	}
	loop_fd_destroy(&fixture->accepting);
	close(fixture->listener);
	loop_destroy(&fixture->loop);
	alarm(0);
	return 0;
}

static struct fixture *current; /* the answer callback's argument is the call's number */

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	size_t number = (size_t)arg;

	assert_false(current->is_starting); /* never from within http_start */
	assert_int_equal(current->outcomes[number], -1);
	current->outcomes[number] = answer->outcome;
	current->statuses[number] = answer->status;
	if (++current->answers == current->wanted) {
		loop_quit(current->loop);
	}
}

static struct http_call *start_request(struct fixture *fixture, size_t number,
				       const struct astrad_http_request *request)
{
	current = fixture;
	fixture->outcomes[number] = -1;
	fixture->is_starting = true;
	struct http_call *call = http_start(fixture->http, request, on_answer, (void *)number);
	fixture->is_starting = false;
	return call;
}

static struct http_call *start(struct fixture *fixture, size_t number, const char *host,
			       int64_t connect_ms)
{
	char url[128];

	snprintf(url, sizeof(url), "http://%s:%d/", host, fixture->port);
	return start_request(fixture, number,
			     &(struct astrad_http_request){.method = "POST",
							   .url = url,
							   .body = {"{}", 2},
							   .allow_http = 1,
							   .connect_timeout_ms = connect_ms,
							   .total_timeout_ms = 10000});
}

static void wait_answers(struct fixture *fixture, int count)
{
	fixture->wanted = count;
	if (fixture->answers < count) {
		loop_run(fixture->loop);
	}
	assert_int_equal(fixture->answers, count);
	fixture->answers = 0;
}

/* Turns until so many look-ups hang, and nothing else is to be done at once. */
static void wait_hanging(struct fixture *fixture, int count)
{
	bool is_there = false;

	while (loop_turn(fixture->loop) || !is_there) {
		struct timespec soon;

		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_sec += soon.tv_nsec > 990000000 ? 1 : 0;
		soon.tv_nsec = (soon.tv_nsec + 1000000) % 1000000000;
		pthread_mutex_lock(&resolver.lock);
		is_there = resolver.inside >= count;
		if (!is_there) {
			(void)pthread_cond_timedwait(&resolver.changed, &resolver.lock, &soon);
		}
		pthread_mutex_unlock(&resolver.lock);
	}
}

/* --- names that hang --- */

/* A turn that waits for a look-up lasts as long as that. One good round of several proves that none
 * does; a bad one may be the machine's load. */
static void hanging_name_never_stops_the_loop(void **state)
{
	struct fixture *fixture = *state;
	int64_t least_ms = INT64_MAX;

	for (int i = 0; i < LAG_ROUNDS && least_ms >= LAG_MS; i++) {
		(void)loop_take_max_lag_ms(fixture->loop);
		start(fixture, 0, "never.hang", 150);
		wait_answers(fixture, 1);
		assert_int_equal(fixture->outcomes[0], ASTRAD_RETRY);
		int64_t lag_ms = loop_take_max_lag_ms(fixture->loop);
		least_ms = lag_ms < least_ms ? lag_ms : least_ms;
	}
	assert_in_range(least_ms, 0, LAG_MS - 1);
	assert_int_equal(http_active(fixture->http), 0);
}

static void others_go_on_meanwhile(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, "never.hang", 5000);
	wait_hanging(fixture, 1);
	for (size_t i = 1; i <= 10; i++) {
		start(fixture, i, "127.0.0.1", 2000);
		wait_answers(fixture, 1);
		assert_int_equal(fixture->statuses[i], 204);
	}
	assert_int_equal(fixture->outcomes[0], -1);
	resolver_open();
	wait_answers(fixture, 1);
	assert_int_equal(fixture->outcomes[0], ASTRAD_RETRY);
}

static void look_ups_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	const int count = LIMIT_PENDING_LOOKUPS + 10;

	for (int i = 0; i < count; i++) {
		char host[32];
		snprintf(host, sizeof(host), "h%d.hang", i);
		start(fixture, (size_t)i, host, 8000);
	}
	wait_hanging(fixture, LIMIT_PENDING_LOOKUPS);
	while (loop_turn(fixture->loop)) {
	}
	assert_int_equal(resolver_asked(), LIMIT_PENDING_LOOKUPS);
	resolver_open();
	wait_answers(fixture, count);
	for (int i = 0; i < count; i++) {
		assert_int_equal(fixture->outcomes[i], ASTRAD_RETRY);
	}
	assert_int_equal(resolver_asked(), count);
	assert_int_equal(resolver.most_inside, LIMIT_PENDING_LOOKUPS);
}

static void one_look_up_a_name(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 5; i++) {
		start(fixture, i, "partner.hang", 5000);
		start(fixture, 5 + i, "partner.late", 5000);
	}
	wait_hanging(fixture, 2);
	while (loop_turn(fixture->loop)) {
	}
	resolver_open();
	wait_answers(fixture, 10);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(fixture->outcomes[i], ASTRAD_RETRY);
		assert_int_equal(fixture->statuses[5 + i], 204);
	}
	assert_int_equal(resolver_asked(), 2);
	start(fixture, 0, "partner.late", 5000);
	wait_answers(fixture, 1);
	assert_int_equal(fixture->statuses[0], 204);
	assert_int_equal(resolver_asked(), 2); /* it is known for a while */
}

static void waiting_call_has_an_end_too(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, 0, "partner.hang", 5000);
	start(fixture, 1, "partner.hang", 100);
	wait_answers(fixture, 1);
	assert_int_equal(fixture->outcomes[1], ASTRAD_RETRY);
	assert_int_equal(fixture->outcomes[0], -1);
	resolver_open();
	wait_answers(fixture, 1);
}

static void cancelled_look_up_makes_way(void **state)
{
	struct fixture *fixture = *state;
	int64_t least_ms = INT64_MAX;

	for (int i = 0; i < LAG_ROUNDS && least_ms >= LAG_MS; i++) {
		struct http_call *first = start(fixture, 0, "partner.late", 5000);
		struct http_call *second = start(fixture, 1, "partner.late", 5000);
		wait_hanging(fixture, 2 * i + 1);
		int64_t before_ms = clock_boot_ms(clock_system());
		assert_false(http_on_wire(first));
		assert_false(http_cancel(first)); /* and does not wait for the thread */
		while (loop_turn(fixture->loop)) {
		}
		int64_t lasted_ms = clock_boot_ms(clock_system()) - before_ms;
		least_ms = lasted_ms < least_ms ? lasted_ms : least_ms;
		wait_hanging(fixture, 2 * i + 2); /* the second asks by itself */
		assert_false(http_cancel(second));
	}
	assert_in_range(least_ms, 0, LAG_MS - 1);
	assert_int_equal(http_active(fixture->http), 0);
	assert_int_equal(fixture->answers, 0);
}

/* Whatever the resolver says: the address counts. */
static void name_of_a_forbidden_address(void **state)
{
	struct fixture *fixture = *state;
	struct error err;

	resolver_open();
	assert_true(http_allow_ranges(fixture->http, "10.0.0.0/8", &err));
	start(fixture, 0, "partner.late", 2000);
	wait_answers(fixture, 1);
	assert_int_equal(fixture->outcomes[0], ASTRAD_SECURITY);
	assert_int_equal(fixture->connections, 0);
	assert_false(http_allow_ranges(fixture->http, "nonsense", &err));
	assert_true(http_allow_ranges(fixture->http, "127.0.0.1", &err));
	start(fixture, 0, "partner.late", 2000);
	wait_answers(fixture, 1);
	assert_int_equal(fixture->statuses[0], 204);
}

/* --- requests --- */

static void bad_request_is_answered_later(void **state)
{
	struct fixture *fixture = *state;
	static const char *const broken[] = {"x: a\r\nwebhook-id: b", NULL};
	const struct {
		struct astrad_http_request request;
		int outcome;
	} rows[] = {
		{{.method = "POST", .url = "http:///"}, ASTRAD_SECURITY},
		{{.method = "POST", .url = "ftp://127.0.0.1/"}, ASTRAD_SECURITY},
		{{.method = "POST", .url = "http://u:p@127.0.0.1/"}, ASTRAD_SECURITY},
		{{.method = "POST", .url = "http://127.0.0.1/", .headers = broken},
		 ASTRAD_SECURITY},
		{{.method = "POST", .url = "https://127.0.0.1/", .client_key = "k"},
		 ASTRAD_SECURITY},
		{{.method = "POST", .url = "https://127.0.0.1/", .ca = "/nowhere.pem"},
		 ASTRAD_RETRY}, /* nobody listens there: not a byte was trusted */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct astrad_http_request request = rows[i].request;

		request.body = (struct astrad_bytes){"{}", 2};
		request.allow_http = 1;
		request.connect_timeout_ms = 1000;
		request.total_timeout_ms = 1000;
		start_request(fixture, 0, &request);
		assert_int_equal(http_active(fixture->http), 1);
		wait_answers(fixture, 1);
		assert_int_equal(fixture->outcomes[0], rows[i].outcome);
	}
	assert_int_equal(http_active(fixture->http), 0);
}

static void clear_text_needs_leave(void **state)
{
	struct fixture *fixture = *state;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", fixture->port);
	start_request(fixture, 0,
		      &(struct astrad_http_request){.method = "POST",
						    .url = url,
						    .connect_timeout_ms = 1000,
						    .total_timeout_ms = 1000});
	wait_answers(fixture, 1);
	assert_int_equal(fixture->outcomes[0], ASTRAD_SECURITY);
	assert_int_equal(fixture->connections, 0);
}

/* A handle that was a POST is a GET the next time, and back. */
static void nothing_of_a_call_is_left_over(void **state)
{
	struct fixture *fixture = *state;
	static const char *const methods[] = {"POST", "GET", "PUT", "GET", "POST"};
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", fixture->port);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		bool has_body = strcmp(methods[i], "GET") != 0;
		start_request(fixture, i,
			      &(struct astrad_http_request){
				      .method = methods[i],
				      .url = url,
				      .body = {has_body ? "{}" : NULL, has_body ? 2 : 0},
				      .allow_http = 1,
				      .connect_timeout_ms = 1000,
				      .total_timeout_ms = 5000});
		wait_answers(fixture, 1);
		assert_int_equal(fixture->statuses[i], 204);
	}
	assert_int_equal(fixture->connections, 1);
}

/* libcurl 7.88 would share a connection between two client keys. */
static void trust_sets_share_no_connection(void **state)
{
	struct fixture *fixture = *state;
	static const char *const files[] = {NULL, "/a.pem", "/b.pem", "/a.pem", NULL};
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", fixture->port);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		start_request(fixture, i,
			      &(struct astrad_http_request){.method = "POST",
							    .url = url,
							    .ca = files[i],
							    .body = {"{}", 2},
							    .allow_http = 1,
							    .connect_timeout_ms = 1000,
							    .total_timeout_ms = 5000});
		wait_answers(fixture, 1);
		assert_int_equal(fixture->statuses[i], 204);
	}
	assert_int_equal(fixture->connections, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hanging_name_never_stops_the_loop),
		TEST(others_go_on_meanwhile),
		TEST(look_ups_are_bounded),
		TEST(one_look_up_a_name),
		TEST(waiting_call_has_an_end_too),
		TEST(cancelled_look_up_makes_way),
		TEST(name_of_a_forbidden_address),
		TEST(bad_request_is_answered_later),
		TEST(clear_text_needs_leave),
		TEST(nothing_of_a_call_is_left_over),
		TEST(trust_sets_share_no_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
