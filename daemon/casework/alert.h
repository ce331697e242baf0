/*
 * Alerts from draft to approval: each function is one action. What is previewed, submitted and
 * approved is the one plan of domain/plan.h, made from the same input; its digest says that nobody
 * approves anything but what was read.
 */
#ifndef ASTRAD_CASEWORK_ALERT_H
#define ASTRAD_CASEWORK_ALERT_H

#include "casework/casework.h"

/* POST /v1/cases/{id}/alerts. 201 with a draft; the case becomes open. */
void alert_draft(struct casework *casework, const struct action *action, const char *case_name,
		 struct bytes body, action_done *done, void *arg);
/* PATCH /v1/alerts/{id}/draft; if_etag is the unapproved version's. */
void alert_edit(struct casework *casework, const struct action *action, const char *name,
		int64_t if_etag, struct bytes body, action_done *done, void *arg);
/* GET /v1/alerts/{id}: states, versions, persons; the draft for roles that see cases. */
void alert_get(struct casework *casework, const struct action *action, const char *name,
	       action_done *done, void *arg);
/* GET /v1/alerts/{id}/preview: the plan of the unapproved version if there is one, else of the
 * current. */
void alert_preview(struct casework *casework, const struct action *action, const char *name,
		   action_done *done, void *arg);

struct alert_list {
	unsigned states; /* 1u << enum alert_state; 0 = all */
	bool with_exercise;
	struct id after;
	int limit;
};
/* GET /v1/alerts: ids, refs, states. A partner gets its own only. */
void alert_list(struct casework *casework, const struct action *action,
		const struct alert_list *list, action_done *done, void *arg);

/* POST /submit, /approve {version, digest} */
void alert_submit(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg);
void alert_approve(struct casework *casework, const struct action *action, const char *name,
		   struct bytes body, action_done *done, void *arg);

enum alert_refusal { ALERT_RETURN = 1, ALERT_REJECT, ALERT_WITHDRAW };
/* POST /return {reason}, /reject {reason}, /withdraw. The unapproved version is meant. */
void alert_refuse(struct casework *casework, const struct action *action,
		  enum alert_refusal refusal, const char *name, struct bytes body,
		  action_done *done, void *arg);

/* POST /updates: a further version of a running alert; case fields it sets go into the case with
 * it. */
void alert_update(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg);
/* POST /resume: an unapproved version that lets a suspended alert go on when another person
 * approves it. */
void alert_resume(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg);

/*
 * POST /repolicy {policy, reason}: the alert escalates by another policy, or by a newer text of the
 * same. The new ladder goes on where people stand: nobody who was sent the version is told again by
 * the change, and an acknowledgement goes on counting. POST /send {channel, reason}: the current
 * version to a channel outside the ladder, or to those who came to its list since.
 *
 * Widens it, so that somebody newly gets the alert or fewer persons would have to approve what
 * follows, an unapproved version comes of it (201), which /approve executes: always two persons.
 * Else it is done at once (200). A channel that must not get the alert is ERROR_INVALID at
 * /channel, one whose list was sent the version already ERROR_CONFLICT.
 */
void alert_repolicy(struct casework *casework, const struct action *action, const char *name,
		    struct bytes body, action_done *done, void *arg);
void alert_send(struct casework *casework, const struct action *action, const char *name,
		struct bytes body, action_done *done, void *arg);

#endif
