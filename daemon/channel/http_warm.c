/*
 * http_warm: makes libcurl parse the system's authorities before anybody needs them. libcurl has no
 * call for that: it parses them when a connection's TLS handshake begins, and keeps them for the
 * multi handle (http_trust.c keeps that one). So a handshake begins with a socket of our own that
 * listens on loopback, and is given up when its first bytes have come, which is after the parsing.
 * Nothing leaves this machine.
 *
 * It waits for that here, and not in the loop: the parsing is one piece and longer than a turn may
 * be.
 */
#include "channel/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/http_private.h"

#define GIVE_UP_MS 1000
#define LOOK_MS    10

/* The port; 0 = there is none to be had. */
static int listen_mute(int fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0 &&
	    listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
		return ntohs(address.sin_port);
	}
	return 0; /* then the first handshake takes the time */
}

static bool is_greeted(int listener, int *peer)
{
	char byte;
	if (*peer < 0) {
		*peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	return *peer >= 0 && recv(*peer, &byte, 1, MSG_PEEK) > 0;
}

/* Until the handshake has begun, or libcurl gave up by its own clock. */
static void drive(CURLM *multi, int listener)
{
	int running = 1;
	int peer = -1;
	curl_multi_perform(multi, &running);
	while (running > 0 && !is_greeted(listener, &peer)) {
		curl_multi_poll(multi, NULL, 0, LOOK_MS, NULL);
		curl_multi_perform(multi, &running);
	}
	if (peer >= 0) {
		close(peer);
	}
}

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	(void)answer;
	(void)arg;
}

static void greet(struct http *http, int listener, int port)
{
	char url[64];
	const struct astrad_http_request request = {
		.method = "GET",
		.url = url,
		.connect_timeout_ms = GIVE_UP_MS,
		.total_timeout_ms = GIVE_UP_MS,
	};
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	http->warming = http_start(http, &request, on_answer, http);
	if (http->warming->state == HTTP_RUNNING) {
		drive(http->warming->trust->multi, listener);
	}
	(void)!http_cancel(http->warming); /* nothing of it can have left */
	http->warming = NULL;
}

void http_warm(struct http *http)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int port = listen_mute(listener);
	if (port != 0) {
		greet(http, listener, port);
	}
	if (listener >= 0) {
		close(listener);
	}
}

bool http_is_warming(const struct http_call *call)
{
	return call == call->http->warming;
}
