/*
 * Alerts: the ops behind casework's alert actions. Every op re-checks in SQL, inside its
 * transaction, what the loop decided on an earlier read: states, etags, the digest, who the persons
 * were. Free text (reasons, notes) is sealed.
 */
#ifndef ASTRAD_STORE_ALERT_H
#define ASTRAD_STORE_ALERT_H

#include "domain/ladder.h"
#include "domain/message.h"
#include "domain/outcome.h"
#include "domain/problem.h"
#include "store/fanout.h"
#include "store/ladder.h"
#include "store/store.h"
#include "store/timer.h"

/* version_person.did: stored, never renumber. */
enum version_did {
	DID_EDIT = 1,
	DID_SUBMIT,
	DID_APPROVE,
	DID_RETURN,
	DID_REJECT,
	DID_WITHDRAW,
	DID_STOP,
};

/* --- create and edit --- */

struct store_alert_create_in {
	struct id alert_id; /* fresh */
	struct id case_id;
	const struct id *sibling_ids; /* further cases of the same alert */
	size_t sibling_count;
	enum alert_status status;
	enum tier tier;
	const char *policy;
	struct bytes draft;     /* canonical JSON of domain/draft.h */
	int64_t expires_utc_ms; /* 0 = the policy's default, counted from approval */
	const char *person;
	int ref_year; /* in the hotline's zone */
	int64_t now_utc_ms;
};
struct store_alert_create_out {
	struct outcome outcome;
};
extern const struct store_op store_alert_create;

struct store_alert_edit_in {
	struct id alert_id;
	int version;
	int64_t if_etag; /* the version's etag that was edited: ERROR_STALE when it moved */
	enum tier tier;
	const char *policy;
	int64_t expires_utc_ms;
	struct bytes draft;
	bool narrows; /* an update that only takes away (domain/draft.h) */
	const char *person;
	int64_t now_utc_ms;
};
struct store_alert_edit_out {
	struct outcome outcome;
};
extern const struct store_op store_alert_edit;

/* A further version of an active (or, for VERSION_RESUME, suspended) alert, and with it what it
 * says of its case: both or neither. ERROR_CONFLICT while
 * another is unapproved. */
struct store_alert_update_in {
	struct id alert_id;
	int if_current_version; /* the version the draft was made from */
	enum version_kind kind;
	enum tier tier;
	const char *policy;
	int64_t expires_utc_ms;
	struct bytes draft;
	struct bytes request;    /* canonical JSON of what was asked */
	struct id case_id;       /* whose truth case_patch changes */
	struct bytes case_patch; /* as of PATCH /v1/cases; empty = none */
	bool narrows;
	const char *person;
	int64_t now_utc_ms;
};
struct store_alert_update_out {
	struct outcome outcome;
	struct problems problems; /* of an ERROR_INVALID: what is wrong with case_patch */
};
extern const struct store_op store_alert_update;

/* --- read --- */

/* Everything a decision about an alert needs, on one snapshot. READ; audited when it opens personal
 * data. */
struct store_alert_load_in {
	struct id alert_id;
	const char *alert_ref; /* used when alert_id is none */
	int version;           /* 0: the unapproved one, else the current one */
	bool with_personal;    /* open drafts, requests and case truths */
	int64_t now_utc_ms;    /* which holds still stand */
};
struct store_alert_case {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum case_state state;
	enum alert_status status;
	int category;
	bool is_unverified; /* closed, and nobody verified it */
	int64_t truth_version;
	struct bytes truth;   /* JSON; empty without with_personal */
	uint64_t held_fields; /* bits of domain/release.h that a hold covers now or later; until in
				 hold rows */
	int64_t held_until_utc_ms; /* the earliest end of these holds, 0 = open end */
};
struct store_alert_person {
	const char *person;
	int did; /* enum version_did */
	int64_t at_utc_ms;
};
struct store_list_size {
	const char *channel;
	int64_t generation;
	int64_t recipients;
};
/* A channel in the plan of the current version. */
struct store_alert_planned {
	const char *channel;
	const char *partner; /* or NULL */
	const char *variant;
	int64_t list_generation; /* the newest that was walked, else the plan's */
	bool is_walked;          /* its list was sent the current version, or is */
	int64_t fresh;           /* who came to the list after that generation */
};
struct store_alert_load_out {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum alert_state state;
	enum tier tier;
	enum end_reason end_reason;
	const char *policy;
	int64_t etag;
	int current_version;
	int last_version;
	int open_version;
	int64_t created_utc_ms, issued_utc_ms, expires_utc_ms, ended_utc_ms;
	const char *created_by;

	int version; /* the one loaded; 0 = none */
	enum version_kind version_kind;
	enum version_state version_state;
	int64_t version_etag;
	bool narrows;
	const char *digest; /* as submitted, or NULL */
	int64_t version_expires_utc_ms;
	int64_t submitted_utc_ms, decided_utc_ms;
	struct bytes draft; /* of the version loaded */
	struct bytes request;
	struct bytes approved_draft; /* of the newest approved content, empty before the first */
	struct bytes approved_shown; /* its "shown" variant (domain/plan.h) */
	enum version_kind approved_kind;
	struct bytes
		before_draft; /* the same of the content before it, empty when it is the first */
	struct bytes before_shown;
	bool has_open_duplicate; /* another alert of one of the cases is not over */

	const struct store_alert_case *cases;
	size_t case_count;
	const struct store_alert_person *persons; /* of the version loaded */
	size_t person_count;
	const struct store_list_size *lists; /* newest complete generation of every channel */
	size_t list_count;
	const char **ledger_channels; /* where somebody has or may have a version */
	size_t ledger_count;
	const char **sent_channels; /* were sent a version, whether or not anybody has it */
	size_t sent_count;
	const struct store_alert_planned *planned;
	size_t planned_count;
	const struct ladder_ack *acks; /* held, of the ladder that runs */
	size_t ack_count;
};
extern const struct store_op store_alert_load;

/* A page of alerts, newest first. READ. */
struct store_alert_list_in {
	unsigned states;     /* 1u << enum alert_state; 0 = all */
	struct id after;     /* none = from the newest */
	const char *partner; /* only alerts with an event for this partner; NULL = all */
	bool with_exercise;
	int limit;
};
struct store_alert_row {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum alert_state state;
	enum tier tier;
	enum end_reason end_reason;
	const char *policy;
	int current_version;
	int open_version;
	enum version_state open_state; /* 0 = none */
	int64_t issued_utc_ms, expires_utc_ms, ended_utc_ms, created_utc_ms;
	int64_t partner_seq; /* the newest seq of the asking partner about this alert */
	struct id case_id;   /* the first case */
	char case_ref[REF_TEXT_BYTES];
};
struct store_alert_list_out {
	const struct store_alert_row *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_alert_list;

/* --- decide --- */

/* What the digest was made from: anything else now is ERROR_CONFLICT. */
struct store_alert_basis {
	int64_t version_etag;
	const int64_t *case_versions; /* truth_version of each case, by case id */
	size_t case_count;
	uint64_t held_fields; /* union over the cases */
};

struct store_alert_submit_in {
	struct id alert_id;
	int version;
	const char *digest;
	struct store_alert_basis basis;
	struct ladder_start ladder; /* approval ladder */
	struct ladder_notice notice;
	uint8_t seed[FANOUT_SEED_BYTES];
	const char *person;
	struct timer_now now;
};
struct store_alert_submit_out {
	struct outcome outcome;
	int broadcasts;
};
extern const struct store_op store_alert_submit;

struct store_variant {
	const char *id;
	int medium;
	struct bytes body; /* domain/render.h, serialised */
};
struct store_plan_row {
	const char *channel;
	const char *partner;
	enum message message;
	const char *variant;
	enum plan_use use;
	int rung;
	int64_t list_generation;
};

/* What an approved version brings about. */
struct alert_effect {
	const struct store_variant *variants;
	size_t variant_count;
	const struct store_plan_row *plan;
	size_t plan_count;
	const struct fanout_target *targets;
	size_t target_count;
	struct ladder_start ladder; /* alert ladder; id none = keep the running one */
	int64_t expires_utc_ms;
	enum tier tier;
	const char *policy;
	uint8_t seed[FANOUT_SEED_BYTES];
	const char *person;
	struct timer_now now;
};

/*
 * One more person says yes. With `approvals` persons, the authors counted as one and the others as
 * approvers who neither edited nor submitted (but for may_be_author), the version is approved:
 * current_version rises, the plan is stored, the targets are broadcast, the ladder begins, the
 * approval ladder ends. With fewer the version stays pending and outcome.version_state says so.
 */
struct store_alert_approve_in {
	struct id alert_id;
	int version;
	const char *digest;
	struct store_alert_basis basis;
	int approvals;
	bool may_be_author; /* policy with one approval, or an update that only narrows */
	struct alert_effect effect;
};
struct store_alert_approve_out {
	struct outcome outcome;
	bool is_approved;
	int broadcasts;
};
extern const struct store_op store_alert_approve;

/*
 * A /send or /repolicy that does not widen: to whom the approved plan names, at once.
 * ERROR_CONFLICT unless the alert is active at that version; a repolicy also while another version
 * is undecided.
 */
struct store_alert_act_in {
	struct id alert_id;
	int if_current_version;
	enum version_kind kind;     /* VERSION_SEND or VERSION_REPOLICY */
	uint64_t held_fields;       /* as they were when it was decided */
	struct alert_effect effect; /* targets; of a repolicy also ladder and policy */
};
struct store_alert_act_out {
	struct outcome outcome; /* count = broadcasts */
	int broadcasts;
};
extern const struct store_op store_alert_act;

/* return, reject, withdraw: nothing was sent, nothing is. */
struct store_alert_decline_in {
	struct id alert_id;
	int version;
	enum version_did did; /* DID_RETURN, DID_REJECT, DID_WITHDRAW */
	const char *reason;   /* sealed; may be NULL for a withdrawal */
	const char *person;
	int64_t now_utc_ms;
};
struct store_alert_decline_out {
	struct outcome outcome;
};
extern const struct store_op store_alert_decline;

/* --- stop --- */

/* Ends an active or suspended alert: stop version, current_version, ladders, timers, open version,
 * broadcasts. */
struct alert_stop {
	struct id alert_id;
	enum end_reason reason;
	const char *note; /* sealed; may be NULL */
	const char *person;
	uint8_t seed[FANOUT_SEED_BYTES];
	int64_t now_utc_ms;
};
/* Inside the store: also used by a case's close. An alert that is over is left alone and
 * ret_broadcasts is -1. */
bool alert_stop_run(struct store_txn *txn, struct arena *arena, const struct alert_stop *stop,
		    struct outcome *outcome, int *ret_broadcasts, struct error *err) MUST_USE;

struct store_alert_stop_in {
	struct alert_stop stop;
	bool only_if_expired; /* else an alert that is over is ERROR_CONFLICT; the expiry timer:
				 does nothing (outcome as it is) unless expires_utc_ms has passed */
};
struct store_alert_stop_out {
	struct outcome outcome;
	int broadcasts;
};
extern const struct store_op store_alert_stop;

/* active -> suspended; the way back is a VERSION_RESUME that is approved. */
struct store_alert_suspend_in {
	struct id alert_id;
	const char *note;
	const char *person;
	int64_t now_utc_ms;
};
struct store_alert_suspend_out {
	struct outcome outcome;
};
extern const struct store_op store_alert_suspend;

#endif
