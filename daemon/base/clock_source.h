/*
 * Where the daemon gets its clock: the system's, in every build but the test-hooks one, where the
 * environment ASTRAD_CLOCK puts a driven clock in its place (base/clock_driven.h). One header with
 * two implementations, chosen by meson, so that app knows nothing of tests. Loop thread only.
 */
#ifndef ASTRAD_BASE_CLOCK_SOURCE_H
#define ASTRAD_BASE_CLOCK_SOURCE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"

struct clock_source;

/* NULL on failure. To be closed after everything that holds the clock. */
struct clock_source *clock_source_open(struct error *err) MUST_USE;
void clock_source_close(struct clock_source **source);
/* Borrowed; lives as long as the source. */
const struct clock *clock_source_clock(const struct clock_source *source) RETURNS_NONNULL;
/* Lets a driven clock be driven from now on; nothing for the system's. */
void clock_source_attach(struct clock_source *source, struct loop *loop);
/* Before the loop is destroyed. */
void clock_source_detach(struct clock_source *source);

#endif
