/*
 * The store's own housekeeping as a chain: each link deletes one page and starts the next while
 * there may be more. A link that fails ends the chain; the next hour's call begins again.
 */
#include "store/keeping.h"

#include "base/limits.h"
#include "store/core.h"
#include "store/idempotency.h"

static void on_expired(struct store_call *call)
{
	const struct store_idempotency_expire_out *out = call->out;

	if (call->ok && out->deleted >= LIMIT_STORE_ROWS) {
		store_keeping_run(call->store);
	}
}

void store_keeping_run(struct store *store)
{
	struct store_call *call =
		store_call_create(store, &store_idempotency_expire, on_expired, NULL);
	struct store_idempotency_expire_in *in = call->in;

	in->now_utc_ms = clock_utc_ms(store->clock);
	store_submit(call);
}
