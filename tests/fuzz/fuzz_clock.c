/*
 * RFC 3339 times from anybody: what clock_parse accepts is in range and, written again, reads as
 * the same moment.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[CLOCK_TEXT_BYTES];
	int64_t first, second;

	if (!clock_parse((const char *)data, size, &first)) {
		return 0;
	}
	clock_format_utc(first, true, text);
	assert(clock_parse(text, strlen(text), &second));
	assert(first == second);
	return 0;
}
