/*
 * The clock of every build but the test-hooks one: the system's, and nothing in the environment can
 * change that. Its twin is clock_source_driven.c. No state.
 */
#include "base/clock_source.h"

#include <stdlib.h>

#include "base/alloc.h"

struct clock_source {
	const struct clock *clock;
};

struct clock_source *clock_source_open(struct error *err)
{
	struct clock_source *source = xcalloc(1, sizeof(*source));

	(void)err;
	source->clock = clock_system();
	return source;
}

void clock_source_close(struct clock_source **source)
{
	free(take_ptr(source));
}

const struct clock *clock_source_clock(const struct clock_source *source)
{
	return source->clock;
}

void clock_source_attach(struct clock_source *source, struct loop *loop)
{
	(void)source;
	(void)loop;
}

void clock_source_detach(struct clock_source *source)
{
	(void)source;
}
