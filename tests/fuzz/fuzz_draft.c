/*
 * Bodies of alert actions from anybody: refused with a reason, or a draft whose canonical form is
 * stable and whose status an update or a patch never changes.
 */
#include <assert.h>
#include <string.h>

#include "domain/alertbody.h"
#include "domain/draft.h"
#include "fuzz.h"

static const char stored[] = "{\"areas\":[\"RS-06\"],\"contact\":\"police\",\"fields\":["
			     "\"child.given\"],\"message\":{\"en\":\"Hello\"},\"policy\":\"p\","
			     "\"status\":\"exercise\",\"tier\":\"restricted\"}";

static void check_stable(const struct draft *draft, struct arena *arena)
{
	AUTO(buf) struct buf first = {0};
	AUTO(buf) struct buf second = {0};
	struct problems problems;
	struct draft again;

	problems_init(&problems, arena);
	draft_encode(draft, &first);
	assert(draft_decode((struct bytes){first.data, first.len}, arena, &again, &problems));
	draft_encode(&again, &second);
	assert(strcmp(first.data, second.data) == 0);
}

static void check_small(struct bytes body, struct arena *arena)
{
	struct problems problems;
	struct alertbody_ack ack;
	struct alertbody_cancel cancel;

	problems_init(&problems, arena);
	if (alertbody_decode_ack(body, arena, &ack, &problems)) {
		assert(ack.lease_ms >= 0 && !(ack.declined && ack.by));
	}
	if (alertbody_decode_cancel(body, arena, &cancel, &problems)) {
		assert(cancel.reason != END_NONE && cancel.reason != END_EXPIRED);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *arena = arena_create();
	const struct bytes body = {(const char *)data, size};
	const struct bytes old = {stored, sizeof(stored) - 1};
	struct problems problems;
	struct draft draft;
	struct draft_update update;

	problems_init(&problems, arena);
	if (draft_decode(body, arena, &draft, &problems)) {
		check_stable(&draft, arena);
	} else {
		assert(!problems_are_none(&problems));
	}
	problems_init(&problems, arena);
	if (draft_patch(old, body, arena, &draft, &problems)) {
		assert(draft.status == STATUS_EXERCISE);
		check_stable(&draft, arena);
	}
	problems_init(&problems, arena);
	if (draft_decode_update(old, body, arena, &update, &problems)) {
		assert(update.draft.status == STATUS_EXERCISE);
		check_stable(&update.draft, arena);
	}
	check_small(body, arena);
	return 0;
}
