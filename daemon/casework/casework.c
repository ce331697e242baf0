/*
 * The context of all actions and the life of one: begun with a store call, answered exactly once,
 * counted while under way. No decision is taken here. Crash: an action is its one store call; it
 * happened with the commit or not at all.
 */
#include "casework/casework_private.h"
#include "store/refusal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "casework/rung.h"

struct casework *casework_create(struct store *store, struct loop *loop,
				 const struct casework_wake *wake)
{
	struct casework *casework = xcalloc(1, sizeof(*casework));

	casework->store = store;
	casework->loop = loop;
	casework->clock = loop_clock(loop);
	casework->wake = *wake;
	return casework;
}

void casework_destroy(struct casework **casework)
{
	if (*casework == NULL) {
		return;
	}
	assert((*casework)->under_way == 0);
	settings_unref(&(*casework)->settings);
	while ((*casework)->dead.count > 0) {
		(void)rung_set_dead(*casework, (*casework)->dead.items[0], false); /* all go */
	}
	free((*casework)->dead.items);
	free(*casework);
	*casework = NULL;
}

void casework_use_settings(struct casework *casework, struct settings *settings)
{
	struct settings *old = casework->settings;

	casework->settings = settings_ref(settings);
	settings_unref(&old);
}

void casework_use_boot(struct casework *casework, const struct id *boot_id)
{
	casework->boot_id = *boot_id;
}

size_t casework_under_way(const struct casework *casework)
{
	return casework->under_way;
}

const char *actor_name(const struct actor *actor)
{
	if (actor->person != NULL) {
		return actor->person;
	}
	return actor->partner != NULL ? actor->partner : "system";
}

struct timer_now casework_now(const struct casework *casework)
{
	return (struct timer_now){
		.utc_ms = clock_utc_ms(casework->clock),
		.boot_ms = clock_boot_ms(casework->clock),
		.boot_id = casework->boot_id,
	};
}

int casework_ref_year(const struct casework *casework, int64_t utc_ms)
{
	char text[CLOCK_TEXT_BYTES];

	(void)clock_format_zone(utc_ms, casework->settings->directory.timezone, text);
	/* an unknown zone gives UTC: settings has checked it, and a ref's year is no more than a
	 * name */
	return (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
	       (text[3] - '0');
}

/* --- one action --- */

static struct store_call *call_of(const struct doing *doing, const struct action *action,
				  const struct store_op *op,
				  void (*on_done)(struct store_call *call))
{
	struct store_call *call = store_call_create(doing->casework->store, op, on_done, NULL);
	struct doing *kept = arena_alloc(call->arena, sizeof(*kept));

	*kept = *doing;
	call->ctx = kept;
	call->idempotency = action->idempotency;
	call->audit.person = arena_strdup(call->arena, actor_name(&action->actor));
	call->audit.now_utc_ms = clock_utc_ms(doing->casework->clock);
	return call;
}

struct store_call *doing_begin(struct casework *casework, const struct action *action,
			       const struct store_op *op, void (*on_done)(struct store_call *call),
			       action_done *done, void *arg)
{
	struct doing doing = {.casework = casework, .done = done, .arg = arg};

	casework->under_way++;
	return call_of(&doing, action, op, on_done);
}

struct store_call *doing_next(const struct doing *doing, const struct action *action,
			      const struct store_op *op, void (*on_done)(struct store_call *call))
{
	return call_of(doing, action, op, on_done);
}

void doing_answer(const struct doing *doing, const struct action_result *result)
{
	assert(doing->casework->under_way > 0);
	doing->casework->under_way--;
	doing->done(result, doing->arg);
}

void doing_answer_call(struct store_call *call)
{
	const struct outcome *outcome = call->out;
	/* a stored refusal is told again with its outcome; a fresh one has none */
	bool has_outcome = call->ok || (call->replayed && call->err.code == ERROR_CONFLICT);

	doing_answer(call->ctx, &(struct action_result){
					.ok = call->ok,
					.replayed = call->replayed,
					.err = call->err,
					.outcome = has_outcome ? outcome : NULL,
					.etag = call->ok ? outcome->etag : 0,
				});
}

void doing_answer_field(struct store_call *call, const char *pointer)
{
	struct action_result result = {.err = call->err};
	struct problems problems;

	if (call->ok || call->err.code != ERROR_INVALID) {
		doing_answer_call(call);
		return;
	}
	problems_init(&problems, call->arena);
	problems_add(&problems, pointer, "%s", call->err.text);
	result.problems = &problems;
	doing_answer(call->ctx, &result);
}

void doing_answer_error(const struct doing *doing, const struct error *err)
{
	doing_answer(doing, &(struct action_result){.err = *err});
}

/* Every body but a page's and a page's: too large is refused, never cut. */
static void answer_bytes(const struct doing *doing, const struct buf *body,
			 struct action_result *result)
{
	struct error err;

	if (body->overflow) {
		error_set(&err, ERROR_LIMIT, "the answer is too large: ask for a smaller page");
		doing_answer_error(doing, &err);
		return;
	}
	result->ok = true;
	result->body = (struct bytes){body->data, body->len};
	doing_answer(doing, result);
}

void doing_answer_body(const struct doing *doing, const struct buf *body, int64_t etag)
{
	answer_bytes(doing, body, &(struct action_result){.etag = etag});
}

void doing_answer_page_after(const struct doing *doing, const struct buf *items, const char *next)
{
	answer_bytes(doing, items, &(struct action_result){.is_page = true, .next = next});
}

void doing_answer_page(const struct doing *doing, const struct buf *items, const struct id *next_id)
{
	char next[ID_TEXT_BYTES];

	id_format(next_id, next);
	doing_answer_page_after(doing, items, id_is_none(next_id) ? NULL : next);
}

void doing_answer_page_at(const struct doing *doing, const struct buf *items, int64_t next)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)next); /* 20 characters at most */
	doing_answer_page_after(doing, items, next == 0 ? NULL : text);
}

/* --- refusal without a store call --- */

struct refusal {
	struct doing doing;
	struct arena *arena;
	struct problems problems;
	bool has_problems;
	struct error err;
};

static void on_refuse(void *arg)
{
	struct refusal *refusal = arg;

	doing_answer(&refusal->doing,
		     &(struct action_result){
			     .err = refusal->err,
			     .problems = refusal->has_problems ? &refusal->problems : NULL,
		     });
	arena_destroy(&refusal->arena);
	free(refusal);
}

static struct refusal *refusal_create(struct casework *casework, const struct problems *problems,
				      const struct error *err)
{
	struct refusal *refusal = xcalloc(1, sizeof(*refusal));

	refusal->doing.casework = casework;
	refusal->arena = arena_create();
	if (problems != NULL) {
		problems_init(&refusal->problems, refusal->arena);
		for (size_t i = 0; i < problems->count; i++) {
			problems_add(&refusal->problems, problems->items[i].pointer, "%s",
				     problems->items[i].detail);
		}
		refusal->problems.more += problems->more;
		refusal->problems.is_malformed = problems->is_malformed;
		refusal->has_problems = true;
		problems_error(problems, &refusal->err);
	}
	if (err != NULL) {
		refusal->err = *err;
	}
	return refusal;
}

/* The earlier answer of the same key, or the refusal. That the record could not be asked for (a
 * full queue, a full disk) does not hide what is wrong with the request. */
static void on_asked(struct store_call *call)
{
	struct refusal *refusal = call->ctx;

	if (call->ok || call->replayed || call->err.code == ERROR_REUSED) {
		call->ctx = &refusal->doing;
		doing_answer_call(call);
		arena_destroy(&refusal->arena);
		free(refusal);
		return;
	}
	on_refuse(refusal);
}

static void refusal_send(struct refusal *refusal, const struct store_idempotency *idempotency)
{
	struct casework *casework = refusal->doing.casework;
	struct store_call *call;

	if (!idempotency->use) {
		loop_defer(casework->loop, on_refuse, refusal);
		return;
	}
	call = store_call_create(casework->store, &store_refusal, on_asked, refusal);
	call->idempotency = *idempotency;
	((struct store_refusal_in *)call->in)->err = refusal->err;
	store_submit(call);
}

void doing_refuse_action(const struct doing *doing, const struct action *action,
			 const struct problems *problems, const struct error *err)
{
	struct refusal *refusal = refusal_create(doing->casework, problems, err);

	refusal->doing = *doing;
	refusal_send(refusal, &action->idempotency);
}

void doing_discard(struct store_call **call, const struct problems *problems,
		   const struct error *err)
{
	struct doing doing = *(struct doing *)(*call)->ctx;
	struct store_idempotency idempotency = (*call)->idempotency;
	struct refusal *refusal = refusal_create(doing.casework, problems, err);

	refusal->doing = doing;
	store_call_discard(call);
	refusal_send(refusal, &idempotency);
}

void doing_refuse(struct casework *casework, const struct problems *problems,
		  const struct error *err, action_done *done, void *arg)
{
	struct refusal *refusal = refusal_create(casework, problems, err);

	casework->under_way++;
	refusal->doing.done = done;
	refusal->doing.arg = arg;
	loop_defer(casework->loop, on_refuse, refusal);
}
