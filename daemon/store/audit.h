/*
 * The audit trail for those who read it. Rows are written with store_call::audit and txn_audit;
 * here they are checked. store_audit_head gives the head for the hourly log line, so that a chain
 * cut at its end shows too.
 */
#ifndef ASTRAD_STORE_AUDIT_H
#define ASTRAD_STORE_AUDIT_H

#include "store/store.h"

struct store_audit_head_in {
	char unused;
};
struct store_audit_head_out {
	int64_t seq; /* 0 = no row yet */
	int64_t at_utc_ms;
	uint8_t hash[SECRET_HASH_BYTES];
};
extern const struct store_op store_audit_head;

/* Checks up to LIMIT_STORE_ROWS rows after `after`; start with zeroes, go on with `out.last` until
 * is_done or is_broken. Works after purges: a note that is gone is no break. */
struct store_audit_verify_in {
	struct store_audit_head_out after;
};
struct store_audit_verify_out {
	struct store_audit_head_out last;
	bool is_done;
	bool is_broken;
	int64_t broken_seq;
	char why[64];
};
extern const struct store_op store_audit_verify;

#endif
