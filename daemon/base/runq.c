/*
 * The run queue: a binary heap of items ordered by due time, then by the order of scheduling. A
 * sorted list would be simpler, but retries of one recovering channel can be many thousands.
 *
 * An item knows its place in the heap, so moving and cancelling need no search. A time in the past
 * is raised to now when it is scheduled: then nothing scheduled by a running item can come before
 * what was due already, and a pass ends at the first item scheduled during it. Rebuilt from the
 * store at start. Loop thread only.
 */
#include "base/runq.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/loop_private.h"

enum { PASS_US_MAX = 10000 };

struct runq {
	const struct clock *clock;
	struct runq_item **heap; /* owned; the items are not */
	size_t count;
	size_t cap;
	uint64_t next_order;
};

struct runq *runq_create(const struct clock *clock)
{
	struct runq *runq = xcalloc(1, sizeof(*runq));

	runq->clock = clock;
	return runq;
}

void runq_destroy(struct runq **runq)
{
	struct runq *gone = take_ptr(runq);

	if (gone != NULL) {
		free(gone->heap);
		free(gone);
	}
}

static bool is_before(const struct runq_item *a, const struct runq_item *b)
{
	if (a->due_boot_ms != b->due_boot_ms) {
		return a->due_boot_ms < b->due_boot_ms;
	}
	return a->order < b->order;
}

static void put(struct runq *runq, size_t at, struct runq_item *item)
{
	runq->heap[at] = item;
	item->slot = at + 1;
}

static void sift_up(struct runq *runq, size_t at, struct runq_item *item)
{
	while (at > 0 && is_before(item, runq->heap[(at - 1) / 2])) {
		put(runq, at, runq->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(runq, at, item);
}

static void sift_down(struct runq *runq, size_t at, struct runq_item *item)
{
	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < runq->count &&
		    is_before(runq->heap[child + 1], runq->heap[child])) {
			child++;
		}
		if (child >= runq->count || !is_before(runq->heap[child], item)) {
			break;
		}
		put(runq, at, runq->heap[child]);
		at = child;
	}
	put(runq, at, item);
}

void runq_item_init(struct runq_item *item, loop_fn *fn, void *arg)
{
	*item = (struct runq_item){.fn = fn, .arg = arg};
}

void runq_cancel(struct runq *runq, struct runq_item *item)
{
	size_t at = item->slot - 1;
	struct runq_item *moved;

	if (item->slot == 0) {
		return;
	}
	assert(at < runq->count && runq->heap[at] == item);
	item->slot = 0;
	moved = runq->heap[--runq->count];
	if (moved == item) {
		return;
	}
	if (at > 0 && is_before(moved, runq->heap[(at - 1) / 2])) {
		sift_up(runq, at, moved);
	} else {
		sift_down(runq, at, moved);
	}
}

void runq_schedule(struct runq *runq, struct runq_item *item, int64_t due_boot_ms)
{
	int64_t now = clock_boot_ms(runq->clock);

	assert(item->fn != NULL);
	runq_cancel(runq, item);
	if (runq->count == runq->cap) {
		runq->cap = runq->cap > 0 ? runq->cap * 2 : 64;
		runq->heap = xrealloc(runq->heap, runq->cap, sizeof(runq->heap[0]));
	}
	item->due_boot_ms = due_boot_ms > now ? due_boot_ms : now;
	item->order = runq->next_order++;
	sift_up(runq, runq->count++, item);
}

void runq_schedule_in(struct runq *runq, struct runq_item *item, int64_t delay_ms)
{
	int64_t due;

	if (__builtin_add_overflow(clock_boot_ms(runq->clock), delay_ms, &due)) {
		due = LOOP_NEVER - 1; /* in 292 million years */
	}
	runq_schedule(runq, item, due);
}

bool runq_is_scheduled(const struct runq_item *item)
{
	return item->slot != 0;
}

size_t runq_count(const struct runq *runq)
{
	return runq->count;
}

int64_t runq_next_due(const struct runq *runq)
{
	return runq->count > 0 ? runq->heap[0]->due_boot_ms : LOOP_NEVER;
}

bool runq_is_due(const struct runq *runq)
{
	return runq->count > 0 && runq->heap[0]->due_boot_ms <= clock_boot_ms(runq->clock);
}

bool runq_run(struct runq *runq, struct loop *loop)
{
	uint64_t end_order = runq->next_order;
	int64_t now = clock_boot_ms(runq->clock);
	int64_t stop_us = LOOP_NEVER;
	bool ran = false;

	if (clock_is_flowing(runq->clock)) {
		stop_us = loop_measure_us() + PASS_US_MAX;
	}
	while (runq->count > 0 && runq->heap[0]->due_boot_ms <= now &&
	       runq->heap[0]->order < end_order) {
		struct runq_item *item = runq->heap[0];

		runq_cancel(runq, item);
		loop_enter(loop);
		item->fn(item->arg); /* may free the item */
		ran = true;
		if (stop_us != LOOP_NEVER && loop_measure_us() >= stop_us) {
			break;
		}
	}
	return ran;
}
