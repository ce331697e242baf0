/*
 * Who gets an alert. A channel gets it if a rung names it (or a person sent it there),
 * channel.tier <= alert.tier <= partner.max_tier, its statuses allow it, the areas meet, it is live
 * and the draft does not exclude it or its partner. Pure. CONTRACT section 2 "Routing".
 */
#ifndef ASTRAD_DOMAIN_ROUTE_H
#define ASTRAD_DOMAIN_ROUTE_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "domain/directory.h"
#include "domain/draft.h"

enum route_answer {
	ROUTE_YES = 0,
	ROUTE_OFF,
	ROUTE_RETIRING,
	ROUTE_STATUS,
	ROUTE_CHANNEL_TIER,
	ROUTE_PARTNER_TIER,
	ROUTE_AREA,
	ROUTE_PARTNER_EXCLUDED,
	ROUTE_CHANNEL_EXCLUDED,
	ROUTE_ANSWER_COUNT,
};

/* The draft is complete (status set). */
enum route_answer route_ask(const struct directory *directory, const struct channel *channel,
			    const struct draft *draft);
/* For excluded_because; NULL for ROUTE_YES. */
const char *route_answer_text(enum route_answer answer);

/* The draft's fields within the class of the channel's tier. */
uint64_t route_release(const struct channel *channel, const struct draft *draft);
/* The languages a channel gets: its own, else its partner's, else the hotline's, as far as the
 * draft has a text; else the first configured. Never empty while one is configured. */
struct words route_languages(const struct directory *directory, const struct channel *channel,
			     const struct draft *draft, struct arena *arena);
/* The partner's zone, else the hotline's. */
const char *route_zone(const struct directory *directory, const struct channel *channel);

#endif
