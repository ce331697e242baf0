/*
 * The gate: from a judged head to a handler that runs. Nothing here waits or keeps state but the
 * list of running requests, in which a second request with the same Idempotency-Key finds the first
 * and is told so (409) instead of running beside it.
 */
#include "intake/gate.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "intake/caller.h"
#include "intake/idempotency.h"
#include "intake/intake_private.h"
#include "intake/media.h"
#include "intake/reply.h"

static bool refuse(struct fault *fault, enum fault_kind kind, const char *detail)
{
	*fault = (struct fault){.kind = kind, .detail = detail};
	return false;
}

static bool find_route(struct request *request, const struct head *head, struct fault *fault)
{
	const struct intake_deps *deps = &request->intake->deps;
	struct route_match match;

	request->is_head = head->method == METHOD_HEAD;
	request->method = request->is_head ? METHOD_GET : head->method;
	route_find(deps->routes, deps->route_count, head->method, head->path, request->arena,
		   &match);
	if (match.route == NULL) {
		if (match.allow == 0) {
			return refuse(fault, FAULT_NOT_FOUND, "there is no such path");
		}
		AUTO(buf) struct buf allow = {0};

		route_allow_text(match.allow, &allow);
		*fault = (struct fault){
			.kind = FAULT_METHOD,
			.detail = arena_printf(request->arena, "this path takes %s",
					       buf_text(&allow)),
			.allow = match.allow,
		};
		return false;
	}
	request->route = match.route;
	memcpy(request->params, match.params, sizeof(request->params));
	return true;
}

/* "operator, approver" */
static void add_roles(struct buf *out, unsigned roles)
{
	const char *comma = "";

	for (int role = ROLE_OPERATOR; role <= ROLE_PARTNER; role++) {
		if ((roles & ROLE_BIT(role)) != 0) {
			buf_printf(out, "%s%s", comma, role_name((enum role)role));
			comma = ", ";
		}
	}
}

static bool refuse_role(struct request *request, struct fault *fault)
{
	AUTO(buf) struct buf roles = {0};

	add_roles(&roles, request->route->roles);
	return refuse(fault, FAULT_FORBIDDEN,
		      arena_printf(request->arena, "you are here as %s; who may do this: %s",
				   role_name(request->principal.role), buf_text(&roles)));
}

static bool find_caller(struct request *request, const struct head *head,
			const struct gate_side *side, struct fault *fault)
{
	struct intake *intake = request->intake;

	if ((request->route->flags & ROUTE_OPEN) != 0) {
		return true;
	}
	if (!caller_identify(intake, request->route, side->peer, head->fields[HEAD_AUTHORIZATION],
			     &request->principal, fault)) {
		return false;
	}
	if ((request->route->roles & ROLE_BIT(request->principal.role)) == 0) {
		return refuse_role(request, fault);
	}
	if (side->place != NULL && !places_show(intake->places, side->place, &request->principal)) {
		*fault = (struct fault){.kind = FAULT_BUSY,
					.detail = "this token has all its connections already",
					.retry_after_s = intake->config.retry_after_s};
		return false;
	}
	return true;
}

static bool read_query(struct request *request, const struct head *head, struct fault *fault)
{
	struct error err;

	if (query_parse(head->query, request->route->query, request->arena, &request->query,
			&err)) {
		return true;
	}
	return refuse(fault, FAULT_PARAMETER, arena_strdup(request->arena, err.text));
}

static bool read_if_match(struct request *request, const struct head *head, struct fault *fault)
{
	struct bytes text = head->fields[HEAD_IF_MATCH];

	if (text.data == NULL) {
		return (request->route->flags & ROUTE_IF_MATCH) == 0
			       ? true
			       : refuse(fault, FAULT_IF_MATCH_MISSING,
					"send If-Match with the ETag of what you have read");
	}
	if (!etag_parse_if_match(text, &request->if_match)) {
		return refuse(fault, FAULT_MALFORMED,
			      "If-Match is the ETag as you got it, quotes included, as in \"3\"");
	}
	return true;
}

static bool read_key(struct request *request, const struct head *head, struct fault *fault)
{
	struct bytes text = head->fields[HEAD_IDEMPOTENCY_KEY];
	struct bytes path_and_key[2] = {head->path};
	bool is_quoted;

	if (request->method != METHOD_POST) {
		return true;
	}
	if (text.data == NULL) {
		return (request->route->flags & ROUTE_KEY_REQUIRED) == 0
			       ? true
			       : refuse(fault, FAULT_KEY_MISSING,
					"send Idempotency-Key: \"UUID\", a new one for each "
					"request");
	}
	if (!idempotency_parse(text, &path_and_key[1], &is_quoted)) {
		return refuse(
			fault, FAULT_KEY_MALFORMED,
			"Idempotency-Key is a string in quotes, 1 to 128 printable characters "
			"without blanks");
	}
	request->was_key_unquoted = !is_quoted;
	request->idempotency.use = true;
	idempotency_scope(&request->intake->deps.idempotency_key, &request->principal,
			  request->method, path_and_key, request->idempotency.scope);
	return true;
}

static bool judge_body(struct request *request, const struct head *head, struct fault *fault)
{
	struct bytes type = head->fields[HEAD_CONTENT_TYPE];
	size_t limit = request->route->body_bytes;

	if (!head_has_body(head)) {
		return true;
	}
	if (limit == 0) {
		return refuse(fault, FAULT_TOO_LARGE, "this route takes no body");
	}
	if (head->fields[HEAD_CONTENT_ENCODING].data != NULL) {
		return refuse(fault, FAULT_MEDIA_TYPE, "the body must not be encoded");
	}
	if (type.data == NULL || !media_is_json(type, request->method)) {
		return refuse(fault, FAULT_MEDIA_TYPE, "send Content-Type: application/json");
	}
	if (head->content_length > (int64_t)limit) {
		return refuse(
			fault, FAULT_TOO_LARGE,
			arena_printf(request->arena, "at most %zu bytes are taken here", limit));
	}
	request->body_buf.limit = limit;
	return true;
}

bool gate_admit(struct request *request, const struct head *head, const struct gate_side *side,
		struct fault *ret_fault)
{
	return find_route(request, head, ret_fault) &&
	       find_caller(request, head, side, ret_fault) &&
	       read_query(request, head, ret_fault) && read_if_match(request, head, ret_fault) &&
	       read_key(request, head, ret_fault) && judge_body(request, head, ret_fault);
}

/* The same key, still being worked on. */
static bool is_under_way(const struct request *request)
{
	LIST_FOR_EACH (node, &request->intake->running) {
		const struct request *other = LIST_ENTRY(node, struct request, link);

		if (other->idempotency.use &&
		    memcmp(other->idempotency.scope, request->idempotency.scope,
			   SECRET_HASH_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

void gate_run(struct request *request)
{
	struct intake *intake = request->intake;

	request->body =
		(struct bytes){.data = buf_text(&request->body_buf), .len = request->body_buf.len};
	request->now_utc_ms = clock_utc_ms(request->clock);
	if (request->body.len == 0 && request->route->body_bytes > 0 &&
	    (request->route->flags & ROUTE_BODY_OPTIONAL) == 0) {
		reply_fault(request, &(struct fault){.kind = FAULT_BODY_MISSING,
						     .detail = "send a JSON object"});
		return;
	}
	if (request->idempotency.use) {
		request->idempotency.now_utc_ms = request->now_utc_ms;
		idempotency_fingerprint(&intake->deps.idempotency_key, request->body,
					request->idempotency.fingerprint);
		if (is_under_way(request)) {
			reply_fault(request, &(struct fault){
						     .kind = FAULT_KEY_RUNNING,
						     .detail = "ask again for its result",
						     .retry_after_s = 1,
					     });
			return;
		}
	}
	request->is_running = true;
	list_append(&intake->running, &request->link);
	request->route->handle(request);
}
