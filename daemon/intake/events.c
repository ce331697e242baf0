/* A partner's events: its own, or with ?partner= any for staff. `after` is the partner's own
 * number, not a cursor of ours. */
#include "intake/events.h"

#include <string.h>

#include "casework/events.h"
#include "intake/act.h"
#include "intake/page.h"
#include "intake/reply.h"

static void refuse(struct request *request, const char *detail)
{
	reply_fault(request, &(struct fault){.kind = FAULT_PARAMETER, .detail = detail});
}

/* False: answered. */
static bool read_query(struct request *request, const struct action *action,
		       struct events_list *list)
{
	const char *after = query_get(&request->query, "after");
	struct query without = {0};
	struct page page;
	struct error err;

	for (size_t i = 0; i < request->query.count; i++) {
		if (strcmp(request->query.params[i].name, "after") != 0) {
			without.params[without.count++] = request->query.params[i];
		}
	}
	if (!page_parse(&without, request->arena, &page, &err)) {
		refuse(request, err.text);
		return false;
	}
	if (after != NULL && !act_parse_number(after, &list->after_seq)) {
		refuse(request, "after is the seq of the last event you have");
		return false;
	}
	list->limit = page.limit;
	list->partner = action->actor.partner != NULL ? action->actor.partner
						      : query_get(&request->query, "partner");
	return true;
}

void events_on_list(struct request *request)
{
	struct action action = act_of(request);
	struct events_list list = {0};

	if (action.actor.partner != NULL && query_get(&request->query, "partner") != NULL) {
		refuse(request, "a partner reads its own events: leave partner out");
		return;
	}
	if (!read_query(request, &action, &list)) {
		return;
	}
	if (list.partner == NULL) {
		refuse(request, "say whose events: partner=ID");
		return;
	}
	events_list(request->services->casework, &action, &list, act_answer, request);
}

void events_on_current(struct request *request)
{
	struct action action = act_of(request);
	const char *state = query_get(&request->query, "state");
	struct events_list list = {0};

	if (state == NULL || strcmp(state, "active") != 0) {
		refuse(request, "a partner asks with state=active");
		return;
	}
	if (read_query(request, &action, &list)) {
		events_list_current(request->services->casework, &action, &list, act_answer,
				    request);
	}
}
