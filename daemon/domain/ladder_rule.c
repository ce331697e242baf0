/*
 * What the facts mean for a rung: acknowledgements and dead channels.
 *
 * Owner: nobody; nothing is kept. An acknowledgement counts where it was asked for: for the policy
 * as a whole by role, for a rung with a condition by its own set or role, once per partner.
 */
#include "domain/ladder_private.h"

#include <string.h>

bool ladder_ack_counts(const struct ladder_plan *plan, enum alert_status status,
		       const struct ladder_ack *ack)
{
	if (status != STATUS_ACTUAL) {
		return true;
	}
	if (ack->is_operator && plan->ack_operator) {
		return true;
	}
	return ack->partner && (plan->ack_roles & (1u << ack->role));
}

static bool is_acked(const struct ladder_plan *plan, const struct ladder_facts *facts)
{
	for (size_t i = 0; i < facts->ack_count; i++) {
		if (ladder_ack_counts(plan, facts->status, &facts->acks[i])) {
			return true;
		}
	}
	return false;
}

/* The hotline itself has it in hand: that stops every rung. */
static bool is_taken_by_operator(const struct ladder_plan *plan, const struct ladder_facts *facts)
{
	for (size_t i = 0; i < facts->ack_count; i++) {
		if (!facts->acks[i].partner && facts->acks[i].is_operator && plan->ack_operator) {
			return true;
		}
	}
	return false;
}

/* Once per partner, however often it acknowledged. */
static int64_t count_acks(const struct words *partners, const struct ladder_facts *facts)
{
	int64_t count = 0;

	for (size_t i = 0; i < partners->count; i++) {
		bool is_held = false;
		for (size_t j = 0; j < facts->ack_count && !is_held; j++) {
			const char *partner = facts->acks[j].partner;
			is_held = partner && strcmp(partner, partners->items[i]) == 0;
		}
		count += is_held;
	}
	return count;
}

static bool has_role(const struct ladder_facts *facts, unsigned roles)
{
	for (size_t i = 0; i < facts->ack_count; i++) {
		if (facts->acks[i].partner && (roles & (1u << facts->acks[i].role))) {
			return true;
		}
	}
	return false;
}

static bool any_dead(const struct words *channels, const struct ladder_facts *facts)
{
	for (size_t i = 0; i < channels->count; i++) {
		if (words_contain(&facts->dead, channels->items[i])) {
			return true;
		}
	}
	return false;
}

bool ladder_all_dead(const struct words *channels, const struct ladder_facts *facts)
{
	for (size_t i = 0; i < channels->count; i++) {
		if (!words_contain(&facts->dead, channels->items[i])) {
			return false;
		}
	}
	return true;
}

bool ladder_rung_wants(const struct ladder_plan *plan, const struct ladder_rung *rung,
		       const struct ladder_facts *facts)
{
	if (is_taken_by_operator(plan, facts)) {
		return false;
	}
	switch (rung->when) {
	case RUNG_ALWAYS:
		return !is_acked(plan, facts);
	case RUNG_ACKS_BELOW:
		return count_acks(&rung->of_partners, facts) < rung->acks_below;
	case RUNG_NO_ACK_ROLE:
		return !has_role(facts, rung->no_ack_roles);
	case RUNG_DEAD:
		return !is_acked(plan, facts) && any_dead(&rung->of_channels, facts);
	}
	return true;
}

bool ladder_is_stopped(const struct ladder_plan *plan, const struct ladder_facts *facts)
{
	if (!is_acked(plan, facts)) {
		return false;
	}
	for (size_t i = 0; i < plan->rung_count; i++) {
		if (ladder_rung_wants(plan, &plan->rungs[i], facts)) {
			return false;
		}
	}
	return true;
}
