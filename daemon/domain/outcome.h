/*
 * What an action did, in ids and states only: the answer of every POST, and what an idempotency
 * record keeps. It holds no personal data, so it may be stored and told again. The `out` struct of
 * every op that may carry an Idempotency-Key has a `struct outcome outcome` as its first member.
 */
#ifndef ASTRAD_DOMAIN_OUTCOME_H
#define ASTRAD_DOMAIN_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "domain/delivery.h"
#include "domain/states.h"

struct outcome {
	int http_status; /* 200, 201, 202 or 409; 0 = 200 */
	struct id report_id;
	struct id case_id;
	char case_ref[REF_TEXT_BYTES];
	enum case_state case_state;
	struct id alert_id;
	char alert_ref[REF_TEXT_BYTES];
	enum alert_state alert_state;
	int version; /* the version this action made or changed; 0 = none */
	enum version_state version_state;
	enum version_kind version_kind;
	enum end_reason end_reason;
	struct id item_id; /* ack, note or person-independent row this action made */
	int64_t etag;      /* of the case or draft; 0 = none */
	int64_t at_utc_ms; /* approved, ended, lease until: what the action is about */
	uint32_t missing;  /* bits of enum report_gap (domain/report.h): missing_for_alert[] */
	int count;         /* rows touched, alerts ended */
	char word[64];     /* person id, token name, channel name */
	enum delivery_outcome sent; /* of a probe; 0 = none */
	int64_t took_ms;            /* of a probe */
	char problem[160];          /* for 409: why; of a probe: its detail. No personal data */
};

/* Compact text for the idempotency record and back. */
void outcome_encode(const struct outcome *outcome, struct buf *out);
bool outcome_decode(const char *text, struct outcome *ret_outcome) MUST_USE;

#endif
