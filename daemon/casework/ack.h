/*
 * Acknowledgements: somebody has the alert in hand, for as long as a lease. Taken, renewed,
 * declined or given back by a partner about an alert it was sent, or by an operator, also on behalf
 * of a partner. One a partner, one an operator. Whether it stops the ladder is the policy's to say
 * (domain/ladder.h); the ladder changes in the same transaction. A lapsed lease runs it again.
 */
#ifndef ASTRAD_CASEWORK_ACK_H
#define ASTRAD_CASEWORK_ACK_H

#include "casework/casework.h"
#include "store/timer.h"

/*
 * POST /v1/alerts/{id}/acks. 201 with outcome.item_id = the ack, word = whose it is, at = the
 * lease's end. Again: 200, the same ack, renewed. {declined: reason}: not taken; what was held
 * before is given back. Alert over: 409. A partner asking for an alert it has no event of: 404.
 */
void ack_create(struct casework *casework, const struct action *action, const char *name,
		struct bytes body, action_done *done, void *arg);
/* DELETE /v1/alerts/{id}/acks/{ack}: given back. Over already: 200, nothing changes. */
void ack_release(struct casework *casework, const struct action *action, const char *name,
		 const char *ack, action_done *done, void *arg);

/* Timers of the escalation room: the lease ended; it ends in five minutes. A row that is not there
 * any more is fine: somebody was faster. */
void ack_expire(struct casework *casework, const struct timer_row *timer, action_done *done,
		void *arg);
void ack_warn(struct casework *casework, const struct timer_row *timer, action_done *done,
	      void *arg);

#endif
