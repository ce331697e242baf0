/* Private to the outbox: stop marks and the sweep. */
#ifndef ASTRAD_OUTBOX_STOPS_H
#define ASTRAD_OUTBOX_STOPS_H

#include "outbox/outbox_private.h"

/* May nothing of the alert leave that was claimed by the ask of this serial? An alert of none is
 * never marked. */
bool stops_blocks(const struct outbox *outbox, const struct id *alert, uint64_t serial);
/* An ask was answered: marks that guard against nothing any more go. */
void stops_review(struct outbox *outbox);
void stops_finish(struct outbox *outbox);

/* Rows and broadcasts of versions that are not current become superseded, page by page. */
void sweep(struct outbox *outbox);

#endif
