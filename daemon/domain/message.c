/*
 * Names of what broadcasts carry. Pure; the numbers are in the database, so the tables only grow.
 */
#include "domain/message.h"

#include <assert.h>
#include <stddef.h>

enum message message_of_end(enum end_reason reason)
{
	assert(reason >= END_RESOLVED && reason <= END_ISSUED_IN_ERROR);
	return (enum message)reason;
}

static const char *name_of(const char *const *names, size_t count, size_t number)
{
	return number < count && names[number] != NULL ? names[number] : "?";
}

const char *broadcast_reason_name(enum broadcast_reason reason)
{
	static const char *const names[] = {
		[BROADCAST_RUNG] = "rung",
		[BROADCAST_FALLBACK] = "fallback",
		[BROADCAST_LAST_RESORT] = "last_resort",
		[BROADCAST_SEND] = "send",
		[BROADCAST_UPDATE] = "update",
		[BROADCAST_STOP] = "stop",
		[BROADCAST_UNROUTED] = "unrouted",
		[BROADCAST_REPEAT] = "repeat",
		[BROADCAST_STAFF] = "staff",
		[BROADCAST_ACKNOWLEDGED] = "acknowledged",
		[BROADCAST_PING] = "ping",
	};

	return name_of(names, ARRAY_LEN(names), (size_t)reason);
}

const char *broadcast_state_name(enum broadcast_state state)
{
	static const char *const names[] = {
		[BROADCAST_WALKING] = "walking",
		[BROADCAST_WALKED] = "walked",
		[BROADCAST_DONE] = "done",
		[BROADCAST_SUPERSEDED] = "superseded",
	};

	return name_of(names, ARRAY_LEN(names), (size_t)state);
}

const char *plan_use_name(enum plan_use use)
{
	static const char *const names[] = {
		[PLAN_RUNG] = "rung",
		[PLAN_FALLBACK] = "fallback",
		[PLAN_LAST_RESORT] = "last_resort",
	};

	return name_of(names, ARRAY_LEN(names), (size_t)use);
}
