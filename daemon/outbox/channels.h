/* Private to the outbox: a channel's run-time state, its fallback, its held rows. */
#ifndef ASTRAD_OUTBOX_CHANNELS_H
#define ASTRAD_OUTBOX_CHANNELS_H

#include "outbox/outbox_private.h"

/* What the store remembers of a channel, at start. */
void channels_restore(struct outbox *outbox, const struct store_channel_state *state);
/* A broadcast for the channel was found: if it is dead, its fallback carries it. */
void channels_arrived(struct lane *lane);
/* A result of the channel was committed. */
void channels_note(struct lane *lane, const struct delivery_verdict *verdict);
/* An answer came; a status that refuses our credentials is told. */
void channels_answered(struct lane *lane, int status);
void channels_finish(struct lane *lane);
/* Operators must hear of it; not more than daily until it is well. */
void channels_page(struct lane *lane, const char *reason);
/* What an operator had to mend goes again, page by page. */
void channels_redrive(struct lane *lane);
/* Calls of the store that failed and wait. */
void channels_again(struct outbox *outbox);

#endif
