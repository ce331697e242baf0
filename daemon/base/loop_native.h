/* libevent behind the loop, for intake's bufferevents and channel's curl glue only (include law).
 */
#ifndef ASTRAD_BASE_LOOP_NATIVE_H
#define ASTRAD_BASE_LOOP_NATIVE_H

#include "base/loop.h"

struct event_base;

struct event_base *
loop_native(struct loop *loop) RETURNS_NONNULL; /* borrowed; lives as long as the loop */

#endif
