/* Private to the outbox: lanes by channel name, and when each looks for work. */
#ifndef ASTRAD_OUTBOX_LANE_H
#define ASTRAD_OUTBOX_LANE_H

#include "outbox/outbox_private.h"

struct lane *lane_get(struct outbox *outbox,
		      const char *name) RETURNS_NONNULL; /* made if need be */
struct lane *lane_find(struct outbox *outbox, const char *name);
void lanes_finish(struct outbox *outbox);

/* The channel's present instance, also under the name it has now if it was renamed; NULL = none. */
struct channel_host *lane_host(struct lane *lane);
/* The channel as the files define it; NULL = none. */
const struct channel *lane_channel(struct lane *lane);

/* Hosts and channels are looked up again: the settings, or the channels, changed. */
void lanes_forget(struct outbox *outbox);

/* Something may be claimed: look in the next turn. */
void lane_touch(struct lane *lane);
/* A row is due then. */
void lane_note_due(struct lane *lane, int64_t due_utc_ms);
/* The store refused: look again later. */
void lane_retry(struct lane *lane);
/* Sets the timer to whatever comes first. */
void lane_arm(struct lane *lane);

#endif
