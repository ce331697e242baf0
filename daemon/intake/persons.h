/* Handlers of persons, tokens and /v1/me; named by routes.c. */
#ifndef ASTRAD_INTAKE_PERSONS_H
#define ASTRAD_INTAKE_PERSONS_H

struct request;

void persons_on_create(struct request *request);
void persons_on_tokens(struct request *request);
void persons_on_list(struct request *request);
void persons_on_disable(struct request *request);
void persons_on_token(struct request *request);
void persons_on_revoke(struct request *request);
void persons_on_me(struct request *request);

#endif
