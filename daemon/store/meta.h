/* Facts about the database file: name and value. Private to the store's core. */
#ifndef ASTRAD_STORE_META_H
#define ASTRAD_STORE_META_H

#include "store/txn.h"

#define META_ENVIRONMENT "environment"
#define META_KEY_FILE    "key_file" /* hex of the key file's id */
#define META_KEY_HIGH    "key_high" /* highest key id that a committed row uses */
#define META_OPENED      "opened_utc_ms"
/* Rises at each start: a row that stays the same would not be written at all. */
#define META_STARTS "starts"
#define META_PROOFS "proofs" /* as above, for store_keeping_prove */

/* NULL in ret_value when there is none. */
bool meta_load(struct store_txn *txn, const char *name, char **ret_value,
	       struct error *err) MUST_USE;
bool meta_save(struct store_txn *txn, const char *name, const char *value,
	       struct error *err) MUST_USE;
bool meta_load_int(struct store_txn *txn, const char *name, int64_t *ret_value,
		   struct error *err) MUST_USE; /* 0 when absent */
bool meta_save_int(struct store_txn *txn, const char *name, int64_t value,
		   struct error *err) MUST_USE;

#endif
