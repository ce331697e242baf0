/*
 * The store's own housekeeping as chains: each link deletes one page and starts the next while
 * there may be more. A link that fails ends its chain; the next hour's call begins again.
 */
#include "store/keeping.h"

#include "base/limits.h"
#include "store/core.h"
#include "store/event_keep.h"
#include "store/idempotency.h"
#include "store/meta.h"

static void expire_keys(struct store *store);
static void expire_events(struct store *store);

static void on_keys_expired(struct store_call *call)
{
	const struct store_idempotency_expire_out *out = call->out;

	if (call->ok && out->deleted >= LIMIT_STORE_ROWS) {
		expire_keys(call->store);
	}
}

static void on_events_expired(struct store_call *call)
{
	const struct store_event_expire_out *out = call->out;

	if (call->ok && out->deleted >= LIMIT_STORE_ROWS) {
		expire_events(call->store);
	}
}

static void expire_keys(struct store *store)
{
	struct store_call *call =
		store_call_create(store, &store_idempotency_expire, on_keys_expired, NULL);
	struct store_idempotency_expire_in *in = call->in;

	in->now_utc_ms = clock_utc_ms(store->clock);
	store_submit(call);
}

static void expire_events(struct store *store)
{
	struct store_call *call =
		store_call_create(store, &store_event_expire, on_events_expired, NULL);

	((struct store_event_expire_in *)call->in)->now_utc_ms = clock_utc_ms(store->clock);
	store_submit(call);
}

void store_keeping_run(struct store *store)
{
	expire_keys(store);
	expire_events(store);
}

static bool run_prove(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	struct store_keeping_prove_out *answer = out;
	int64_t proofs;

	(void)arena;
	(void)in; /* nothing is asked */
	if (!meta_load_int(txn, META_PROOFS, &proofs, err) ||
	    !meta_save_int(txn, META_PROOFS, proofs + 1, err)) {
		return false;
	}
	answer->proofs = proofs + 1;
	return true;
}

const struct store_op store_keeping_prove = {
	.name = "keeping_prove",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_keeping_prove_in),
	.out_size = sizeof(struct store_keeping_prove_out),
	.run = run_prove,
};
