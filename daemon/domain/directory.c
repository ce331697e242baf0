/*
 * The directory: look-ups in the plain data that settings filled.
 *
 * Owner: the settings snapshot; nothing here allocates or keeps state. The lists are as long as the
 * files are (at most LIMIT_CHANNELS), and look-ups happen per action, never per recipient, so a
 * walk is enough; an index would have to be kept true by every test that builds a directory by
 * hand.
 */
#include "domain/directory.h"

#include <string.h>

/* A NULL id finds nothing: callers hand over what an operator may have left out. */
#define FIND_FUNCTION(type, list, count, key)                                                      \
	const struct type *directory_find_##type(const struct directory *directory,                \
						 const char *key)                                  \
	{                                                                                          \
		for (size_t i = 0; key && i < directory->count; i++) {                             \
			if (strcmp(directory->list[i].key, key) == 0) {                            \
				return &directory->list[i];                                        \
			}                                                                          \
		}                                                                                  \
		return NULL;                                                                       \
	}

FIND_FUNCTION(partner, partners, partner_count, id)
FIND_FUNCTION(channel, channels, channel_count, name)
FIND_FUNCTION(policy, policies, policy_count, id)
FIND_FUNCTION(area, areas, area_count, id)
FIND_FUNCTION(contact, contacts, contact_count, name)

bool words_contain(const struct words *words, const char *word)
{
	for (size_t i = 0; word && i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0) {
			return true;
		}
	}
	return false;
}

const struct channel *directory_find_known_channel(const struct directory *directory,
						   const char *name)
{
	const struct channel *found = directory_find_channel(directory, name);

	for (size_t i = 0; found == NULL && i < directory->channel_count; i++) {
		const char *was = directory->channels[i].was;

		if (was != NULL && strcmp(was, name) == 0) {
			found = &directory->channels[i];
		}
	}
	return found;
}
