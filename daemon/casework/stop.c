/* Cancel, suspend, expire: mark, store, settle. See stop.h for the law. */
#include "casework/stop.h"

#include <string.h>

#include "casework/alert_private.h"

/* A stop on its way: which mark to settle. Lives in the call's arena. */
struct stopping {
	struct doing doing; /* first: the call's ctx is read as one */
	struct id alert_id;
};

static void mark(struct casework *casework, const struct id *alert)
{
	if (casework->wake.stop_mark != NULL) {
		casework->wake.stop_mark(alert, casework->wake.arg);
	}
}

/* A refusal because of what the alert is settles the mark too: there was nothing to stop. */
static bool is_settled(const struct store_call *call)
{
	return call->ok || (call->err.code != ERROR_TEMPORARY && call->err.code != ERROR_LIMIT &&
			    call->err.code != ERROR_INTERNAL);
}

static void settle(struct store_call *call)
{
	const struct stopping *stopping = call->ctx;
	const struct casework_wake *wake = &stopping->doing.casework->wake;

	if (wake->stop_settled != NULL) {
		wake->stop_settled(&stopping->alert_id, is_settled(call), wake->arg);
	}
}

static void on_stopped(struct store_call *call)
{
	struct stopping *stopping = call->ctx;

	settle(call);
	if (call->ok && !call->replayed) {
		alert_wake(&stopping->doing);
	}
	doing_answer_call(call);
}

static void on_suspended(struct store_call *call)
{
	settle(call);
	doing_answer_call(call);
}

static struct store_call *stop_begin(struct alert_work **work, const struct store_op *op,
				     void (*on_done)(struct store_call *call))
{
	struct casework *casework = (*work)->doing.casework;
	struct store_call *call;
	struct stopping *stopping;

	mark(casework, &(*work)->load.id);
	call = alert_work_write(work, op, on_done);
	stopping = arena_alloc(call->arena, sizeof(*stopping));
	stopping->doing = *(struct doing *)call->ctx;
	stopping->alert_id = call->audit.alert_id;
	call->ctx = stopping;
	return call;
}

static void cancel_next(struct alert_work *work)
{
	struct alertbody_cancel cancel;
	struct store_alert_stop_in *in;
	struct store_call *call;
	struct problems problems;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_cancel(work->body, work->arena, &cancel, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	call = stop_begin(&work, &store_alert_stop, on_stopped);
	in = call->in;
	in->stop = (struct alert_stop){
		.alert_id = call->audit.alert_id,
		.reason = cancel.reason,
		.note = cancel.note,
		.person = call->audit.person,
		.now_utc_ms = call->audit.now_utc_ms,
	};
	secret_random(in->stop.seed, sizeof(in->stop.seed));
	call->audit.action = "alert.end";
	call->audit.detail = end_reason_name(cancel.reason);
	call->audit.note = cancel.note;
	store_submit(call);
}

void stop_cancel(struct casework *casework, const struct action *action, const char *name,
		 struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name}, cancel_next);
}

static void suspend_next(struct alert_work *work)
{
	struct alertbody_reason reason;
	struct store_alert_suspend_in *in;
	struct store_call *call;
	struct problems problems;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_reason(work->body, false, work->arena, &reason, &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	call = stop_begin(&work, &store_alert_suspend, on_suspended);
	in = call->in;
	in->alert_id = call->audit.alert_id;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "alert.suspend";
	call->audit.note = reason.reason;
	store_submit(call);
}

void stop_suspend(struct casework *casework, const struct action *action, const char *name,
		  struct bytes body, action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	alert_work_read(work, &(struct alert_read){.name = name}, suspend_next);
}

static void nothing_asked(const struct action_result *result, void *arg)
{
	(void)result; /* the outbox and the health reasons show what became of it */
	(void)arg;
}

void stop_expire(struct casework *casework, const struct id *alert, action_done *done, void *arg)
{
	const struct action action = {.actor = {.person = "system"}};
	struct store_call *call = doing_begin(casework, &action, &store_alert_stop, on_stopped,
					      done != NULL ? done : nothing_asked, arg);
	struct store_alert_stop_in *in = call->in;
	struct stopping *stopping = arena_alloc(call->arena, sizeof(*stopping));

	mark(casework, alert);
	stopping->doing = *(struct doing *)call->ctx;
	stopping->alert_id = *alert;
	call->ctx = stopping;
	in->only_if_expired = true;
	in->stop = (struct alert_stop){
		.alert_id = *alert,
		.reason = END_EXPIRED,
		.person = "system",
		.now_utc_ms = call->audit.now_utc_ms,
	};
	secret_random(in->stop.seed, sizeof(in->stop.seed));
	call->audit.action = "alert.end";
	call->audit.alert_id = *alert;
	call->audit.detail = end_reason_name(END_EXPIRED);
	store_submit(call);
}
