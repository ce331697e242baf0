/*
 * Acts that happen outside the store: a reload, a probe, a channel's suspension. Such an act is
 * asked about before it is done and noted before it is answered:
 *
 *	deed_find -> told before: answer that, do nothing
 *	          -> not yet: do it -> deed_note -> answer
 *
 * A crash between the act and its note forgets the key, and the same request does it again: only
 * what may be done twice is done this way.
 */
#ifndef ASTRAD_CASEWORK_DEED_H
#define ASTRAD_CASEWORK_DEED_H

#include "casework/casework.h"

/* Was this done under the action's Idempotency-Key? ok and replayed: yes, with its outcome. ok and
 * not replayed: no, so do it now. Not ok: refuse. The action has a key. */
void deed_find(struct casework *casework, const struct action *action, action_done *done,
	       void *arg);

struct deed {
	const char *audit;  /* the action's word, or NULL when the entry was written with the act */
	const char *detail; /* of the entry: ids and states */
	struct outcome outcome;
};

/* Audit entry and key are committed when done comes; its result is the outcome. Copies deed. */
void deed_note(struct casework *casework, const struct action *action, const struct deed *deed,
	       action_done *done, void *arg);

#endif
