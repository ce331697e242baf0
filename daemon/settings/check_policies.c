/*
 * Checks of the ladders: does each rung reach anybody, is it ever reached, who may approve, and
 * does anything answer when nobody does.
 *
 * Pure. An error is what would leave an alert unsent or send it to the wrong ones; a warning is
 * what an admin may have meant.
 */
#include <string.h>

#include "settings/load.h"

#define MINUTE_MS INT64_C(60000)

struct check {
	struct load *load;
	const struct policy *policy;
	const struct object *object;
	bool *is_used; /* by an earlier rung of the alert ladder; one a channel */
};

static size_t number_of(const struct load *load, const struct channel *channel)
{
	return (size_t)(channel - load->settings->directory.channels);
}

static const struct settings_channel *extra_of(const struct load *load,
					       const struct channel *channel)
{
	return &load->settings->channels[number_of(load, channel)];
}

static unsigned usable_statuses(const struct load *load)
{
	unsigned all = STATUS_BIT(STATUS_EXERCISE) | STATUS_BIT(STATUS_TEST);
	bool is_production = load->settings->directory.environment == ENVIRONMENT_PRODUCTION;
	return all | (is_production ? STATUS_BIT(STATUS_ACTUAL) : 0u);
}

const char *check_cannot_receive(const struct load *load, const struct channel *channel,
				 enum tier tier)
{
	const struct settings_channel *extra = extra_of(load, channel);
	const struct partner *partner = channel->partner;
	if (channel->mode != 0 && channel->mode != CHANNEL_LIVE) {
		return channel->mode == CHANNEL_OFF ? "it is off" : "it is retiring";
	}
	if ((extra->list == SETTINGS_LIST_INLINE && extra->recipient_count == 0) ||
	    load->values->channels.items[number_of(load, channel)].is_list_empty) {
		return "it has no recipients";
	}
	if (channel->statuses != 0 && (channel->statuses & usable_statuses(load)) == 0) {
		return "it takes actual alerts only, which this environment never has";
	}
	if (channel->tier > tier) {
		return "it takes wider alerts only";
	}
	if (partner && partner->max_tier != 0 && partner->max_tier < tier) {
		return "its partner takes none so wide";
	}
	return NULL;
}

static const enum tier alert_tiers[] = {TIER_RESTRICTED, TIER_REGIONAL, TIER_NATIONAL};

static bool has_tier(const struct policy *policy, enum tier tier)
{
	return (policy->tiers & (1u << tier)) != 0;
}

/* The first reason why none of the channels can take the tier; NULL when one can, or when there is
 * none to ask (unknown names are told elsewhere). */
static const char *nobody_receives(const struct load *load, const struct channel *const *channels,
				   size_t count, enum tier tier)
{
	const char *first = NULL;
	for (size_t i = 0; i < count; i++) {
		const char *why = check_cannot_receive(load, channels[i], tier);
		if (!why) {
			return NULL;
		}
		first = first ? first
			      : arena_printf(load->walk.arena, "%s: %s", channels[i]->name, why);
	}
	return first;
}

/* A set of channels of an alert ladder against each tier of its policy. `what`: `rung "police"`. */
static void check_reach(const struct check *check, const struct channel *const *channels,
			size_t count, const char *what, struct file_place place)
{
	struct issues *issues = check->load->walk.issues;
	const char *first = NULL;
	size_t missed = 0;
	size_t tiers = 0;
	for (size_t i = 0; i < ARRAY_LEN(alert_tiers); i++) {
		enum tier tier = alert_tiers[i];
		if (!has_tier(check->policy, tier)) {
			continue;
		}
		const char *why = nobody_receives(check->load, channels, count, tier);
		tiers++;
		missed += why != NULL;
		first = first ? first : why;
	}
	if (missed > 0 && missed == tiers) {
		issues_add(issues, "E405", &place, NULL, "%s can be received by nobody (%s)", what,
			   first);
	} else if (missed > 0) {
		issues_add(issues, "W406", &place, NULL,
			   "%s can be received by nobody at one tier of the policy (%s)", what,
			   first);
	}
}

static void check_actual(const struct check *check, const struct channel *const *channels,
			 size_t count, const char *what, struct file_place place)
{
	bool is_production = check->load->settings->directory.environment == ENVIRONMENT_PRODUCTION;
	unsigned statuses = 0;
	for (size_t i = 0; i < count; i++) {
		statuses |= channels[i]->statuses;
	}
	if (is_production && count > 0 && (statuses & STATUS_BIT(STATUS_ACTUAL)) == 0) {
		issues_add(check->load->walk.issues, "W407", &place, NULL,
			   "%s takes no actual alert: none of its channels has the status", what);
	}
}

static void mark(const struct load *load, const struct channel *const *channels, size_t count,
		 bool *is_used)
{
	for (size_t i = 0; i < count; i++) {
		is_used[number_of(load, channels[i])] = true;
	}
}

/* A condition that speaks of channels that no earlier rung has used decides nothing. */
static void check_condition(const struct check *check, const struct rung *rung,
			    const struct object *object)
{
	const char *row = rung->when == RUNG_DEAD ? "when.dead" : "when.of";
	struct issues *issues = check->load->walk.issues;
	if (rung->when != RUNG_DEAD && rung->when != RUNG_ACKS_BELOW) {
		return;
	}
	for (size_t k = 0; k < rung->of.count; k++) {
		const char *name = rung->of.items[k];
		const struct channel *channel = load_name(check->load, NOUN_CHANNEL, name);
		if (channel && !check->is_used[number_of(check->load, channel)]) {
			struct file_place place = value_place(object, object_get(object, row), k);
			issues_add(issues, "W408", &place, NULL,
				   "%s names \"%s\", which no earlier rung uses", row, name);
		}
	}
	if (rung->when == RUNG_ACKS_BELOW && rung->acks_below > (int64_t)rung->of.count) {
		struct file_place place = object_place(object, "when.acks_below");
		issues_add(issues, "W408", &place, NULL,
			   "when.acks_below is above the number of channels in of: the rung "
			   "always fires");
	}
}

static const char *rung_words(const struct check *check, const struct rung *rung)
{
	return arena_printf(check->load->walk.arena, "rung \"%s\"",
			    rung->name ? rung->name : "without a name");
}

static void check_due(const struct check *check, const struct rung *rung, int64_t due_ms,
		      const struct object *object)
{
	const struct policy *policy = check->policy;
	struct issues *issues = check->load->walk.issues;
	struct file_place place = object_place(object, "after");
	char due[FORMAT_DURATION_BYTES];
	format_duration_text(due_ms, due);
	if (policy->expires_max_ms > 0 && due_ms >= policy->expires_max_ms) {
		issues_add(issues, "E409", &place, NULL,
			   "%s is never reached: it is due after %s, when the alert has expired",
			   rung_words(check, rung), due);
	} else if (policy->expires_default_ms > 0 && due_ms >= policy->expires_default_ms) {
		issues_add(issues, "W410", &place, NULL,
			   "%s is due after %s, when an alert with the default end has expired",
			   rung_words(check, rung), due);
	}
}

static void check_again(const struct check *check, const struct rung *rung, const char *what,
			struct file_place place)
{
	for (size_t i = 0; i < rung->channel_count; i++) {
		if (check->is_used[number_of(check->load, rung->channels[i])]) {
			issues_add(check->load->walk.issues, "W411", &place,
				   "repeat is there for that", "%s uses channel \"%s\" again", what,
				   rung->channels[i]->name);
		}
	}
}

static void check_alert_rungs(const struct check *check)
{
	const struct ladder_def *ladder = &check->policy->alert;
	const struct value *list = object_get(check->object, "alert.rungs");
	int64_t due_ms = 0;
	if (ladder->rung_count > 0 && ladder->rungs[0].when == RUNG_DEAD) {
		struct file_place place = object_place(&list->items[0], "when.dead");
		issues_add(check->load->walk.issues, "E422", &place, NULL,
			   "the first rung waits for a dead channel: who approves sends to nobody");
	}
	for (size_t i = 0; i < ladder->rung_count; i++) {
		const struct rung *rung = &ladder->rungs[i];
		const struct object *object = &list->items[i];
		struct file_place place = object_place(object, "name");
		const char *what = rung_words(check, rung);
		due_ms += rung->after_ms;
		check_reach(check, rung->channels, rung->channel_count, what, place);
		check_actual(check, rung->channels, rung->channel_count, what, place);
		check_condition(check, rung, object);
		check_due(check, rung, due_ms, object);
		check_again(check, rung, what, place);
		mark(check->load, rung->channels, rung->channel_count, check->is_used);
	}
}

/* Approval ladders carry staff notices: internal channels only. */
static void check_internal(const struct check *check, const struct channel *const *channels,
			   size_t count, const char *what, struct file_place place)
{
	check_actual(check, channels, count, what, place);
	struct issues *issues = check->load->walk.issues;
	const struct channel *first = NULL;
	const char *first_why = NULL;
	size_t able = 0;
	for (size_t i = 0; i < count; i++) {
		if (channels[i]->tier > TIER_INTERNAL) {
			issues_add(issues, "E401", &place, NULL,
				   "approval goes through internal channels only; \"%s\" is %s",
				   channels[i]->name, tier_name(channels[i]->tier));
			able++;
			continue;
		}
		const char *why = check_cannot_receive(check->load, channels[i], TIER_INTERNAL);
		able += why == NULL;
		if (why && !first) {
			first = channels[i];
			first_why = why;
		}
	}
	if (first && able == 0) {
		issues_add(issues, "E405", &place, NULL, "%s can be received by nobody (%s: %s)",
			   what, first->name, first_why);
	}
}

static void check_approval_ladder(const struct check *check)
{
	const struct ladder_def *ladder = &check->policy->approval;
	const struct value *list = object_get(check->object, "approval.rungs");
	for (size_t i = 0; i < ladder->rung_count; i++) {
		const struct rung *rung = &ladder->rungs[i];
		check_internal(check, rung->channels, rung->channel_count, rung_words(check, rung),
			       object_place(&list->items[i], "channels"));
		if (rung->when == RUNG_ACKS_BELOW || rung->when == RUNG_NO_ACK_ROLE) {
			struct file_place place = object_place(&list->items[i], "name");
			issues_add(check->load->walk.issues, "E412", &place, NULL,
				   "before approval nobody can acknowledge: only when.dead has a "
				   "meaning here");
		}
	}
	check_internal(check, ladder->last_resort, ladder->last_resort_count,
		       "approval.last_resort", object_place(check->object, "approval.last_resort"));
	if (ladder->rung_count == 0 && !object_get(check->object, "approval.rungs")->node) {
		struct file_place place = object_place(check->object, "approval.rungs");
		issues_add(check->load->walk.issues, "W413", &place, NULL,
			   "there is no approval ladder: nobody is told that a draft waits");
	}
}

static void check_last_resorts(const struct check *check)
{
	const struct ladder_def *alert = &check->policy->alert;
	struct file_place place = object_place(check->object, "alert.last_resort");
	const struct value *written = object_get(check->object, "alert.last_resort");
	if (!written->node || (written->is_set && written->texts.count == 0)) {
		issues_add(
			check->load->walk.issues, "E414", &place, NULL,
			"alert.last_resort is missing: when nobody acknowledges, nobody is told");
	}
	check_reach(check, alert->last_resort, alert->last_resort_count, "alert.last_resort",
		    place);
	check_actual(check, alert->last_resort, alert->last_resort_count, "alert.last_resort",
		     place);
	if (check->policy->approval.rung_count > 0 &&
	    object_get(check->object, "approval.last_resort")->texts.count == 0) {
		place = object_place(check->object, "approval.last_resort");
		issues_add(check->load->walk.issues, "W421", &place, NULL,
			   "approval.last_resort is missing: when nobody approves, nobody is told");
	}
}

/* True when every channel an alert of the policy may use belongs to the police or a hotline. */
static bool is_police_or_hotline(const struct channel *channel)
{
	if (!channel->partner) {
		return channel->tier == TIER_INTERNAL; /* staff */
	}
	return channel->partner->role == PARTNER_POLICE ||
	       channel->partner->role == PARTNER_HOTLINE;
}

static const struct channel *first_foreign(const struct ladder_def *ladder)
{
	for (size_t i = 0; i < ladder->rung_count; i++) {
		for (size_t j = 0; j < ladder->rungs[i].channel_count; j++) {
			if (!is_police_or_hotline(ladder->rungs[i].channels[j])) {
				return ladder->rungs[i].channels[j];
			}
		}
	}
	for (size_t i = 0; i < ladder->last_resort_count; i++) {
		if (!is_police_or_hotline(ladder->last_resort[i])) {
			return ladder->last_resort[i];
		}
	}
	return NULL;
}

static void check_approvals(const struct check *check)
{
	const struct policy *policy = check->policy;
	struct issues *issues = check->load->walk.issues;
	struct file_place place = object_place(check->object, "approvals");
	if (policy->approvals != 1) {
		return;
	}
	const struct channel *foreign = first_foreign(&policy->alert);
	if (has_tier(policy, TIER_REGIONAL) || has_tier(policy, TIER_NATIONAL)) {
		issues_add(issues, "E402", &place, NULL,
			   "regional and national alerts need two persons");
	} else if (foreign) {
		issues_add(issues, "E403", &place, NULL,
			   "one person is enough only where every channel belongs to the police or "
			   "a hotline; \"%s\" does not",
			   foreign->name);
	} else {
		issues_add(issues, "W404", &place, NULL, "one person alone can send these alerts");
	}
}

static void check_acks(const struct check *check)
{
	const struct policy *policy = check->policy;
	struct issues *issues = check->load->walk.issues;
	unsigned police = 1u << PARTNER_POLICE;
	struct file_place place = object_place(check->object, "ack.roles");
	if ((policy->ack_roles & ~police) != 0) {
		issues_add(
			issues, "W415", &place, NULL,
			"an actual alert's ladder stops without the police or an operator having "
			"acknowledged");
	} else if (policy->ack_roles == 0 && !policy->ack_operator) {
		issues_add(issues, "E416", &place, NULL,
			   "nobody's acknowledgement counts: the ladder never stops");
	}
}

static void check_repeat(const struct check *check, const struct ladder_def *ladder,
			 const char *row)
{
	bool is_production = check->load->settings->directory.environment == ENVIRONMENT_PRODUCTION;
	if (is_production && ladder->repeat_every_ms > 0 &&
	    ladder->repeat_every_ms < 5 * MINUTE_MS) {
		struct file_place place = object_place(check->object, row);
		issues_add(check->load->walk.issues, "W417", &place, NULL,
			   "%s is under 5 m: people stop listening", row);
	}
}

static void check_basics(const struct check *check)
{
	const struct policy *policy = check->policy;
	struct issues *issues = check->load->walk.issues;
	if (has_tier(policy, TIER_INTERNAL)) {
		struct file_place place = object_place(check->object, "tiers");
		issues_add(issues, "E102", &place, NULL, "an alert is never of tier internal");
	}
	if (policy->expires_max_ms > 0 && policy->expires_default_ms > policy->expires_max_ms) {
		struct file_place place = object_place(check->object, "expires.default");
		issues_add(issues, "E418", &place, NULL,
			   "expires.default is later than expires.max");
	}
}

static void mark_ladder(const struct load *load, const struct ladder_def *ladder, bool *is_used)
{
	for (size_t i = 0; i < ladder->rung_count; i++) {
		mark(load, ladder->rungs[i].channels, ladder->rungs[i].channel_count, is_used);
	}
	mark(load, ladder->last_resort, ladder->last_resort_count, is_used);
}

static void check_unused(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	bool *is_used = arena_array(load->walk.arena, directory->channel_count + 1, sizeof(bool));
	for (size_t i = 0; i < directory->policy_count; i++) {
		mark_ladder(load, &directory->policies[i].approval, is_used);
		mark_ladder(load, &directory->policies[i].alert, is_used);
	}
	for (size_t i = 0; i < directory->channel_count; i++) {
		if (directory->channels[i].fallback) {
			is_used[number_of(load, directory->channels[i].fallback)] = true;
		}
	}
	bool has_broken = load->values->policies.broken_count > 0;
	for (size_t i = 0; i < directory->channel_count && !has_broken; i++) {
		if (!is_used[i] && directory->channels[i].mode == CHANNEL_LIVE) {
			issues_add(load->walk.issues, "W419", &load->settings->channels[i].place,
				   NULL, "no policy uses channel \"%s\"",
				   directory->channels[i].name);
		}
	}
}

static void check_tiers(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	struct file_place place = {.file = "policies.d/"};
	unsigned tiers = 0;
	for (size_t i = 0; i < directory->policy_count; i++) {
		tiers |= directory->policies[i].tiers;
	}
	for (size_t i = 0; i < ARRAY_LEN(alert_tiers); i++) {
		bool is_there = (tiers & (1u << alert_tiers[i])) != 0;
		if (!is_there && load->values->policies.broken_count == 0) {
			issues_add(load->walk.issues, "W420", &place, NULL,
				   "no policy is for %s alerts", tier_name(alert_tiers[i]));
		}
	}
}

void check_policies(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	for (size_t i = 0; i < directory->policy_count; i++) {
		const struct check check = {.load = load,
					    .policy = &directory->policies[i],
					    .object = load->values->policies.items[i].object,
					    .is_used = arena_array(load->walk.arena,
								   directory->channel_count + 1,
								   sizeof(bool))};
		check_basics(&check);
		check_approvals(&check);
		check_acks(&check);
		check_approval_ladder(&check);
		check_alert_rungs(&check);
		check_last_resorts(&check);
		check_repeat(&check, &check.policy->approval, "approval.repeat.every");
		check_repeat(&check, &check.policy->alert, "alert.repeat.every");
	}
	check_unused(load);
	check_tiers(load);
}
