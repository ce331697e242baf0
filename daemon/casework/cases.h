/*
 * Reports and cases: what an operator does with what a caller said. Each function is one action
 * (casework/casework.h): it decodes, asks the domain, makes one store call and answers through
 * `done`. Bodies and ids are borrowed until it returns.
 *
 * A case or alert is named by id or ref (struct casework_name).
 */
#ifndef ASTRAD_CASEWORK_CASES_H
#define ASTRAD_CASEWORK_CASES_H

#include "casework/casework.h"

/* "0193...": id; "26-0147-T": ref. Neither parses: ERROR_NOT_FOUND from the action. */
struct casework_name {
	struct id id; /* none: by ref */
	char ref[REF_TEXT_BYTES];
};
/* "0193...": id; "26-0147-T": ref, any case. False when it is neither: answer 404. */
#define CASEWORK_NAME_REFUSAL                                                                      \
	"neither an id nor a ref such as 26-0147-T (a wrong check letter: a digit was misheard)"
bool casework_name_parse(const char *text, struct casework_name *ret_name) MUST_USE;

/* POST /v1/reports. Outcome: report, case, missing; 201. */
void cases_report(struct casework *casework, const struct action *action, struct bytes body,
		  action_done *done, void *arg);
/* GET /v1/reports/{id}: as received. Audited. */
void cases_get_report(struct casework *casework, const struct action *action, const char *name,
		      action_done *done, void *arg);
/* GET /v1/cases/{id}. What the role may see; a read that opens the truth is audited. */
void cases_get(struct casework *casework, const struct action *action, const char *name,
	       action_done *done, void *arg);

struct cases_list {
	unsigned states; /* 1u << enum case_state; 0 = all but purged */
	bool with_exercise;
	struct id after;
	int limit;
};
/* GET /v1/cases: ids, refs, states; no personal data. Body {items, next}. */
void cases_list(struct casework *casework, const struct action *action,
		const struct cases_list *list, action_done *done, void *arg);

/* PATCH /v1/cases/{id}; if_etag 0 = whatever it is (If-Match: *). */
void cases_change(struct casework *casework, const struct action *action, const char *name,
		  int64_t if_etag, struct bytes body, action_done *done, void *arg);
/* POST /v1/cases/search. Chains pages until enough is found or all cases were read; audited. */
void cases_search(struct casework *casework, const struct action *action, struct bytes body,
		  action_done *done, void *arg);

/* POST /v1/cases/{id}/notes, /assign, /close, /reopen; PUT and DELETE /holds. */
enum cases_act {
	CASES_NOTE = 1,
	CASES_ASSIGN,
	CASES_CLOSE,
	CASES_REOPEN,
	CASES_HOLD,
	CASES_RELEASE,
};
/*
 * A close marks the alerts it will end (or suspend) before it is stored: from that turn no byte of
 * them leaves (casework_wake.stop_mark), and says afterwards whether it was stored.
 */
void cases_act(struct casework *casework, const struct action *action, enum cases_act act,
	       const char *name, int64_t if_etag, struct bytes body, action_done *done, void *arg);

/* GET /v1/cases/{id}/timeline, GET /v1/alerts/{id}/timeline (of_alert). The key of a next page is
 * "after_seq.until_seq": what is written during the walk, each of its reads too, is not told. */
struct cases_timeline {
	const char *name;
	bool of_alert;
	int64_t after_seq;
	int64_t until_seq; /* 0 on the first page */
	int limit;
};
void cases_get_timeline(struct casework *casework, const struct action *action,
			const struct cases_timeline *timeline, action_done *done, void *arg);

/* GET /v1/worklist */
void cases_worklist(struct casework *casework, const struct action *action, bool with_exercise,
		    int limit, action_done *done, void *arg);

#endif
