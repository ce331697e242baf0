/*
 * Persons and tokens: what an admin does. A token's secret is made by intake, told once and never
 * stored; casework gets its hash. Root on the Unix socket is person unix:LOGIN; the first admin may
 * be made by the daemon's own uid (only_first).
 */
#ifndef ASTRAD_CASEWORK_PEOPLE_H
#define ASTRAD_CASEWORK_PEOPLE_H

#include "casework/casework.h"

/* POST /v1/persons {id, name}. ERROR_CONFLICT when the id was ever given. */
void people_create(struct casework *casework, const struct action *action, struct bytes body,
		   action_done *done, void *arg);
/* POST /v1/persons/{id}/disable: ends all tokens of the person. */
void people_disable(struct casework *casework, const struct action *action, const char *id,
		    struct bytes body, action_done *done, void *arg);

struct people_list {
	const char *after;     /* persons: after this id, NULL = from the first */
	struct id after_token; /* tokens: after this one */
	int limit;
};
/* GET /v1/persons: a page of persons with their tokens (names, roles, times; no secrets). */
void people_list(struct casework *casework, const struct action *action,
		 const struct people_list *list, action_done *done, void *arg);
/* GET /v1/tokens: a page of all tokens, partners' too, oldest first. */
void people_list_tokens(struct casework *casework, const struct action *action,
			const struct people_list *list, action_done *done, void *arg);

struct people_token {
	struct bytes body; /* POST /v1/tokens {name, person | partner, role, expires_at} */
	uint8_t hash[SECRET_HASH_BYTES];
	bool only_first;
};
/* A partner must be configured, a person exist and not be disabled: else ERROR_INVALID (422). */
void people_token_create(struct casework *casework, const struct action *action,
			 const struct people_token *token, action_done *done, void *arg);
void people_token_revoke(struct casework *casework, const struct action *action, const char *id,
			 action_done *done, void *arg);

#endif
