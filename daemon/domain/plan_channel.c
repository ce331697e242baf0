/*
 * Who a plan speaks of: the channels of every rung, their fallbacks, the last resort, and whoever
 * has an earlier version or was sent to by hand. Each channel stands once, by its first use.
 *
 * Owner: the plan's arena. At most one entry a configured channel.
 */
#include "domain/plan_private.h"

#include "domain/route.h"

#define NO_RUNG (-1)

static bool is_planned(const struct plan *plan, const struct channel *channel)
{
	for (size_t i = 0; i < plan->channel_count; i++) {
		if (plan->channels[i].channel == channel) {
			return true;
		}
	}
	return false;
}

static void count_recipients(const struct plan_input *input, struct plan_channel *planned)
{
	if (!planned->channel->takes_recipients) {
		planned->recipients = 1;
		return;
	}
	for (size_t i = 0; i < input->list_count; i++) {
		const struct plan_list *list = &input->lists[i];
		const struct words name = {(const char **)&list->channel, 1};

		if (words_contain(&name, planned->channel->name)) {
			planned->recipients = list->recipients;
			planned->list_generation = list->generation;
		}
	}
}

static void add(struct plan_work *work, const struct channel *channel, enum plan_use use, int rung)
{
	struct plan *plan = work->plan;

	if (!channel || is_planned(plan, channel)) {
		return;
	}
	enum route_answer answer = route_ask(work->input->directory, channel, &work->draft);
	struct plan_channel *planned = &plan->channels[plan->channel_count++];
	*planned = (struct plan_channel){
		.channel = channel,
		.use = use,
		.rung = rung,
		.variant = SIZE_MAX,
		.excluded_because = route_answer_text(answer),
		.is_in_ledger = words_contain(&work->input->ledger_channels, channel->name),
	};
	count_recipients(work->input, planned);
}

/* The policy points into a directory; a name is looked up so that equal channels are one. */
static const struct channel *own(const struct plan_work *work, const struct channel *channel)
{
	return directory_find_channel(work->input->directory, channel->name);
}

static void add_rungs(struct plan_work *work)
{
	const struct ladder_def *ladder = &work->policy->alert;

	for (size_t i = 0; i < ladder->rung_count; i++) {
		for (size_t j = 0; j < ladder->rungs[i].channel_count; j++) {
			add(work, own(work, ladder->rungs[i].channels[j]), PLAN_RUNG, (int)i);
		}
	}
}

/* A fallback may have one of its own: the list grows while it is walked. */
static void add_fallbacks(struct plan_work *work)
{
	for (size_t i = 0; i < work->plan->channel_count; i++) {
		const struct channel *fallback = work->plan->channels[i].channel->fallback;

		if (fallback) {
			add(work, own(work, fallback), PLAN_FALLBACK, work->plan->channels[i].rung);
		}
	}
}

static void add_last_resort(struct plan_work *work)
{
	const struct ladder_def *ladder = &work->policy->alert;

	for (size_t i = 0; i < ladder->last_resort_count; i++) {
		add(work, own(work, ladder->last_resort[i]), PLAN_LAST_RESORT, NO_RUNG);
	}
}

static void add_named(struct plan_work *work, const struct words *names)
{
	for (size_t i = 0; i < names->count; i++) {
		add(work, directory_find_channel(work->input->directory, names->items[i]),
		    PLAN_RUNG, NO_RUNG);
	}
}

void plan_collect_channels(struct plan_work *work)
{
	size_t most = work->input->directory->channel_count;

	work->plan->channels =
		arena_array(work->arena, most ? most : 1, sizeof(*work->plan->channels));
	if (work->policy) {
		add_rungs(work);
	}
	add_named(work, &work->input->extra_channels);
	add_named(work, &work->input->ledger_channels);
	add_fallbacks(work);
	if (work->policy) {
		add_last_resort(work);
	}
}
