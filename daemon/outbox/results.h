/* Private to the outbox: what came of each send, and what was not sent, on its way into the store.
 */
#ifndef ASTRAD_OUTBOX_RESULTS_H
#define ASTRAD_OUTBOX_RESULTS_H

#include "outbox/outbox_private.h"

void results_init(struct outbox *outbox);
/* An attempt ended. The flight is in no list. */
void results_take(struct flight *flight, const struct channel_result *result);
/* Submits what was given back, in the next turn. */
void results_soon(struct outbox *outbox);
/* Submits everything now. */
void results_flush(struct outbox *outbox);
/* Frees what was never committed: only when the store is gone. */
void results_finish(struct outbox *outbox);

#endif
