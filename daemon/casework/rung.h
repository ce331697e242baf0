/*
 * Ladders on their way: the rows are read, the domain says what is due, one compare-and-set commits
 * it with its broadcasts and notices. Whoever commits first wins; the other reads again and decides
 * anew.
 */
#ifndef ASTRAD_CASEWORK_RUNG_H
#define ASTRAD_CASEWORK_RUNG_H

#include "casework/casework.h"
#include "store/timer.h"

/* A ladder's timer is due: everything due fires, once. Nothing due (acknowledged, suspended,
 * somebody was faster) is fine too. */
void rung_fire(struct casework *casework, const struct timer_row *timer, action_done *done,
	       void *arg);
/* POST /v1/alerts/{id}/escalate: the next rung now, whatever its condition says. 409 unless the
 * alert is active or waits for approval. */
void rung_escalate(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg);
/* A channel died: the next rung is due now where nobody of the newest one can be reached. */
void rung_bring_forward(struct casework *casework, const struct id *ladder, action_done *done,
			void *arg);

/* What every ladder decides by from here on: whether a channel can reach anybody. Gives the number
 * of dead channels. */
size_t rung_set_dead(struct casework *casework, const char *channel, bool is_dead);

/* notice.channel_dead to every internal channel but the dead one. */
void rung_page(struct casework *casework, const char *channel, const char *reason,
	       action_done *done, void *arg);

#endif
