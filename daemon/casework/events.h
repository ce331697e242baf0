/*
 * What a partner was told, to be read again: its events by number, and the messages that stand now.
 * Bodies are rendered from what is stored, byte for byte what was or will be pushed; whatever a
 * newer version, an end or a purge has overtaken is a tombstone without case or text. CONTRACT
 * section 5.
 */
#ifndef ASTRAD_CASEWORK_EVENTS_H
#define ASTRAD_CASEWORK_EVENTS_H

#include "casework/casework.h"

struct events_list {
	const char *partner; /* whose; must be configured or have events */
	int64_t after_seq;
	int limit;
};

/*
 * GET /v1/events?after=SEQ. Body {items: [{seq, id, event}], next, seq}: next is the `after` of the
 * next page, null on the last; seq is the partner's newest. ERROR_GONE when events after `after`
 * are not kept any more.
 */
void events_list(struct casework *casework, const struct action *action,
		 const struct events_list *list, action_done *done, void *arg);
/* GET /v1/alerts?state=active of a partner: the complete messages of its running alerts, as above,
 * and in seq the number they stand at: go on with /v1/events from there. */
void events_list_current(struct casework *casework, const struct action *action,
			 const struct events_list *list, action_done *done, void *arg);

#endif
