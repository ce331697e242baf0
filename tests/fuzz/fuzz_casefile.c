/*
 * Merge patches from anybody against a case: refused with a reason, or a truth that every reader
 * of truths accepts and that no internal field leaves.
 */
#include <assert.h>
#include <string.h>

#include "domain/casefile.h"
#include "fuzz.h"

static const char truth[] =
	"{\"fields\":{\"category\":\"lost\",\"child\":{\"age\":7,\"names\":[{\"given\":\"VEŽBA "
	"Ana\"}]},"
	"\"circumstances\":\"x\",\"status\":\"exercise\",\"vehicles\":[{\"make\":\"VW\"}]},"
	"\"reporters\":{},\"sources\":{\"child.age\":\"person:vera\"}}";

static void check_truth(struct bytes patched)
{
	AUTO(buf) struct buf view = {0};
	AUTO(buf) struct buf released = {0};
	struct casefile_facts facts;
	struct fold_query query;
	struct error err;

	assert(casefile_read_facts(patched, 0, &facts, &err));
	assert(facts.status == STATUS_EXERCISE && facts.category != 0);
	assert(casefile_render(patched, CASEFILE_FULL, &view, &err));
	assert(release_project(patched, UINT64_MAX, &released, &err));
	assert(strstr(buf_text(&released), "\"circumstances\":") == NULL);
	fold_query_init(&query, (struct bytes){"ana", 3});
	(void)casefile_matches(patched, &query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf out = {0};
	struct casefile_patch patch = {{(const char *)data, size}, "vera", 0};
	struct casefile_patched patched;
	struct problems problems;
	struct error err;

	problems_init(&problems, arena);
	if (casefile_patch((struct bytes){truth, sizeof(truth) - 1}, &patch, arena, &out, &patched,
			   &problems, &err)) {
		check_truth((struct bytes){buf_text(&out), out.len});
	} else {
		assert(!problems_are_none(&problems) && err.code == ERROR_INVALID);
	}
	return 0;
}
