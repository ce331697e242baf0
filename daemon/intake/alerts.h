/* Handlers of alerts; named by routes.c. */
#ifndef ASTRAD_INTAKE_ALERTS_H
#define ASTRAD_INTAKE_ALERTS_H

struct request;

void alerts_on_draft(struct request *request);
void alerts_on_edit(struct request *request);
void alerts_on_list(struct request *request);
void alerts_on_get(struct request *request);
void alerts_on_preview(struct request *request);
void alerts_on_submit(struct request *request);
void alerts_on_approve(struct request *request);
void alerts_on_return(struct request *request);
void alerts_on_reject(struct request *request);
void alerts_on_withdraw(struct request *request);
void alerts_on_update(struct request *request);
void alerts_on_cancel(struct request *request);
void alerts_on_suspend(struct request *request);
void alerts_on_resume(struct request *request);
void alerts_on_repolicy(struct request *request);
void alerts_on_send(struct request *request);
void alerts_on_escalate(struct request *request);
void alerts_on_deliveries(struct request *request);
void alerts_on_summary(struct request *request);
void alerts_on_timeline(struct request *request);

#endif
