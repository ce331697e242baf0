/*
 * GET /schemas/webhook-1.json: what partners check our bodies against. Public and unchanging; a new
 * shape is a new number. GET /openapi.json: the API, beside the table of routes that it describes
 * and is tested against.
 */
#ifndef ASTRAD_INTAKE_SCHEMA_H
#define ASTRAD_INTAKE_SCHEMA_H

#include <stddef.h>

struct request;

/* The files themselves, built in; no zero behind them. */
extern const char schema_webhook[];
extern const size_t schema_webhook_len;
extern const char schema_openapi[];
extern const size_t schema_openapi_len;

void schema_on_webhook(struct request *request);
void schema_on_openapi(struct request *request);

#endif
