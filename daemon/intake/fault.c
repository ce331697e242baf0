/*
 * Refusals as problem+json: one table gives every kind its slug, status and title, one maps the
 * daemon's error codes. What the kind does not say the detail does; it never repeats a value that
 * was sent. No state.
 */
#include "intake/fault.h"

#include <assert.h>

static const struct {
	const char *slug;
	int status;
	const char *title;
} KINDS[FAULT_KIND_COUNT] = {
	[FAULT_MALFORMED] = {"malformed-request", 400, "The request is not well-formed HTTP"},
	[FAULT_PARAMETER] = {"invalid-parameter", 400, "A query parameter is wrong"},
	[FAULT_KEY_MISSING] = {"idempotency-key-missing", 400, "Idempotency-Key is missing"},
	[FAULT_KEY_MALFORMED] = {"idempotency-key-malformed", 400, "Idempotency-Key is malformed"},
	[FAULT_BODY_MISSING] = {"body-missing", 400, "The request has no body"},
	[FAULT_BODY_MALFORMED] = {"body-malformed", 400, "The body is not JSON"},
	[FAULT_UNAUTHORIZED] = {"unauthorized", 401, "A valid token is needed"},
	[FAULT_FORBIDDEN] = {"forbidden", 403, "The caller may not do this"},
	[FAULT_NOT_FOUND] = {"not-found", 404, "There is no such thing"},
	[FAULT_METHOD] = {"method-not-allowed", 405, "The resource does not know this method"},
	[FAULT_TIMEOUT] = {"request-timeout", 408, "The request did not come in time"},
	[FAULT_CONFLICT] = {"conflict", 409, "The state does not allow it"},
	[FAULT_KEY_RUNNING] = {"idempotency-key-running", 409, "The same request is under way"},
	[FAULT_GONE] = {"gone", 410, "It was there and is no more"},
	[FAULT_STALE] = {"stale", 412, "It has changed since you read it"},
	[FAULT_TOO_LARGE] = {"content-too-large", 413, "The body is too large"},
	[FAULT_MEDIA_TYPE] = {"unsupported-media-type", 415, "The body is of the wrong type"},
	[FAULT_EXPECTATION] = {"expectation-failed", 417, "The expectation is not known"},
	[FAULT_INVALID] = {"validation-failed", 422, "The content is not valid"},
	[FAULT_KEY_REUSED] = {"idempotency-key-reused", 422,
			      "Idempotency-Key was used with another body"},
	[FAULT_IF_MATCH_MISSING] = {"precondition-required", 428, "If-Match is missing"},
	[FAULT_RATE] = {"too-many-requests", 429, "Too many requests"},
	[FAULT_HEAD_TOO_LARGE] = {"head-too-large", 431, "The head of the request is too large"},
	[FAULT_INTERNAL] = {"internal-error", 500, "Something is broken here"},
	[FAULT_NOT_IMPLEMENTED] = {"not-implemented", 501, "This is not implemented"},
	[FAULT_BUSY] = {"temporarily-unavailable", 503, "Not possible now, try again later"},
	[FAULT_VERSION] = {"http-version-not-supported", 505, "HTTP/1.0 and HTTP/1.1 are spoken"},
};

static const enum fault_kind OF_ERROR[ERROR_CODE_COUNT] = {
	[ERROR_INVALID] = FAULT_INVALID,     [ERROR_DENIED] = FAULT_FORBIDDEN,
	[ERROR_NOT_FOUND] = FAULT_NOT_FOUND, [ERROR_CONFLICT] = FAULT_CONFLICT,
	[ERROR_STALE] = FAULT_STALE,         [ERROR_REUSED] = FAULT_KEY_REUSED,
	[ERROR_GONE] = FAULT_GONE,           [ERROR_LIMIT] = FAULT_BUSY,
	[ERROR_TEMPORARY] = FAULT_BUSY,      [ERROR_INTERNAL] = FAULT_INTERNAL,
};

int fault_status(enum fault_kind kind)
{
	assert(kind > FAULT_NONE && kind < FAULT_KIND_COUNT);
	return KINDS[kind].status;
}

const char *fault_slug(enum fault_kind kind)
{
	assert(kind > FAULT_NONE && kind < FAULT_KIND_COUNT);
	return KINDS[kind].slug;
}

enum fault_kind fault_of_error(enum error_code code)
{
	if (code <= ERROR_NONE || code >= ERROR_CODE_COUNT) {
		return FAULT_INTERNAL;
	}
	return OF_ERROR[code];
}

void fault_render(const struct fault *fault, const struct id *id, struct buf *out)
{
	assert(fault->kind > FAULT_NONE && fault->kind < FAULT_KIND_COUNT);
	buf_printf(out, "{\"type\":\"" FAULT_TYPE_BASE "%s\",\"title\":\"%s\",\"status\":%d",
		   KINDS[fault->kind].slug, KINDS[fault->kind].title, KINDS[fault->kind].status);
	if (fault->detail != NULL) {
		buf_add_text(out, ",\"detail\":");
		buf_add_json_string(out, fault->detail);
	}
	if (id != NULL) {
		char text[ID_TEXT_BYTES];

		id_format(id, text);
		buf_printf(out, ",\"instance\":\"urn:uuid:%s\"", text);
	}
	if (fault->problems != NULL && !problems_are_none(fault->problems)) {
		buf_add_text(out, ",\"errors\":");
		problems_render(fault->problems, out);
	}
	if (fault->members != NULL) {
		buf_printf(out, ",%s", fault->members);
	}
	buf_add_text(out, "}");
}
