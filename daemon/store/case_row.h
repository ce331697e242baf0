/* Private to the store's case files: one case's row inside a transaction, its truth opened and
 * sealed. */
#ifndef ASTRAD_STORE_CASE_ROW_H
#define ASTRAD_STORE_CASE_ROW_H

#include "store/casefile.h"
#include "store/txn.h"

struct case_row {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum case_state state;
	enum report_category category;
	int64_t key_id;
	int64_t etag;
	int64_t truth_version;
	struct bytes truth_sealed;
	const char *assigned_to;
	int64_t created_utc_ms, updated_utc_ms, closed_utc_ms, purged_utc_ms; /* 0 = not */
	bool is_verified;
	struct bytes close_sealed;
};

/* ERROR_NOT_FOUND when there is none. By ref when id is none. */
bool case_row_get(struct store_txn *txn, struct arena *arena, const struct id *id, const char *ref,
		  struct case_row *row, struct error *err) MUST_USE;
/* ERROR_GONE for a purged case: its key is zeroed. */
bool case_row_open_truth(struct store_txn *txn, struct arena *arena, const struct case_row *row,
			 struct bytes *ret_truth, struct error *err) MUST_USE;
bool case_row_insert(struct store_txn *txn, const struct case_row *row, struct error *err) MUST_USE;
/* Writes state, category, truth, assignment and close; raises etag. */
bool case_row_save(struct store_txn *txn, struct case_row *row, struct error *err) MUST_USE;
/* A changed truth: next truth_version, sealed; in memory until case_row_save. */
bool case_row_set_truth(struct store_txn *txn, struct arena *arena, struct case_row *row,
			struct bytes truth, struct error *err) MUST_USE;
/* Moves the state after asking the transition table; in memory until case_row_save. */
bool case_row_enter(struct case_row *row, enum case_state state, struct error *err) MUST_USE;
/* Alerts not yet over that no other open case shares. */
bool case_live_alerts(struct store_txn *txn, struct arena *arena, const struct id *case_id,
		      const struct id **ret_alerts, size_t *ret_count, struct error *err) MUST_USE;
void case_row_outcome(const struct case_row *row, struct outcome *outcome);
/* Columns of struct store_case_row, in the order case_row_read_list wants them. */
#define CASE_LIST_COLUMNS                                                                          \
	"id, ref, status, state, category, assigned_to, etag, created_utc_ms, updated_utc_ms"
void case_row_read_list(struct sql_stmt *stmt, struct arena *arena, struct store_case_row *row);

/* The operator's merge patch (store_case_patch), inside the caller's transaction; audited. */
bool case_row_patch(struct store_txn *txn, struct arena *arena,
		    const struct store_case_patch_in *in, struct store_case_patch_out *out,
		    struct error *err) MUST_USE;

#endif
