/*
 * Cases: reports, the case truth, notes, holds, close and reopen, search. Every blob is sealed
 * under the case's key with (case id, kind, version) as additional data. What a request decides it
 * checks inside its own transaction.
 */
#ifndef ASTRAD_STORE_CASEFILE_H
#define ASTRAD_STORE_CASEFILE_H

#include "domain/casefile.h"
#include "domain/outcome.h"
#include "domain/report.h"
#include "store/alert.h"
#include "store/store.h"

/* --- reports --- */

/*
 * A report without a case makes one (key, ref, truth); with one it becomes evidence: the op itself
 * opens the truth and adds what fills gaps (domain/casefile.h), since only the transaction knows
 * the truth as it is. ERROR_CONFLICT when the statuses differ, ERROR_GONE for a purged case. An
 * ended case takes evidence and stays ended.
 */
struct store_report_create_in {
	struct id report_id; /* fresh */
	struct id case_id;   /* fresh when is_new, else the case meant */
	bool is_new;
	const char *case_ref;        /* used when !is_new and case_id is none */
	const struct report *report; /* domain's, in the call's arena */
	struct bytes body;           /* as received */
	const char *person;
	int ref_year;
	int64_t now_utc_ms;
};
struct store_report_create_out {
	struct outcome outcome; /* report_id, case, missing */
	uint64_t changed;       /* release fields of the truth that changed */
};
extern const struct store_op store_report_create;

struct store_report_get_in {
	struct id report_id;
};
struct store_report_get_out {
	struct id id;
	struct id case_id;
	char case_ref[REF_TEXT_BYTES];
	const char *person;
	int64_t received_utc_ms;
	struct bytes body;
};
extern const struct store_op store_report_get; /* READ */

/* --- cases --- */

struct store_case_get_in {
	struct id case_id;
	const char *case_ref; /* used when case_id is none */
	bool with_truth;
	int64_t now_utc_ms;
};
struct store_case_hold {
	int field; /* enum release_field */
	const char *person;
	int64_t created_utc_ms;
	int64_t until_utc_ms; /* 0 = open end */
	struct bytes why;     /* JSON {"by","reference"}; empty without with_truth */
};
struct store_case_alert {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_state state;
	enum end_reason end_reason;
	enum tier tier;
};
struct store_case_report {
	struct id id;
	const char *person;
	int source;
	int64_t received_utc_ms;
};
struct store_case_get_out {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum case_state state;
	enum report_category category;
	int64_t etag;
	const char *assigned_to; /* or NULL */
	int64_t created_utc_ms, updated_utc_ms, closed_utc_ms, purged_utc_ms;
	bool is_verified;
	struct bytes truth;
	const struct store_case_hold *holds;
	size_t hold_count;
	const struct store_case_alert *alerts;
	size_t alert_count;
	const struct store_case_report *reports;
	size_t report_count;
};
extern const struct store_op store_case_get; /* READ */

struct store_case_list_in {
	unsigned states;    /* 1u << enum case_state; 0 = all but purged */
	struct id after;    /* newest first; none = from the newest */
	bool with_exercise; /* exercise and test cases too */
	int limit;
};
struct store_case_row {
	struct id id;
	char ref[REF_TEXT_BYTES];
	enum alert_status status;
	enum case_state state;
	enum report_category category;
	const char *assigned_to;
	int64_t etag;
	int64_t created_utc_ms, updated_utc_ms;
};
struct store_case_list_out {
	const struct store_case_row *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_case_list; /* READ */

/* What happened to a case, from the audit chain, oldest first: ids, states and hashes; notes opened
 * when asked. */
struct store_case_timeline_in {
	bool of_alert;
	struct id case_id;  /* of one case, its alerts included; or */
	struct id alert_id; /* of one alert */
	const char *ref;    /* of either, when the id is none */
	int64_t after_seq;
	int64_t until_seq; /* the last row that is told; 0 = the newest there is now */
	bool with_notes;
	int limit;
};
struct store_timeline_row {
	int64_t seq;
	int64_t at_utc_ms;
	const char *action;
	const char *person;
	struct id case_id, alert_id;
	const char *case_ref, *alert_ref; /* NULL: of no case, of no alert */
	int version;
	const char *detail;
	const char *note; /* NULL: none, not asked for, or purged */
};
struct store_case_timeline_out {
	const struct store_timeline_row *rows;
	size_t count;
	bool has_more;
	int64_t until_seq; /* for the pages that follow */
};
extern const struct store_op store_case_timeline; /* READ */

/* The operator's merge patch: the op opens the truth, casefile_patch changes it, the result is
 * sealed again. */
struct store_case_patch_in {
	struct id case_id;
	const char *case_ref;
	int64_t if_etag;
	bool is_any_etag;  /* do not compare */
	struct bytes body; /* merge patch with "reason" */
	const char *person;
	int64_t now_utc_ms;
};
struct store_case_patch_out {
	struct outcome outcome;
	struct problems
		problems; /* of an ERROR_INVALID: in the call's arena, written on failure too */
	uint64_t changed;
	const char *reason;
};
extern const struct store_op store_case_patch;

/* Names and phones, folded, over decrypted unpurged cases. One page of LIMIT_STORE_ROWS cases a
 * call: chain with next. */
struct store_case_search_in {
	const struct fold_query *query;
	struct id after;   /* newest first */
	unsigned statuses; /* STATUS_BIT: of these alone */
	int limit;
	/* Each case that is found is an audit entry of its own: case.found by this person. */
	const char *person;
	const char *detail;
	int64_t now_utc_ms;
};
struct store_case_found {
	struct store_case_row row;
	const char *title;
};
struct store_case_search_out {
	const struct store_case_found *rows;
	size_t count;
	struct id next; /* where to go on; none = all cases were read */
};
extern const struct store_op store_case_search; /* READ */

/* --- small acts on a case: one op, one enum --- */

enum store_case_act {
	CASE_ACT_NOTE = 1, /* text, due */
	CASE_ACT_ASSIGN,   /* word = person id or NULL */
	CASE_ACT_CLOSE,    /* state, is_verified; ends alerts when verified */
	CASE_ACT_REOPEN,
	CASE_ACT_HOLD,    /* field, due = until, text = why JSON */
	CASE_ACT_RELEASE, /* field */
};
struct store_case_act_in {
	enum store_case_act act;
	struct id case_id;
	const char *case_ref;
	int64_t if_etag;   /* 0 = not asked */
	struct id item_id; /* fresh id of a note */
	const char *text;  /* sealed: note, close JSON, why JSON */
	int64_t due_utc_ms;
	const char *word;
	int field;
	enum case_state state;      /* CASE_ACT_CLOSE: found .. hoax */
	enum end_reason end_reason; /* what its alerts end with */
	bool is_verified;
	uint8_t seed[FANOUT_SEED_BYTES];
	const char *person;
	struct timer_now now;
};
struct store_case_act_out {
	struct outcome outcome; /* count = alerts ended or suspended */
	int broadcasts;
	const struct id *alerts; /* that ended or were suspended: for the stop marks */
	size_t alert_count;
};
extern const struct store_op store_case_act;   /* STORE_OPERATOR: note, assign, hold ... */
extern const struct store_op store_case_close; /* the same run, STORE_STOP */

/* The active and suspended alerts of a case that no other open case shares: what a verified close
 * will end. READ, quick. */
struct store_case_alerts_in {
	struct id case_id;
	const char *case_ref;
};
struct store_case_alerts_out {
	struct id case_id;
	const struct id *alerts;
	size_t count;
};
extern const struct store_op store_case_alerts;

/* What needs a human now, most urgent first. READ. */
enum store_work_kind {
	WORK_CASE_INTAKE = 1, /* a case nobody opened */
	WORK_APPROVAL,        /* a version waits for an approval */
	WORK_RETURNED,        /* a version was returned and waits for an edit */
	WORK_NO_ACK,          /* an active alert nobody acknowledged */
	WORK_EXHAUSTED,       /* a ladder came to its end */
	WORK_HELD,            /* deliveries held on a channel */
	WORK_NOTE_DUE,        /* a note's time has come */
	WORK_UNVERIFIED,      /* closed without verification */
	WORK_EXPIRING,        /* an active alert ends within the hour */
};
struct store_worklist_in {
	bool with_exercise;
	int64_t now_utc_ms;
	int limit;
};
struct store_work_row {
	enum store_work_kind kind;
	struct id case_id, alert_id;
	char ref[REF_TEXT_BYTES];
	const char *word; /* channel, person; or NULL */
	int version;
	int64_t count;
	int64_t since_utc_ms;
	int64_t due_utc_ms; /* 0 = now */
};
struct store_worklist_out {
	const struct store_work_row *rows;
	size_t count;
	bool has_more;
};
extern const struct store_op store_worklist;

#endif
