/*
 * The bare baseline of intake: what these parts can do on this machine with nothing around them.
 *One epoll loop, Jansson parses the body once, one thread commits reports to SQLite (WAL,
 *synchronous=FULL) in groups, the answer comes after the commit. No authentication, validation,
 *sealing, audit, idempotency, log, or limits.
 *
 *	bench_bare_intake DATABASE        prints its port
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	struct peer *next;
	int fd;
	size_t got;
	size_t body_at, body_len;
	char in[8192];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct peer *waiting, *done;
static int done_fd;
static sqlite3 *db;

static void must(int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE) {
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static struct peer *take(struct peer **list)
{
	struct peer *all;

	(void)pthread_mutex_lock(&lock);
	while (list == &waiting && *list == NULL) {
		(void)pthread_cond_wait(&wake, &lock);
	}
	all = *list;
	*list = NULL;
	(void)pthread_mutex_unlock(&lock);
	return all;
}

static void give(struct peer **list, struct peer *first, struct peer *last)
{
	(void)pthread_mutex_lock(&lock);
	last->next = *list;
	*list = first;
	(void)pthread_mutex_unlock(&lock);
}

static void *commit(void *arg)
{
	const uint64_t one = 1;
	sqlite3_stmt *insert;

	(void)arg;
	must(sqlite3_prepare_v2(db, "INSERT INTO report (body) VALUES (?1)", -1, &insert, NULL));
	for (;;) {
		struct peer *batch = take(&waiting);
		struct peer *last = batch;

		must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		for (struct peer *peer = batch; peer != NULL; peer = peer->next) {
			must(sqlite3_bind_blob(insert, 1, peer->in + peer->body_at,
					       (int)peer->body_len, SQLITE_STATIC));
			must(sqlite3_step(insert));
			must(sqlite3_reset(insert));
			last = peer;
		}
		must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
		give(&done, batch, last);
		if (write(done_fd, &one, sizeof(one)) < 0) {
			exit(1);
		}
	}
	return NULL;
}

/* True when a whole request is there; then its body's place is known. */
static bool is_whole(struct peer *peer)
{
	const char *end = strstr(peer->in, "\r\n\r\n");
	const char *length = strcasestr(peer->in, "\r\ncontent-length:");

	if (end == NULL || length == NULL) {
		return false;
	}
	peer->body_at = (size_t)(end + 4 - peer->in);
	peer->body_len = strtoul(length + 17, NULL, 10);
	return peer->got >= peer->body_at + peer->body_len;
}

static void on_bytes(struct peer *peer)
{
	ssize_t n = read(peer->fd, peer->in + peer->got, sizeof(peer->in) - 1 - peer->got);
	json_t *json;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN) {
			(void)close(peer->fd); /* its memory stays: a commit may still hold it */
		}
		return;
	}
	peer->got += (size_t)n;
	peer->in[peer->got] = '\0';
	if (!is_whole(peer)) {
		return;
	}
	json = json_loadb(peer->in + peer->body_at, peer->body_len, 0, NULL);
	if (json == NULL) {
		exit(1);
	}
	json_decref(json);
	give(&waiting, peer, peer);
	(void)pthread_cond_signal(&wake);
}

static void answer_all(void)
{
	static const char text[] = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
				   "content-length: 2\r\n\r\n{}";
	struct peer *next;
	uint64_t total;

	if (read(done_fd, &total, sizeof(total)) < 0) {
		return;
	}
	for (struct peer *peer = take(&done); peer != NULL; peer = next) {
		next = peer->next;
		peer->got = 0;
		if (write(peer->fd, text, sizeof(text) - 1) < 0) {
			continue; /* the load has gone */
		}
	}
}

static void accept_all(int listener, int epoll)
{
	int one = 1;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *peer = calloc(1, sizeof(*peer));
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};

		peer->fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

static int listen_any(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
		exit(1);
	}
	(void)printf("%d\n", ntohs(at.sin_port));
	(void)fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event events[256];
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener;
	pthread_t thread;

	if (argc != 2) {
		return 2;
	}
	must(sqlite3_open(argv[1], &db));
	must(sqlite3_exec(db,
			  "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			  "CREATE TABLE report (id INTEGER PRIMARY KEY, body BLOB)",
			  NULL, NULL, NULL));
	done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	(void)pthread_create(&thread, NULL, commit, NULL);
	listener = listen_any();
	event.data.ptr = NULL;
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	event.data.ptr = &done_fd;
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, done_fd, &event);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL) {
				accept_all(listener, epoll);
			} else if (events[i].data.ptr == &done_fd) {
				answer_all();
			} else {
				on_bytes(events[i].data.ptr);
			}
		}
	}
}
