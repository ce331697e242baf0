/*
 * Every route of the daemon in one table (CONTRACT section 2): who may call it, how large its body
 * may be, what it demands. The order does not matter; a test walks the table against the contract.
 */
#include "intake/route.h"

#include "base/attr.h"
#include "intake/probe.h"

const struct route intake_routes[] = {
	{
		.method = METHOD_GET,
		.pattern = "/healthz",
		.handle = probe_alive,
		.flags = ROUTE_OPEN | ROUTE_QUIET,
	},
	{
		.method = METHOD_GET,
		.pattern = "/readyz",
		.handle = probe_ready,
		.flags = ROUTE_OPEN | ROUTE_QUIET,
	},
	{
		.method = METHOD_GET,
		.pattern = "/metrics",
		.handle = probe_metrics,
		.flags = ROUTE_OPEN | ROUTE_QUIET,
	},
};
const size_t intake_route_count = ARRAY_LEN(intake_routes);
