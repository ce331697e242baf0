/* Private to the outbox: the auditor, and what it tells. */
#ifndef ASTRAD_OUTBOX_WATCH_H
#define ASTRAD_OUTBOX_WATCH_H

#include "outbox/outbox_private.h"

void watch_metrics(struct outbox *outbox); /* registers all */
/* Every ten seconds from now on. */
void watch_start(struct outbox *outbox);
void watch_finish(struct outbox *outbox);
/* Counts held rows by channel; health says so. */
void watch_held(struct outbox *outbox);

#endif
