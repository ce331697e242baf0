/*
 * Making and unmaking a request. Its arena and its body are wiped when it goes: they hold what was
 * told of a child. The states are in request.h. Nothing survives a crash; what was answered with
 * 2xx is in the store.
 */
#include "intake/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "intake/intake_private.h"
#include "intake/traffic.h"

struct request *request_create(struct intake *intake)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->intake = intake;
	request->services = intake->deps.services;
	request->clock = loop_clock(intake->deps.loop);
	request->now_utc_ms = clock_utc_ms(request->clock);
	request->id = id_new(request->clock);
	request->arena = arena_create();
	request->began_us = traffic_now_us();
	list_init(&request->link);
	return request;
}

void request_destroy(struct request **request)
{
	if (*request == NULL) {
		return;
	}
	list_remove(&(*request)->link);
	buf_finish(&(*request)->body_buf);
	arena_destroy(&(*request)->arena);
	free(*request);
	*request = NULL;
}

bool request_param_id(const struct request *request, size_t index, struct id *ret_id)
{
	assert(index < ROUTE_PARAMS && request->params[index] != NULL);
	return id_parse(request->params[index], strlen(request->params[index]), ret_id);
}
