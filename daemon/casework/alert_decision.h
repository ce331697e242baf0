/* For casework's files of submit and approve: a version that is decided, with its plan made anew.
 */
#ifndef ASTRAD_CASEWORK_ALERT_DECISION_H
#define ASTRAD_CASEWORK_ALERT_DECISION_H

#include "casework/alert_private.h"
#include "domain/ladder.h"

/* A decision with its plan; lives in the work's arena. */
struct alert_decision {
	struct alertbody_decision asked;
	struct plan plan;
	struct draft draft;
	const struct policy *policy;
};

/* Reads the body, makes the plan, compares. On false the work was answered and is gone. */
bool alert_decision_make(struct alert_work **work, struct alert_decision *decision) MUST_USE;
/* No field of the draft is held back now; else ERROR_CONFLICT names them. */
bool alert_decision_holds(const struct alert_work *work, const struct draft *draft,
			  struct error *err) MUST_USE;
/* What the store compares inside its transaction. */
struct store_alert_basis alert_decision_basis(const struct alert_work *work);
/* A ladder of the decision's policy that begins now, and what of it fires at once. An unreadable
 * snapshot leaves start->id none. */
void alert_decision_ladder(const struct alert_work *work, const struct alert_decision *decision,
			   enum ladder_kind kind, struct ladder_start *start,
			   struct ladder_step *step);
/* Wakes who sends and who escalates, answers. */
void alert_decision_done(struct store_call *call);

#endif
