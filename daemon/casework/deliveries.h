/* Where an alert went: every delivery, and the counts. Ids and states, never an address. */
#ifndef ASTRAD_CASEWORK_DELIVERIES_H
#define ASTRAD_CASEWORK_DELIVERIES_H

#include "casework/casework.h"

struct deliveries_list {
	const char *name;    /* the alert's id or ref */
	const char *channel; /* NULL = all */
	unsigned states;     /* 1u << enum delivery_state; 0 = all */
	int64_t before_id;   /* 0 = from the newest */
	int limit;
};

/* GET /v1/alerts/{id}/deliveries: a page, newest first. */
void deliveries_list(struct casework *casework, const struct action *action,
		     const struct deliveries_list *list, action_done *done, void *arg);
/* GET /v1/alerts/{id}/summary: counts a broadcast, the acknowledgements, the ladder. */
void deliveries_summary(struct casework *casework, const struct action *action, const char *name,
			action_done *done, void *arg);
/* POST /v1/deliveries/{id}/redrive: goes again under the same id, whatever held it. Refuses a
 * version that is not current, and a row on the wire. */
void deliveries_redrive(struct casework *casework, const struct action *action, int64_t delivery,
			struct bytes body, action_done *done, void *arg);

#endif
