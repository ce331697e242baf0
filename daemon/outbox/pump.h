/* Private to the outbox: which channel claims what next. */
#ifndef ASTRAD_OUTBOX_PUMP_H
#define ASTRAD_OUTBOX_PUMP_H

#include "outbox/outbox_private.h"

/* Looks at the busy lanes in the next turn. */
void pump_soon(struct outbox *outbox);
void pump_finish(struct outbox *outbox);

#endif
