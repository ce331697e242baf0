/*
 * Which calls go into the next commit. A batch has room for LIMIT_STORE_BATCH units; a call of a
 * class or op costs as many units as it is likely to touch rows beside a plain one, so that a
 * commit stays short while pages of a broadcast are written, and five hundred pages of one
 * recipient each share a few commits. Each class has a share: first every class takes up to its
 * share (one call at least), so none starves; what is left goes to the most urgent.
 */
#include "store/queue.h"

#include <assert.h>

#include "base/limits.h"

#define ROWS_A_UNIT 16

struct class_row {
	const char *name;
	unsigned cost;  /* units of one call whose op does not say its rows */
	unsigned share; /* units a class gets before others may use them */
};

static const struct class_row rows[STORE_CLASS_COUNT] = {
	[STORE_STOP] = {"stop", 1, 192},       [STORE_OPERATOR] = {"operator", 1, 128},
	[STORE_RESULT] = {"result", 16, 64},   [STORE_PAGE] = {"page", 64, 64},
	[STORE_KEEPING] = {"keeping", 64, 64}, [STORE_READ] = {"read", 1, 0},
};

void call_list_append(struct call_list *list, struct store_call *call)
{
	call->next = NULL;
	if (list->last == NULL) {
		list->first = call;
	} else {
		list->last->next = call;
	}
	list->last = call;
	list->count++;
}

struct store_call *call_list_take(struct call_list *list)
{
	struct store_call *call = list->first;

	if (call == NULL) {
		return NULL;
	}
	list->first = call->next;
	if (list->first == NULL) {
		list->last = NULL;
	}
	list->count--;
	call->next = NULL;
	return call;
}

void call_list_move(struct call_list *to, struct call_list *from)
{
	struct store_call *call;

	while ((call = call_list_take(from)) != NULL) {
		call_list_append(to, call);
	}
}

const char *queue_class_name(enum store_class class_of)
{
	return rows[class_of].name;
}

bool queue_push(struct queue *queue, enum store_class class_of, struct store_call *call)
{
	if (queue->classes[class_of].count >= LIMIT_STORE_QUEUE) {
		return false;
	}
	call_list_append(&queue->classes[class_of], call);
	return true;
}

/* An op that says how many rows it is about costs as many as those; others cost what their class
 * does. */
static unsigned cost_of(const struct store_call *call, enum store_class class_of)
{
	size_t rows_most;

	if (call->op->rows == NULL) {
		return rows[class_of].cost;
	}
	rows_most = call->op->rows(call->in);
	assert(rows_most <= LIMIT_STORE_ROWS);
	return 1 + (unsigned)rows_most / ROWS_A_UNIT;
}

/* How much of one class the batch holds so far. */
struct taken {
	const struct store_call *next;
	unsigned units;
	size_t count;
};

/* Takes from one class while it stays within `most` units. The first call is never too big for its
 * share. */
static unsigned take(struct taken *taken, enum store_class class_of, unsigned most)
{
	unsigned before = taken->units;

	while (taken->next != NULL) {
		unsigned cost = cost_of(taken->next, class_of);

		if (taken->units + cost > most) {
			break;
		}
		taken->units += cost;
		taken->count++;
		taken->next = taken->next->next;
	}
	return taken->units - before;
}

/* Plans how many calls of each class the batch holds. */
static void plan(const struct queue *queue, struct taken taken[STORE_CLASS_COUNT])
{
	unsigned left = LIMIT_STORE_BATCH;

	for (int c = 0; c < STORE_READ; c++) {
		taken[c] = (struct taken){.next = queue->classes[c].first};
		left -= take(&taken[c], (enum store_class)c, rows[c].share);
	}
	for (int c = 0; c < STORE_READ; c++) {
		left -= take(&taken[c], (enum store_class)c, taken[c].units + left);
	}
}

void queue_take_batch(struct queue *queue, struct call_list *ret_batch)
{
	struct taken taken[STORE_CLASS_COUNT];

	*ret_batch = (struct call_list){0};
	plan(queue, taken);
	for (int c = 0; c < STORE_READ; c++) {
		for (size_t i = 0; i < taken[c].count; i++) {
			call_list_append(ret_batch, call_list_take(&queue->classes[c]));
		}
	}
}

struct store_call *queue_take_read(struct queue *queue)
{
	return call_list_take(&queue->classes[STORE_READ]);
}

size_t queue_count(const struct queue *queue, enum store_class class_of)
{
	return queue->classes[class_of].count;
}

size_t queue_writes(const struct queue *queue)
{
	size_t count = 0;

	for (int c = 0; c < STORE_READ; c++) {
		count += queue->classes[c].count;
	}
	return count;
}
