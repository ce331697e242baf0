/* For casework's escalation files: from what the domain decided to what the store commits. Memory
 * is the work's. */
#ifndef ASTRAD_CASEWORK_TURN_H
#define ASTRAD_CASEWORK_TURN_H

#include "casework/ladder_work.h"

/* The ladder moves as `step` says: targets of what fires, notices to staff. */
void turn_of_step(struct ladder_work *work, const struct ladder_step *step,
		  struct ladder_turn *ret_turn);
/*
 * An acknowledgement changed: a ladder that is stopped now rests, one that is not any more runs
 * again from its next rung, at once where that is due; any other stays as it is. ret_step tells
 * what fires.
 */
void turn_of_acks(struct ladder_work *work, const struct ladder_facts *facts,
		  struct ladder_step *ret_step, struct ladder_turn *ret_turn);

/* One more notice; type_name's text is the work's. */
void turn_add_notice(struct ladder_work *work, struct ladder_turn *turn,
		     const struct ladder_notice *notice);

/* What fired, for the audit trail: "rungs=police,region cycle=0 state=running". */
const char *turn_detail(const struct ladder_work *work,
			const struct ladder_step *step) RETURNS_NONNULL;
/* The log line of the same, and of an exhausted ladder. */
void turn_log(const struct ladder_work *work, const struct ladder_step *step);

#endif
