/* Private to the store's outbox files. */
#ifndef ASTRAD_STORE_OUTBOX_ROW_H
#define ASTRAD_STORE_OUTBOX_ROW_H

#include "store/rows.h"
#include "store/txn.h"

/* A recipient's address, sealed under a key derived from the master key: it belongs to the list,
 * not to a case. */
bool address_seal(struct store_txn *txn, struct arena *arena, const char *channel,
		  int64_t recipient, const char *address, struct bytes *ret_sealed,
		  struct error *err) MUST_USE;
bool address_open(struct store_txn *txn, struct arena *arena, const char *channel,
		  int64_t recipient, struct bytes sealed, const char **ret_address,
		  struct error *err) MUST_USE;
/* A walked broadcast without unfinished rows becomes done; ret_is_done may be NULL. */
bool broadcast_finish(struct store_txn *txn, int64_t broadcast_id, int64_t now_utc_ms,
		      bool *ret_is_done, struct error *err) MUST_USE;

/*
 * A row is off the wire: the newer row of its recipient that waited for it is due now, or, an end
 * for somebody whom nothing reached, is not owed. `woken` gets the channel when one became due.
 */
bool newer_settle(struct store_txn *txn, struct arena *arena, int64_t delivery_id,
		  int64_t now_utc_ms, struct rows *woken, struct error *err) MUST_USE;

/* A rendered variant, opened. */
bool variant_open(struct store_txn *txn, struct arena *arena, const struct id *alert, int version,
		  const char *variant, struct bytes *ret_body, struct error *err) MUST_USE;

#endif
