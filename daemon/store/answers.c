/*
 * The way of answers back to the loop: a list under the store's lock and one eventfd, so that a
 * whole batch is one wake-up. The eventfd is ours (not loop_post) because store_close must be able
 * to take the wake-up back and deliver what is left itself.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/core.h"

struct request *core_request(struct store_call *call)
{
	return CONTAINER_OF(call, struct request, call);
}

static void count(struct store *store, const struct call_list *calls)
{
	for (const struct store_call *call = calls->first; call != NULL; call = call->next) {
		metric_add(call->ok ? store->metrics.answered[call->op->class_of]
				    : store->metrics.failed[call->op->class_of],
			   1);
	}
}

void answers_wake(struct store *store)
{
	const uint64_t one = 1;

	if (store->wake_fd >= 0) {
		ssize_t n = write(store->wake_fd, &one, sizeof(one));

		(void)n; /* a full counter is a wake-up as well */
	}
}

void answers_add(struct store *store, struct call_list *calls)
{
	count(store, calls);
	(void)pthread_mutex_lock(&store->lock);
	call_list_move(&store->answers, calls);
	answers_wake(store);
	(void)pthread_mutex_unlock(&store->lock);
}

void answers_fail(struct store *store, struct call_list *calls, const struct error *err)
{
	for (struct store_call *call = calls->first; call != NULL; call = call->next) {
		call->ok = false;
		call->replayed = false;
		call->err = *err;
		secret_wipe(call->out, call->op->out_size);
	}
	answers_add(store, calls);
}

static bool take(struct store *store, size_t most, struct call_list *ret)
{
	bool tell;

	*ret = (struct call_list){0};
	(void)pthread_mutex_lock(&store->lock);
	while (ret->count < most && store->answers.count > 0) {
		call_list_append(ret, call_list_take(&store->answers));
	}
	if (store->answers.count == 0 && store->wake_fd >= 0) {
		uint64_t total;
		ssize_t n = read(store->wake_fd, &total, sizeof(total));

		(void)n; /* empty already: nothing to do */
	}
	tell = store->has_failed && !store->fatal_told && store->writer.handle == NULL &&
	       store->running == 0 && store->answers.count == 0;
	store->fatal_told |= tell;
	(void)pthread_mutex_unlock(&store->lock);
	return tell;
}

struct arena *store_call_take_arena(struct store_call *call)
{
	assert(call->store->delivering != NULL && *call->store->delivering == call->arena);
	return take_ptr(call->store->delivering);
}

size_t answers_deliver(struct store *store, size_t most)
{
	struct call_list calls;
	bool tell = take(store, most, &calls);
	size_t delivered = calls.count;
	struct store_call *call;

	while ((call = call_list_take(&calls)) != NULL) {
		struct arena *arena =
			call->arena; /* the call lives in it: not touched after done */

		store->delivering = &arena;
		if (call->done != NULL) {
			call->done(call);
		}
		store->delivering = NULL;
		arena_destroy(&arena);
	}
	if (tell && store->on_fatal != NULL) {
		store->on_fatal(store->fatal_why, store->on_fatal_arg);
	}
	return delivered;
}
