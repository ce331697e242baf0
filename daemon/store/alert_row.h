/* Private to the store's alert files: one alert's row and version inside a transaction. */
#ifndef ASTRAD_STORE_ALERT_ROW_H
#define ASTRAD_STORE_ALERT_ROW_H

#include "store/alert.h"

struct alert_row {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum alert_state state;
	enum tier tier;
	enum end_reason end_reason;
	const char *policy;
	int64_t key_id;
	int64_t etag;
	int current_version;
	int last_version;
	int open_version; /* 0 = none */
	const char *created_by;
	int64_t created_utc_ms, issued_utc_ms, expires_utc_ms, ended_utc_ms; /* 0 = not yet */
};

struct version_row {
	int version;
	enum version_kind kind;
	enum version_state state;
	int64_t etag;
	enum tier tier;
	bool narrows;
	enum end_reason end_reason;
	const char *digest;
	int64_t created_utc_ms, submitted_utc_ms, decided_utc_ms, expires_utc_ms;
	struct bytes draft_sealed;
	struct bytes request_sealed;
};

/* ERROR_NOT_FOUND when there is none. By ref when id is none. */
bool alert_row_get(struct store_txn *txn, struct arena *arena, const struct id *id, const char *ref,
		   struct alert_row *row, struct error *err) MUST_USE;
bool version_row_get(struct store_txn *txn, struct arena *arena, const struct id *alert,
		     int version, struct version_row *row, struct error *err) MUST_USE;
/* Moves the state after asking the transition table; raises etag. ERROR_CONFLICT names both states.
 */
bool alert_row_enter(struct store_txn *txn, struct alert_row *row, enum alert_state state,
		     struct error *err) MUST_USE;
bool version_row_enter(struct store_txn *txn, const struct id *alert, struct version_row *row,
		       enum version_state state, int64_t now_utc_ms, struct error *err) MUST_USE;
/* Writes state, tier, policy, versions, times of the row; raises etag. */
bool alert_row_save(struct store_txn *txn, struct alert_row *row, struct error *err) MUST_USE;
bool version_person_add(struct store_txn *txn, const struct id *alert, int version,
			const char *person, enum version_did did, int64_t now_utc_ms,
			struct error *err) MUST_USE;
void alert_row_outcome(const struct alert_row *row, const struct version_row *version,
		       struct outcome *outcome);
/* Seals a draft or request of one version; empty text gives empty bytes (bound as NULL). */
bool alert_row_seal(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
		    const char *kind, int version, struct bytes plain, struct bytes *ret_sealed,
		    struct error *err) MUST_USE;
bool alert_row_open(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
		    const char *kind, int version, struct bytes sealed, struct bytes *ret_plain,
		    struct error *err) MUST_USE;
/* The next number of a year as a ref. */
bool ref_next(struct store_txn *txn, int year, char ref[REF_TEXT_BYTES],
	      struct error *err) MUST_USE;

#endif
