/*
 * The service manager's protocol, which is a stable one (sd_notify(3)): datagrams of NAME=VALUE
 * lines to $NOTIFY_SOCKET. libsystemd's own call waits while the manager's queue is full; here the
 * loop would stand for as long as the manager does, so words that do not fit are kept and sent
 * later, in their order.
 *
 * The watchdog's feeding is a run queue item at half its period: it runs only when the loop turns
 * and its timers fire, which is what it is to prove.
 */
#include "ops/service.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/runq.h"

#define AGAIN_MS 200
#define KEPT_MAX 16 /* words that wait; the manager is lost when there are more */
#define WORD_MAX 256
#define WATCHDOG "WATCHDOG=1"

struct service {
	struct loop *loop;
	struct runq_item watchdog;
	struct runq_item again;
	int64_t period_ms; /* of feeding; 0 = no watchdog */
	int fd;            /* -1 = nobody to tell */
	struct sockaddr_un address;
	socklen_t address_len;
	char kept[KEPT_MAX][WORD_MAX]; /* not sent yet, oldest first */
	size_t kept_count;
};

/* --- telling --- */

/* False when the manager's queue is full. */
static bool send_word(const struct service *service, const char *word)
{
	ssize_t n = sendto(service->fd, word, strlen(word), MSG_NOSIGNAL,
			   (const struct sockaddr *)&service->address, service->address_len);

	/* any other failure is one that waiting does not mend */
	return n >= 0 || (errno != EAGAIN && errno != ENOBUFS && errno != EINTR);
}

static void on_again(void *arg)
{
	struct service *service = arg;
	size_t sent = 0;

	while (sent < service->kept_count && send_word(service, service->kept[sent])) {
		sent++;
	}
	service->kept_count -= sent;
	memmove(service->kept, service->kept + sent, service->kept_count * sizeof(*service->kept));
	if (service->kept_count > 0) {
		runq_schedule_in(loop_runq(service->loop), &service->again, AGAIN_MS);
	}
}

static void tell(struct service *service, const char *word)
{
	if (service->fd < 0 || (service->kept_count == 0 && send_word(service, word))) {
		return;
	}
	if (service->kept_count == KEPT_MAX) {
		log_warning("the service manager does not listen, a word is lost", "word=%s",
			    log_quote(word));
		return;
	}
	(void)snprintf(service->kept[service->kept_count++], WORD_MAX, "%s", word);
	if (!runq_is_scheduled(&service->again)) {
		runq_schedule_in(loop_runq(service->loop), &service->again, AGAIN_MS);
	}
}

static void tell_status(struct service *service, const char *state, const char *status)
{
	char word[WORD_MAX];

	(void)snprintf(word, sizeof(word), "%sSTATUS=%s", state, status);
	tell(service, word);
}

static void feed(void *arg)
{
	struct service *service = arg;

	if (service->kept_count == 0) { /* else it waits for words that say more */
		tell(service, WATCHDOG);
	}
	runq_schedule_in(loop_runq(service->loop), &service->watchdog, service->period_ms);
}

/* --- life --- */

/* Feeding at half of WATCHDOG_USEC, if it is meant for this process. */
static int64_t watchdog_period_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid())) {
		return 0;
	}
	return strtoll(usec, NULL, 10) / 2000;
}

/* NOTIFY_SOCKET: a path, or @name in the abstract name space. */
static bool read_address(struct service *service)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path != NULL ? strlen(path) : 0;

	if (len < 2 || len >= sizeof(service->address.sun_path) ||
	    (path[0] != '/' && path[0] != '@')) {
		return false;
	}
	service->address.sun_family = AF_UNIX;
	memcpy(service->address.sun_path, path, len);
	if (path[0] == '@') {
		service->address.sun_path[0] = '\0';
	}
	service->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

struct service *service_create(struct loop *loop)
{
	struct service *service = xcalloc(1, sizeof(*service));

	service->loop = loop;
	service->fd = -1;
	service->period_ms = watchdog_period_ms();
	runq_item_init(&service->watchdog, feed, service);
	runq_item_init(&service->again, on_again, service);
	if (read_address(service)) {
		service->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	return service;
}

void service_destroy(struct service **service)
{
	struct service *gone = take_ptr(service);

	if (gone == NULL) {
		return;
	}
	runq_cancel(loop_runq(gone->loop), &gone->watchdog);
	runq_cancel(loop_runq(gone->loop), &gone->again);
	if (gone->fd >= 0) {
		(void)close(gone->fd);
	}
	free(gone);
}

void service_ready(struct service *service, const char *status)
{
	tell_status(service, "READY=1\n", status);
	if (service->period_ms > 0 && !runq_is_scheduled(&service->watchdog)) {
		feed(service);
	}
}

void service_reloading(struct service *service)
{
	tell(service, "RELOADING=1");
}

void service_stopping(struct service *service, const char *status)
{
	tell_status(service, "STOPPING=1\n", status);
}

void service_status(struct service *service, const char *status)
{
	tell_status(service, "", status);
}
