/*
 * Recipient lists on their way from settings into numbered generations of the store: inline lists,
 * files, and the one recipient of a channel that has no list (its name, no address). A list whose
 * content did not change costs one question. A list that cannot be loaded leaves the generation
 * before in use, and health says so (`list_not_loaded`), with file and line.
 *
 * A list is read twice, a bounded number of lines a turn: once whole, for its hash, then page by
 * page into the store. If it changed in between, the load starts again.
 */
#ifndef ASTRAD_OUTBOX_LISTS_H
#define ASTRAD_OUTBOX_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/health.h"
#include "base/loop.h"

struct store;
struct settings;
struct lists;

struct lists_params {
	struct store *store;
	struct loop *loop;
	struct health *health; /* NULL = reasons are not raised */
	/* Every list of the last lists_use was loaded or refused. From the loop. */
	loop_fn *settled;
	/* A new generation is complete. From the loop. */
	loop_fn *changed;
	/* lists_under_way fell to 0: who drains looks again. From the loop. */
	loop_fn *idle;
	void *arg;
};

struct lists *lists_create(const struct lists_params *params) RETURNS_NONNULL;
/* lists_under_way must be 0. NULL is fine; sets NULL. */
void lists_destroy(struct lists **lists);

/* Takes a reference while lists load. Replaces what is still loading of an older snapshot. */
void lists_use(struct lists *lists, struct settings *settings);
bool lists_are_settled(const struct lists *lists);
size_t lists_under_way(const struct lists *lists); /* calls in the store */
/* No further page is submitted (graceful stop): what is incomplete is never used. */
void lists_stop(struct lists *lists);

/* -1 = no complete generation is known. */
int64_t lists_recipients(const struct lists *lists, const char *channel);

#endif
