/*
 * The clock of the test-hooks build: driven when ASTRAD_CLOCK says so, else the system's. Its twin
 * is clock_source.c.
 */
#include "base/clock_source.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock_driven.h"

struct clock_source {
	struct clock_driven *driven; /* NULL: the system's */
};

struct clock_source *clock_source_open(struct error *err)
{
	struct clock_source *source = xcalloc(1, sizeof(*source));
	const char *spec = getenv("ASTRAD_CLOCK");

	if (spec != NULL) {
		source->driven = clock_driven_create(spec, err);
		if (source->driven == NULL) {
			error_prefix(err, "ASTRAD_CLOCK");
			clock_source_close(&source);
		}
	}
	return source;
}

void clock_source_close(struct clock_source **source)
{
	struct clock_source *gone = take_ptr(source);

	if (gone != NULL) {
		clock_driven_destroy(&gone->driven);
		free(gone);
	}
}

const struct clock *clock_source_clock(const struct clock_source *source)
{
	return source->driven != NULL ? clock_driven_clock(source->driven) : clock_system();
}

void clock_source_attach(struct clock_source *source, struct loop *loop)
{
	if (source->driven != NULL) {
		clock_driven_attach(source->driven, loop);
	}
}

void clock_source_detach(struct clock_source *source)
{
	if (source->driven != NULL) {
		clock_driven_detach(source->driven);
	}
}
