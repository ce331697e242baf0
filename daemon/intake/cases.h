/* Handlers of reports, cases and the worklist; named by routes.c. */
#ifndef ASTRAD_INTAKE_CASES_H
#define ASTRAD_INTAKE_CASES_H

struct request;

void cases_on_report(struct request *request);
void cases_on_report_get(struct request *request);
void cases_on_list(struct request *request);
void cases_on_get(struct request *request);
void cases_on_patch(struct request *request);
void cases_on_search(struct request *request);
void cases_on_note(struct request *request);
void cases_on_assign(struct request *request);
void cases_on_close(struct request *request);
void cases_on_reopen(struct request *request);
void cases_on_hold(struct request *request);
void cases_on_release(struct request *request);
void cases_on_timeline(struct request *request);
void cases_on_worklist(struct request *request);

#endif
