/*
 * The load: CONNECTIONS keep-alive connections, each sends a report, waits for its answer and sends
 *the next, for a number of seconds. Prints one line of JSON: answers a second, latencies, refusals.
 *Every request has an Idempotency-Key of its own.
 *
 *	bench_load PORT TOKEN SECONDS CONNECTIONS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define SAMPLES_MAX     4000000

struct peer {
	int fd;
	int64_t began_ns;
	size_t sent;
	size_t len;
	size_t got;
	char out[4096];
	char in[8192];
};

static struct peer peers[CONNECTIONS_MAX];
static int64_t *samples;
static size_t sample_count;
static size_t refused;
static uint64_t serial;
static const char *token;
static char body[2048];

static int64_t now_ns(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* 1,536 bytes: a real report, its circumstances made long enough. */
static void make_body(void)
{
	static const char head[] =
		"{\"status\":\"exercise\",\"category\":\"lost\",\"source\":\"call\",\"child\":{"
		"\"names\":"
		"[{\"script\":\"Latn\",\"given\":\"Đorđe\",\"family\":\"Živković\"},{\"script\":"
		"\"Cyrl\","
		"\"given\":\"Ђорђе\",\"family\":\"Живковић\"}],\"age\":7,\"sex\":\"male\",\"height_"
		"cm\":124,"
		"\"hair\":\"brown\",\"eyes\":\"blue\",\"clothing\":\"plava jakna, crvena "
		"kapa\"},\"last_seen\":"
		"{\"from\":\"2026-11-23T15:40:00+01:00\",\"to\":\"2026-11-23T16:10:00+01:00\","
		"\"place\":"
		"\"Novi Sad, Dunavski "
		"park\",\"lat\":45.2551,\"lon\":19.8510,\"radius_km\":1},\"reporter\":"
		"{\"name\":\"Vera Živković\",\"phone\":\"+381641234567\",\"relation\":\"mother\"},"
		"\"circumstances\":\"";
	size_t len = sizeof(head) - 1;

	memcpy(body, head, len);
	while (len < 1534) {
		body[len] = len % 9 == 0 ? ' ' : 'a';
		len++;
	}
	memcpy(body + len, "\"}", 3);
}

static void make_request(struct peer *peer)
{
	int n = snprintf(peer->out, sizeof(peer->out),
			 "POST /v1/reports HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer %s\r\n"
			 "content-type: application/json\r\nidempotency-key: \"%d-%llu\"\r\n"
			 "content-length: %zu\r\n\r\n%s",
			 token, getpid(), (unsigned long long)++serial, strlen(body), body);

	peer->len = (size_t)n;
	peer->sent = 0;
	peer->got = 0;
	peer->began_ns = now_ns();
}

static void push(struct peer *peer)
{
	while (peer->sent < peer->len) {
		ssize_t n = write(peer->fd, peer->out + peer->sent, peer->len - peer->sent);

		if (n <= 0) {
			return; /* the answer comes by the same socket: nothing more to watch */
		}
		peer->sent += (size_t)n;
	}
}

/* True when a whole answer is there. */
static bool is_whole(const struct peer *peer)
{
	const char *end = strstr(peer->in, "\r\n\r\n");
	const char *length = strcasestr(peer->in, "\r\ncontent-length:");

	if (end == NULL || length == NULL || length > end) {
		return false;
	}
	return peer->got >= (size_t)(end + 4 - peer->in) + strtoul(length + 17, NULL, 10);
}

static bool pull(struct peer *peer)
{
	ssize_t n = read(peer->fd, peer->in + peer->got, sizeof(peer->in) - 1 - peer->got);

	if (n <= 0) {
		if (n < 0 && errno == EAGAIN) {
			return true;
		}
		(void)fprintf(stderr, "the daemon closed a connection\n");
		return false;
	}
	peer->got += (size_t)n;
	peer->in[peer->got] = '\0';
	if (!is_whole(peer)) {
		return true;
	}
	if (strncmp(peer->in, "HTTP/1.1 201", 12) == 0 && sample_count < SAMPLES_MAX) {
		samples[sample_count++] = now_ns() - peer->began_ns;
	} else {
		refused++;
	}
	make_request(peer);
	push(peer);
	return true;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static double ms_at(double share)
{
	return sample_count == 0
		       ? 0
		       : (double)samples[(size_t)(share * (double)(sample_count - 1))] / 1e6;
}

static bool begin(struct peer *peer, int epoll, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
	int one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(peer->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror("connect");
		return false;
	}
	(void)fcntl(peer->fd, F_SETFL, O_NONBLOCK);
	(void)setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event);
	make_request(peer);
	push(peer);
	return true;
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[256];
	int64_t began, end;
	int count;

	if (argc != 5 || (count = (int)strtol(argv[4], NULL, 10)) < 1 || count > CONNECTIONS_MAX) {
		return 2;
	}
	token = argv[2];
	samples = calloc(SAMPLES_MAX, sizeof(*samples));
	make_body();
	began = now_ns();
	end = began + (int64_t)strtol(argv[3], NULL, 10) * 1000000000;
	for (int i = 0; i < count; i++) {
		if (!begin(&peers[i], epoll, (int)strtol(argv[1], NULL, 10))) {
			return 1;
		}
	}
	while (now_ns() < end) {
		int n = epoll_wait(epoll, events, 256, 100);

		for (int i = 0; i < n; i++) {
			if (!pull(events[i].data.ptr)) {
				return 1;
			}
		}
	}
	qsort(samples, sample_count, sizeof(*samples), compare);
	(void)printf("{\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"refused\":%zu}\n",
		     (double)sample_count / ((double)(now_ns() - began) / 1e9), ms_at(0.5),
		     ms_at(0.99), refused);
	return 0;
}
