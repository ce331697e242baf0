/* GeoJSON from anybody: areas_link ends, and what has no finding is a tree without loops. */
#include <assert.h>

#include "fuzz.h"
#include "settings/areas.h"

static void assert_tree(const struct area *areas, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t depth = 0;

		for (const struct area *above = areas[i].parent; above; above = above->parent) {
			assert(above >= areas && above < areas + count);
			assert(++depth < count);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walker walk = {.arena = arena_create(), .issues = issues_create(), .folder = "/"};
	struct area_list list;

	areas_init(&walk, &list);
	areas_read(&walk, (struct bytes){(const char *)data, size}, "a.geojson", &list);
	const struct area *areas = areas_link(&walk, &list);
	if (issues_errors(walk.issues) == 0) {
		assert_tree(areas, list.count);
	}
	issues_destroy(&walk.issues);
	arena_destroy(&walk.arena);
	return 0;
}
