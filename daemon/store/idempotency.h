/*
 * Idempotency records: looked up and written by the writer as part of the request.
 * store_idempotency_expire deletes old ones; store_keeping_run (store/keeping.h) drives it.
 */
#ifndef ASTRAD_STORE_IDEMPOTENCY_H
#define ASTRAD_STORE_IDEMPOTENCY_H

#include "store/store.h"

#define STORE_IDEMPOTENCY_KEEP_MS (72LL * 3600 * 1000)

struct store_idempotency_expire_in {
	int64_t now_utc_ms;
};
struct store_idempotency_expire_out {
	int64_t deleted; /* LIMIT_STORE_ROWS: there may be more */
};
extern const struct store_op store_idempotency_expire;

/* For the writer: the stored outcome goes into call->out. `found` false: run the op. */
bool idempotency_find(struct store_txn *txn, struct store_call *call, bool *ret_found,
		      struct error *err) MUST_USE;
/* Keeps call->out's outcome, or a 409 with `conflict`'s text when it is not NULL. */
bool idempotency_keep(struct store_txn *txn, const struct store_call *call,
		      const struct error *conflict, struct error *err) MUST_USE;

#endif
