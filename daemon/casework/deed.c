/* Acts outside the store: looked up before, noted after. See deed.h. No state. */
#include "casework/deed.h"

#include <assert.h>

#include "casework/casework_private.h"
#include "store/deed.h"
#include "store/refusal.h"

static void on_found(struct store_call *call)
{
	/* store_refusal fails with what it was given when there is no record */
	bool is_new = !call->ok && !call->replayed && call->err.code == ERROR_NOT_FOUND;

	if (is_new) {
		doing_answer(call->ctx, &(struct action_result){.ok = true});
	} else {
		doing_answer_call(call);
	}
}

void deed_find(struct casework *casework, const struct action *action, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_refusal, on_found, done, arg);
	struct store_refusal_in *in = call->in;

	assert(action->idempotency.use);
	(void)error_set(&in->err, ERROR_NOT_FOUND, "not done yet");
	store_submit(call);
}

void deed_note(struct casework *casework, const struct action *action, const struct deed *deed,
	       action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_deed, doing_answer_call, done, arg);
	struct store_deed_in *in = call->in;

	in->outcome = deed->outcome;
	in->outcome.at_utc_ms = call->audit.now_utc_ms;
	call->audit.action = deed->audit;
	call->audit.detail = arena_strdup(call->arena, deed->detail);
	store_submit(call);
}
