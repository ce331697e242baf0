/* Blobs of rendered messages: refused, or spliced within their bounds and the same when written
 * again. */
#include <assert.h>
#include <string.h>

#include "domain/notice.h"
#include "domain/render.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf body = {0};
	AUTO(buf) struct buf again = {0};
	const struct splice_values values = {.zone = "UTC", .is_preview = true};
	const struct bytes blob = {(const char *)data, size};
	struct rendered rendered;
	struct bytes rest;
	struct error err;

	if (!render_parse(blob, arena, &rendered, &rest, &err)) {
		assert(err.code == ERROR_INTERNAL);
		return 0;
	}
	assert(rendered.bytes.len + rest.len <= size);
	render_splice(&rendered, &values, &body);
	assert(body.len >= rendered.bytes.len);
	render_serialise(&rendered, &again);
	assert(render_parse((struct bytes){again.data, again.len}, arena, &rendered, NULL, &err));
	if (notice_pick(blob, MEDIUM_TEXT, arena, &rendered, &err)) {
		assert(rendered.bytes.len <= size);
	}
	return 0;
}
