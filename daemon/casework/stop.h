/*
 * Stopping takes one person, and overtakes everything: before the stop is stored the alert is
 * marked, so that from that turn on no byte of it leaves (casework_wake.stop_mark); the stored stop
 * then goes to everyone who has or may have the alert. When storing fails the mark stays, the
 * answer is 503 and the alarm sounds.
 */
#ifndef ASTRAD_CASEWORK_STOP_H
#define ASTRAD_CASEWORK_STOP_H

#include "casework/casework.h"

/* POST /v1/alerts/{id}/cancel {reason resolved|withdrawn|issued_in_error, note}. Over already: 409
 * with how it ended. */
void stop_cancel(struct casework *casework, const struct action *action, const char *name,
		 struct bytes body, action_done *done, void *arg);
/* POST /v1/alerts/{id}/suspend {reason}: pauses all sends at once; resume takes two persons. */
void stop_suspend(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg);
/* The expiry timer of an alert is due by both clocks: the same stop, by "system". done may be NULL.
 */
void stop_expire(struct casework *casework, const struct id *alert, action_done *done, void *arg);

#endif
