/* For casework's own files: the life of one action from its call to its one answer. */
#ifndef ASTRAD_CASEWORK_PRIVATE_H
#define ASTRAD_CASEWORK_PRIVATE_H

#include "base/json.h"
#include "casework/casework.h"
#include "domain/problem.h"
#include "settings/settings.h"
#include "store/timer.h"

struct casework {
	struct store *store;
	struct loop *loop;
	const struct clock *clock;
	struct casework_wake wake;
	struct settings *settings; /* counted */
	struct id boot_id;         /* of this boot: for timer rows */
	struct words dead;         /* channels that reach nobody (rung.h); texts are owned */
	size_t under_way;
};

/*
 * One action under way. It lives in its store call's arena (call->ctx), or in its own until the
 * call is made. Actions of several calls pass it on from call to call.
 */
struct doing {
	struct casework *casework;
	action_done *done;
	void *arg;
};

/* A store call for an action: actor's audit words and the Idempotency-Key are filled in; call->ctx
 * is its struct doing. */
struct store_call *doing_begin(struct casework *casework, const struct action *action,
			       const struct store_op *op, void (*on_done)(struct store_call *call),
			       action_done *done, void *arg) RETURNS_NONNULL;
/* The same action goes on with a further call (a read before a write). */
struct store_call *doing_next(const struct doing *doing, const struct action *action,
			      const struct store_op *op,
			      void (*on_done)(struct store_call *call)) RETURNS_NONNULL;
/* The one answer. */
void doing_answer(const struct doing *doing, const struct action_result *result);
/* Answers an outcome (call->out starts with struct outcome) or the call's error. */
void doing_answer_call(struct store_call *call);
/* As above; an ERROR_INVALID is what is wrong with one field of the body. */
void doing_answer_field(struct store_call *call, const char *pointer);
void doing_answer_error(const struct doing *doing, const struct error *err);
void doing_answer_body(const struct doing *doing, const struct buf *body, int64_t etag);
/* A page: `items` is a JSON array; next_id none = the last page. */
void doing_answer_page(const struct doing *doing, const struct buf *items,
		       const struct id *next_id);
/* As above for pages keyed by a name; NULL = the last page. */
void doing_answer_page_after(const struct doing *doing, const struct buf *items, const char *next);
/* As above for pages keyed by a number; 0 = the last page. */
void doing_answer_page_at(const struct doing *doing, const struct buf *items, int64_t next);
/*
 * Refuses, with problems or (problems NULL) err; both are copied. A request with an Idempotency-Key
 * asks the store first: when it was answered before, that answer is told again (store/refusal.h).
 * Never answers from within this call.
 */
void doing_refuse_action(const struct doing *doing, const struct action *action,
			 const struct problems *problems, const struct error *err);
/* Gives a call up that was begun and not submitted, and answers in the next turn with problems (or
 * err). */
void doing_discard(struct store_call **call, const struct problems *problems,
		   const struct error *err);
/* Refuses before any store call was made: answers in the next turn. problems may be NULL, err is
 * then required. */
void doing_refuse(struct casework *casework, const struct problems *problems,
		  const struct error *err, action_done *done, void *arg);

/* An id or a ref; else the action is answered with ERROR_NOT_FOUND and false comes back. */
struct casework_name;
bool casework_name_or_refuse(struct casework *casework, const char *text,
			     struct casework_name *ret_name, action_done *done, void *arg) MUST_USE;

/* Who acts, as the audit chain names it. */
const char *actor_name(const struct actor *actor) RETURNS_NONNULL;
struct timer_now casework_now(const struct casework *casework);
/* The year in the hotline's zone: refs count by it. */
int casework_ref_year(const struct casework *casework, int64_t utc_ms);

#endif
