/*
 * libevent behind the loop, for intake's bufferevents and channel's curl glue only (include law).
 * libevent's own timers run on the machine's clock and stop in suspend: deadlines go to the run
 * queue.
 */
#ifndef ASTRAD_BASE_LOOP_NATIVE_H
#define ASTRAD_BASE_LOOP_NATIVE_H

#include "base/loop.h"

struct event_base;

/* Borrowed; lives as long as the loop. */
struct event_base *loop_native(struct loop *loop) RETURNS_NONNULL;
/* To be called first in a callback that libevent calls directly, so that its time is measured. */
void loop_native_enter(struct loop *loop);

#endif
