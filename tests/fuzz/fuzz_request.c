/*
 * Bytes of a connection: scan, judgement and llhttp. Aborts when a head comes to another end by the
 * byte than at once, or when more of a body comes out than went in.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "intake/head.h"
#include "intake/query.h"
#include "intake/wire.h"

#define BODY_LIMIT 4096

/* Feeds `step` bytes at a time up to the end of the head; how many bytes it took, 0 = refused or
 * unfinished. */
static size_t feed(struct head *head, const char *data, size_t size, size_t step)
{
	struct fault fault;

	for (size_t at = 0; at < size;) {
		size_t used = 0;
		size_t piece = size - at < step ? size - at : step;
		enum head_result result =
			head_feed(head, (struct bytes){data + at, piece}, &used, &fault);

		at += used;
		if (result == HEAD_REFUSED) {
			return 0;
		}
		if (result == HEAD_DONE) {
			return at;
		}
	}
	return 0;
}

static void read_body(struct wire *wire, const char *data, size_t size)
{
	AUTO(buf) struct buf out = {.limit = BODY_LIMIT};
	enum wire_result result = WIRE_MORE;
	size_t at = 0;

	while (at < size && result == WIRE_MORE) {
		size_t used = 0;

		result = wire_body(wire, (struct bytes){data + at, size - at}, &out, &used);
		if (used > size - at || (used == 0 && result == WIRE_MORE)) {
			abort();
		}
		at += used;
	}
	if (out.len > at || out.len > BODY_LIMIT) {
		abort();
	}
}

static void read_request(struct head *head, const char *data, size_t size)
{
	struct arena *arena = arena_create();
	struct wire *wire = wire_create();
	struct query query;
	struct fault fault;

	if (head_judge(head, &fault)) {
		if (query_parse(head->query, "limit after state", arena, &query, NULL) &&
		    query.count > QUERY_PARAMS) {
			abort();
		}
		(void)query_decode(head->path, false, arena);
		if (wire_start(wire, head) && head_has_body(head)) {
			read_body(wire, data, size);
		}
	} else if (fault_status(fault.kind) < 400) {
		abort();
	}
	wire_destroy(&wire);
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct head whole;
	struct head dripped;
	size_t used;

	head_init(&whole);
	head_init(&dripped);
	used = feed(&whole, text, size, SIZE_MAX);
	if (used != feed(&dripped, text, size, 1)) {
		abort();
	}
	if (used > 0) {
		read_request(&whole, text + used, size - used);
	}
	head_finish(&whole);
	head_finish(&dripped);
	return 0;
}
