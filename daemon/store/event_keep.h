/* Partner events are not kept for ever: what is long over goes, oldest first. */
#ifndef ASTRAD_STORE_EVENT_KEEP_H
#define ASTRAD_STORE_EVENT_KEEP_H

#include "store/store.h"

/*
 * One page, at most LIMIT_STORE_ROWS: of each partner the events before the first one that is
 * younger than LIMIT_EVENT_KEEP_DAYS or whose alert has not ended. So what is left is gap-free, and
 * nothing that is still in force is forgotten. Who asks for what is gone is told so (410).
 * STORE_KEEPING.
 */
struct store_event_expire_in {
	int64_t now_utc_ms;
};
struct store_event_expire_out {
	int64_t deleted;
};
extern const struct store_op store_event_expire;

#endif
