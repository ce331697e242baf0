/*
 * Delivery: from the outcome of one attempt to the row's next state.
 *
 * Owner: nobody, all const. One table says what each outcome means; the rest is the schedule, and
 * the few things that stop a retry: a newer version, the expiry, the schedule's end. Nothing is
 * ever dropped: what cannot go on is held (an operator mends it), rejected (this recipient for
 * ever) or dead (kept for sign-off).
 */
#include "domain/delivery.h"

#include <assert.h>
#include <string.h>

/* What comes after an outcome, before the schedule is asked. */
struct rule {
	enum delivery_state state; /* RETRY and UNCERTAIN go on, the others end here */
	enum delivery_reason reason;
	enum reached reached; /* at least */
	enum breaker_event breaker;
	bool throttles;
	bool suspends;
	bool pages;
};

static const struct rule rules[] = {
	[OUTCOME_DELIVERED] = {.state = DELIVERY_DELIVERED,
			       .reached = REACHED_YES,
			       .breaker = BREAKER_SUCCESS},
	[OUTCOME_ACCEPTED] = {.state = DELIVERY_ACCEPTED,
			      .reached = REACHED_YES,
			      .breaker = BREAKER_SUCCESS},
	[OUTCOME_RETRY] = {.state = DELIVERY_RETRY,
			   .reason = REASON_RETRY,
			   .breaker = BREAKER_FAILURE},
	[OUTCOME_UNCERTAIN] = {.state = DELIVERY_UNCERTAIN,
			       .reason = REASON_UNCERTAIN,
			       .reached = REACHED_MAYBE,
			       .breaker = BREAKER_FAILURE},
	[OUTCOME_THROTTLED] = {.state = DELIVERY_RETRY,
			       .reason = REASON_THROTTLED,
			       .breaker = BREAKER_THROTTLE,
			       .throttles = true},
	[OUTCOME_SLOW_RETRY] = {.state = DELIVERY_RETRY,
				.reason = REASON_RETRY,
				.breaker = BREAKER_FAILURE},
	[OUTCOME_FIXABLE] = {.state = DELIVERY_RETRY, .reason = REASON_FIXABLE_1},
	[OUTCOME_GONE] = {.state = DELIVERY_HELD,
			  .reason = REASON_GONE,
			  .suspends = true,
			  .pages = true},
	[OUTCOME_SECURITY] = {.state = DELIVERY_HELD, .reason = REASON_SECURITY, .pages = true},
	[OUTCOME_REJECTED] = {.state = DELIVERY_REJECTED, .reason = REASON_REJECTED},
	[OUTCOME_CANCELLED] = {.state = DELIVERY_WAITING, .reason = REASON_CUT},
	[OUTCOME_CANCELLED_MAYBE] = {.state = DELIVERY_UNCERTAIN,
				     .reason = REASON_UNCERTAIN,
				     .reached = REACHED_MAYBE},
};

static const char *const outcome_names[] = {
	[OUTCOME_DELIVERED] = "delivered", [OUTCOME_ACCEPTED] = "accepted",
	[OUTCOME_RETRY] = "retry",         [OUTCOME_UNCERTAIN] = "uncertain",
	[OUTCOME_THROTTLED] = "throttled", [OUTCOME_SLOW_RETRY] = "slow_retry",
	[OUTCOME_FIXABLE] = "fixable",     [OUTCOME_GONE] = "gone",
	[OUTCOME_SECURITY] = "security",   [OUTCOME_REJECTED] = "rejected",
	[OUTCOME_CANCELLED] = "cancelled", [OUTCOME_CANCELLED_MAYBE] = "cancelled_maybe",
};

static const char *const reason_names[] = {
	[REASON_NONE] = "",
	[REASON_RETRY] = "retry",
	[REASON_UNCERTAIN] = "uncertain",
	[REASON_THROTTLED] = "throttled",
	[REASON_FIXABLE_1] = "fixable_1",
	[REASON_FIXABLE_2] = "fixable_2",
	[REASON_FIXABLE] = "fixable",
	[REASON_GONE] = "gone",
	[REASON_SECURITY] = "security",
	[REASON_REJECTED] = "rejected",
	[REASON_CUT] = "cut",
	[REASON_NEWER] = "newer",
	[REASON_EXPIRED] = "expired",
	[REASON_SCHEDULE] = "schedule_end",
	[REASON_RESTART] = "restart",
	[REASON_CRASHES] = "crashes",
	[REASON_BREAKER_OPEN] = "breaker_open",
	[REASON_ORDER] = "order",
	[REASON_REDRIVEN] = "redriven",
	[REASON_REMOVED] = "removed",
};

static enum reached higher(enum reached a, enum reached b)
{
	return a > b ? a : b;
}

static bool goes_on(enum delivery_state state)
{
	return state == DELIVERY_RETRY || state == DELIVERY_UNCERTAIN || state == DELIVERY_WAITING;
}

static void stop(struct delivery_verdict *verdict, enum delivery_state state,
		 enum delivery_reason reason)
{
	verdict->state = state;
	verdict->reason = reason;
	verdict->delay_ms = DELIVERY_NEVER;
}

/* The first entries of the critical schedule, whatever the channel's own schedule is: somebody may
 * be mending it right now. */
static void decide_fixable(const struct delivery_attempt *attempt, struct rng *rng,
			   struct delivery_verdict *verdict)
{
	int tries = attempt->before == REASON_FIXABLE_2   ? 3
		    : attempt->before == REASON_FIXABLE_1 ? 2
							  : 1;

	if (tries >= BACKOFF_QUICK_TRIES) {
		stop(verdict, DELIVERY_HELD, REASON_FIXABLE);
		verdict->pages = true;
		return;
	}
	verdict->reason = tries == 1 ? REASON_FIXABLE_1 : REASON_FIXABLE_2;
	verdict->delay_ms = backoff_jitter_ms(backoff_delay_ms(NULL, MESSAGE_CRITICAL, tries), rng);
}

static int64_t jittered(const struct delivery_attempt *attempt, int64_t delay_ms, struct rng *rng)
{
	if (attempt->outcome == OUTCOME_THROTTLED) {
		int64_t wait_ms = backoff_throttle_ms(delay_ms, attempt->retry_after_ms);
		return wait_ms > delay_ms ? backoff_jitter_up_ms(wait_ms, rng)
					  : backoff_jitter_ms(wait_ms, rng);
	}
	int64_t wait_ms = backoff_jitter_ms(delay_ms, rng);
	if (attempt->outcome == OUTCOME_SLOW_RETRY && wait_ms < BACKOFF_SLOW_FLOOR_MS) {
		return backoff_jitter_up_ms(BACKOFF_SLOW_FLOOR_MS, rng);
	}
	return wait_ms;
}

static void decide_schedule(const struct delivery_attempt *attempt, struct rng *rng,
			    struct delivery_verdict *verdict)
{
	int64_t delay_ms = backoff_delay_ms(attempt->limits, attempt->class_of, attempt->attempt);

	if (delay_ms == BACKOFF_END) {
		stop(verdict, DELIVERY_DEAD, REASON_SCHEDULE);
		verdict->pages = true;
		return;
	}
	verdict->delay_ms = jittered(attempt, delay_ms, rng);
}

struct delivery_verdict delivery_decide(const struct delivery_attempt *attempt, struct rng *rng)
{
	assert(attempt->outcome >= OUTCOME_DELIVERED &&
	       attempt->outcome <= OUTCOME_CANCELLED_MAYBE);
	const struct rule *rule = &rules[attempt->outcome];
	struct delivery_verdict verdict = {
		.state = rule->state,
		.reason = rule->reason,
		.reached = higher(attempt->reached, rule->reached),
		.delay_ms = DELIVERY_NEVER,
		.breaker = rule->breaker,
		.throttles = rule->throttles,
		.suspends = rule->suspends,
		.pages = rule->pages,
	};

	if (goes_on(rule->state) || rule->state == DELIVERY_HELD) {
		if (attempt->is_superseded) {
			stop(&verdict, DELIVERY_SUPERSEDED, REASON_NEWER);
			return verdict;
		}
		if (attempt->is_past_expiry && !attempt->is_end) {
			stop(&verdict, DELIVERY_SUPERSEDED, REASON_EXPIRED);
			return verdict;
		}
	}
	if (attempt->outcome == OUTCOME_FIXABLE) {
		decide_fixable(attempt, rng, &verdict);
	} else if (attempt->outcome == OUTCOME_CANCELLED ||
		   attempt->outcome == OUTCOME_CANCELLED_MAYBE) {
		verdict.delay_ms = 0; /* cut by us (a stopping daemon, a reload): not its fault */
	} else if (goes_on(rule->state)) {
		decide_schedule(attempt, rng, &verdict);
	}
	return verdict;
}

struct delivery_verdict delivery_recover(int starts, enum reached reached)
{
	struct delivery_verdict verdict = {
		.state = DELIVERY_UNCERTAIN,
		.reason = REASON_RESTART,
		.reached = higher(reached, REACHED_MAYBE),
		.delay_ms = 0,
	};

	if (starts + 1 >= DELIVERY_STARTS_MAX) {
		stop(&verdict, DELIVERY_HELD, REASON_CRASHES);
		verdict.pages = true;
	}
	return verdict;
}

const char *delivery_outcome_name(enum delivery_outcome outcome)
{
	if (outcome < OUTCOME_DELIVERED || outcome > OUTCOME_CANCELLED_MAYBE) {
		return "?";
	}
	return outcome_names[outcome];
}

const char *delivery_reason_name(enum delivery_reason reason)
{
	return reason <= REASON_REMOVED ? reason_names[reason] : "?";
}

enum delivery_reason delivery_reason_parse(const char *word)
{
	for (size_t i = 1; word && i < ARRAY_LEN(reason_names); i++) {
		if (strcmp(reason_names[i], word) == 0) {
			return (enum delivery_reason)i;
		}
	}
	return REASON_NONE;
}
