/* Return, reject, withdraw: nothing was sent, nothing is. */
#include "casework/alert_decision.h"

static const struct {
	enum version_did did;
	const char *action;
	bool needs_reason;
} refusals[] = {
	[ALERT_RETURN] = {DID_RETURN, "alert.return", true},
	[ALERT_REJECT] = {DID_REJECT, "alert.reject", true},
	[ALERT_WITHDRAW] = {DID_WITHDRAW, "alert.withdraw", false},
};

static void refuse_next(struct alert_work *work)
{
	int kind = work->kind;
	struct alertbody_reason reason;
	struct store_alert_decline_in *in;
	struct store_call *call;
	struct problems problems;
	struct error err;

	problems_init(&problems, work->arena);
	if (!alertbody_decode_reason(work->body, refusals[kind].needs_reason, work->arena, &reason,
				     &problems)) {
		alert_work_problems(&work, &problems);
		return;
	}
	if (work->load.open_version == 0) {
		error_set(&err, ERROR_CONFLICT, "no version is waiting for a decision");
		alert_work_fail(&work, &err);
		return;
	}
	call = alert_work_write(&work, &store_alert_decline, alert_decision_done);
	in = call->in;
	in->alert_id = call->audit.alert_id;
	in->version = call->audit.version;
	in->did = refusals[kind].did;
	in->person = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = refusals[kind].action;
	call->audit.note = reason.reason;
	store_submit(call);
}

void alert_refuse(struct casework *casework, const struct action *action,
		  enum alert_refusal refusal, const char *name, struct bytes body,
		  action_done *done, void *arg)
{
	struct alert_work *work = alert_work_begin(casework, action, body, done, arg);

	work->kind = (int)refusal;
	alert_work_read(work, &(struct alert_read){.name = name}, refuse_next);
}
