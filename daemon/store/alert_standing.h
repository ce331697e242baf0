/* Private to the store's alert files: how far a running alert has come. */
#ifndef ASTRAD_STORE_ALERT_STANDING_H
#define ASTRAD_STORE_ALERT_STANDING_H

#include "store/alert_row.h"

/* Fills planned, acks and sent_channels of the alert that `out` names. */
bool alert_standing_load(struct store_txn *txn, struct arena *arena,
			 struct store_alert_load_out *out, struct error *err) MUST_USE;

#endif
