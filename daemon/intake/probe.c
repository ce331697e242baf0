/*
 * How the daemon is. /healthz answers as long as the loop turns; /readyz tells base/health's
 * reasons and is 503 only at HEALTH_DOWN, with the reasons in the problem as well; /metrics is
 * base/metric. Ids and states only, so all three are open. No state.
 */
#include "intake/probe.h"

#include <assert.h>
#include <string.h>

#include "base/health.h"
#include "base/metric.h"
#include "intake/intake_private.h"
#include "intake/reply.h"

void probe_alive(struct request *request)
{
	static const char ALIVE[] = "{\"status\":\"alive\"}";

	reply_send(request, &(struct reply){
				    .status = 200,
				    .body = {.data = ALIVE, .len = sizeof(ALIVE) - 1},
			    });
}

void probe_ready(struct request *request)
{
	const struct health *health = request->intake->deps.health;
	AUTO(buf) struct buf body = {0};
	char *reasons;

	health_render(health, &body);
	if (health_level(health) != HEALTH_DOWN) {
		reply_json(request, &body);
		return;
	}
	/* {"status":"down","reasons":[...]}: status is a number in a problem, so the reasons alone
	 */
	body.data[body.len - 1] = '\0';
	reasons = strstr(body.data, "\"reasons\":");
	assert(reasons != NULL);
	reply_fault(request, &(struct fault){
				     .kind = FAULT_BUSY,
				     .detail = "the daemon cannot do its work, see the reasons",
				     .members = reasons,
			     });
}

void probe_metrics(struct request *request)
{
	AUTO(buf) struct buf body = {0};

	metric_render(&body);
	reply_send(request, &(struct reply){
				    .status = 200,
				    .body = {.data = buf_text(&body), .len = body.len},
				    .content_type = "text/plain; version=0.0.4; charset=utf-8",
			    });
}
