/*
 * The service manager's side (sd_notify): READY, RELOADING, STOPPING, STATUS, and the watchdog,
 * which is fed only while the loop really turns: a loop that hangs in a callback is killed and
 * started again. Without NOTIFY_SOCKET all of it is nothing.
 */
#ifndef ASTRAD_OPS_SERVICE_H
#define ASTRAD_OPS_SERVICE_H

#include "base/attr.h"
#include "base/loop.h"

struct service;

/* Reads WATCHDOG_USEC; the watchdog starts with service_ready. Borrows the loop. */
struct service *service_create(struct loop *loop) RETURNS_NONNULL;
void service_destroy(struct service **service);
/* status: one line for `systemctl status`. */
void service_ready(struct service *service, const char *status);
void service_reloading(struct service *service);
void service_stopping(struct service *service, const char *status);
void service_status(struct service *service, const char *status);

#endif
