/* GET /schemas/webhook-1.json: what partners check our bodies against. Public and unchanging; a new
 * shape is a new number. */
#ifndef ASTRAD_INTAKE_SCHEMA_H
#define ASTRAD_INTAKE_SCHEMA_H

#include <stddef.h>

struct request;

/* The file itself, built in. */
extern const char schema_webhook[];
extern const size_t schema_webhook_len;

void schema_on_webhook(struct request *request);

#endif
