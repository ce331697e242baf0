/*
 * Purging a case: everything personal of it and of its alerts becomes unreadable for ever, here and
 * in every old backup, because its keys are zeroed in the key file and in its copy; the sealed
 * bytes are dropped too. What stays are ids, refs, states, times and the audit chain.
 *
 * Two requests, so that a crash or an absent key copy leaves a purge that is pending, never one
 * that is half believed: store_purge_begin decides and remembers it; store_purge_run does it, a
 * page of rows a request, and may run again at any time until it says is_done. store_purge_pending
 * finds what is to be gone on with at start.
 */
#ifndef ASTRAD_STORE_PURGE_H
#define ASTRAD_STORE_PURGE_H

#include "domain/outcome.h"
#include "store/store.h"

/* ERROR_CONFLICT unless the case is retained and every alert of it is over; ERROR_GONE when it was
 * purged. Asked again: the same answer. The caller's audit entry must have no note: it would be
 * sealed under the key that goes. */
struct store_purge_begin_in {
	struct id case_id;
	const char *case_ref; /* used when case_id is none */
	int64_t now_utc_ms;
};
struct store_purge_begin_out {
	struct outcome outcome;
};
extern const struct store_op store_purge_begin;

/*
 * Goes on with a purge that was begun. The last run sets the state purged and zeroes the keys.
 * ERROR_TEMPORARY while the key file's copy is absent: nothing of this run happened, the purge
 * stays pending.
 */
struct store_purge_run_in {
	struct id case_id;
	int64_t now_utc_ms;
};
struct store_purge_run_out {
	bool is_done; /* else: submit it again */
};
extern const struct store_op store_purge_run; /* KEEPING */

/* Cases whose purge was begun and is not done. READ. */
struct store_purge_pending_in {
	int limit;
};
struct store_purge_pending_out {
	const struct id *cases;
	size_t count;
};
extern const struct store_op store_purge_pending;

#endif
