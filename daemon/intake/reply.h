/*
 * Answers. Each function answers the request and ends it: the pointer is dead afterwards. Bytes are
 * copied before it returns. Security headers, Date, Content-Length, keep-alive and the body of HEAD
 * are this file's matter.
 */
#ifndef ASTRAD_INTAKE_REPLY_H
#define ASTRAD_INTAKE_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "domain/problem.h"
#include "intake/fault.h"
#include "intake/request.h"

struct reply {
	int status; /* 2xx; 304 and others are not used */
	struct bytes body;
	const char *content_type; /* NULL = application/json */
	const char *location;     /* path of what was made, or NULL */
	int64_t etag;             /* 0 = none */
	bool is_replayed;         /* Idempotency-Replayed: true */
	int64_t retry_after_s;    /* 0 = none */
};

void reply_send(struct request *request, const struct reply *reply);
/* 200 with these JSON bytes. */
void reply_json(struct request *request, const struct buf *body);
/* problem+json by code (fault_of_error); ERROR_INTERNAL is logged with the request's id and its
 * text does not leave the house. */
void reply_error(struct request *request, const struct error *err);
/* 422 with every field error, or 400 when the body is no JSON; the detail tells the first one. */
void reply_problems(struct request *request, const struct problems *problems);
/* Any other refusal. */
void reply_fault(struct request *request, const struct fault *fault);

#endif
