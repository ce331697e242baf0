/* The audit chain: how rows are collected, hashed and appended. Ops for others: store/audit.h. */
#ifndef ASTRAD_STORE_AUDIT_CHAIN_H
#define ASTRAD_STORE_AUDIT_CHAIN_H

#include "store/store.h"
#include "store/txn.h"

#define AUDIT_CHAIN 1 /* one chain a writer; SQLite has one */

/* One row to be appended when the batch has settled; lives in the request's arena. */
struct audit_row {
	struct audit_row *next;
	struct store_audit entry;
	int64_t key_id;    /* 0 = no note */
	struct bytes note; /* sealed */
	uint8_t note_hash[SECRET_HASH_BYTES];
};

struct audit_head {
	int64_t seq; /* 0 = empty */
	int64_t at_utc_ms;
	uint8_t hash[SECRET_HASH_BYTES];
};

/* Everything but the note itself: what a row's hash covers. */
struct audit_content {
	int64_t seq;
	int64_t at_utc_ms;
	const char *action, *person, *detail;
	struct id case_id, alert_id;
	int64_t version;
	int64_t key_id;
	const uint8_t *note_hash; /* NULL = no note */
};
void audit_chain_hash(const struct secret_key *key, const uint8_t previous[SECRET_HASH_BYTES],
		      const struct audit_content *content, uint8_t out[SECRET_HASH_BYTES]);

/* The entry of call->audit, with what txn_about said. */
bool audit_chain_note_call(struct store_txn *txn, const struct store_audit *entry,
			   struct error *err) MUST_USE;
/* Appends the rows and moves the head. */
bool audit_chain_append(struct store_txn *txn, const struct audit_row *rows,
			struct audit_head *head, struct error *err) MUST_USE;
/* Loads the newest row and checks its hash. */
bool audit_chain_load(struct store_txn *txn, struct audit_head *ret_head,
		      struct error *err) MUST_USE;

#endif
