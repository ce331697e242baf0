/*
 * A look every ten seconds, the hourly work, and their answers.
 *
 * The store cannot say by itself that a full disk has room again: only a write proves it, and a
 * load balancer that believes /readyz sends none. So while reports cannot be stored each look asks
 * for a write of its own.
 *
 * Owner: health reasons store_cannot_write, store_log_grows, key_copy_behind and loop_slow, the
 * lag's and the health's gauges. Crash: nothing is kept; the next start begins with a look.
 */
#include "ops/keeping.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/runq.h"
#include "base/secret.h"
#include "ops/purges.h"
#include "ops/trail.h"
#include "store/audit.h"
#include "store/keeping.h"

#define LOOK_EVERY_MS 10000
#define WORK_EVERY_MS 3600000
#define SLOW_MS       1000 /* a turn that operators feel */

struct keeping {
	struct keeping_params params;
	struct runq_item look;
	struct runq_item work;
	struct purges *purges;
	struct trail *trail;
	bool is_stopped;
	bool is_proving; /* a write that proves the disk is asked for */
	struct metric *lag;
	struct metric *level;
	struct metric *can_write;
};

/* --- the look --- */

static void tell(const struct keeping *keeping, bool is_raised, enum health_level level,
		 const char *reason, const char *detail)
{
	if (is_raised) {
		health_raise(keeping->params.health, level, reason, NULL, detail);
	} else {
		health_clear(keeping->params.health, reason, NULL);
	}
}

static void look_at_loop(struct keeping *keeping)
{
	int64_t lag_ms = loop_take_max_lag_ms(keeping->params.loop);
	char detail[80];

	metric_set(keeping->lag, lag_ms);
	(void)snprintf(detail, sizeof(detail),
		       "nobody was answered for %lld ms; look at the host's load",
		       (long long)lag_ms);
	tell(keeping, lag_ms >= SLOW_MS, HEALTH_DEGRADED, "loop_slow", detail);
}

static void on_proof(struct store_call *call);

static void prove(struct keeping *keeping)
{
	if (!keeping->is_proving) {
		keeping->is_proving = true;
		store_submit(store_call_create(keeping->params.store, &store_keeping_prove,
					       on_proof, keeping));
	}
}

static bool look_at_store(struct keeping *keeping)
{
	struct store_status status;
	bool can_write;

	store_get_status(keeping->params.store, &status);
	/* without the reserve only stops are stored */
	can_write = status.can_write && status.reserve_is_held;
	metric_set(keeping->can_write, can_write ? 1 : 0);
	tell(keeping, !can_write, HEALTH_DOWN, "store_cannot_write",
	     status.trouble[0] != '\0' ? status.trouble
				       : "no room for the reserve: only stops are stored");
	tell(keeping, status.log_trouble[0] != '\0', HEALTH_DEGRADED, "store_log_grows",
	     status.log_trouble);
	tell(keeping, status.copy_is_behind, HEALTH_DEGRADED, "key_copy_behind",
	     status.copy_trouble);
	return can_write;
}

static void on_proof(struct store_call *call)
{
	struct keeping *keeping = call->ctx;

	keeping->is_proving = false;
	if (!keeping->is_stopped) {
		(void)look_at_store(keeping); /* the next look asks again */
	}
}

static void on_look(void *arg)
{
	struct keeping *keeping = arg;

	look_at_loop(keeping);
	if (!look_at_store(keeping)) {
		prove(keeping);
	}
	metric_set(keeping->level, (int64_t)health_level(keeping->params.health));
	runq_schedule_in(loop_runq(keeping->params.loop), &keeping->look, LOOK_EVERY_MS);
}

/* --- the hourly work --- */

static void on_head(struct store_call *call)
{
	const struct store_audit_head_out *head = call->out;
	char hash[2 * SECRET_HASH_BYTES + 1];
	char at[CLOCK_TEXT_BYTES];

	if (!call->ok) {
		log_warning("the audit head cannot be read, asking again in an hour", "why=%s",
			    log_quote(call->err.text));
		return;
	}
	if (head->seq == 0) {
		return; /* a new store: there is nothing to compare later */
	}
	secret_hex(head->hash, sizeof(head->hash), hash);
	clock_format_utc(head->at_utc_ms, true, at);
	log_notice("audit head", "seq=%lld at=%s hash=%s", (long long)head->seq, at, hash);
}

static void on_work(void *arg)
{
	struct keeping *keeping = arg;

	store_keeping_run(keeping->params.store);
	purges_run(keeping->purges);
	trail_run(keeping->trail);
	store_submit(store_call_create(keeping->params.store, &store_audit_head, on_head, keeping));
	runq_schedule_in(loop_runq(keeping->params.loop), &keeping->work, WORK_EVERY_MS);
}

/* --- life --- */

struct keeping *keeping_create(const struct keeping_params *params)
{
	struct keeping *keeping = xcalloc(1, sizeof(*keeping));

	keeping->params = *params;
	keeping->lag = metric_gauge("astrad_loop_lag_max_milliseconds", NULL,
				    "The longest turn of the event loop in the last ten seconds.");
	keeping->level = metric_gauge("astrad_health_level", NULL,
				      "0 ready, 1 degraded, 2 down: what /readyz says.");
	keeping->can_write =
		metric_gauge("astrad_store_can_write", NULL, "1 while the disk takes reports.");
	keeping->purges = purges_create(params->store, loop_clock(params->loop), params->health);
	keeping->trail = trail_create(params->store, params->health);
	runq_item_init(&keeping->look, on_look, keeping);
	runq_item_init(&keeping->work, on_work, keeping);
	runq_schedule_in(loop_runq(params->loop), &keeping->look, 0);
	runq_schedule_in(loop_runq(params->loop), &keeping->work, 0);
	return keeping;
}

void keeping_stop(struct keeping *keeping)
{
	if (keeping == NULL) {
		return;
	}
	keeping->is_stopped = true;
	purges_stop(keeping->purges);
	trail_stop(keeping->trail);
	runq_cancel(loop_runq(keeping->params.loop), &keeping->look);
	runq_cancel(loop_runq(keeping->params.loop), &keeping->work);
}

void keeping_destroy(struct keeping **keeping)
{
	struct keeping *gone = take_ptr(keeping);

	if (gone != NULL) {
		keeping_stop(gone);
		purges_destroy(&gone->purges);
		trail_destroy(&gone->trail);
		free(gone);
	}
}
