/* Handlers of the configuration and of channels; named by routes.c. */
#ifndef ASTRAD_INTAKE_ADMIN_H
#define ASTRAD_INTAKE_ADMIN_H

struct request;

void admin_on_config(struct request *request);
void admin_on_reload(struct request *request);

#endif
