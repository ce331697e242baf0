/* Private to the outbox: open broadcasts and what they send. */
#ifndef ASTRAD_OUTBOX_BROADCASTS_H
#define ASTRAD_OUTBOX_BROADCASTS_H

#include "outbox/outbox_private.h"

/* Reads the open broadcasts that are not known yet, from the store. Those that were paused may be
 * asked again. */
void broadcasts_open(struct outbox *outbox);
/* Reads when each channel's rows are due, from the store. */
void broadcasts_date(struct outbox *outbox);
void broadcasts_finish(struct outbox *outbox);
/* Forgets what was decoded for an alert that nobody sends any more. */
void broadcasts_forget(struct outbox *outbox, const struct id *alert);

/* By id, held (give it back with broadcast_release); a row that is not known is being read. */
struct broadcast *broadcast_get(struct outbox *outbox, int64_t id) RETURNS_NONNULL;
void broadcast_hold(struct broadcast *broadcast);
void broadcast_release(struct broadcast *broadcast); /* may free it */

/* Row and body are there. If not, they are being read, and the lane is touched when they are. */
bool broadcast_prepare(struct broadcast *broadcast);
/* A page was claimed: its equals come first now. */
void broadcast_rotate(struct broadcast *broadcast);
/* Every row exists, or none may be made any more. */
void broadcast_end_walk(struct broadcast *broadcast);
/* An end, which goes before everything else. */
bool broadcast_is_end(const struct broadcast *broadcast);
/* The complete body as it is sent. */
void broadcast_splice(const struct broadcast *broadcast, struct buf *out);

#endif
