/*
 * Retry-After of anybody's answer (RFC 9110, section 10.2.3): a wait within a week, or none. Blanks
 * around the value change nothing.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/http_private.h"
#include "fuzz.h"

#define NOW_UTC_MS 1795447867000
#define WEEK_MS    604800000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(free) char *padded = xcalloc(1, size + 3);
	int64_t wait_ms = http_retry_after_ms((const char *)data, size, NOW_UTC_MS);

	assert(wait_ms >= -1 && wait_ms <= WEEK_MS);
	padded[0] = ' ';
	if (size > 0) {
		memcpy(padded + 1, data, size);
	}
	memcpy(padded + 1 + size, "\r\n", 2);
	assert(http_retry_after_ms(padded, size + 3, NOW_UTC_MS) == wait_ms);
	return 0;
}
