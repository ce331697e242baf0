/*
 * Routing: one question per channel, asked in a fixed order so that the reason an operator reads is
 * always the same for the same facts.
 *
 * Owner: nobody; nothing is kept. A person's /send passes the same question: nobody can send a
 * channel what its file does not allow.
 */
#include "domain/route.h"

#include "domain/release.h"

static const char *const answers[] = {
	[ROUTE_YES] = NULL,
	[ROUTE_OFF] = "the channel is off",
	[ROUTE_RETIRING] = "the channel is retiring: it gets ends only",
	[ROUTE_STATUS] = "the channel does not take alerts of this status",
	[ROUTE_CHANNEL_TIER] = "the channel is for a wider tier than the alert's",
	[ROUTE_PARTNER_TIER] = "the alert's tier is above the partner's max_tier",
	[ROUTE_AREA] = "the areas do not meet",
	[ROUTE_PARTNER_EXCLUDED] = "the draft excludes the partner",
	[ROUTE_CHANNEL_EXCLUDED] = "the draft excludes the channel",
};

enum route_answer route_ask(const struct directory *directory, const struct channel *channel,
			    const struct draft *draft)
{
	const struct partner *partner = channel->partner;

	if (channel->mode == CHANNEL_OFF) {
		return ROUTE_OFF;
	}
	if (channel->mode == CHANNEL_RETIRING) {
		return ROUTE_RETIRING;
	}
	if (!(channel->statuses & STATUS_BIT(draft->status))) {
		return ROUTE_STATUS;
	}
	if (channel->tier > draft->tier) {
		return ROUTE_CHANNEL_TIER;
	}
	if (partner && draft->tier > partner->max_tier) {
		return ROUTE_PARTNER_TIER;
	}
	if (!areas_meet(directory, &channel->areas, &draft->areas)) {
		return ROUTE_AREA;
	}
	if (partner && words_contain(&draft->exclude_partners, partner->id)) {
		return ROUTE_PARTNER_EXCLUDED;
	}
	if (words_contain(&draft->exclude_channels, channel->name)) {
		return ROUTE_CHANNEL_EXCLUDED;
	}
	return ROUTE_YES;
}

const char *route_answer_text(enum route_answer answer)
{
	return answer < ROUTE_ANSWER_COUNT ? answers[answer] : NULL;
}

uint64_t route_release(const struct channel *channel, const struct draft *draft)
{
	return draft->fields & release_allowed(channel->tier);
}

static const struct words *wanted_languages(const struct directory *directory,
					    const struct channel *channel)
{
	if (channel->languages.count > 0) {
		return &channel->languages;
	}
	if (channel->partner && channel->partner->languages.count > 0) {
		return &channel->partner->languages;
	}
	return &directory->languages;
}

/* The first configured language that has a text, else the first configured. */
static const char *default_language(const struct directory *directory, const struct draft *draft)
{
	for (size_t i = 0; i < directory->languages.count; i++) {
		if (draft_find_text(draft, directory->languages.items[i])) {
			return directory->languages.items[i];
		}
	}
	return directory->languages.count > 0 ? directory->languages.items[0] : NULL;
}

struct words route_languages(const struct directory *directory, const struct channel *channel,
			     const struct draft *draft, struct arena *arena)
{
	const struct words *wanted = wanted_languages(directory, channel);
	const char **items = arena_array(arena, wanted->count + 1, sizeof(*items));
	struct words languages = {.items = items};

	for (size_t i = 0; i < wanted->count; i++) {
		if (draft_find_text(draft, wanted->items[i]) &&
		    words_contain(&directory->languages, wanted->items[i])) {
			items[languages.count++] = wanted->items[i];
		}
	}
	const char *fallback = default_language(directory, draft);
	if (languages.count == 0 && fallback) {
		items[languages.count++] = fallback;
	}
	return languages;
}

const char *route_zone(const struct directory *directory, const struct channel *channel)
{
	if (channel->partner && channel->partner->timezone) {
		return channel->partner->timezone;
	}
	return directory->timezone;
}
