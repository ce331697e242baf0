/* Handlers of acknowledgements; named by routes.c. No GET: nothing that follows a link
 * acknowledges.
 */
#ifndef ASTRAD_INTAKE_ACKS_H
#define ASTRAD_INTAKE_ACKS_H

struct request;

void acks_on_create(struct request *request);
void acks_on_release(struct request *request);

#endif
