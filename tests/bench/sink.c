/*
 * The other end of deliveries: answers every request with 200 and counts. What it counted is asked
 * for by "GET /count": {"count":N,"first_ns":T,"last_ns":T} on the monotonic clock since the last
 * time it was asked by "GET /reset".
 *
 *	bench_sink        prints its port
 */
#include <arpa/inet.h>
#include <errno.h>
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

struct peer {
	int fd;
	size_t got;
	char in[16384];
};

static uint64_t count;
static int64_t first_ns, last_ns;

static int64_t now_ns(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void answer(const struct peer *peer, const char *body)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n%s",
			   strlen(body), body);

	(void)send(peer->fd, text, (size_t)len, MSG_NOSIGNAL); /* who has gone needs no answer */
}

static void note_delivery(const struct peer *peer)
{
	last_ns = now_ns();
	first_ns = count++ == 0 ? last_ns : first_ns;
	answer(peer, "");
}

static void tell(const struct peer *peer)
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"count\":%llu,\"first_ns\":%lld,\"last_ns\":%lld}",
		       (unsigned long long)count, (long long)first_ns, (long long)last_ns);
	if (strncmp(peer->in, "GET /reset", 10) == 0) {
		count = 0;
	}
	answer(peer, body);
}

/* Takes one whole request off the front. */
static bool take(struct peer *peer)
{
	const char *end = strstr(peer->in, "\r\n\r\n");
	const char *length;
	size_t len;

	if (end == NULL) {
		return false;
	}
	length = strcasestr(peer->in, "\r\ncontent-length:");
	len = (size_t)(end + 4 - peer->in);
	len += length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
	if (peer->got < len) {
		return false;
	}
	if (peer->in[0] == 'G') {
		tell(peer);
	} else {
		note_delivery(peer);
	}
	peer->got -= len;
	memmove(peer->in, peer->in + len, peer->got + 1);
	return true;
}

static void on_bytes(struct peer *peer)
{
	ssize_t n = read(peer->fd, peer->in + peer->got, sizeof(peer->in) - 1 - peer->got);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN) {
			(void)close(peer->fd);
			free(peer);
		}
		return;
	}
	peer->got += (size_t)n;
	peer->in[peer->got] = '\0';
	while (take(peer)) {
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

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	struct epoll_event events[256];
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(listener, 4096) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
		return 1;
	}
	(void)printf("%d\n", ntohs(at.sin_port));
	(void)fflush(stdout);
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL) {
				accept_all(listener, epoll);
			} else {
				on_bytes(events[i].data.ptr);
			}
		}
	}
}
