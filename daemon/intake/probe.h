/* The open routes that tell how the daemon is: handlers for the route table. */
#ifndef ASTRAD_INTAKE_PROBE_H
#define ASTRAD_INTAKE_PROBE_H

struct request;

void probe_alive(struct request *request);   /* GET /healthz: the loop turns */
void probe_ready(struct request *request);   /* GET /readyz: 503 when it is down */
void probe_metrics(struct request *request); /* GET /metrics: Prometheus text */

#endif
