/* A deed as a request: the writer adds the audit row and the idempotency record around it. */
#include "store/deed.h"

static bool run_deed(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_deed_in *in = in_any;
	struct store_deed_out *out = out_any;

	(void)txn; /* neither reads nor writes, so it cannot fail */
	(void)arena;
	(void)err;
	out->outcome = in->outcome;
	return true;
}

const struct store_op store_deed = {
	.name = "deed",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_deed_in),
	.out_size = sizeof(struct store_deed_out),
	.run = run_deed,
};
