/*
 * Counting connections and saying when there are enough. Only counts live here; which connection
 * has to go is for the caller, who knows them. Owner: the intake. Nothing survives a crash, nor do
 * the connections.
 */
#include "intake/places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "intake/tally.h"

struct places {
	size_t total_max;
	size_t tcp_max;
	size_t guest_max;
	size_t address_max;
	size_t token_max;
	size_t total;
	size_t tcp;
	size_t guests;
	struct tally *addresses;
	struct tally *tokens;
};

static size_t minus(size_t from, size_t taken)
{
	return from > taken ? from - taken : 1;
}

struct places *places_create(const struct intake_config *config)
{
	struct places *places = xcalloc(1, sizeof(*places));

	places->total_max = config->connections_max;
	places->tcp_max = minus(config->connections_max, config->kept_unix);
	places->guest_max = minus(places->tcp_max, config->kept_operators);
	places->address_max = config->per_address_max;
	places->token_max = config->per_token_max;
	places->addresses = tally_create(config->connections_max);
	places->tokens = tally_create(config->connections_max);
	return places;
}

void places_destroy(struct places **places)
{
	if (*places == NULL) {
		return;
	}
	tally_destroy(&(*places)->addresses);
	tally_destroy(&(*places)->tokens);
	free(*places);
	*places = NULL;
}

enum places_result places_take(struct places *places, struct place *place, const struct peer *peer)
{
	bool is_operator = peer->is_unix && peer->uid == 0;

	assert(!place->is_taken);
	if (places->total >= places->total_max ||
	    (!is_operator && places->guests >= places->guest_max)) {
		return PLACES_FULL;
	}
	if (!peer->is_unix && places->tcp >= places->tcp_max) {
		return PLACES_TCP_FULL;
	}
	if (!peer->is_unix && tally_count(places->addresses, peer->key) >= places->address_max) {
		return PLACES_ADDRESS_FULL;
	}
	*place = (struct place){
		.is_taken = true,
		.is_unix = peer->is_unix,
		.is_operator = is_operator,
	};
	memcpy(place->address, peer->key, sizeof(place->address));
	tally_add(places->addresses, place->address);
	places->total++;
	places->tcp += !place->is_unix;
	places->guests += !place->is_operator;
	return PLACES_TAKEN;
}

static void set_operator(struct places *places, struct place *place, bool is_operator)
{
	places->guests -= !place->is_operator;
	places->guests += !is_operator;
	place->is_operator = is_operator;
}

bool places_show(struct places *places, struct place *place, const struct principal *principal)
{
	if (!id_equal(&place->token, &principal->token)) {
		if (!id_is_none(&principal->token) &&
		    tally_count(places->tokens, principal->token.bytes) >= places->token_max) {
			return false;
		}
		if (!id_is_none(&place->token)) {
			tally_drop(places->tokens, place->token.bytes);
		}
		place->token = principal->token;
		if (!id_is_none(&place->token)) {
			tally_add(places->tokens, place->token.bytes);
		}
	}
	set_operator(places, place, principal->role != 0 && principal->role != ROLE_PARTNER);
	return true;
}

void places_leave(struct places *places, struct place *place)
{
	if (!place->is_taken) {
		return;
	}
	tally_drop(places->addresses, place->address);
	if (!id_is_none(&place->token)) {
		tally_drop(places->tokens, place->token.bytes);
	}
	places->total--;
	places->tcp -= !place->is_unix;
	places->guests -= !place->is_operator;
	*place = (struct place){0};
}

size_t places_taken(const struct places *places)
{
	return places->total;
}
