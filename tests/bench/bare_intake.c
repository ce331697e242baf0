/*
 * The bare baseline of intake: what these parts can do on this machine with nothing around them.
 * evhttp on one thread, Jansson parses the body once, one thread commits reports to SQLite (WAL,
 * synchronous=FULL) in groups, the answer comes after the commit. No authentication, validation,
 * sealing, audit, idempotency, log, or limits.
 *
 *	bench_bare_intake DATABASE        prints its port
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct report {
	struct report *next;
	struct evhttp_request *request;
	size_t len;
	char body[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct report *waiting, *done; /* under lock */
static int done_fd;
static sqlite3 *db;

static void must(int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE) {
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static struct report *wait_reports(void)
{
	struct report *batch;

	(void)pthread_mutex_lock(&lock);
	while (waiting == NULL) {
		(void)pthread_cond_wait(&wake, &lock);
	}
	batch = waiting;
	waiting = NULL;
	(void)pthread_mutex_unlock(&lock);
	return batch;
}

static void hand_back(struct report *first, struct report *last)
{
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&lock);
	last->next = done;
	done = first;
	(void)pthread_mutex_unlock(&lock);
	if (write(done_fd, &one, sizeof(one)) < 0) {
		exit(1);
	}
}

static void *commit(void *arg)
{
	sqlite3_stmt *insert;

	(void)arg;
	must(sqlite3_prepare_v2(db, "INSERT INTO report (body) VALUES (?1)", -1, &insert, NULL));
	for (;;) {
		struct report *batch = wait_reports();
		struct report *last = batch;

		must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		for (struct report *report = batch; report != NULL; report = report->next) {
			must(sqlite3_bind_blob(insert, 1, report->body, (int)report->len,
					       SQLITE_STATIC));
			must(sqlite3_step(insert));
			must(sqlite3_reset(insert));
			last = report;
		}
		must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
		hand_back(batch, last);
	}
	return NULL;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(in);
	struct report *report = malloc(sizeof(*report) + len);
	json_t *json;

	(void)arg;
	report->request = request;
	report->len = len;
	if (evbuffer_remove(in, report->body, len) != (int)len) {
		exit(1);
	}
	json = json_loadb(report->body, len, 0, NULL);
	if (json == NULL) {
		exit(1);
	}
	json_decref(json);
	(void)pthread_mutex_lock(&lock);
	report->next = waiting;
	waiting = report;
	(void)pthread_cond_signal(&wake);
	(void)pthread_mutex_unlock(&lock);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct report *report;
	struct report *next;
	uint64_t total;

	(void)what;
	(void)arg;
	if (read(fd, &total, sizeof(total)) < 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	report = done;
	done = NULL;
	(void)pthread_mutex_unlock(&lock);
	for (; report != NULL; report = next) {
		struct evbuffer *answer = evbuffer_new();

		next = report->next;
		(void)evbuffer_add(answer, "{}", 2);
		evhttp_send_reply(report->request, 201, "Created", answer);
		evbuffer_free(answer);
		free(report);
	}
}

static void print_port(struct evhttp_bound_socket *bound)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &len) != 0) {
		exit(1);
	}
	(void)printf("%d\n", ntohs(at.sin_port));
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	pthread_t thread;

	if (argc != 2 || bound == NULL) {
		return 2;
	}
	must(sqlite3_open(argv[1], &db));
	must(sqlite3_exec(db,
			  "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			  "CREATE TABLE report (id INTEGER PRIMARY KEY, body BLOB)",
			  NULL, NULL, NULL));
	done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	(void)pthread_create(&thread, NULL, commit, NULL);
	evhttp_set_gencb(http, on_request, NULL);
	(void)event_add(event_new(base, done_fd, EV_READ | EV_PERSIST, on_done, NULL), NULL);
	print_port(bound);
	return event_base_dispatch(base);
}
