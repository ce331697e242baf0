/*
 * A round: ask what is pending, then run each case's purge, one request after the other, to its
 * end or to its first failure. The store makes every step safe to repeat (store/purge.h), so a
 * crash, or a round that is cut, costs nothing.
 *
 * Owner: health reason purge_waits. Crash: nothing is kept; the next start asks anew.
 */
#include "ops/purges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/purge.h"

#define ROUND_MAX 100 /* cases a round; more wait for the next one */

struct purges {
	struct store *store;
	const struct clock *clock;
	struct health *health;
	bool is_running;
	bool is_stopped;
	struct id cases[ROUND_MAX];
	size_t count;
	size_t at;        /* the case under way */
	size_t waiting;   /* that could not be finished in this round */
	struct error why; /* of the last of them */
};

static void run_next(struct purges *purges);

static void end_round(struct purges *purges)
{
	char detail[sizeof(purges->why.text) + 80];

	purges->is_running = false;
	if (purges->waiting == 0) {
		health_clear(purges->health, "purge_waits", NULL);
		return;
	}
	(void)snprintf(detail, sizeof(detail),
		       "%zu cases wait for the end of their purge, tried every hour: %s",
		       purges->waiting, purges->why.text);
	health_raise(purges->health, HEALTH_DEGRADED, "purge_waits", NULL, detail);
}

static void case_waits(struct purges *purges, const struct error *err)
{
	char id[ID_TEXT_BYTES];

	id_format(&purges->cases[purges->at], id);
	log_warning("a purge waits, trying again in an hour", "case=%s why=%s", id,
		    log_quote(err->text));
	purges->why = *err;
	purges->waiting++;
	purges->at++;
}

static void on_run(struct store_call *call)
{
	struct purges *purges = call->ctx;
	const struct store_purge_run_out *out = call->out;

	if (purges->is_stopped) {
		return;
	}
	if (!call->ok) {
		case_waits(purges, &call->err);
	} else if (out->is_done) {
		char id[ID_TEXT_BYTES];

		id_format(&purges->cases[purges->at], id);
		log_notice("case purged", "case=%s", id);
		purges->at++;
	}
	run_next(purges);
}

static void run_next(struct purges *purges)
{
	struct store_call *call;
	struct store_purge_run_in *in;

	if (purges->at == purges->count) {
		end_round(purges);
		return;
	}
	call = store_call_create(purges->store, &store_purge_run, on_run, purges);
	in = call->in;
	in->case_id = purges->cases[purges->at];
	in->now_utc_ms = clock_utc_ms(purges->clock);
	store_submit(call);
}

static void on_pending(struct store_call *call)
{
	struct purges *purges = call->ctx;
	const struct store_purge_pending_out *out = call->out;

	if (purges->is_stopped) {
		return;
	}
	purges->at = purges->count = purges->waiting = 0;
	if (!call->ok) {
		log_warning("pending purges cannot be read, asking again in an hour", "why=%s",
			    log_quote(call->err.text));
		purges->is_running = false;
		return;
	}
	if (out->count > 0) {
		memcpy(purges->cases, out->cases, out->count * sizeof(*out->cases));
		purges->count = out->count;
	}
	run_next(purges);
}

void purges_run(struct purges *purges)
{
	struct store_call *call;

	if (purges->is_running || purges->is_stopped ||
	    clock_utc_ms(purges->clock) < store_newest_utc_ms(purges->store)) {
		return;
	}
	purges->is_running = true;
	call = store_call_create(purges->store, &store_purge_pending, on_pending, purges);
	((struct store_purge_pending_in *)call->in)->limit = ROUND_MAX;
	store_submit(call);
}

struct purges *purges_create(struct store *store, const struct clock *clock, struct health *health)
{
	struct purges *purges = xcalloc(1, sizeof(*purges));

	purges->store = store;
	purges->clock = clock;
	purges->health = health;
	return purges;
}

void purges_stop(struct purges *purges)
{
	if (purges != NULL) {
		purges->is_stopped = true;
	}
}

void purges_destroy(struct purges **purges)
{
	free(take_ptr(purges));
}
