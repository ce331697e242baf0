/*
 * Many deadlines, one timer. An item is embedded in its owner; a binary heap keyed by due time,
 * re-armed for the earliest only. Times are clock_boot_ms milliseconds (see base/clock.h): they
 * never jump. Items due in the same millisecond run in the order they were scheduled.
 */
#ifndef ASTRAD_BASE_RUNQ_H
#define ASTRAD_BASE_RUNQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct runq_item {
	int64_t due_boot_ms;
	uint64_t order;
	size_t slot; /* place in the heap + 1; 0 = not scheduled */
	loop_fn *fn;
	void *arg;
};

struct runq;

/* The loop owns one run queue; it lives as long as the loop. */
struct runq *loop_runq(struct loop *loop) RETURNS_NONNULL;

void runq_item_init(struct runq_item *item, loop_fn *fn, void *arg);
/* Schedules or moves the item. A time in the past is due in the next turn. fn may schedule its item
 * again or free its owner. */
void runq_schedule(struct runq *runq, struct runq_item *item, int64_t due_boot_ms);
/* As above, from now. */
void runq_schedule_in(struct runq *runq, struct runq_item *item, int64_t delay_ms);
void runq_cancel(struct runq *runq, struct runq_item *item); /* fine when it is not scheduled */
bool runq_is_scheduled(const struct runq_item *item);
size_t runq_count(const struct runq *runq);

#endif
