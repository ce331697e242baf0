/* For casework's alert files: an alert read from the store with its draft decoded and its plan
 * made. */
#ifndef ASTRAD_CASEWORK_ALERT_PRIVATE_H
#define ASTRAD_CASEWORK_ALERT_PRIVATE_H

#include "casework/alert.h"
#include "casework/casework_private.h"
#include "domain/plan.h"
#include "store/alert.h"

/* One action that reads the alert first. It lives in its own arena until it is answered. */
struct alert_work {
	struct doing doing;
	struct action action; /* words copied */
	struct arena *arena;
	struct settings *settings; /* the snapshot the whole action decides by; counted */
	struct bytes body;         /* the request's, copied */
	int64_t if_etag;
	int kind;          /* what the caller put there */
	const void *asked; /* a read's own question, in `arena` */
	/* Runs when the alert was read; owns the work and must end it. */
	void (*next)(struct alert_work *work);
	struct store_alert_load_out load; /* in `arena` */
	/* kind 0: none. What a /send or /repolicy asks, or the unapproved version that asked it. */
	struct plan_act act;
	const char *act_policy; /* VERSION_REPOLICY, while it is no version yet */
};

/* How an alert is read for an action. */
struct alert_read {
	const char *name; /* id or ref */
	int version;      /* 0 = the unapproved one, else the current */
	bool with_personal;
	const char *audit; /* "alert.preview"; NULL = the write that follows is audited */
};

/* Begins; NULL when it was answered already (bad name). Fill kind and if_etag, then
 * alert_work_read. */
struct alert_work *alert_work_begin(struct casework *casework, const struct action *action,
				    struct bytes body, action_done *done,
				    void *arg) RETURNS_NONNULL;
void alert_work_read(struct alert_work *work, const struct alert_read *read,
		     void (*next)(struct alert_work *work));
/* A store call of the same action that ends the work: the work is gone when it returns, what the
 * call needs must be in the call's arena. on_done gets a call whose ctx is a struct doing. */
struct store_call *alert_work_write(struct alert_work **work, const struct store_op *op,
				    void (*on_done)(struct store_call *call)) RETURNS_NONNULL;
void alert_work_fail(struct alert_work **work, const struct error *err);
void alert_work_problems(struct alert_work **work, const struct problems *problems);
void alert_work_body(struct alert_work **work, const struct buf *body, int64_t etag);

/*
 * The plan of the version that was read, or of what work->act asks. A content that stands is read
 * under the policy the alert runs by, which a repolicy may have changed since. Memory: `arena`
 * (which must live as long as the plan).
 */
bool alert_work_plan(struct alert_work *work, struct arena *arena, struct plan *ret_plan,
		     struct draft *ret_draft, struct error *err) MUST_USE;

/* The approved draft as JSON, under the policy the alert runs by: what a further version changes.
 */
bool alert_work_standing(const struct alert_work *work, struct bytes *ret_draft,
			 struct error *err) MUST_USE;
/* How a channel stands in the plan of the current version; NULL = not in it. */
const struct store_alert_planned *alert_work_planned(const struct alert_work *work,
						     const char *channel);

/* After a write that may have made broadcasts and timers. */
void alert_wake(const struct doing *doing);

#endif
