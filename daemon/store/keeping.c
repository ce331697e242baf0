/*
 * The store's own housekeeping as a chain: each link deletes one page and starts the next while
 * there may be more. A link that fails ends the chain; the next hour's call begins again.
 */
#include "store/keeping.h"

#include "base/limits.h"
#include "store/core.h"
#include "store/idempotency.h"
#include "store/meta.h"

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
