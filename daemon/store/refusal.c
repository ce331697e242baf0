/*
 * The refusal as a request: it writes nothing itself. The writer looks for the idempotency record
 * before it runs, and keeps a conflict after it.
 */
#include "store/refusal.h"

static bool run_refusal(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_refusal_in *in = in_any;

	(void)txn; /* neither reads nor writes */
	(void)arena;
	(void)out_any;
	*err = in->err;
	return false;
}

const struct store_op store_refusal = {
	.name = "refusal",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_refusal_in),
	.out_size = sizeof(struct store_refusal_out),
	.run = run_refusal,
};
