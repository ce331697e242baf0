/* Private to the store's alert files: what an approved version or an act at once brings about. */
#ifndef ASTRAD_STORE_ALERT_EFFECT_H
#define ASTRAD_STORE_ALERT_EFFECT_H

#include "store/alert_row.h"

/*
 * The alert becomes what the approved version says: row, variants, plan, broadcasts, ladder and
 * expiry timer, in the caller's transaction. The version's own state is the caller's.
 */
bool alert_effect_run(struct store_txn *txn, struct arena *arena, struct alert_row *row,
		      const struct version_row *version, const struct alert_effect *effect,
		      int *ret_broadcasts, struct error *err) MUST_USE;

/* The fields held now are those the decision was made with; else ERROR_CONFLICT. */
bool alert_effect_holds(struct store_txn *txn, const struct id *alert, uint64_t held_fields,
			int64_t now_utc_ms, struct error *err) MUST_USE;

#endif
