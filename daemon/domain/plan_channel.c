/*
 * Who a plan speaks of: the channels of every rung, their fallbacks, the last resort, and whoever
 * has an earlier version or was sent to by hand. Each channel stands once, by its first use.
 *
 * Owner: the plan's arena. A house may have thousands of channels and a plan is made on the loop,
 * so names are looked up in a sorted index and what is known of a channel is noted beside it.
 */
#include "domain/plan_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/route.h"

#define NO_RUNG (-1)

/* One configured channel while the plan is made. */
struct seat {
	const struct channel *channel;
	const char *name; /* in this alert: a channel that was renamed keeps the one it had */
	const struct plan_list *list;
	bool is_in_ledger;
	bool is_planned;
};

struct seating {
	struct plan_work *work;
	struct seat *seats; /* by name */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct seat *left = a;
	const struct seat *right = b;

	return strcmp(left->channel->name, right->channel->name);
}

static int by_key(const void *key, const void *seat)
{
	return strcmp(key, ((const struct seat *)seat)->channel->name);
}

static struct seat *find(const struct seating *seating, const char *name)
{
	return bsearch(name, seating->seats, seating->count, sizeof(*seating->seats), by_key);
}

/* The channel that an alert knows by a name which no file has any more. */
static struct seat *find_renamed(const struct seating *seating, const char *name)
{
	for (size_t i = 0; i < seating->count; i++) {
		const char *was = seating->seats[i].channel->was;

		if (was && strcmp(was, name) == 0) {
			return &seating->seats[i];
		}
	}
	return NULL;
}

static struct seat *find_known(const struct seating *seating, const char *name)
{
	struct seat *seat = find(seating, name);

	return seat ? seat : find_renamed(seating, name);
}

static void keep_names(const struct seating *seating, const struct words *known)
{
	for (size_t i = 0; i < known->count; i++) {
		struct seat *seat = find_known(seating, known->items[i]);

		if (seat) {
			seat->name = known->items[i];
		}
	}
}

static struct seating seat_channels(struct plan_work *work)
{
	const struct plan_input *input = work->input;
	const struct directory *directory = input->directory;
	struct seating seating = {
		.work = work,
		.seats = arena_array(work->arena, directory->channel_count + 1,
				     sizeof(*seating.seats)),
		.count = directory->channel_count,
	};

	for (size_t i = 0; i < seating.count; i++) {
		seating.seats[i].channel = &directory->channels[i];
		seating.seats[i].name = directory->channels[i].name;
	}
	qsort(seating.seats, seating.count, sizeof(*seating.seats), by_name);
	keep_names(&seating, &input->approved_channels);
	keep_names(&seating, &input->ledger_channels);
	for (size_t i = 0; i < input->ledger_channels.count; i++) {
		struct seat *seat = find_known(&seating, input->ledger_channels.items[i]);
		if (seat) {
			seat->is_in_ledger = true;
		}
	}
	for (size_t i = 0; i < input->list_count; i++) {
		struct seat *seat = find_known(&seating, input->lists[i].channel);
		if (seat && strcmp(seat->name, input->lists[i].channel) == 0) {
			seat->list = &input->lists[i];
		}
	}
	return seating;
}

/* To a channel of the approved plan a /send brings the rest of its list; what has no list has no
 * rest. */
static void count_recipients(const struct plan_input *input, const struct seat *seat,
			     struct plan_channel *planned)
{
	if (!seat->channel->takes_recipients) {
		bool has_it = input->act && words_contain(&input->approved_channels, seat->name);

		planned->recipients = has_it ? 0 : 1;
	} else if (seat->list) {
		planned->recipients = seat->list->recipients;
		planned->list_generation = seat->list->generation;
	}
}

/* An act sends nothing to whom the approved plan knows, but to the channel that a /send means:
 * those who came to its list since. */
static bool has_its_place(const struct plan_input *input, const struct seat *seat)
{
	const struct plan_act *act = input->act;
	bool is_meant = act && act->channel && strcmp(act->channel, seat->channel->name) == 0;

	return act && !is_meant && words_contain(&input->approved_channels, seat->name);
}

static void add(struct seating *seating, const char *name, enum plan_use use, int rung)
{
	struct plan_work *work = seating->work;
	struct seat *seat = find_known(seating, name);

	if (!seat || seat->is_planned) {
		return;
	}
	seat->is_planned = true;
	enum route_answer answer = route_ask(work->input->directory, seat->channel, &work->draft);
	bool is_approved = answer == ROUTE_YES && has_its_place(work->input, seat);
	struct plan_channel *planned = &work->plan->channels[work->plan->channel_count++];
	*planned = (struct plan_channel){
		.channel = seat->channel,
		.name = seat->name,
		.use = use,
		.rung = rung,
		.variant = SIZE_MAX,
		.excluded_because =
			is_approved ? "is in the approved plan already" : route_answer_text(answer),
		.is_in_ledger = seat->is_in_ledger,
		.is_approved = is_approved,
	};
	count_recipients(work->input, seat, planned);
}

static void add_rungs(struct seating *seating, const struct ladder_def *ladder)
{
	for (size_t i = 0; i < ladder->rung_count; i++) {
		for (size_t j = 0; j < ladder->rungs[i].channel_count; j++) {
			add(seating, ladder->rungs[i].channels[j]->name, PLAN_RUNG, (int)i);
		}
	}
}

/* A fallback may have one of its own: the list grows while it is walked. */
static void add_fallbacks(struct seating *seating)
{
	const struct plan *plan = seating->work->plan;

	for (size_t i = 0; i < plan->channel_count; i++) {
		const struct channel *fallback = plan->channels[i].channel->fallback;

		if (fallback) {
			add(seating, fallback->name, PLAN_FALLBACK, plan->channels[i].rung);
		}
	}
}

static void add_last_resort(struct seating *seating, const struct ladder_def *ladder)
{
	for (size_t i = 0; i < ladder->last_resort_count; i++) {
		add(seating, ladder->last_resort[i]->name, PLAN_LAST_RESORT, NO_RUNG);
	}
}

static void add_named(struct seating *seating, const struct words *names)
{
	for (size_t i = 0; i < names->count; i++) {
		add(seating, names->items[i], PLAN_RUNG, NO_RUNG);
	}
}

void plan_collect_channels(struct plan_work *work)
{
	struct seating seating = seat_channels(work);

	work->plan->channels =
		arena_array(work->arena, seating.count + 1, sizeof(*work->plan->channels));
	if (work->input->act && work->input->act->channel) {
		add(&seating, work->input->act->channel, PLAN_RUNG, NO_RUNG);
		add_fallbacks(&seating);
		return;
	}
	if (work->policy) {
		add_rungs(&seating, &work->policy->alert);
	}
	add_named(&seating, &work->input->extra_channels);
	add_named(&seating, &work->input->ledger_channels);
	add_fallbacks(&seating);
	if (work->policy) {
		add_last_resort(&seating, &work->policy->alert);
	}
}
