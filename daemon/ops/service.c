/*
 * sd_notify and the watchdog. The watchdog's feeding is a run queue item at half its period: it
 * runs only when the loop turns and its timers fire, which is what it is to prove.
 */
#include "ops/service.h"

#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/alloc.h"
#include "base/runq.h"

struct service {
	struct loop *loop;
	struct runq_item watchdog;
	int64_t period_ms; /* 0 = no watchdog */
};

static void feed(void *arg)
{
	struct service *service = arg;

	(void)sd_notify(0, "WATCHDOG=1"); /* not told: the manager kills us, which is right */
	runq_schedule_in(loop_runq(service->loop), &service->watchdog, service->period_ms);
}

struct service *service_create(struct loop *loop)
{
	struct service *service = xcalloc(1, sizeof(*service));
	uint64_t usec = 0;

	service->loop = loop;
	runq_item_init(&service->watchdog, feed, service);
	if (sd_watchdog_enabled(0, &usec) > 0) {
		service->period_ms = (int64_t)(usec / 2000);
	}
	return service;
}

void service_destroy(struct service **service)
{
	struct service *gone = take_ptr(service);

	if (gone != NULL) {
		runq_cancel(loop_runq(gone->loop), &gone->watchdog);
		free(gone);
	}
}

void service_ready(struct service *service, const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
	if (service->period_ms > 0 && !runq_is_scheduled(&service->watchdog)) {
		feed(service);
	}
}

void service_reloading(struct service *service)
{
	(void)service; /* the manager knows us by our process */
	(void)sd_notify(0, "RELOADING=1");
}

void service_stopping(struct service *service, const char *status)
{
	(void)service; /* the manager knows us by our process */
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=%s", status);
}

void service_status(struct service *service, const char *status)
{
	(void)service; /* the manager knows us by our process */
	(void)sd_notifyf(0, "STATUS=%s", status);
}
