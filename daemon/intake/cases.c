/* Reports, cases, worklist: decode path and query, call casework, answer. No rule is decided here.
 */
#include "intake/cases.h"

#include "base/limits.h"
#include "casework/cases.h"
#include "intake/act.h"
#include "intake/reply.h"

#define WORKLIST_ITEMS 100

static struct casework *casework_of(const struct request *request)
{
	return request->services->casework;
}

void cases_on_report(struct request *request)
{
	struct action action = act_of(request);

	cases_report(casework_of(request), &action, request->body, act_answer_report, request);
}

void cases_on_report_get(struct request *request)
{
	struct action action = act_of(request);

	cases_get_report(casework_of(request), &action, request->params[0], act_answer, request);
}

static const char *state_name(int number)
{
	return case_state_name((enum case_state)number);
}

void cases_on_list(struct request *request)
{
	struct action action = act_of(request);
	static const struct act_words STATES = {state_name, CASE_PURGED};
	struct cases_list list = {0};

	if (!act_query_bits(request, "state", &STATES, &list.states) ||
	    !act_query_flag(request, "exercise", &list.with_exercise) ||
	    !act_query_page(request, &list.limit, &list.after)) {
		return;
	}
	cases_list(casework_of(request), &action, &list, act_answer, request);
}

void cases_on_get(struct request *request)
{
	struct action action = act_of(request);

	cases_get(casework_of(request), &action, request->params[0], act_answer, request);
}

void cases_on_patch(struct request *request)
{
	struct action action = act_of(request);

	cases_change(casework_of(request), &action, request->params[0],
		     etag_expected(&request->if_match), request->body, act_answer, request);
}

void cases_on_search(struct request *request)
{
	struct action action = act_of(request);

	cases_search(casework_of(request), &action, request->body, act_answer, request);
}

static void act(struct request *request, enum cases_act which)
{
	struct action action = act_of(request);

	cases_act(casework_of(request), &action, which, request->params[0],
		  etag_expected(&request->if_match), request->body, act_answer, request);
}

void cases_on_note(struct request *request)
{
	act(request, CASES_NOTE);
}

void cases_on_assign(struct request *request)
{
	act(request, CASES_ASSIGN);
}

void cases_on_close(struct request *request)
{
	act(request, CASES_CLOSE);
}

void cases_on_reopen(struct request *request)
{
	act(request, CASES_REOPEN);
}

void cases_on_hold(struct request *request)
{
	act(request, CASES_HOLD);
}

void cases_on_release(struct request *request)
{
	act(request, CASES_RELEASE);
}

void cases_on_worklist(struct request *request)
{
	struct action action = act_of(request);
	bool with_exercise;

	if (act_query_flag(request, "exercise", &with_exercise)) {
		cases_worklist(casework_of(request), &action, with_exercise, WORKLIST_ITEMS,
			       act_answer, request);
	}
}

void cases_on_timeline(struct request *request)
{
	struct action action = act_of(request);
	struct cases_timeline timeline = {.name = request->params[0]};

	if (act_query_page_span(request, &timeline.limit, &timeline.after_seq,
				&timeline.until_seq)) {
		cases_get_timeline(casework_of(request), &action, &timeline, act_answer, request);
	}
}
