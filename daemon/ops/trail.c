/*
 * A chain of store_audit_verify requests. Where it broke it stays: each hour it looks there again
 * and says so again, until somebody has restored what was there.
 *
 * Owner: health reason audit_broken. Crash: nothing is kept; the next start begins with row one.
 */
#include "ops/trail.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "store/audit.h"

struct trail {
	struct store *store;
	struct health *health;
	struct store_audit_head_out last; /* verified up to here */
	bool is_running;
	bool is_stopped;
};

static void verify_next(struct trail *trail);

static void tell_broken(const struct trail *trail, const struct store_audit_verify_out *out)
{
	char detail[160];

	(void)snprintf(detail, sizeof(detail),
		       "row %lld of the audit trail: %s; compare with the backups and the log's "
		       "audit heads",
		       (long long)out->broken_seq, out->why);
	log_error("the audit trail was changed", "seq=%lld why=%s", (long long)out->broken_seq,
		  log_quote(out->why));
	health_raise(trail->health, HEALTH_DEGRADED, "audit_broken", NULL, detail);
}

static void on_verified(struct store_call *call)
{
	struct trail *trail = call->ctx;
	const struct store_audit_verify_out *out = call->out;

	if (trail->is_stopped) {
		return;
	}
	trail->is_running = false;
	if (!call->ok) {
		log_warning("the audit trail cannot be read, asking again in an hour", "why=%s",
			    log_quote(call->err.text));
		return;
	}
	if (out->is_broken) {
		tell_broken(trail, out);
		return;
	}
	trail->last = out->last;
	if (!out->is_done) {
		verify_next(trail);
		return;
	}
	log_info("audit trail verified", "seq=%lld", (long long)trail->last.seq);
	health_clear(trail->health, "audit_broken", NULL);
}

static void verify_next(struct trail *trail)
{
	struct store_call *call =
		store_call_create(trail->store, &store_audit_verify, on_verified, trail);

	((struct store_audit_verify_in *)call->in)->after = trail->last;
	trail->is_running = true;
	store_submit(call);
}

void trail_run(struct trail *trail)
{
	if (!trail->is_running && !trail->is_stopped) {
		verify_next(trail);
	}
}

struct trail *trail_create(struct store *store, struct health *health)
{
	struct trail *trail = xcalloc(1, sizeof(*trail));

	trail->store = store;
	trail->health = health;
	return trail;
}

void trail_stop(struct trail *trail)
{
	if (trail != NULL) {
		trail->is_stopped = true;
	}
}

void trail_destroy(struct trail **trail)
{
	free(take_ptr(trail));
}
