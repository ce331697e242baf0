/*
 * Every route of the daemon in one table (CONTRACT section 2): who may call it, how large its body
 * may be, what it demands. The order does not matter; a test walks the table against the contract.
 */
#include "intake/route.h"

#include "base/attr.h"
#include "base/limits.h"
#include "intake/admin.h"
#include "intake/acks.h"
#include "intake/alerts.h"
#include "intake/cases.h"
#include "intake/events.h"
#include "intake/persons.h"
#include "intake/probe.h"
#include "intake/schema.h"

#define OPERATORS (ROLE_BIT(ROLE_OPERATOR))
#define DECIDERS  (ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_APPROVER))
#define APPROVERS (ROLE_BIT(ROLE_APPROVER))
#define READERS   (DECIDERS | ROLE_BIT(ROLE_AUDITOR))
#define ADMINS    (ROLE_BIT(ROLE_ADMIN))
#define STAFF     (READERS | ADMINS | ROLE_BIT(ROLE_AUTHORITY))
#define ANYBODY   (STAFF | ROLE_BIT(ROLE_PARTNER))

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
		.pattern = "/schemas/webhook-1.json",
		.handle = schema_on_webhook,
		.flags = ROUTE_OPEN,
	},
	{
		.method = METHOD_GET,
		.pattern = "/openapi.json",
		.handle = schema_on_openapi,
		.flags = ROUTE_OPEN,
	},
	{
		.method = METHOD_GET,
		.pattern = "/metrics",
		.handle = probe_metrics,
		.flags = ROUTE_OPEN | ROUTE_QUIET,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/reports",
		.handle = cases_on_report,
		.roles = OPERATORS,
		.body_bytes = LIMIT_REPORT_BYTES,
		.flags = ROUTE_KEY_REQUIRED,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/reports/{id}",
		.handle = cases_on_report_get,
		.roles = DECIDERS,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/cases",
		.handle = cases_on_list,
		.roles = READERS,
		.query = "state exercise limit after",
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/search",
		.handle = cases_on_search,
		.roles = DECIDERS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/cases/{id}",
		.handle = cases_on_get,
		.roles = READERS,
	},
	{
		.method = METHOD_PATCH,
		.pattern = "/v1/cases/{id}",
		.handle = cases_on_patch,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_IF_MATCH,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/{id}/notes",
		.handle = cases_on_note,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/{id}/assign",
		.handle = cases_on_assign,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/{id}/close",
		.handle = cases_on_close,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/{id}/reopen",
		.handle = cases_on_reopen,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_PUT,
		.pattern = "/v1/cases/{id}/holds",
		.handle = cases_on_hold,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_DELETE,
		.pattern = "/v1/cases/{id}/holds",
		.handle = cases_on_release,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/cases/{id}/alerts",
		.handle = alerts_on_draft,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts",
		.handle = alerts_on_list,
		.roles = READERS | ROLE_BIT(ROLE_PARTNER),
		.query = "state exercise limit after",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts/{id}",
		.handle = alerts_on_get,
		.roles = STAFF,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts/{id}/preview",
		.handle = alerts_on_preview,
		.roles = DECIDERS,
	},
	{
		.method = METHOD_PATCH,
		.pattern = "/v1/alerts/{id}/draft",
		.handle = alerts_on_edit,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_IF_MATCH,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/submit",
		.handle = alerts_on_submit,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/approve",
		.handle = alerts_on_approve,
		.roles = DECIDERS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/return",
		.handle = alerts_on_return,
		.roles = APPROVERS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/reject",
		.handle = alerts_on_reject,
		.roles = APPROVERS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/withdraw",
		.handle = alerts_on_withdraw,
		.roles = DECIDERS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/updates",
		.handle = alerts_on_update,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/cancel",
		.handle = alerts_on_cancel,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/suspend",
		.handle = alerts_on_suspend,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/resume",
		.handle = alerts_on_resume,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/repolicy",
		.handle = alerts_on_repolicy,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/send",
		.handle = alerts_on_send,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/escalate",
		.handle = alerts_on_escalate,
		.roles = OPERATORS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/alerts/{id}/acks",
		.handle = acks_on_create,
		.roles = OPERATORS | ROLE_BIT(ROLE_PARTNER),
		.body_bytes = LIMIT_BODY_BYTES,
	},
	{
		.method = METHOD_DELETE,
		.pattern = "/v1/alerts/{id}/acks/{ack}",
		.handle = acks_on_release,
		.roles = OPERATORS | ROLE_BIT(ROLE_PARTNER),
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts/{id}/deliveries",
		.handle = alerts_on_deliveries,
		.roles = STAFF,
		.query = "channel state limit after",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts/{id}/summary",
		.handle = alerts_on_summary,
		.roles = STAFF,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/alerts/{id}/timeline",
		.handle = alerts_on_timeline,
		.roles = READERS,
		.query = "limit after",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/cases/{id}/timeline",
		.handle = cases_on_timeline,
		.roles = READERS,
		.query = "limit after",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/events",
		.handle = events_on_list,
		.roles = DECIDERS | ROLE_BIT(ROLE_PARTNER),
		.query = "after limit partner",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/worklist",
		.handle = cases_on_worklist,
		.roles = STAFF,
		.query = "exercise",
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/me",
		.handle = persons_on_me,
		.roles = ANYBODY,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/persons",
		.handle = persons_on_create,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_FIRST_ADMIN,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/persons",
		.handle = persons_on_list,
		.roles = ADMINS,
		.query = "limit after",
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/persons/{id}/disable",
		.handle = persons_on_disable,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/tokens",
		.handle = persons_on_token,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_FIRST_ADMIN,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/tokens",
		.handle = persons_on_tokens,
		.roles = ADMINS,
		.query = "limit after",
	},
	{
		.method = METHOD_DELETE,
		.pattern = "/v1/tokens/{id}",
		.handle = persons_on_revoke,
		.roles = ADMINS,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/config",
		.handle = admin_on_config,
		.roles = ADMINS,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/reload",
		.handle = admin_on_reload,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_GET,
		.pattern = "/v1/channels",
		.handle = admin_on_channels,
		.roles = ADMINS,
		.query = "limit after",
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/channels/{name}/suspend",
		.handle = admin_on_suspend,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/channels/{name}/resume",
		.handle = admin_on_resume,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/channels/{name}/probe",
		.handle = admin_on_probe,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
	{
		.method = METHOD_POST,
		.pattern = "/v1/deliveries/{id}/redrive",
		.handle = admin_on_redrive,
		.roles = ADMINS,
		.body_bytes = LIMIT_BODY_BYTES,
		.flags = ROUTE_BODY_OPTIONAL,
	},
};
const size_t intake_route_count = ARRAY_LEN(intake_routes);
