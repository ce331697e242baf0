/*
 * http_warm: makes libcurl parse the system's authorities before anybody needs them. libcurl has no
 * call for that: it parses them when a connection's TLS handshake begins, and keeps them for the
 * multi handle (http_trust.c keeps that one). So a handshake begins with a socket of our own that
 * listens on loopback and never says a word, and is given up. Nothing leaves this machine.
 */
#include "channel/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/http_private.h"

#define GIVE_UP_MS 1000

/* The port; 0 = there is none to be had. */
static int listen_mute(struct http *http)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	http->warm_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (http->warm_fd >= 0 &&
	    bind(http->warm_fd, (const struct sockaddr *)&address, len) == 0 &&
	    listen(http->warm_fd, 1) == 0 &&
	    getsockname(http->warm_fd, (struct sockaddr *)&address, &len) == 0) {
		return ntohs(address.sin_port);
	}
	return 0;
}

static void close_mute(struct http *http)
{
	if (http->warm_fd >= 0) {
		close(http->warm_fd);
		http->warm_fd = -1;
	}
}

static void on_answer(const struct astrad_http_answer *answer, void *arg)
{
	struct http *http = arg;
	(void)answer; /* a time-out */
	http->warming = NULL;
	close_mute(http);
}

void http_warm(struct http *http)
{
	char url[64];
	const struct astrad_http_request request = {
		.method = "GET",
		.url = url,
		.connect_timeout_ms = GIVE_UP_MS,
		.total_timeout_ms = GIVE_UP_MS,
	};
	if (http->warming != NULL) {
		return;
	}
	int port = listen_mute(http);
	if (port == 0) {
		close_mute(http); /* then the first handshake takes the time */
		return;
	}
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	http->warming = http_start(http, &request, on_answer, http);
}

bool http_is_warming(const struct http_call *call)
{
	return call == call->http->warming;
}

void http_warm_finish(struct http *http)
{
	if (http->warming != NULL) {
		(void)!http_cancel(http->warming); /* nothing of it can have left */
		on_answer(NULL, http);
	}
}
