/* Handlers of the configuration, of channels and of redrive; named by routes.c. */
#ifndef ASTRAD_INTAKE_ADMIN_H
#define ASTRAD_INTAKE_ADMIN_H

struct request;

void admin_on_config(struct request *request);
void admin_on_reload(struct request *request);
void admin_on_channels(struct request *request);
void admin_on_suspend(struct request *request);
void admin_on_resume(struct request *request);
void admin_on_probe(struct request *request);
void admin_on_redrive(struct request *request);

#endif
