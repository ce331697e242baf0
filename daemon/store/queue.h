/*
 * The waiting calls, by class, and which of them make the next batch. Pure: no lock, no clock; the
 * store guards it.
 */
#ifndef ASTRAD_STORE_QUEUE_H
#define ASTRAD_STORE_QUEUE_H

#include "store/store.h"

/* Linked by store_call::next. */
struct call_list {
	struct store_call *first;
	struct store_call *last;
	size_t count;
};

void call_list_append(struct call_list *list, struct store_call *call);
struct store_call *call_list_take(struct call_list *list); /* NULL when empty */
/* All of `from` goes to the end of `to`. */
void call_list_move(struct call_list *to, struct call_list *from);

struct queue {
	struct call_list classes[STORE_CLASS_COUNT];
};

/* False when LIMIT_STORE_QUEUE calls of this class wait: a flood of one class never refuses
 * another. */
bool queue_push(struct queue *queue, enum store_class class_of, struct store_call *call) MUST_USE;
/* The next batch of writes, most urgent first: at most LIMIT_STORE_BATCH calls. */
void queue_take_batch(struct queue *queue, struct call_list *ret_batch);
struct store_call *queue_take_read(struct queue *queue); /* NULL when none waits */
size_t queue_count(const struct queue *queue, enum store_class class_of);
size_t queue_writes(const struct queue *queue); /* all classes but STORE_READ */
const char *queue_class_name(enum store_class class_of) RETURNS_NONNULL;

#endif
