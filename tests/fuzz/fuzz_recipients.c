/*
 * A CSV list of recipients from anybody: read to its end line by line, every item with an id, and
 * the hash of it is found exactly when each line can be read.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fuzz.h"
#include "settings/recipients.h"

/* False when a line is wrong. */
static bool read_all(const struct settings_channel *channel)
{
	struct error err = {0};
	struct settings_recipient item;
	struct recipients *recipients = recipients_open(channel, &err);
	enum recipients_step step;
	bool is_good = true;
	int line = 0;

	assert(recipients);
	while ((step = recipients_next(recipients, &item, &err)) != RECIPIENTS_END) {
		assert(step != RECIPIENTS_FAILED);
		assert(recipients_line(recipients) > line);
		line = recipients_line(recipients);
		if (step == RECIPIENTS_ITEM) {
			assert(item.id[0] && item.address);
		} else {
			assert(err.text[0]);
			is_good = false;
		}
	}
	recipients_close(&recipients);
	return is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("list.csv", MFD_CLOEXEC);
	AUTO(free) char *path = xasprintf("/proc/self/fd/%d", fd);
	const struct settings_channel channel = {.list = SETTINGS_LIST_CSV, .csv = path};
	uint8_t hash[SECRET_HASH_BYTES];
	struct error err = {0};

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		abort();
	}
	bool is_good = read_all(&channel);
	bool is_hashed = recipients_hash(&channel, hash, &err);
	assert(is_good == is_hashed);
	(void)close(fd); /* it was only memory */
	return 0;
}
