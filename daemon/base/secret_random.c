/*
 * Chance for keys, nonces and ids, straight from the kernel: no generator of our own whose state a
 * fork or a snapshot of the machine could copy. A kernel that cannot give random bytes ends the
 * process. Any thread.
 */
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void secret_random(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			abort();
		}
		at += got;
		len -= (size_t)got;
	}
}
