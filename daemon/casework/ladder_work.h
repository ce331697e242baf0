/* For casework's escalation files: an action on a ladder, from its read to its one commit. */
#ifndef ASTRAD_CASEWORK_LADDER_WORK_H
#define ASTRAD_CASEWORK_LADDER_WORK_H

#include "casework/casework_private.h"
#include "domain/alertbody.h"
#include "domain/ladder.h"
#include "store/escalate.h"

/* Who or what is meant; exactly one of the ids, or a name. */
struct ladder_which {
	struct id ladder_id;
	struct id ack_id;
	const char *alert; /* id or ref */
};

/*
 * One action that reads a ladder, decides and writes with compare-and-set. When somebody committed
 * first it reads again and decides anew, a few times. It lives in its own arena until it is
 * answered.
 */
struct ladder_work {
	struct doing doing;
	struct action action; /* words copied */
	struct arena *arena;
	struct settings *settings; /* counted; the newest at each read */
	struct ladder_which which;
	int tries;
	bool stale_is_done; /* somebody was faster: there is nothing left to do */
	/* Runs after each read; must write or answer. */
	void (*decide)(struct ladder_work *work);
	/* After the commit, before the answer: logs. May be NULL. */
	void (*committed)(struct ladder_work *work, const struct store_call *call);

	/* of the newest read */
	struct store_ladder_load_out load;
	struct ladder_plan plan; /* zero when there is no ladder */
	struct ladder_position position;
	struct timer_now now; /* utc_ms: not before the timer's due time */
	int64_t wall_utc_ms;

	/* what the action was asked; set before the read */
	struct timer_row timer; /* id 0 = no timer */
	struct alertbody_ack ack;
	struct id ack_id;
	const char *reason; /* an operator's words, or NULL */
	const char *channel;
	struct problems problems; /* of the body */
};

struct ladder_work *ladder_work_begin(struct casework *casework, const struct action *action,
				      action_done *done, void *arg) RETURNS_NONNULL;
/* Fills `which` and reads; a name that is neither id nor ref is answered. */
void ladder_work_read(struct ladder_work *work, void (*decide)(struct ladder_work *work));
/* The one write; op's out starts with a struct outcome. Fill call->in and the audit, then
 * store_submit. */
struct store_call *ladder_work_write(struct ladder_work *work,
				     const struct store_op *op) RETURNS_NONNULL;

/* The answers; the work is gone afterwards. outcome may be NULL. */
void ladder_work_answer(struct ladder_work **work, const struct outcome *outcome);
void ladder_work_fail(struct ladder_work **work, const struct error *err);
void ladder_work_refuse(struct ladder_work **work, enum error_code code, const char *text);
/* Answers work->problems, in the next turn. */
void ladder_work_discard(struct ladder_work **work);
/* One field of the body is wrong. */
void ladder_work_refuse_field(struct ladder_work **work, const char *pointer, const char *detail);

/* The acknowledgements that count: those held, with one changed by what is about to be written. */
struct ack_change {
	struct id id; /* none = nothing changes */
	bool is_held; /* afterwards */
	const char *partner;
	enum partner_role role;
	bool is_operator;
};
/* The channel in the current version's plan, by the name that the alert knows or the files have
 * now; NULL = it is not planned. */
const struct store_ladder_channel *ladder_work_planned(const struct ladder_work *work,
						       const char *name);
void ladder_work_facts(const struct ladder_work *work, const struct ack_change *change,
		       struct ladder_facts *ret_facts);
/* Held, and of what the ladder is about: a raise begins another ladder, and whoever acknowledged
 * the smaller alert has not acknowledged the raised one. */
bool ladder_work_counts(const struct ladder_work *work, const struct store_ack_row *row);
/* The version the ladder is about. */
int ladder_work_version(const struct ladder_work *work);
/* An outcome that tells of the alert alone. */
struct outcome ladder_work_outcome(const struct ladder_work *work);

#endif
