/* Handlers of a partner's events; named by routes.c. */
#ifndef ASTRAD_INTAKE_EVENTS_H
#define ASTRAD_INTAKE_EVENTS_H

struct request;

void events_on_list(struct request *request);
/* GET /v1/alerts?state=active by a partner. */
void events_on_current(struct request *request);

#endif
