/*
 * Answering a request: the one place where a request ends. The connection may be gone by then; the
 * answer is then dropped and only noted. What an ERROR_INTERNAL says is for the log: the caller
 * gets the request's id to ask with.
 */
#include "intake/reply.h"

#include <assert.h>

#include "base/log.h"
#include "intake/answer.h"
#include "intake/conn.h"
#include "intake/intake_private.h"
#include "intake/traffic.h"

static const char CHALLENGE[] = "Bearer realm=\"astrad\"";

static void finish(struct request *request, struct answer *answer)
{
	struct conn *conn = request->conn;

	answer->is_head = request->is_head;
	answer->is_key_unquoted = request->was_key_unquoted;
	if (request->intake != NULL) {
		traffic_note(request->intake->traffic, request,
			     conn != NULL ? conn_peer(conn) : NULL, answer->status);
	}
	list_remove(&request->link);
	if (conn != NULL) {
		conn_answer(conn, answer);
	}
	request_destroy(&request);
}

void reply_send(struct request *request, const struct reply *reply)
{
	struct answer answer = {
		.status = reply->status,
		.content_type = reply->content_type,
		.body = reply->body,
		.location = reply->location,
		.etag = reply->etag,
		.is_replayed = reply->is_replayed,
		.retry_after_s = reply->retry_after_s,
	};

	assert(reply->status >= 200 && reply->status <= 299);
	if (answer.content_type == NULL && answer.body.len > 0) {
		answer.content_type = "application/json";
	}
	finish(request, &answer);
}

void reply_json(struct request *request, const struct buf *body)
{
	assert(!body->overflow);
	reply_send(request, &(struct reply){.status = 200,
					    .body = {.data = buf_text(body), .len = body->len}});
}

void reply_fault(struct request *request, const struct fault *fault)
{
	AUTO(buf) struct buf body = {0};
	struct answer answer = {
		.status = fault_status(fault->kind),
		.content_type = "application/problem+json",
		.retry_after_s = fault->retry_after_s,
		.allow = fault->allow,
		.is_replayed = fault->is_replayed,
		.challenge = fault->kind == FAULT_UNAUTHORIZED ? CHALLENGE : NULL,
	};

	if (fault->kind == FAULT_BUSY && answer.retry_after_s == 0 && request->intake != NULL) {
		answer.retry_after_s = request->intake->config.retry_after_s;
	}
	fault_render(fault, &request->id, &body);
	answer.body = (struct bytes){.data = buf_text(&body), .len = body.len};
	finish(request, &answer);
}

void reply_error(struct request *request, const struct error *err)
{
	struct fault fault = {.kind = fault_of_error(err->code), .detail = err->text};

	if (fault.kind == FAULT_INTERNAL) {
		char id[ID_TEXT_BYTES];

		id_format(&request->id, id);
		log_error("request failed", "request=%s route=%s error=%s", id,
			  request->route != NULL ? request->route->pattern : "none",
			  log_quote(err->text));
		fault.detail = "tell the administrator the instance below; the log says more";
	}
	reply_fault(request, &fault);
}

void reply_problems(struct request *request, const struct problems *problems)
{
	struct error err;

	(void)problems_error(problems, &err);
	reply_fault(request,
		    &(struct fault){
			    .kind = problems->is_malformed ? FAULT_BODY_MALFORMED : FAULT_INVALID,
			    .detail = err.text,
			    .problems = problems,
		    });
}
