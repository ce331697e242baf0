/* Private to the store: a ladder's turn inside the transaction of what made it. */
#ifndef ASTRAD_STORE_LADDER_TURN_H
#define ASTRAD_STORE_LADDER_TURN_H

#include "store/alert_row.h"
#include "store/escalate.h"

/* What a turn did; `row` is the alert it was for. */
struct ladder_turned {
	struct alert_row row;
	int broadcasts;
	enum ladder_state old_state; /* 0 = there is no ladder */
};

/* Compares, then writes everything of the turn. ERROR_STALE when the rows are not those it was
 * decided by. */
bool ladder_turn_run(struct store_txn *txn, struct arena *arena, const struct ladder_turn *turn,
		     struct ladder_turned *turned, struct error *err) MUST_USE;

#endif
