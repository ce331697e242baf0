/* Private to the store: taking one timer that fired. */
#ifndef ASTRAD_STORE_TIMER_TAKE_H
#define ASTRAD_STORE_TIMER_TAKE_H

#include "store/escalate.h"

/* Deletes the row; ERROR_STALE when it is not there any more as it was read. */
bool timer_take(struct store_txn *txn, const struct timer_row *timer, struct error *err) MUST_USE;

#endif
