/* Alerts: decode path and query, call casework, answer. No rule is decided here. */
#include "intake/alerts.h"

#include "casework/alert.h"
#include "casework/cases.h"
#include "casework/deliveries.h"
#include "casework/rung.h"
#include "casework/stop.h"
#include "intake/act.h"
#include "intake/events.h"

static struct casework *casework_of(const struct request *request)
{
	return request->services->casework;
}

void alerts_on_draft(struct request *request)
{
	struct action action = act_of(request);

	alert_draft(casework_of(request), &action, request->params[0], request->body, act_answer,
		    request);
}

void alerts_on_edit(struct request *request)
{
	struct action action = act_of(request);

	alert_edit(casework_of(request), &action, request->params[0],
		   etag_expected(&request->if_match), request->body, act_answer, request);
}

static const char *state_name(int number)
{
	return alert_state_name((enum alert_state)number);
}

void alerts_on_list(struct request *request)
{
	struct action action = act_of(request);
	static const struct act_words STATES = {state_name, ALERT_REJECTED};
	struct alert_list list = {0};

	if (action.actor.partner != NULL) {
		events_on_current(request);
		return;
	}
	if (!act_query_bits(request, "state", &STATES, &list.states) ||
	    !act_query_flag(request, "exercise", &list.with_exercise) ||
	    !act_query_page(request, &list.limit, &list.after)) {
		return;
	}
	alert_list(casework_of(request), &action, &list, act_answer, request);
}

void alerts_on_get(struct request *request)
{
	struct action action = act_of(request);

	alert_get(casework_of(request), &action, request->params[0], act_answer, request);
}

void alerts_on_preview(struct request *request)
{
	struct action action = act_of(request);

	alert_preview(casework_of(request), &action, request->params[0], act_answer, request);
}

/* Every act that takes an alert's name and a body. */
typedef void alert_act(struct casework *casework, const struct action *action, const char *name,
		       struct bytes body, action_done *done, void *arg);

static void act(struct request *request, alert_act *run)
{
	struct action action = act_of(request);

	run(casework_of(request), &action, request->params[0], request->body, act_answer, request);
}

void alerts_on_submit(struct request *request)
{
	act(request, alert_submit);
}

void alerts_on_approve(struct request *request)
{
	act(request, alert_approve);
}

static void refuse(struct request *request, enum alert_refusal refusal)
{
	struct action action = act_of(request);

	alert_refuse(casework_of(request), &action, refusal, request->params[0], request->body,
		     act_answer, request);
}

void alerts_on_return(struct request *request)
{
	refuse(request, ALERT_RETURN);
}

void alerts_on_reject(struct request *request)
{
	refuse(request, ALERT_REJECT);
}

void alerts_on_withdraw(struct request *request)
{
	refuse(request, ALERT_WITHDRAW);
}

void alerts_on_update(struct request *request)
{
	act(request, alert_update);
}

void alerts_on_cancel(struct request *request)
{
	act(request, stop_cancel);
}

void alerts_on_suspend(struct request *request)
{
	act(request, stop_suspend);
}

void alerts_on_resume(struct request *request)
{
	act(request, alert_resume);
}

void alerts_on_repolicy(struct request *request)
{
	act(request, alert_repolicy);
}

void alerts_on_send(struct request *request)
{
	act(request, alert_send);
}

void alerts_on_escalate(struct request *request)
{
	act(request, rung_escalate);
}

static const char *delivery_name(int number)
{
	return delivery_state_name((enum delivery_state)number);
}

void alerts_on_deliveries(struct request *request)
{
	struct action action = act_of(request);
	static const struct act_words STATES = {delivery_name, DELIVERY_DEAD};
	struct deliveries_list list = {
		.name = request->params[0],
		.channel = query_get(&request->query, "channel"),
	};

	if (!act_query_bits(request, "state", &STATES, &list.states) ||
	    !act_query_page_at(request, &list.limit, &list.before_id)) {
		return;
	}
	deliveries_list(casework_of(request), &action, &list, act_answer, request);
}

void alerts_on_summary(struct request *request)
{
	struct action action = act_of(request);

	deliveries_summary(casework_of(request), &action, request->params[0], act_answer, request);
}

void alerts_on_timeline(struct request *request)
{
	struct action action = act_of(request);
	struct cases_timeline timeline = {.name = request->params[0], .of_alert = true};

	if (act_query_page_span(request, &timeline.limit, &timeline.after_seq,
				&timeline.until_seq)) {
		cases_get_timeline(casework_of(request), &action, &timeline, act_answer, request);
	}
}
