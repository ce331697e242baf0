/*
 * Multi handles on the loop: one a set of trust (see struct http_trust). libcurl tells which
 * descriptors it waits for and when it wants to be called; both become a loop watch and a run queue
 * item.
 *
 * libcurl takes a socket out of the loop after each transfer and puts it back in for the next. Ours
 * stay in (reading) from the time they are connected; that saves two epoll_ctl a request. If the
 * peer closes or talks while no transfer wants the socket, the watch goes, and libcurl finds out
 * when it looks at the connection the next time. Everything else is watched exactly as it says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "channel/http_private.h"

#define IDLE_MS   150000 /* longer than libcurl keeps an idle connection (118 s) */
#define SPARE_MAX 256

static void collect(struct http_trust *trust)
{
	int left = 0;
	for (CURLMsg *message; (message = curl_multi_info_read(trust->multi, &left)) != NULL;) {
		struct http_call *call = NULL;
		if (message->msg == CURLMSG_DONE) {
			CURLcode code = message->data.result;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
			http_finish(call, code);
		}
	}
}

static void on_timer(void *arg)
{
	struct http_trust *trust = arg;
	int running = 0;
	curl_multi_socket_action(trust->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(trust);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	struct http_trust *trust = arg;
	struct runq *runq = loop_runq(trust->http->loop);
	if (timeout_ms < 0) {
		runq_cancel(runq, &trust->timer);
	} else {
		runq_schedule_in(runq, &trust->timer, timeout_ms);
	}
	return 0;
}

static struct http_socket *socket_at(struct http *http, int fd)
{
	size_t place = (size_t)fd;
	if (place >= http->socket_room) {
		size_t room = place + 64;
		http->sockets = xrealloc(http->sockets, room, sizeof(struct http_socket));
		memset(&http->sockets[http->socket_room], 0,
		       (room - http->socket_room) * sizeof(struct http_socket));
		http->socket_room = room;
	}
	return &http->sockets[place];
}

static void on_event(int fd, int what, void *arg)
{
	struct http_trust *trust = arg;
	struct http_socket *sock = socket_at(trust->http, fd);
	if (sock->is_idle) {
		loop_fd_destroy(&sock->watch);
		return;
	}
	int running = 0;
	int mask = ((what & LOOP_READ) != 0 ? CURL_CSELECT_IN : 0) |
		   ((what & LOOP_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
	curl_multi_socket_action(trust->multi, fd, mask, &running);
	collect(trust);
}

/* libcurl's own descriptors (its resolver's wake-up pair) are none. */
static bool is_internet(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       (domain == AF_INET || domain == AF_INET6);
}

static void set_idle(struct http_socket *sock)
{
	sock->is_idle = true;
	if (!sock->is_kept) {
		loop_fd_destroy(&sock->watch);
	} else if (sock->watch != NULL && sock->what != LOOP_READ) {
		sock->what = LOOP_READ;
		loop_fd_set(sock->watch, LOOP_READ);
	}
}

static int set_socket(CURL *curl, curl_socket_t fd, int want, void *arg, void *unused)
{
	(void)curl;
	(void)unused;
	struct http_trust *trust = arg;
	struct http_socket *sock = socket_at(trust->http, fd);
	if (want == CURL_POLL_REMOVE) {
		set_idle(sock);
		return 0;
	}
	int what = ((want & CURL_POLL_IN) != 0 ? LOOP_READ : 0) |
		   ((want & CURL_POLL_OUT) != 0 ? LOOP_WRITE : 0);
	sock->is_idle = false;
	/* Who only listens is connected. Before, libcurl may close the socket without a word. */
	sock->is_kept = sock->is_kept || (what == LOOP_READ && is_internet(fd));
	if (sock->watch == NULL) {
		sock->watch = loop_fd_create(trust->http->loop, fd, what, on_event, trust);
	} else if (sock->what != what) {
		loop_fd_set(sock->watch, what);
	}
	sock->what = what;
	return 0;
}

/* libcurl closed a socket that was not connected yet and opened another with the same number: what
 * it said of the one it may believe to have said of the other. */
void http_trust_opened(struct http_trust *trust, int fd)
{
	struct http_socket *sock = socket_at(trust->http, fd);
	bool was_watched = sock->watch != NULL;
	loop_fd_destroy(&sock->watch);
	sock->is_kept = false;
	if (was_watched) {
		sock->watch = loop_fd_create(trust->http->loop, fd, sock->what, on_event, trust);
	}
}

int http_trust_close(void *trust, curl_socket_t fd)
{
	struct http_socket *sock = socket_at(((struct http_trust *)trust)->http, fd);
	loop_fd_destroy(&sock->watch);
	*sock = (struct http_socket){0};
	return close(fd);
}

static void add_file(struct buf *name, const char *path)
{
	struct stat st;
	buf_add(name, path != NULL ? path : "", path != NULL ? strlen(path) + 1 : 1);
	if (path != NULL && stat(path, &st) == 0) {
		buf_printf(name, "%ju:%ju:%jd.%09ld:%jd", (uintmax_t)st.st_dev,
			   (uintmax_t)st.st_ino, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			   (intmax_t)st.st_size);
	}
}

/* A replaced file is another name, and so new connections. The key stands as its hash. */
static void name_trust(const struct http *http, const struct astrad_http_request *request,
		       struct buf *name)
{
	add_file(name, request->ca != NULL ? request->ca : http->system_ca);
	add_file(name, request->client_certificate);
	if (request->client_key != NULL) {
		uint8_t hash[SECRET_HASH_BYTES];
		char hex[2 * SECRET_HASH_BYTES + 1];
		secret_sha256(request->client_key, strlen(request->client_key), hash);
		secret_hex(hash, sizeof(hash), hex);
		buf_add_text(name, hex);
	}
}

static uint64_t hash_of(const struct buf *name)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (size_t i = 0; i < name->len; i++) {
		hash = (hash ^ (uint8_t)name->data[i]) * 1099511628211u;
	}
	return hash;
}

static void on_idle(void *arg)
{
	struct http_trust *trust = arg;
	if (trust->calls == 0 && trust != trust->http->system) {
		http_trust_destroy(trust);
	}
}

static struct http_trust *trust_create(struct http *http, struct buf *name, uint64_t hash)
{
	struct http_trust *trust = xcalloc(1, sizeof(*trust));
	trust->http = http;
	trust->name = xmemdup(name->data, name->len);
	trust->name_bytes = name->len;
	trust->hash = hash;
	list_init(&trust->spare);
	list_prepend(&http->trusts, &trust->link);
	runq_item_init(&trust->timer, on_timer, trust);
	runq_item_init(&trust->idle, on_idle, trust);
	trust->multi = curl_multi_init();
	if (trust->multi == NULL) {
		abort(); /* out of memory */
	}
	curl_multi_setopt(trust->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(trust->multi, CURLMOPT_SOCKETDATA, trust);
	curl_multi_setopt(trust->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(trust->multi, CURLMOPT_TIMERDATA, trust);
	curl_multi_setopt(trust->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(trust->multi, CURLMOPT_MAXCONNECTS, http->connections_max);
	return trust;
}

/* The one before was of another bundle, which is not trusted any more. */
static void replace_system(struct http *http, struct http_trust *trust)
{
	struct http_trust *before = http->system;
	http->system = trust;
	if (before != NULL && before->calls == 0) {
		http_trust_destroy(before);
	}
}

struct http_trust *http_trust_get(struct http *http, const struct astrad_http_request *request)
{
	AUTO(buf) struct buf name = {0};
	name_trust(http, request, &name);
	uint64_t hash = hash_of(&name);
	LIST_FOR_EACH (node, &http->trusts) {
		struct http_trust *trust = LIST_ENTRY(node, struct http_trust, link);
		if (trust->hash == hash && trust->name_bytes == name.len &&
		    memcmp(trust->name, name.data, name.len) == 0) {
			list_remove(&trust->link);
			list_prepend(&http->trusts, &trust->link);
			return trust;
		}
	}
	struct http_trust *trust = trust_create(http, &name, hash);
	if (request->ca == NULL && request->client_certificate == NULL) {
		replace_system(http, trust);
	}
	return trust;
}

void http_trust_destroy(struct http_trust *trust)
{
	struct runq *runq = loop_runq(trust->http->loop);
	runq_cancel(runq, &trust->timer);
	runq_cancel(runq, &trust->idle);
	for (struct list *node; (node = list_take_first(&trust->spare)) != NULL;) {
		struct http_easy *easy = LIST_ENTRY(node, struct http_easy, link);
		http_easy_destroy(&easy);
	}
	curl_multi_cleanup(trust->multi);
	runq_cancel(runq, &trust->timer); /* closing connections may have set it again */
	list_remove(&trust->link);
	free(trust->name);
	free(trust);
}

struct http_easy *http_trust_take_easy(struct http_trust *trust,
				       const struct astrad_http_request *request)
{
	struct list *node = list_take_first(&trust->spare);
	if (node == NULL) {
		return http_easy_create(trust, request);
	}
	trust->spare_count--;
	return LIST_ENTRY(node, struct http_easy, link);
}

void http_trust_give_easy(struct http_trust *trust, struct http_easy *easy)
{
	curl_easy_setopt(easy->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy->curl, CURLOPT_POSTFIELDS, NULL);
	if (trust->spare_count >= SPARE_MAX) {
		http_easy_destroy(&easy);
		return;
	}
	list_prepend(&trust->spare, &easy->link);
	trust->spare_count++;
}

void http_trust_hold(struct http_trust *trust)
{
	trust->calls++;
	runq_cancel(loop_runq(trust->http->loop), &trust->idle);
}

void http_trust_drop(struct http_trust *trust)
{
	if (--trust->calls == 0) {
		runq_schedule_in(loop_runq(trust->http->loop), &trust->idle, IDLE_MS);
	}
}
