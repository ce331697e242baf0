/*
 * Listening sockets. Accepting takes a place first: when guests have filled theirs, the guest that
 * has waited longest goes and the newcomer gets in; who gets none is told so (503) over one of a
 * few connections kept for that.
 *
 * Out of descriptors (EMFILE, ENFILE), a TCP listener pauses for PAUSE_MS and leaves its callers in
 * the kernel's queue; the Unix listener spends its reserved descriptor first, so that an admin gets
 * in once more, and takes a new one when there is one again. Owner: the intake. After a crash a
 * stale socket file is left, which the next start finds dead and replaces.
 */
#include "intake/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/util.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/loop_native.h"
#include "base/runq.h"
#include "intake/conn.h"
#include "intake/intake_private.h"
#include "intake/peer.h"
#include "intake/traffic.h"

#define BACKLOG      1024
#define ACCEPT_TURN  64 /* accepted in one turn at most: the loop has other work */
#define PAUSE_MS     250
#define UNPLACED_MAX 64 /* connections that are only told that there is no place */
#define REASON       "descriptors_exhausted"

struct listener {
	struct intake *intake;
	int fd;
	int reserve; /* of the Unix listener; -1 = spent or none */
	struct loop_fd *watch;
	struct runq_item pause;
	char *path; /* of the Unix socket */
	uint16_t port;
};

static void tell_no_place(struct listener *listener, struct bufferevent *transport,
			  const struct peer *peer, const char *why)
{
	struct intake *intake = listener->intake;
	const struct place none = {0};

	traffic_refused(intake->traffic, why);
	if (intake->unplaced >= UNPLACED_MAX) {
		bufferevent_free(transport);
		return;
	}
	conn_refuse(conn_create(intake, transport, peer, &none),
		    &(struct fault){
			    .kind = FAULT_BUSY,
			    .detail = "there are too many connections",
			    .retry_after_s = intake->config.retry_after_s,
		    });
}

/* Owns fd. */
static void take(struct listener *listener, int fd, const struct peer *peer)
{
	struct intake *intake = listener->intake;
	struct bufferevent *transport =
		bufferevent_socket_new(loop_native(intake->deps.loop), fd, BEV_OPT_CLOSE_ON_FREE);
	struct place place = {0};
	enum places_result result;

	if (transport == NULL) {
		(void)close(fd); /* out of memory for one connection: it alone goes */
		return;
	}
	result = places_take(intake->places, &place, peer);
	if (result != PLACES_TAKEN && conn_evict_guest(intake, result, peer)) {
		result = places_take(intake->places, &place, peer);
	}
	if (result != PLACES_TAKEN) {
		tell_no_place(listener, transport, peer,
			      result == PLACES_ADDRESS_FULL ? "address" : "full");
		return;
	}
	(void)conn_create(intake, transport, peer, &place);
}

static void take_fd(struct listener *listener, int fd, const struct sockaddr *address)
{
	struct peer peer;
	struct error err;
	int on = 1;

	if (listener->path == NULL) {
		/* an answer is one write; waiting for more only makes it late */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		peer_of_address(address, &peer);
	} else if (!peer_of_unix(fd, &peer, &err)) {
		log_warning("connection dropped", "error=%s", log_quote(err.text));
		(void)close(fd);
		return;
	}
	take(listener, fd, &peer);
}

static int accept_one(struct listener *listener, struct sockaddr_storage *address)
{
	socklen_t len = sizeof(*address);

	return accept4(listener->fd, (struct sockaddr *)address, &len,
		       SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void open_reserve(struct listener *listener)
{
	if (listener->path != NULL && listener->reserve < 0) {
		listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

static void on_pause_end(void *arg)
{
	struct listener *listener = arg;

	open_reserve(listener);
	loop_fd_set(listener->watch, LOOP_READ);
	health_clear(listener->intake->deps.health, REASON, listener->path);
}

static void pause_accepting(struct listener *listener)
{
	struct intake *intake = listener->intake;
	struct sockaddr_storage address;
	int fd;

	traffic_refused(intake->traffic, "descriptors");
	health_raise(intake->deps.health, HEALTH_DEGRADED, REASON, listener->path,
		     "no descriptor is free: new connections wait");
	if (listener->reserve >= 0) {
		(void)close(listener->reserve);
		listener->reserve = -1;
		fd = accept_one(listener, &address);
		if (fd >= 0) {
			take_fd(listener, fd, (struct sockaddr *)&address);
		}
	}
	loop_fd_set(listener->watch, 0);
	runq_schedule_in(loop_runq(intake->deps.loop), &listener->pause, PAUSE_MS);
}

static void on_acceptable(int listen_fd, int what, void *arg)
{
	struct listener *listener = arg;
	struct sockaddr_storage address;

	(void)listen_fd;
	(void)what;
	for (int i = 0; i < ACCEPT_TURN; i++) {
		int fd = accept_one(listener, &address);

		if (fd >= 0) {
			take_fd(listener, fd, (struct sockaddr *)&address);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			pause_accepting(listener);
			return;
		} else if (errno == EAGAIN) {
			return;
		}
		/* anything else is the fate of that one connection (accept(2)) */
	}
}

/* Owns fd. */
static struct listener *create(struct intake *intake, int fd, const char *path)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->intake = intake;
	listener->fd = fd;
	listener->reserve = -1;
	listener->path = path != NULL ? xstrdup(path) : NULL;
	open_reserve(listener);
	runq_item_init(&listener->pause, on_pause_end, listener);
	listener->watch = loop_fd_create(intake->deps.loop, fd, LOOP_READ, on_acceptable, listener);
	return listener;
}

static bool read_address(const struct intake_address *from, struct sockaddr_storage *ret_address,
			 socklen_t *ret_len, struct error *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(from->port)};
	bool is_loopback = false;

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, from->address, &in.sin_addr) == 1) {
		is_loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
		memcpy(ret_address, &in, sizeof(in));
		*ret_len = sizeof(in);
	} else if (inet_pton(AF_INET6, from->address, &in6.sin6_addr) == 1) {
		is_loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
		memcpy(ret_address, &in6, sizeof(in6));
		*ret_len = sizeof(in6);
	} else {
		return error_set(err, ERROR_INVALID, "%s is not a numeric address", from->address);
	}
	/* settings refuse it first; names and tokens must never go over a wire in the clear */
	if (!is_loopback) {
		return error_set(err, ERROR_INVALID, "%s is not a loopback address", from->address);
	}
	return true;
}

static bool bind_tcp(int fd, const struct sockaddr_storage *address, socklen_t len)
{
	int on = 1;

	if (address->ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) {
		return false;
	}
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)address, len) == 0 && listen(fd, BACKLOG) == 0;
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);
	struct sockaddr_in in;

	/* sin_port and sin6_port stand at the same place */
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		return 0;
	}
	memcpy(&in, &address, sizeof(in));
	return ntohs(in.sin_port);
}

struct listener *listener_open_tcp(struct intake *intake, const struct intake_address *address,
				   struct error *err)
{
	struct sockaddr_storage where;
	struct listener *listener;
	socklen_t len = 0;
	int fd;

	if (!read_address(address, &where, &len, err)) {
		return NULL;
	}
	fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !bind_tcp(fd, &where, len)) {
		(void)error_set(err, ERROR_TEMPORARY, "cannot listen on %s port %u: %s",
				address->address, address->port, strerror(errno));
		if (fd >= 0) {
			(void)close(fd);
		}
		return NULL;
	}
	listener = create(intake, fd, NULL);
	listener->port = bound_port(fd);
	return listener;
}

/* True when somebody answers there. */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_refused;

	if (fd < 0) {
		return true; /* not known: better to refuse the start than to take a live socket */
	}
	is_refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		     (errno == ECONNREFUSED || errno == ENOENT);
	(void)close(fd);
	return !is_refused;
}

static bool bind_unix(int fd, const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode) || is_alive(address)) {
			errno = EADDRINUSE;
			return false;
		}
		(void)unlink(address->sun_path); /* bind tells when it failed */
	}
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
	       chmod(address->sun_path, 0666) == 0 && listen(fd, BACKLOG) == 0;
}

struct listener *listener_open_unix(struct intake *intake, const char *path, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		(void)error_set(err, ERROR_INVALID, "%s is longer than a socket path may be (%zu)",
				path, sizeof(address.sun_path) - 1);
		return NULL;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !bind_unix(fd, &address)) {
		(void)error_set(err, ERROR_TEMPORARY, "cannot listen on %s: %s", path,
				strerror(errno));
		if (fd >= 0) {
			(void)close(fd);
		}
		return NULL;
	}
	return create(intake, fd, path);
}

void listener_close(struct listener **listener)
{
	struct listener *l = *listener;

	if (l == NULL) {
		return;
	}
	loop_fd_destroy(&l->watch);
	runq_cancel(loop_runq(l->intake->deps.loop), &l->pause);
	(void)close(l->fd);
	if (l->reserve >= 0) {
		(void)close(l->reserve);
	}
	if (l->path != NULL) {
		(void)unlink(l->path); /* a file that stays is found dead at the next start */
	}
	free(l->path);
	free(l);
	*listener = NULL;
}

uint16_t listener_port(const struct listener *listener)
{
	return listener->port;
}
