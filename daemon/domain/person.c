/* Ids of persons. No state, no memory. The bodies are read in person_json.c. */
#include "domain/person.h"

bool person_id_is_valid(const char *text, size_t len)
{
	if (len < 2 || len > PERSON_ID_MAX) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-')) {
			return false;
		}
	}
	return true;
}
